/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Which controller looks at which kind, and what goes with an object that git has no more. */
#include "reconciler/control/autoscaler.h"
#include "reconciler/control/budget.h"
#include "reconciler/control/control.h"
#include "reconciler/control/daemon_set.h"
#include "reconciler/control/stateful_set.h"
#include "reconciler/control/cron_job.h"
#include "reconciler/control/job.h"

/* --- looking ------------------------------------------------------------------------------------- */

static void sync_node(struct control *c, struct world_object *o)
{
	control_node_sync(c, world_node(o));
}

static void sync_config(struct control *c, struct world_object *o)
{
	control_config_sync(c, o->key);
}

static void sync_service(struct control *c, struct world_object *o)
{
	control_service_sync(c, world_service(o));
}

static void sync_pod(struct control *c, struct world_object *o)
{
	control_pod_sync(c, world_pod(o));
}

static void sync_set(struct control *c, struct world_object *o)
{
	control_set_sync(c, world_set(o));
}

static void sync_deployment(struct control *c, struct world_object *o)
{
	control_deployment_sync(c, world_deployment(o));
}

static void sync_stateful_set(struct control *c, struct world_object *o)
{
	control_stateful_set_sync(c, world_stateful_set(o));
}

static void sync_daemon_set(struct control *c, struct world_object *o)
{
	control_daemon_set_sync(c, world_daemon_set(o));
}

static void sync_job(struct control *c, struct world_object *o)
{
	control_job_sync(c, world_job(o));
}

static void sync_event(struct control *c, struct world_object *o)
{
	control_event_sync(c, world_event(o));
}

static void sync_budget(struct control *c, struct world_object *o)
{
	control_budget_sync(c, world_budget(o));
}

/* Pods that wait for the class are tried again. */
static void sync_priority_class(struct control *c, struct world_object *o)
{
	(void)o;
	c->world->classes_changed = true;
}

static void sync_autoscaler(struct control *c, struct world_object *o)
{
	control_autoscaler_sync(c, world_autoscaler(o));
}

/* --- dropping ------------------------------------------------------------------------------------ */

/* Another Service may have waited for its address or ports. */
static void drop_service(struct control *c, struct world_object *o)
{
	world_drop(c->world, o);
	for (size_t i = 0; i < c->world->of_kind[KIND_SERVICE].count; i++)
		world_dirty(c->world, c->world->of_kind[KIND_SERVICE].items[i]);
}

static void drop_config(struct control *c, struct world_object *o)
{
	world_drop(c->world, o);
	control_config_sync(c, o->key);
}

/* What lives in it stays: it becomes one of those that are there because they are used. */
static void drop_namespace(struct control *c, struct world_object *o)
{
	o->origin = world_origin_free(o->origin);
	world_touch(c->world, o);
}

static void drop_node(struct control *c, struct world_object *o)
{
	control_node_leaves(c, world_node(o));
}

static void drop_pod(struct control *c, struct world_object *o)
{
	o->origin = world_origin_free(o->origin);
	pod_delete(c, world_pod(o), NULL);
}

static void drop_set(struct control *c, struct world_object *o)
{
	control_set_drop(c, world_set(o));
}

static void drop_deployment(struct control *c, struct world_object *o)
{
	control_deployment_drop(c, world_deployment(o));
}

static void drop_autoscaler(struct control *c, struct world_object *o)
{
	control_autoscaler_drop(c, world_autoscaler(o));
}

static void drop_budget(struct control *c, struct world_object *o)
{
	control_budget_drop(c, world_budget(o));
}

static void drop_stateful_set(struct control *c, struct world_object *o)
{
	control_stateful_set_drop(c, world_stateful_set(o));
}

static void drop_daemon_set(struct control *c, struct world_object *o)
{
	control_daemon_set_drop(c, world_daemon_set(o));
}

static void sync_cron_job(struct control *c, struct world_object *o)
{
	control_cron_job_sync(c, world_cron_job(o));
}

static void drop_cron_job(struct control *c, struct world_object *o)
{
	control_cron_job_drop(c, world_cron_job(o));
}

static void drop_job(struct control *c, struct world_object *o)
{
	control_job_drop(c, world_job(o));
}

/* --- the table ----------------------------------------------------------------------------------- */

struct controller {
	void (*sync)(struct control *c, struct world_object *o);
	void (*drop)(struct control *c, struct world_object *o);
};

static const struct controller controllers[KIND_COUNT] = {
	[KIND_NAMESPACE] = { NULL, drop_namespace },
	[KIND_SERVICE_ACCOUNT] = { NULL, control_account_drop },
	[KIND_NODE] = { sync_node, drop_node },
	[KIND_CONFIG_MAP] = { sync_config, drop_config },
	[KIND_SECRET] = { sync_config, drop_config },
	[KIND_SERVICE] = { sync_service, drop_service },
	[KIND_POD] = { sync_pod, drop_pod },
	[KIND_REPLICA_SET] = { sync_set, drop_set },
	[KIND_REPLICATION_CONTROLLER] = { sync_set, drop_set },
	[KIND_DEPLOYMENT] = { sync_deployment, drop_deployment },
	[KIND_PRIORITY_CLASS] = { sync_priority_class, NULL },
	[KIND_DISRUPTION_BUDGET] = { sync_budget, drop_budget },
	[KIND_STATEFUL_SET] = { sync_stateful_set, drop_stateful_set },
	[KIND_DAEMON_SET] = { sync_daemon_set, drop_daemon_set },
	[KIND_AUTOSCALER] = { sync_autoscaler, drop_autoscaler },
	[KIND_JOB] = { sync_job, drop_job },
	[KIND_CRON_JOB] = { sync_cron_job, drop_cron_job },
	[KIND_EVENT] = { sync_event, NULL },
};

void control_sync(struct control *c, struct world_object *o)
{
	if (o->origin && o->origin->waits && !o->deleting)
		return;
	if (controllers[o->kind->id].sync)
		controllers[o->kind->id].sync(c, o);
}

void control_drop(struct control *c, struct world_object *o)
{
	if (controllers[o->kind->id].drop)
		controllers[o->kind->id].drop(c, o);
	else
		world_drop(c->world, o);
}

/* Who wants to know of its pods once more before they are gone. */
static void (*const last_looks[KIND_COUNT])(struct control *c, struct world_pod *p) = {
	[KIND_JOB] = control_job_pod_gone,
};

void control_pod_leaves(struct control *c, struct world_pod *p)
{
	if (last_looks[p->set->o.kind->id])
		last_looks[p->set->o.kind->id](c, p);
}
