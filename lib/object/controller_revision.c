/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The table of ControllerRevision: a template that a StatefulSet or DaemonSet has or had, kept as the patch that would bring it
 * back. Written by their controllers only.
 *
 * Mounts of a StatefulSet's template may name claims, which are not in the template: whatever a mount names is
 * taken to be there.
 */
#include <stddef.h>

#include "lib/object/tables.h"

static const struct field template_fields[] = {
	{ .name = "$patch",
		.kind = FIELD_STRING,
		.offset = offsetof(struct revision_template, patch),
		.doc = "replace: it takes the place of the workload's template." },
	{ .name = "metadata, spec",
		.kind = FIELD_INLINE,
		.offset = offsetof(struct revision_template, template),
		.of = &schema_pod_template,
		.doc = "What the pods looked like." },
};

static size_t count_mounts(const struct value *containers)
{
	size_t n = 0;
	for (size_t i = 0; containers && containers->type == VALUE_LIST && i < containers->list.count; i++) {
		const struct value *mounts = value_get(containers->list.items[i], "volumeMounts");
		n += mounts && mounts->type == VALUE_LIST ? mounts->list.count : 0;
	}
	return n;
}

static void add_mounts(struct decode *d, const struct value *containers)
{
	for (size_t i = 0; containers && containers->type == VALUE_LIST && i < containers->list.count; i++) {
		const struct value *mounts = value_get(containers->list.items[i], "volumeMounts");
		for (size_t k = 0; mounts && mounts->type == VALUE_LIST && k < mounts->list.count; k++) {
			const char *name = value_get_string(mounts->list.items[k], "name");
			if (name)
				d->claims.items[d->claims.count++] = name;
		}
	}
}

static void template_before(struct decode *d, const struct value *v)
{
	const struct value *spec = value_get(v, "spec");
	const struct value *containers = value_get(spec, "containers");
	const struct value *init = value_get(spec, "initContainers");
	size_t count = count_mounts(containers) + count_mounts(init);
	d->claims.items = arena_array(d->arena, count + 1, sizeof(d->claims.items[0]));
	d->claims.count = 0;
	add_mounts(d, containers);
	add_mounts(d, init);
}

static const struct schema schema_revision_template = {
	.name = "RevisionTemplate",
	FIELDS(template_fields),
	.size = sizeof(struct revision_template),
	.before = template_before,
	.doc = "The template of the workload's pods.",
};

static const struct field spec_fields[] = {
	{ .name = "template",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct revision_spec, template),
		.of = &schema_revision_template,
		.doc = "The template of the workload's pods." },
};
static const struct schema schema_revision_spec = {
	.name = "RevisionSpec",
	FIELDS(spec_fields),
	.size = sizeof(struct revision_spec),
	.doc = "What the workload's spec had.",
};

static const struct field data_fields[] = {
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct revision_data, spec),
		.of = &schema_revision_spec,
		.doc = "What the workload's spec had." },
};
static const struct schema schema_revision_data = {
	.name = "RevisionData",
	FIELDS(data_fields),
	.size = sizeof(struct revision_data),
	.doc = "A patch of the workload.",
};

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "apps/v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "ControllerRevision." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct controller_revision, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels, and the workload as owner." },
	{ .name = "data",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct controller_revision, data),
		.of = &schema_revision_data,
		.doc = "The patch that brings the template back." },
	{ .name = "revision",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct controller_revision, revision),
		.doc = "Its number: the highest is the newest." },
};

const struct schema schema_controller_revision = {
	.name = "ControllerRevision",
	FIELDS(fields),
	.size = sizeof(struct controller_revision),
	.doc = "A template that a StatefulSet or DaemonSet has, or had.",
};
