/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Which kinds are more in the world than their manifest. */
#include "reconciler/world_internal.h"

const struct world_kind *world_kind(enum kind_id id)
{
	static const struct world_kind plain = { 0 };
	static const struct world_kind *const table[KIND_COUNT] = {
		[KIND_NAMESPACE] = &world_kind_namespace,
		[KIND_NODE] = &world_kind_node,
		[KIND_SERVICE] = &world_kind_service,
		[KIND_POD] = &world_kind_pod,
		[KIND_REPLICA_SET] = &world_kind_replica_set,
		[KIND_REPLICATION_CONTROLLER] = &world_kind_replication_controller,
		[KIND_DEPLOYMENT] = &world_kind_deployment,
		[KIND_STATEFUL_SET] = &world_kind_stateful_set,
		[KIND_DAEMON_SET] = &world_kind_daemon_set,
		[KIND_CONTROLLER_REVISION] = &world_kind_controller_revision,
		[KIND_CLAIM] = &world_kind_claim,
		[KIND_JOB] = &world_kind_job,
		[KIND_CRON_JOB] = &world_kind_cron_job,
		[KIND_EVENT] = &world_kind_event,
		[KIND_AUTOSCALER] = &world_kind_autoscaler,
		[KIND_DISRUPTION_BUDGET] = &world_kind_budget,
	};

	return table[id] ? table[id] : &plain;
}

bool world_keeps_pods(enum kind_id id)
{
	return world_kind(id)->keeps_pods;
}
