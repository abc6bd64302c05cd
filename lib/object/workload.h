/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The kinds that keep pods running: Deployment, ReplicaSet, DaemonSet and StatefulSet (apps/v1 types.go), and
 * ReplicationController (core/v1). Those that run pods to completion are in batch.h.
 */
#pragma once

#include "lib/object/claim.h"
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

struct daemon_update_strategy {
	const char *type;                      /* RollingUpdate, OnDelete */
	struct rolling_update *rolling_update; /* set by default for RollingUpdate: 1 unavailable, no surge */
};
struct daemon_set_spec {
	struct label_selector *selector;
	struct pod_template template;
	struct daemon_update_strategy update_strategy;
	int64_t min_ready_seconds, revision_history_limit; /* 0, 10 */
};
struct daemon_set_status {
	int64_t current_number_scheduled, number_misscheduled, desired_number_scheduled, number_ready,
		observed_generation, updated_number_scheduled, number_available, number_unavailable;
	struct opt_int collision_count;
	struct conditions conditions;
};
struct daemon_set {
	struct object_meta meta;
	struct daemon_set_spec spec;
	struct daemon_set_status status;
};

struct stateful_rolling_update {
	int64_t partition;
	struct int_or_string max_unavailable;
};
struct stateful_update_strategy {
	const char *type; /* RollingUpdate, OnDelete */
	struct stateful_rolling_update *rolling_update;
};
struct claim_retention {
	const char *when_deleted, *when_scaled; /* Retain, Delete */
};
struct stateful_ordinals {
	int64_t start;
};
struct stateful_set_spec {
	int64_t replicas; /* default 1 */
	struct label_selector *selector;
	struct pod_template template; /* its mounts may name claims */
	struct {
		struct claim *items;
		size_t count;
	} volume_claim_templates;
	const char *service_name;          /* NULL: none */
	const char *pod_management_policy; /* OrderedReady, Parallel */
	struct stateful_update_strategy update_strategy;
	int64_t revision_history_limit, min_ready_seconds; /* 10, 0 */
	struct claim_retention claim_retention;
	struct stateful_ordinals *ordinals;
};
struct stateful_set_status {
	int64_t observed_generation, replicas, ready_replicas, current_replicas, updated_replicas,
		available_replicas;
	const char *current_revision, *update_revision;
	struct opt_int collision_count;
	struct conditions conditions;
};
struct stateful_set {
	struct object_meta meta;
	struct stateful_set_spec spec;
	struct stateful_set_status status;
};

/* What StatefulSets and DaemonSets write: a template that they have, or had (apps/v1 ControllerRevision). */
struct revision_template {
	struct pod_template template;
	const char *patch; /* "replace": what this is to its workload's template */
};
struct revision_spec {
	struct revision_template template;
};
struct revision_data {
	struct revision_spec spec;
};
struct controller_revision {
	struct object_meta meta;
	struct revision_data data;
	int64_t revision; /* grows: the highest is the newest */
};

struct replication_controller_spec {
	int64_t replicas;           /* default 1 */
	struct string_map selector; /* default: the template's labels */
	struct pod_template template;
	int64_t min_ready_seconds;
};
struct replication_controller {
	struct object_meta meta;
	struct replication_controller_spec spec;
	struct replica_set_status status;
};

extern const struct schema schema_deployment, schema_replica_set, schema_daemon_set, schema_stateful_set,
	schema_replication_controller, schema_controller_revision;
