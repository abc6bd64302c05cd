/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of Namespace. */
#include <stddef.h>

#include "lib/object/tables.h"

static const char *const phases[] = { "Active", "Terminating", NULL };

/* spec holds nothing but finalizers, which stand in struct namespace itself. */
static const struct field spec_fields[] = {
	{ .name = "finalizers",
		.kind = FIELD_STRINGS,
		.flags = FIELD_SERVER_SET,
		.offset = 0,
		.doc = "Who must agree before it may be deleted; set by an API server." },
};
static const struct schema schema_namespace_spec = {
	.name = "NamespaceSpec",
	FIELDS(spec_fields),
	.size = sizeof(struct strings),
	.doc = "What the Namespace is to be; nothing for people to set.",
};

static const struct field status_fields[] = {
	{ .name = "phase",
		.kind = FIELD_STRING,
		.offset = offsetof(struct namespace_status, phase),
		.values = phases,
		.doc = "Active or Terminating." },
	{ .name = "conditions", .kind = FIELD_NONE, .doc = "Not kept." },
};
static const struct schema schema_namespace_status = {
	.name = "NamespaceStatus",
	FIELDS(status_fields),
	.size = sizeof(struct namespace_status),
	.doc = "How the Namespace is.",
};

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "Namespace." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct namespace, meta),
		.of = &schema_object_meta,
		.doc = "Name, labels and annotations." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct namespace, finalizers),
		.of = &schema_namespace_spec,
		.doc = "Nothing for people to set." },
	{ .name = "status",
		.kind = FIELD_EMBED,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct namespace, status),
		.of = &schema_namespace_status,
		.doc = "How the Namespace is." },
};

const struct schema schema_namespace = {
	.name = "Namespace",
	FIELDS(fields),
	.size = sizeof(struct namespace),
	.doc = "A part of the cluster with names of its own.",
};
