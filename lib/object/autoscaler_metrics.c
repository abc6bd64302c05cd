/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What a HorizontalPodAutoscaler goes by: the tables of metrics, of what they should be and of what they are
 * (autoscaling/v2 validation validateMetricSpec).
 */
#include <stddef.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/tables.h"

static const char *const types[] = { "Resource", "ContainerResource", "Pods", "Object", "External", NULL };
static const char *const target_types[] = { "Utilization", "Value", "AverageValue", NULL };

/* --- what they share ---------------------------------------------------------------------------------- */

static const struct field reference_fields[] = {
	{ .name = "kind",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct scale_target, kind),
		.rule = rule_path_segment,
		.doc = "The object's kind." },
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct scale_target, name),
		.rule = rule_path_segment,
		.doc = "Its name, in the same namespace." },
	{ .name = "apiVersion",
		.kind = FIELD_STRING,
		.offset = offsetof(struct scale_target, api_version),
		.doc = "Its API version, such as apps/v1." },
};

const struct schema schema_scale_target = {
	.name = "CrossVersionObjectReference",
	FIELDS(reference_fields),
	.size = sizeof(struct scale_target),
	.doc = "Another object of the namespace.",
};

static const struct field identifier_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct metric_identifier, name),
		.rule = rule_path_segment,
		.doc = "The metric's name." },
	{ .name = "selector",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct metric_identifier, selector),
		.of = &schema_label_selector,
		.doc = "Labels of the metric, to choose among several of the name." },
};

static const struct schema schema_identifier = {
	.name = "MetricIdentifier",
	FIELDS(identifier_fields),
	.size = sizeof(struct metric_identifier),
	.doc = "Which metric.",
};

/* --- targets ------------------------------------------------------------------------------------------- */

static const struct field target_fields[] = {
	{ .name = "type",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct metric_target, type),
		.values = target_types,
		.doc = "Which of the numbers is meant: Utilization, Value or AverageValue." },
	{ .name = "value",
		.kind = FIELD_QUANTITY,
		.offset = offsetof(struct metric_target, value),
		.doc = "What the metric should be." },
	{ .name = "averageValue",
		.kind = FIELD_QUANTITY,
		.offset = offsetof(struct metric_target, average_value),
		.doc = "What it should be divided by the number of pods." },
	{ .name = "averageUtilization",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct metric_target, average_utilization),
		.min = 1,
		.max = INT32_MAX,
		.doc = "How many percent of what the pods request." },
};

static void target_check(struct decode *d, const void *object, const struct value *v)
{
	const struct metric_target *t = object;
	const struct {
		const char *type, *field;
		bool given;
	} numbers[] = {
		{ "Value", "value", t->value.set },
		{ "AverageValue", "averageValue", t->average_value.set },
		{ "Utilization", "averageUtilization", t->average_utilization.set },
	};
	if (t->value.set && t->value.nano <= 0)
		check_error(d, v, "value", "must be more than 0");
	if (t->average_value.set && t->average_value.nano <= 0)
		check_error(d, v, "averageValue", "must be more than 0");
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if (str_eq(t->type, numbers[i].type) && !numbers[i].given)
			check_warning(d, v, "type", "is %s, but %s is not given", t->type, numbers[i].field);
}

static const struct schema schema_target = {
	.name = "MetricTarget",
	FIELDS(target_fields),
	.size = sizeof(struct metric_target),
	.check = target_check,
	.doc = "What a metric should be.",
};

/* --- sources ------------------------------------------------------------------------------------------- */

/* cpu and memory: one of the two averages. */
static void resource_check(struct decode *d, const void *object, const struct value *v)
{
	const struct metric_target *t = &((const struct metric_source *)object)->target;
	if (!t->average_utilization.set && !t->average_value.set)
		check_error(d, v, "target", "needs averageUtilization or averageValue");
	if (t->average_utilization.set && t->average_value.set)
		check_error(
			d, v, "target.averageValue", "can't be given with averageUtilization: choose one");
}

static void pods_check(struct decode *d, const void *object, const struct value *v)
{
	const struct metric_target *t = &((const struct metric_source *)object)->target;
	if (!t->average_value.set)
		check_error(d, v, "target.averageValue", "is required");
}

static void object_check(struct decode *d, const void *object, const struct value *v)
{
	const struct metric_target *t = &((const struct metric_source *)object)->target;
	if (!t->value.set && !t->average_value.set)
		check_error(d, v, "target", "needs value or averageValue");
}

static void external_check(struct decode *d, const void *object, const struct value *v)
{
	const struct metric_target *t = &((const struct metric_source *)object)->target;
	object_check(d, object, v);
	if (t->value.set && t->average_value.set)
		check_error(d, v, "target.value", "can't be given with averageValue: choose one");
}

static const struct field resource_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct metric_source, name),
		.rule = rule_resource_name,
		.doc = "The resource: cpu or memory." },
	{ .name = "target",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct metric_source, target),
		.of = &schema_target,
		.doc = "What it should be." },
};

static const struct schema schema_resource = {
	.name = "ResourceMetricSource",
	FIELDS(resource_fields),
	.size = sizeof(struct metric_source),
	.check = resource_check,
	.doc = "How much of a resource the pods use.",
};

static const struct field container_resource_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct metric_source, name),
		.rule = rule_resource_name,
		.doc = "The resource: cpu or memory." },
	{ .name = "container",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct metric_source, container),
		.rule = rule_dns_label,
		.doc = "The container." },
	{ .name = "target",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct metric_source, target),
		.of = &schema_target,
		.doc = "What it should be." },
};

static const struct schema schema_container_resource = {
	.name = "ContainerResourceMetricSource",
	FIELDS(container_resource_fields),
	.size = sizeof(struct metric_source),
	.check = resource_check,
	.doc = "How much of a resource one container of the pods uses.",
};

static const struct field pods_fields[] = {
	{ .name = "metric",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct metric_source, metric),
		.of = &schema_identifier,
		.doc = "Which metric." },
	{ .name = "target",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct metric_source, target),
		.of = &schema_target,
		.doc = "What it should be." },
};

static const struct schema schema_pods = {
	.name = "PodsMetricSource",
	FIELDS(pods_fields),
	.size = sizeof(struct metric_source),
	.check = pods_check,
	.doc = "A metric of each pod.",
};

static const struct field object_fields[] = {
	{ .name = "describedObject",
		.kind = FIELD_STRUCT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct metric_source, described_object),
		.of = &schema_scale_target,
		.doc = "The object that it is told of." },
	{ .name = "metric",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct metric_source, metric),
		.of = &schema_identifier,
		.doc = "Which metric." },
	{ .name = "target",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct metric_source, target),
		.of = &schema_target,
		.doc = "What it should be." },
};

static const struct schema schema_object = {
	.name = "ObjectMetricSource",
	FIELDS(object_fields),
	.size = sizeof(struct metric_source),
	.check = object_check,
	.doc = "A metric of another object.",
};

static const struct field external_fields[] = {
	{ .name = "metric",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct metric_source, metric),
		.of = &schema_identifier,
		.doc = "Which metric." },
	{ .name = "target",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct metric_source, target),
		.of = &schema_target,
		.doc = "What it should be." },
};

static const struct schema schema_external = {
	.name = "ExternalMetricSource",
	FIELDS(external_fields),
	.size = sizeof(struct metric_source),
	.check = external_check,
	.doc = "A metric from outside the cluster.",
};

/* --- metrics -------------------------------------------------------------------------------------------- */

static const char not_measured[] = "only cpu and memory are measured (Resource, ContainerResource)";

static const struct field spec_fields[] = {
	{ .name = "type",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct metric_spec, type),
		.values = types,
		.doc = "Which sort of metric; the member of that name says more." },
	{ .name = "resource",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct metric_spec, resource),
		.of = &schema_resource,
		.doc = "How much of a resource the pods use." },
	{ .name = "containerResource",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct metric_spec, container_resource),
		.of = &schema_container_resource,
		.doc = "How much of a resource one container of the pods uses." },
	{ .name = "pods",
		.kind = FIELD_STRUCT,
		.support = ACCEPTED,
		.offset = offsetof(struct metric_spec, pods),
		.of = &schema_pods,
		.hint = not_measured,
		.doc = "A metric of each pod." },
	{ .name = "object",
		.kind = FIELD_STRUCT,
		.support = ACCEPTED,
		.offset = offsetof(struct metric_spec, object),
		.of = &schema_object,
		.hint = not_measured,
		.doc = "A metric of another object." },
	{ .name = "external",
		.kind = FIELD_STRUCT,
		.support = ACCEPTED,
		.offset = offsetof(struct metric_spec, external),
		.of = &schema_external,
		.hint = not_measured,
		.doc = "A metric from outside the cluster." },
};

static void spec_check(struct decode *d, const void *object, const struct value *v)
{
	const struct metric_spec *m = object;
	const struct {
		const char *type, *field;
		bool given;
	} sources[] = {
		{ "Resource", "resource", m->resource != NULL },
		{ "ContainerResource", "containerResource", m->container_resource != NULL },
		{ "Pods", "pods", m->pods != NULL },
		{ "Object", "object", m->object != NULL },
		{ "External", "external", m->external != NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		bool wanted = str_eq(m->type, sources[i].type);
		if (wanted && !sources[i].given)
			check_error(d, v, sources[i].field, "is required with type: %s", m->type);
		if (!wanted && sources[i].given)
			check_error(d, v, sources[i].field, "can't be given with type: %s", m->type);
	}
}

const struct schema schema_metric_spec = {
	.name = "MetricSpec",
	FIELDS(spec_fields),
	.size = sizeof(struct metric_spec),
	.check = spec_check,
	.doc = "A metric, and what it should be.",
};

/* --- what was found ------------------------------------------------------------------------------------- */

static const struct field value_fields[] = {
	{ .name = "value",
		.kind = FIELD_QUANTITY,
		.offset = offsetof(struct metric_value, value),
		.doc = "What the metric is." },
	{ .name = "averageValue",
		.kind = FIELD_QUANTITY,
		.offset = offsetof(struct metric_value, average_value),
		.doc = "What it is divided by the number of pods." },
	{ .name = "averageUtilization",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct metric_value, average_utilization),
		.doc = "How many percent of what the pods request." },
};

static const struct schema schema_value = {
	.name = "MetricValueStatus",
	FIELDS(value_fields),
	.size = sizeof(struct metric_value),
	.doc = "What a metric is.",
};

static const struct field resource_status_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct metric_reading, name),
		.rule = rule_resource_name,
		.doc = "The resource: cpu or memory." },
	{ .name = "current",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct metric_reading, current),
		.of = &schema_value,
		.doc = "What it is." },
};

static const struct schema schema_resource_status = {
	.name = "ResourceMetricStatus",
	FIELDS(resource_status_fields),
	.size = sizeof(struct metric_reading),
	.doc = "How much of a resource the pods use.",
};

static const struct field container_resource_status_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct metric_reading, name),
		.rule = rule_resource_name,
		.doc = "The resource: cpu or memory." },
	{ .name = "container",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct metric_reading, container),
		.rule = rule_dns_label,
		.doc = "The container." },
	{ .name = "current",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct metric_reading, current),
		.of = &schema_value,
		.doc = "What it is." },
};

static const struct schema schema_container_resource_status = {
	.name = "ContainerResourceMetricStatus",
	FIELDS(container_resource_status_fields),
	.size = sizeof(struct metric_reading),
	.doc = "How much of a resource one container of the pods uses.",
};

static const struct field pods_status_fields[] = {
	{ .name = "metric",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct metric_reading, metric),
		.of = &schema_identifier,
		.doc = "Which metric." },
	{ .name = "current",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct metric_reading, current),
		.of = &schema_value,
		.doc = "What it is." },
};

static const struct schema schema_pods_status = {
	.name = "PodsMetricStatus",
	FIELDS(pods_status_fields),
	.size = sizeof(struct metric_reading),
	.doc = "A metric of each pod.",
};

static const struct field object_status_fields[] = {
	{ .name = "describedObject",
		.kind = FIELD_STRUCT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct metric_reading, described_object),
		.of = &schema_scale_target,
		.doc = "The object that it is told of." },
	{ .name = "metric",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct metric_reading, metric),
		.of = &schema_identifier,
		.doc = "Which metric." },
	{ .name = "current",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct metric_reading, current),
		.of = &schema_value,
		.doc = "What it is." },
};

static const struct schema schema_object_status = {
	.name = "ObjectMetricStatus",
	FIELDS(object_status_fields),
	.size = sizeof(struct metric_reading),
	.doc = "A metric of another object.",
};

static const struct field external_status_fields[] = {
	{ .name = "metric",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct metric_reading, metric),
		.of = &schema_identifier,
		.doc = "Which metric." },
	{ .name = "current",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct metric_reading, current),
		.of = &schema_value,
		.doc = "What it is." },
};

static const struct schema schema_external_status = {
	.name = "ExternalMetricStatus",
	FIELDS(external_status_fields),
	.size = sizeof(struct metric_reading),
	.doc = "A metric from outside the cluster.",
};

static const struct field status_fields[] = {
	{ .name = "type",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct metric_status, type),
		.values = types,
		.doc = "Which sort of metric." },
	{ .name = "resource",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct metric_status, resource),
		.of = &schema_resource_status,
		.doc = "How much of a resource the pods use." },
	{ .name = "containerResource",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct metric_status, container_resource),
		.of = &schema_container_resource_status,
		.doc = "How much of a resource one container of the pods uses." },
	{ .name = "pods",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct metric_status, pods),
		.of = &schema_pods_status,
		.doc = "A metric of each pod." },
	{ .name = "object",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct metric_status, object),
		.of = &schema_object_status,
		.doc = "A metric of another object." },
	{ .name = "external",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct metric_status, external),
		.of = &schema_external_status,
		.doc = "A metric from outside the cluster." },
};

const struct schema schema_metric_status = {
	.name = "MetricStatus",
	FIELDS(status_fields),
	.size = sizeof(struct metric_status),
	.doc = "A metric, and what it is.",
};
