/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * HorizontalPodAutoscaler (autoscaling/v2 types.go). Manifests of autoscaling/v1 are read into the same struct: its one
 * number, targetCPUUtilizationPercentage, becomes a metric.
 */
#pragma once

#include "lib/object/meta.h"

struct scale_target {
	const char *api_version, *kind, *name;
};

struct metric_identifier {
	const char *name;
	struct label_selector *selector;
};
struct metric_target {
	const char *type; /* Utilization, Value, AverageValue */
	struct quantity value, average_value;
	struct opt_int average_utilization;
};
/* One source of a metric; which members count depends on the type. */
struct metric_source {
	const char *name;                      /* Resource, ContainerResource: the resource */
	const char *container;                 /* ContainerResource */
	struct scale_target *described_object; /* Object */
	struct metric_identifier metric;       /* Object, Pods, External */
	struct metric_target target;
};
/* The one source that its type names. */
struct metric_spec {
	const char *type; /* Resource, ContainerResource, Pods, Object, External */
	struct metric_source *resource, *container_resource, *pods, *object, *external;
};

/* What was found for a metric. */
struct metric_value {
	struct quantity value, average_value;
	struct opt_int average_utilization;
};
struct metric_reading {
	const char *name, *container;
	struct scale_target *described_object;
	struct metric_identifier metric;
	struct metric_value current;
};
struct metric_status {
	const char *type;
	struct metric_reading *resource, *container_resource, *pods, *object, *external;
};

struct scaling_policy {
	const char *type; /* Pods, Percent */
	int64_t value, period_seconds;
};
struct scaling_rules {
	struct opt_int stabilization_window_seconds;
	const char *select_policy; /* Max, Min, Disabled */
	struct {
		struct scaling_policy *items;
		size_t count;
	} policies;
	struct quantity tolerance;
};
struct scaling_behavior {
	struct scaling_rules *scale_up, *scale_down; /* both set by default */
};

struct autoscaler_spec {
	struct scale_target scale_target_ref;
	int64_t min_replicas, max_replicas; /* default 1; required */
	struct {
		struct metric_spec *items;
		size_t count;
	} metrics; /* default: 80 % of the CPU that is requested */
	struct scaling_behavior *behavior;
	struct opt_int target_cpu; /* autoscaling/v1 only: moved to metrics by the defaults, then unset */
};
struct autoscaler_status {
	int64_t observed_generation, current_replicas, desired_replicas;
	struct opt_int last_scale_time;
	struct {
		struct metric_status *items;
		size_t count;
	} current_metrics;
	struct conditions conditions;
};
struct autoscaler {
	struct object_meta meta;
	struct autoscaler_spec spec;
	struct autoscaler_status status;
};

/* schema_autoscaler_v1 reads manifests of autoscaling/v1; nothing is written with it. */
extern const struct schema schema_autoscaler, schema_autoscaler_v1;
