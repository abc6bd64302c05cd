/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of StorageClass and its rules (storage validation ValidateStorageClass). */
#include <stddef.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/storage.h"
#include "lib/object/tables.h"

enum { PARAMETERS_MAX = 512, PARAMETERS_SIZE_MAX = 256 * 1024 };

static const char *const policies[] = { "Delete", "Retain", "Recycle", NULL };
static const char *const binding_modes[] = { "Immediate", "WaitForFirstConsumer", NULL };

/* --- topologies ----------------------------------------------------------------------------------- */

static const struct field requirement_fields[] = {
	{ .name = "key",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct topology_requirement, key),
		.rule = rule_label_key,
		.doc = "The label's key." },
	{ .name = "values",
		.kind = FIELD_STRINGS,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct topology_requirement, values),
		.doc = "The values of which a node has one." },
};

static void requirement_check(struct decode *d, const void *object, const struct value *v)
{
	const struct topology_requirement *r = object;
	for (size_t i = 0; i < r->values.count; i++)
		for (size_t j = 0; j < i; j++)
			if (str_eq(r->values.items[i], r->values.items[j]))
				check_error(d, v, check_path(d, "values[%zu]", i), "`%s` is there twice",
					r->values.items[i]);
}

static const struct schema schema_topology_requirement = {
	.name = "TopologySelectorLabelRequirement",
	FIELDS(requirement_fields),
	.size = sizeof(struct topology_requirement),
	.check = requirement_check,
	.doc = "One requirement on one label of nodes.",
};

static const struct field term_fields[] = {
	{ .name = "matchLabelExpressions",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct topology_term, match_label_expressions),
		.of = &schema_topology_requirement,
		.list_key = "key",
		.doc = "Requirements, all of which must hold." },
};
static const struct schema schema_topology_term = {
	.name = "TopologySelectorTerm",
	FIELDS(term_fields),
	.size = sizeof(struct topology_term),
	.doc = "Nodes, chosen by their labels.",
};

/* --- the class ------------------------------------------------------------------------------------ */

/* A qualified name; upper case is fine. */
static const char *rule_provisioner(struct arena *arena, const char *s)
{
	return rule_annotation_key(arena, s);
}

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "storage.k8s.io/v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "StorageClass." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct storage_class, meta),
		.of = &schema_object_meta,
		.doc = "Name, labels and annotations; storageclass.kubernetes.io/is-default-class makes it "
		       "the "
		       "default." },
	{ .name = "provisioner",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct storage_class, provisioner),
		.rule = rule_provisioner,
		.doc = "Who makes volumes for claims; kubernetes.io/no-provisioner for nobody." },
	{ .name = "parameters",
		.kind = FIELD_STRING_MAP,
		.offset = offsetof(struct storage_class, parameters),
		.doc = "What the provisioner is told." },
	{ .name = "reclaimPolicy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct storage_class, reclaim_policy),
		.values = policies,
		.value_default = "Delete",
		.doc = "What becomes of the data when the claim is gone." },
	{ .name = "mountOptions",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct storage_class, mount_options),
		.doc = "Options for mounting its volumes." },
	{ .name = "allowVolumeExpansion",
		.kind = FIELD_OPT_BOOL,
		.offset = offsetof(struct storage_class, allow_volume_expansion),
		.doc = "Whether a claim may ask for more later." },
	{ .name = "volumeBindingMode",
		.kind = FIELD_STRING,
		.offset = offsetof(struct storage_class, volume_binding_mode),
		.values = binding_modes,
		.value_default = "Immediate",
		.doc = "Whether a claim is bound at once, or when a pod uses it." },
	{ .name = "allowedTopologies",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct storage_class, allowed_topologies),
		.of = &schema_topology_term,
		.doc = "The nodes on which volumes may be made." },
};

static void check(struct decode *d, const void *object, const struct value *v)
{
	const struct storage_class *c = object;
	size_t size = 0;
	for (size_t i = 0; i < c->parameters.count; i++) {
		size += strlen(c->parameters.items[i].key) + strlen(c->parameters.items[i].value);
		if (str_empty(c->parameters.items[i].key))
			check_error(d, v, "parameters", "a key must not be empty");
	}
	if (c->parameters.count > PARAMETERS_MAX)
		check_error(d, v, "parameters", "has %zu keys; at most %d are allowed", c->parameters.count,
			PARAMETERS_MAX);
	if (size > PARAMETERS_SIZE_MAX)
		check_error(d, v, "parameters", "has %zu bytes; at most %d are allowed", size,
			PARAMETERS_SIZE_MAX);
}

const struct schema schema_storage_class = {
	.name = "StorageClass",
	FIELDS(fields),
	.size = sizeof(struct storage_class),
	.check = check,
	.doc = "A kind of storage that claims may ask for by name.",
};

bool storage_class_is_default(const struct storage_class *c)
{
	const char *stable = string_map_get(
		&c->meta.annotations, "storageclass.kubernetes.io/is-default-class");
	const char *beta = string_map_get(
		&c->meta.annotations, "storageclass.beta.kubernetes.io/is-default-class");
	return str_eq(stable, "true") || str_eq(beta, "true");
}
