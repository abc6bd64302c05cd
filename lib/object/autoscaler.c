/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The tables of HorizontalPodAutoscaler (autoscaling/v2 validation and defaults), and that of autoscaling/v1, which reads
 * into the same struct.
 */
#include <stddef.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/tables.h"

enum { WINDOW_MAX = 3600, PERIOD_MAX = 1800, DEFAULT_CPU_PERCENT = 80 };

static const char *const policy_types[] = { "Pods", "Percent", NULL };
static const char *const select_policies[] = { "Max", "Min", "Disabled", NULL };

/* --- behaviour ------------------------------------------------------------------------------------------- */

static const struct field policy_fields[] = {
	{ .name = "type",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct scaling_policy, type),
		.values = policy_types,
		.doc = "Whether value counts pods, or percent of them." },
	{ .name = "value",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct scaling_policy, value),
		.min = 1,
		.max = INT32_MAX,
		.doc = "How many may come or go within the period." },
	{ .name = "periodSeconds",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct scaling_policy, period_seconds),
		.min = 1,
		.max = PERIOD_MAX,
		.doc = "The period." },
};

static const struct schema schema_policy = {
	.name = "HPAScalingPolicy",
	FIELDS(policy_fields),
	.size = sizeof(struct scaling_policy),
	.doc = "How many pods may come or go in what time.",
};

static const struct field rules_fields[] = {
	{ .name = "stabilizationWindowSeconds",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct scaling_rules, stabilization_window_seconds),
		.min = 0,
		.max = WINDOW_MAX,
		.doc = "For how long what was found before counts too; where not given 0 upwards, 300 "
		       "downwards." },
	{ .name = "selectPolicy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct scaling_rules, select_policy),
		.values = select_policies,
		.value_default = "Max",
		.doc = "Which policy counts: what lets most come or go, or least, or none at all." },
	{ .name = "policies",
		.kind = FIELD_STRUCTS,
		.flags = FIELD_NOT_EMPTY,
		.offset = offsetof(struct scaling_rules, policies),
		.of = &schema_policy,
		.doc = "How many pods may come or go in what time." },
	{ .name = "tolerance",
		.kind = FIELD_QUANTITY,
		.offset = offsetof(struct scaling_rules, tolerance),
		.doc = "By what part a metric may be off before anything happens; 0.1 where not given." },
};

static void rules_check(struct decode *d, const void *object, const struct value *v)
{
	const struct scaling_rules *r = object;
	if (r->tolerance.set && r->tolerance.nano < 0)
		check_error(d, v, "tolerance", "must not be negative");
}

static const struct schema schema_rules = {
	.name = "HPAScalingRules",
	FIELDS(rules_fields),
	.size = sizeof(struct scaling_rules),
	.check = rules_check,
	.doc = "How fast the number of pods may change in one direction.",
};

static const struct field behavior_fields[] = {
	{ .name = "scaleUp",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct scaling_behavior, scale_up),
		.of = &schema_rules,
		.doc = "How fast pods may come; where not given, 4 or as many as there are, in 15 seconds." },
	{ .name = "scaleDown",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct scaling_behavior, scale_down),
		.of = &schema_rules,
		.doc = "How fast pods may go; where not given, all within 15 seconds." },
};

static struct scaling_rules *rules_of(struct arena *arena, struct scaling_rules *given)
{
	struct scaling_rules *r = given ? given : arena_alloc(arena, sizeof(*r));
	if (!r->select_policy)
		r->select_policy = "Max";
	return r;
}

static void set_policies(struct arena *arena, struct scaling_rules *r, size_t count)
{
	static const struct scaling_policy defaults[] = { { "Percent", 100, 15 }, { "Pods", 4, 15 } };
	if (r->policies.count > 0)
		return;
	r->policies.items = arena_array(arena, count, sizeof(r->policies.items[0]));
	for (size_t i = 0; i < count; i++)
		r->policies.items[i] = defaults[count - 1 - i];
	r->policies.count = count;
}

/* GenerateHPAScaleUpRules, GenerateHPAScaleDownRules. */
static void behavior_defaults(struct arena *arena, void *object)
{
	struct scaling_behavior *b = object;
	b->scale_up = rules_of(arena, b->scale_up);
	b->scale_down = rules_of(arena, b->scale_down);
	if (!b->scale_up->stabilization_window_seconds.set)
		b->scale_up->stabilization_window_seconds.set = true;
	set_policies(arena, b->scale_up, 2);
	set_policies(arena, b->scale_down, 1);
}

static const struct schema schema_behavior = {
	.name = "HorizontalPodAutoscalerBehavior",
	FIELDS(behavior_fields),
	.size = sizeof(struct scaling_behavior),
	.defaults = behavior_defaults,
	.doc = "How fast the number of pods may change.",
};

/* --- spec -------------------------------------------------------------------------------------------------- */

/* As much CPU as PERCENT of what the pods request. */
static void set_cpu_metric(struct arena *arena, struct autoscaler_spec *s, int64_t percent)
{
	struct metric_source *source = arena_alloc(arena, sizeof(*source));
	struct metric_spec *m = arena_alloc(arena, sizeof(*m));
	source->name = "cpu";
	source->target.type = "Utilization";
	source->target.average_utilization = (struct opt_int){ .set = true, .value = percent };
	m->type = "Resource";
	m->resource = source;
	s->metrics.items = m;
	s->metrics.count = 1;
}

static void spec_defaults(struct arena *arena, void *object)
{
	struct autoscaler_spec *s = object;
	if (s->metrics.count == 0)
		set_cpu_metric(arena, s, s->target_cpu.set ? s->target_cpu.value : DEFAULT_CPU_PERCENT);
	s->target_cpu = (struct opt_int){ 0 };
}

static void spec_check(struct decode *d, const void *object, const struct value *v)
{
	const struct autoscaler_spec *s = object;
	if (s->max_replicas < s->min_replicas)
		check_error(d, v, "maxReplicas", "must be at least minReplicas (%lld)",
			(long long)s->min_replicas);
}

static const struct field spec_fields[] = {
	{ .name = "scaleTargetRef",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct autoscaler_spec, scale_target_ref),
		.of = &schema_scale_target,
		.refers = REFERS_KIND,
		.doc = "What is scaled, such as a Deployment." },
	{ .name = "minReplicas",
		.kind = FIELD_INT,
		.offset = offsetof(struct autoscaler_spec, min_replicas),
		.value_default = "1",
		.min = 1,
		.max = INT32_MAX,
		.doc = "How many pods there are at least." },
	{ .name = "maxReplicas",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct autoscaler_spec, max_replicas),
		.min = 1,
		.max = INT32_MAX,
		.doc = "How many pods there are at most." },
	{ .name = "metrics",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct autoscaler_spec, metrics),
		.of = &schema_metric_spec,
		.doc = "What the number of pods follows, the largest of them; 80 % of the CPU requested "
		       "where not "
		       "given." },
	{ .name = "behavior",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct autoscaler_spec, behavior),
		.of = &schema_behavior,
		.doc = "How fast the number of pods may change." },
};

static const struct schema schema_spec = {
	.name = "HorizontalPodAutoscalerSpec",
	FIELDS(spec_fields),
	.size = sizeof(struct autoscaler_spec),
	.defaults = spec_defaults,
	.check = spec_check,
	.doc = "What is scaled, between what numbers, and by what.",
};

/* --- status and object --------------------------------------------------------------------------------------- */

static const struct field status_fields[] = {
	{ .name = "observedGeneration",
		.kind = FIELD_INT,
		.offset = offsetof(struct autoscaler_status, observed_generation),
		.doc = "The generation that the status was found for." },
	{ .name = "lastScaleTime",
		.kind = FIELD_TIME,
		.offset = offsetof(struct autoscaler_status, last_scale_time),
		.doc = "When it last changed the number of pods." },
	{ .name = "currentReplicas",
		.kind = FIELD_INT,
		.offset = offsetof(struct autoscaler_status, current_replicas),
		.doc = "How many pods there are." },
	{ .name = "desiredReplicas",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct autoscaler_status, desired_replicas),
		.doc = "How many there should be." },
	{ .name = "currentMetrics",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct autoscaler_status, current_metrics),
		.of = &schema_metric_status,
		.doc = "What the metrics are." },
	{ .name = "conditions",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct autoscaler_status, conditions),
		.of = &schema_condition,
		.list_key = "type",
		.doc = "ScalingActive, AbleToScale, ScalingLimited." },
};

static const struct schema schema_status = {
	.name = "HorizontalPodAutoscalerStatus",
	FIELDS(status_fields),
	.size = sizeof(struct autoscaler_status),
	.doc = "How a HorizontalPodAutoscaler is.",
};

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "autoscaling/v2; autoscaling/v1 is read too." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "HorizontalPodAutoscaler." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct autoscaler, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct autoscaler, spec),
		.of = &schema_spec,
		.doc = "What is scaled, between what numbers, and by what." },
	{ .name = "status",
		.kind = FIELD_EMBED,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct autoscaler, status),
		.of = &schema_status,
		.doc = "How it is." },
};

const struct schema schema_autoscaler = {
	.name = "HorizontalPodAutoscaler",
	FIELDS(fields),
	.size = sizeof(struct autoscaler),
	.doc = "Makes pods more or fewer as they are used.",
};

/* --- autoscaling/v1 ------------------------------------------------------------------------------------------- */

static const struct field v1_spec_fields[] = {
	{ .name = "scaleTargetRef",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct autoscaler_spec, scale_target_ref),
		.of = &schema_scale_target,
		.refers = REFERS_KIND,
		.doc = "What is scaled, such as a Deployment." },
	{ .name = "minReplicas",
		.kind = FIELD_INT,
		.offset = offsetof(struct autoscaler_spec, min_replicas),
		.value_default = "1",
		.min = 1,
		.max = INT32_MAX,
		.doc = "How many pods there are at least." },
	{ .name = "maxReplicas",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct autoscaler_spec, max_replicas),
		.min = 1,
		.max = INT32_MAX,
		.doc = "How many pods there are at most." },
	{ .name = "targetCPUUtilizationPercentage",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct autoscaler_spec, target_cpu),
		.min = 1,
		.max = INT32_MAX,
		.doc = "How many percent of the CPU requested the pods should use; 80 where not given." },
};

static const struct schema schema_v1_spec = {
	.name = "HorizontalPodAutoscalerSpec",
	FIELDS(v1_spec_fields),
	.size = sizeof(struct autoscaler_spec),
	.defaults = spec_defaults,
	.check = spec_check,
	.doc = "What is scaled, between what numbers, and by what.",
};

static const struct field v1_status_fields[] = {
	{ .name = "observedGeneration", .kind = FIELD_NONE, .doc = "Stored as autoscaling/v2." },
	{ .name = "lastScaleTime", .kind = FIELD_NONE, .doc = "Stored as autoscaling/v2." },
	{ .name = "currentReplicas", .kind = FIELD_NONE, .doc = "Stored as autoscaling/v2." },
	{ .name = "desiredReplicas", .kind = FIELD_NONE, .doc = "Stored as autoscaling/v2." },
	{ .name = "currentCPUUtilizationPercentage", .kind = FIELD_NONE, .doc = "Stored as autoscaling/v2." },
};

static const struct schema schema_v1_status = {
	.name = "HorizontalPodAutoscalerStatus",
	FIELDS(v1_status_fields),
	.size = sizeof(struct autoscaler_status),
	.doc = "How a HorizontalPodAutoscaler is.",
};

static const struct field v1_fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "autoscaling/v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "HorizontalPodAutoscaler." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct autoscaler, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct autoscaler, spec),
		.of = &schema_v1_spec,
		.doc = "What is scaled, between what numbers, and by what." },
	{ .name = "status",
		.kind = FIELD_EMBED,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct autoscaler, status),
		.of = &schema_v1_status,
		.doc = "How it is." },
};

/* What autoscaling/v2 has besides, written as JSON into annotations. */
static void v1_check(struct decode *d, const void *object, const struct value *v)
{
	static const char *const more[] = { "autoscaling.alpha.kubernetes.io/metrics",
		"autoscaling.alpha.kubernetes.io/behavior" };
	const struct autoscaler *a = object;
	for (size_t i = 0; i < ARRAY_LEN(more); i++)
		if (string_map_get(&a->meta.annotations, more[i]))
			check_error(d, v, check_key(d, "metadata.annotations", more[i]),
				"is not read; write apiVersion: autoscaling/v2, and what it says into spec");
}

const struct schema schema_autoscaler_v1 = {
	.name = "HorizontalPodAutoscaler",
	FIELDS(v1_fields),
	.size = sizeof(struct autoscaler),
	.check = v1_check,
	.doc = "Makes pods more or fewer as they are used.",
};
