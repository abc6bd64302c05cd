/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of RuntimeClass (node/v1 validation ValidateRuntimeClass). */
#include <stddef.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/policy.h"
#include "lib/object/tables.h"

static const struct field overhead_fields[] = {
	{ .name = "podFixed",
		.kind = FIELD_QUANTITY_MAP,
		.offset = offsetof(struct runtime_overhead, pod_fixed),
		.rule = rule_resource_name,
		.doc = "What the runtime itself needs for each pod, by resource." },
};

static void overhead_check(struct decode *d, const void *object, const struct value *v)
{
	const struct runtime_overhead *o = object;
	check_resources(d, v, "podFixed", &o->pod_fixed);
}

static const struct schema schema_overhead = {
	.name = "Overhead",
	FIELDS(overhead_fields),
	.size = sizeof(struct runtime_overhead),
	.check = overhead_check,
	.doc = "What the runtime itself needs beside the containers.",
};

static const struct field scheduling_fields[] = {
	{ .name = "nodeSelector",
		.kind = FIELD_STRING_MAP,
		.offset = offsetof(struct runtime_scheduling, node_selector),
		.rule = rule_label_key,
		.doc = "Labels of the nodes that have the runtime." },
	{ .name = "tolerations",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct runtime_scheduling, tolerations),
		.of = &schema_toleration,
		.doc = "Taints that such pods put up with, beside their own." },
};

static void scheduling_check(struct decode *d, const void *object, const struct value *v)
{
	const struct runtime_scheduling *s = object;
	check_map_values(d, v, "nodeSelector", &s->node_selector, rule_label_value);
}

static const struct schema schema_scheduling = {
	.name = "Scheduling",
	FIELDS(scheduling_fields),
	.size = sizeof(struct runtime_scheduling),
	.check = scheduling_check,
	.doc = "Which nodes have the runtime.",
};

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "node.k8s.io/v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "RuntimeClass." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct runtime_class, meta),
		.of = &schema_object_meta,
		.doc = "Name, labels and annotations." },
	{ .name = "handler",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct runtime_class, handler),
		.rule = rule_dns_label,
		.doc = "The OCI runtime, by the name that the nodes know it by." },
	{ .name = "overhead",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct runtime_class, overhead),
		.of = &schema_overhead,
		.doc = "What the runtime itself needs beside the containers." },
	{ .name = "scheduling",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct runtime_class, scheduling),
		.of = &schema_scheduling,
		.doc = "Which nodes have the runtime." },
};

const struct schema schema_runtime_class = {
	.name = "RuntimeClass",
	FIELDS(fields),
	.size = sizeof(struct runtime_class),
	.doc = "An OCI runtime that pods may ask for.",
};
