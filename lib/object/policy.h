/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The kinds that say how others may behave: who pods are (ServiceAccount), what they may use (ResourceQuota,
 * LimitRange), how much they matter (PriorityClass), what runs them (RuntimeClass), how many may be missing
 * (PodDisruptionBudget), and Lease. Field meaning is Kubernetes' (core/v1, scheduling/v1, node/v1, policy/v1,
 * coordination/v1 types.go).
 */
#pragma once

#include "lib/object/pod.h"

/* Cluster-scoped. */
struct priority_class {
	struct object_meta meta;
	int64_t value;
	bool global_default;
	const char *description;
	const char *preemption_policy; /* PreemptLowerPriority, Never */
};

struct runtime_overhead {
	struct quantity_map pod_fixed;
};
struct runtime_scheduling {
	struct string_map node_selector;
	struct {
		struct toleration *items;
		size_t count;
	} tolerations;
};
/* Cluster-scoped. */
struct runtime_class {
	struct object_meta meta;
	const char *handler;
	struct runtime_overhead *overhead;
	struct runtime_scheduling *scheduling;
};

struct service_account {
	struct object_meta meta;
	struct opt_bool automount_token;
	struct {
		struct name_ref *items;
		size_t count;
	} image_pull_secrets;
	struct {
		struct object_reference *items;
		size_t count;
	} secrets;
};

struct lease_spec {
	const char *holder_identity;
	struct opt_int lease_duration_seconds, lease_transitions;
	const char *acquire_time, *renew_time; /* RFC 3339 with microseconds, as written */
	const char *strategy, *preferred_holder;
};
struct lease {
	struct object_meta meta;
	struct lease_spec spec;
};

struct disruption_budget_spec {
	struct int_or_string min_available, max_unavailable; /* at most one is set */
	struct label_selector *selector;           /* empty: all pods of the namespace; NULL: none */
	const char *unhealthy_pod_eviction_policy; /* IfHealthyBudget, AlwaysAllow; NULL: the former */
};
struct disruption_budget_status {
	int64_t observed_generation, disruptions_allowed, current_healthy, desired_healthy, expected_pods;
	struct string_map disrupted_pods; /* pod → when its eviction was let through, RFC 3339 */
	struct conditions conditions;
};
/* policy/v1 PodDisruptionBudget. */
struct disruption_budget {
	struct object_meta meta;
	struct disruption_budget_spec spec;
	struct disruption_budget_status status;
};

struct scope_requirement {
	const char *scope_name, *op; /* op: In, NotIn, Exists, DoesNotExist */
	struct strings values;
};
struct scope_selector {
	struct {
		struct scope_requirement *items;
		size_t count;
	} match_expressions;
};
struct resource_quota_spec {
	struct quantity_map hard;
	struct strings scopes;
	struct scope_selector *scope_selector;
};
struct resource_quota_status {
	struct quantity_map hard, used;
};
struct resource_quota {
	struct object_meta meta;
	struct resource_quota_spec spec;
	struct resource_quota_status status;
};

/* Limits of one type; quantities by resource. */
struct limit_range_item {
	const char *type; /* Container, Pod, PersistentVolumeClaim, or a qualified name */
	struct quantity_map max, min, default_limit, default_request, max_limit_request_ratio;
};
struct limit_range_spec {
	struct {
		struct limit_range_item *items;
		size_t count;
	} limits;
};
struct limit_range {
	struct object_meta meta;
	struct limit_range_spec spec;
};

extern const struct schema schema_priority_class, schema_runtime_class, schema_service_account, schema_lease,
	schema_disruption_budget, schema_resource_quota, schema_limit_range;
