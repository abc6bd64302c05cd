/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* apps/v1 Deployment and ReplicaSet (apps/v1 types.go). */
#pragma once

#include "lib/object/pod.h"

struct rolling_update {
	struct int_or_string max_unavailable, max_surge; /* defaults 25% */
};
struct deployment_strategy {
	const char *type;                      /* RollingUpdate, Recreate */
	struct rolling_update *rolling_update; /* set by default for RollingUpdate, NULL for Recreate */
};
struct deployment_spec {
	int64_t replicas; /* default 1 */
	struct label_selector *selector;
	struct pod_template template;
	struct deployment_strategy strategy;
	int64_t min_ready_seconds, revision_history_limit, progress_deadline_seconds; /* 0, 10, 600 */
	bool paused;
};
struct deployment_status {
	int64_t observed_generation, replicas, updated_replicas, ready_replicas, available_replicas,
		unavailable_replicas;
	struct opt_int collision_count;
	struct conditions conditions;
};
struct deployment {
	struct object_meta meta;
	struct deployment_spec spec;
	struct deployment_status status;
};

struct replica_set_spec {
	int64_t replicas; /* default 1 */
	struct label_selector *selector;
	struct pod_template template;
	int64_t min_ready_seconds;
};
struct replica_set_status {
	int64_t replicas, fully_labeled_replicas, ready_replicas, available_replicas, observed_generation;
	struct conditions conditions;
};
struct replica_set {
	struct object_meta meta;
	struct replica_set_spec spec;
	struct replica_set_status status;
};

extern const struct schema schema_deployment, schema_replica_set;
