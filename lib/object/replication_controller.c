/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of ReplicationController (core/v1 validation ValidateReplicationControllerSpec): a ReplicaSet's elder. */
#include <stddef.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/tables.h"

static const struct field spec_fields[] = {
	{ .name = "replicas",
		.kind = FIELD_INT,
		.offset = offsetof(struct replication_controller_spec, replicas),
		.value_default = "1",
		.min = 0,
		.max = INT32_MAX,
		.doc = "How many pods there are to be." },
	{ .name = "selector",
		.kind = FIELD_STRING_MAP,
		.offset = offsetof(struct replication_controller_spec, selector),
		.rule = rule_label_key,
		.doc = "Labels of the pods that belong to it; the template's where not given." },
	{ .name = "template",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct replication_controller_spec, template),
		.of = &schema_pod_template,
		.doc = "What each pod looks like." },
	{ .name = "minReadySeconds",
		.kind = FIELD_INT,
		.offset = offsetof(struct replication_controller_spec, min_ready_seconds),
		.min = 0,
		.max = INT32_MAX,
		.doc = "How long a new pod must have been ready to count as available." },
};

static void spec_defaults(struct arena *arena, void *object)
{
	(void)arena;
	struct replication_controller_spec *s = object;
	if (s->selector.count == 0)
		s->selector = s->template.meta.labels;
}

static void spec_check(struct decode *d, const void *object, const struct value *v)
{
	const struct replication_controller_spec *s = object;
	const struct label_selector selector = { .match_labels = s->selector };
	check_map_values(d, v, "selector", &s->selector, rule_label_value);
	if (s->selector.count > 0)
		workload_check_selector(d, v, &selector, &s->template);
	else
		check_error(d, v, "template.metadata.labels",
			"must not be empty: without a selector, they are what the pods are known by");
	workload_check_restarts(d, v, &s->template.spec);
}

static void spec_check_partial(struct decode *d, const void *object, const struct value *v)
{
	const struct replication_controller_spec *s = object;
	const struct label_selector selector = { .match_labels = s->selector };
	const struct value *map = value_get(v, "selector");
	for (size_t i = 0; map && map->type == VALUE_MAP && i < map->map.count; i++)
		if (map->map.entries[i].value->type != VALUE_STRING)
			return;
	workload_check_partial(d, v, &selector, &s->template);
}

static const struct schema schema_spec = {
	.name = "ReplicationControllerSpec",
	FIELDS(spec_fields),
	.size = sizeof(struct replication_controller_spec),
	.defaults = spec_defaults,
	.check = spec_check,
	.check_partial = spec_check_partial,
	.doc = "How many pods and what they look like.",
};

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "ReplicationController." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct replication_controller, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations; the labels are the template's where not "
		       "given." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct replication_controller, spec),
		.of = &schema_spec,
		.doc = "How many pods and what they look like." },
	{ .name = "status",
		.kind = FIELD_EMBED,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct replication_controller, status),
		.of = &schema_replica_set_status,
		.doc = "How the ReplicationController is." },
};

static void defaults(struct arena *arena, void *object)
{
	(void)arena;
	struct replication_controller *c = object;
	if (c->meta.labels.count == 0)
		c->meta.labels = c->spec.template.meta.labels;
}

const struct schema schema_replication_controller = {
	.name = "ReplicationController",
	FIELDS(fields),
	.size = sizeof(struct replication_controller),
	.defaults = defaults,
	.doc = "A number of equal pods that is kept up; ReplicaSets took its place.",
};
