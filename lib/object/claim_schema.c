/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The tables of PersistentVolumeClaim, its template, and the rules between their fields (core/v1 validation
 * ValidatePersistentVolumeClaimSpec).
 */
#include <stddef.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/claim.h"
#include "lib/object/tables.h"

const char *const volume_access_modes[] = { "ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany",
	"ReadWriteOncePod", NULL };
static const char *const volume_modes[] = { "Filesystem", "Block", NULL };
static const char *const volume_modes_pending[] = { "Block", NULL };
static const char *const phases[] = { "Pending", "Bound", "Lost", NULL };

/* The way to choose a class before storageClassName was there; Kubernetes still reads it. */
static const char class_annotation[] = "volume.beta.kubernetes.io/storage-class";

/* --- rules that volumes have too ----------------------------------------------------------------- */

void access_modes_check(struct decode *d, const struct strings *modes, const struct value *v)
{
	if (modes->count == 0)
		check_error(d, v, "accessModes", "must have at least one mode, such as ReadWriteOnce");
	if (modes->count > 1 && strings_contain(modes, "ReadWriteOncePod"))
		check_error(d, v, "accessModes", "ReadWriteOncePod can't stand beside other modes");
}

void class_name_check(struct decode *d, const char *class_name, const char *name, const struct value *v)
{
	const char *wrong = str_empty(class_name) ? NULL : rule_dns_subdomain(d->arena, class_name);
	if (wrong)
		check_error(d, v, name, "%s", wrong);
}

/* --- spec ---------------------------------------------------------------------------------------- */

static const struct field resources_fields[] = {
	{ .name = "limits",
		.kind = FIELD_QUANTITY_MAP,
		.offset = offsetof(struct volume_resources, limits),
		.doc = "The most storage that is wanted." },
	{ .name = "requests",
		.kind = FIELD_QUANTITY_MAP,
		.offset = offsetof(struct volume_resources, requests),
		.doc = "The least storage that will do: storage, in bytes." },
};
static const struct schema schema_volume_resources = {
	.name = "VolumeResourceRequirements",
	FIELDS(resources_fields),
	.size = sizeof(struct volume_resources),
	.doc = "How much storage is wanted.",
};

static const char no_source[] = "volumes are not filled from snapshots or other claims, which only CSI "
				"drivers do; fill it with an init "
				"container";

static const struct field spec_fields[] = {
	{ .name = "accessModes",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct claim_spec, access_modes),
		.values = volume_access_modes,
		.doc = "How many nodes may use the volume at once, and whether to write." },
	{ .name = "selector",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct claim_spec, selector),
		.of = &schema_label_selector,
		.doc = "Labels of the volumes that will do." },
	{ .name = "resources",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct claim_spec, resources),
		.of = &schema_volume_resources,
		.doc = "How much storage is wanted." },
	{ .name = "volumeName",
		.kind = FIELD_STRING,
		.offset = offsetof(struct claim_spec, volume_name),
		.rule = rule_dns_subdomain,
		.refers = "PersistentVolume",
		.doc = "The one PersistentVolume that will do." },
	{ .name = "storageClassName",
		.kind = FIELD_STRING,
		.offset = offsetof(struct claim_spec, storage_class_name),
		.refers = "StorageClass",
		.doc = "The StorageClass; the default one where not given, none where empty." },
	{ .name = "volumeMode",
		.kind = FIELD_STRING,
		.offset = offsetof(struct claim_spec, volume_mode),
		.values = volume_modes,
		.values_pending = volume_modes_pending,
		.value_default = "Filesystem",
		.doc = "Whether pods see a directory or a block device." },
	{ .name = "dataSource",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = no_source,
		.doc = "What the volume is filled from." },
	{ .name = "dataSourceRef",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = no_source,
		.doc = "What the volume is filled from." },
	{ .name = "volumeAttributesClassName",
		.kind = FIELD_STRING,
		.support = ACCEPTED,
		.offset = offsetof(struct claim_spec, volume_attributes_class_name),
		.rule = rule_dns_subdomain,
		.hint = "only CSI drivers know such classes",
		.doc = "The VolumeAttributesClass." },
};

static void spec_check(struct decode *d, const void *object, const struct value *v)
{
	const struct claim_spec *s = object;
	const struct quantity *storage = quantity_map_get(&s->resources.requests, "storage");
	access_modes_check(d, &s->access_modes, v);
	class_name_check(d, s->storage_class_name, "storageClassName", v);
	if (!storage)
		check_error(d, v, "resources.requests.storage", "is required: how large is it to be?");
	else if (storage->nano <= 0)
		check_error(d, v, "resources.requests.storage", "must be more than 0");
}

const struct schema schema_claim_spec = {
	.name = "PersistentVolumeClaimSpec",
	FIELDS(spec_fields),
	.size = sizeof(struct claim_spec),
	.check = spec_check,
	.doc = "What kind of storage is wanted, and how much.",
};

/* --- status --------------------------------------------------------------------------------------- */

static const struct field status_fields[] = {
	{ .name = "phase",
		.kind = FIELD_STRING,
		.offset = offsetof(struct claim_status, phase),
		.values = phases,
		.doc = "Pending, Bound or Lost." },
	{ .name = "accessModes",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct claim_status, access_modes),
		.doc = "The modes of the volume that it is bound to." },
	{ .name = "capacity",
		.kind = FIELD_QUANTITY_MAP,
		.offset = offsetof(struct claim_status, capacity),
		.doc = "The size of the volume that it is bound to." },
	{ .name = "conditions",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct claim_status, conditions),
		.of = &schema_condition,
		.list_key = "type",
		.doc = "Resizing and others." },
	{ .name = "allocatedResources", .kind = FIELD_NONE, .doc = "Not kept." },
	{ .name = "allocatedResourceStatuses", .kind = FIELD_NONE, .doc = "Not kept." },
	{ .name = "currentVolumeAttributesClassName", .kind = FIELD_NONE, .doc = "Not kept." },
	{ .name = "modifyVolumeStatus", .kind = FIELD_NONE, .doc = "Not kept." },
};
static const struct schema schema_claim_status = {
	.name = "PersistentVolumeClaimStatus",
	FIELDS(status_fields),
	.size = sizeof(struct claim_status),
	.doc = "How a claim is.",
};

/* --- the claim ------------------------------------------------------------------------------------ */

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "PersistentVolumeClaim." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct claim, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct claim, spec),
		.of = &schema_claim_spec,
		.doc = "What kind of storage is wanted, and how much." },
	{ .name = "status",
		.kind = FIELD_EMBED,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct claim, status),
		.of = &schema_claim_status,
		.doc = "How the claim is." },
};

static void claim_defaults(struct arena *arena, void *object)
{
	struct claim *c = object;
	const char *name = string_map_get(&c->meta.annotations, class_annotation);
	(void)arena;
	if (name && !c->spec.storage_class_name)
		c->spec.storage_class_name = name;
}

const struct schema schema_claim = {
	.name = "PersistentVolumeClaim",
	FIELDS(fields),
	.size = sizeof(struct claim),
	.defaults = claim_defaults,
	.doc = "Storage that is asked for and outlives the pods that use it.",
};

/* --- the template of a pod's ephemeral volume -------------------------------------------------------- */

static const char named_after[] = "the claim is named after its pod and volume, and goes with the pod";

static const struct field template_meta_fields[] = {
	{ .name = "labels",
		.kind = FIELD_STRING_MAP,
		.offset = offsetof(struct object_meta, labels),
		.rule = rule_label_key,
		.doc = "Labels of the claim." },
	{ .name = "annotations",
		.kind = FIELD_STRING_MAP,
		.offset = offsetof(struct object_meta, annotations),
		.rule = rule_annotation_key,
		.doc = "Annotations of the claim." },
	{ .name = "name",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = named_after,
		.doc = "Can't be given: the claim is named after its pod and volume." },
	{ .name = "generateName",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = named_after,
		.doc = "Can't be given: the claim is named after its pod and volume." },
	{ .name = "namespace",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = "the claim is in its pod's namespace",
		.doc = "Can't be given: the claim is in its pod's namespace." },
	{ .name = "finalizers",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = named_after,
		.doc = "Can't be given: the claim goes with its pod." },
	{ .name = "uid", .kind = FIELD_NONE, .flags = FIELD_SERVER_SET, .doc = "Ignored in a template." },
	{ .name = "resourceVersion",
		.kind = FIELD_NONE,
		.flags = FIELD_SERVER_SET,
		.doc = "Ignored in a template." },
	{ .name = "generation",
		.kind = FIELD_NONE,
		.flags = FIELD_SERVER_SET,
		.doc = "Ignored in a template." },
	{ .name = "creationTimestamp",
		.kind = FIELD_NONE,
		.flags = FIELD_SERVER_SET,
		.doc = "Ignored in a template." },
	{ .name = "deletionTimestamp",
		.kind = FIELD_NONE,
		.flags = FIELD_SERVER_SET,
		.doc = "Ignored in a template." },
	{ .name = "deletionGracePeriodSeconds",
		.kind = FIELD_NONE,
		.flags = FIELD_SERVER_SET,
		.doc = "Ignored in a template." },
	{ .name = "ownerReferences",
		.kind = FIELD_NONE,
		.flags = FIELD_SERVER_SET,
		.doc = "Ignored in a template." },
	{ .name = "managedFields",
		.kind = FIELD_NONE,
		.flags = FIELD_SERVER_SET,
		.doc = "Ignored in a template." },
	{ .name = "selfLink",
		.kind = FIELD_NONE,
		.flags = FIELD_SERVER_SET,
		.doc = "Ignored in a template." },
};

static void template_meta_check(struct decode *d, const void *object, const struct value *v)
{
	const struct object_meta *m = object;
	check_map_values(d, v, "labels", &m->labels, rule_label_value);
}

static const struct schema schema_claim_template_meta = {
	.name = "ClaimTemplateMeta",
	FIELDS(template_meta_fields),
	.size = sizeof(struct object_meta),
	.check = template_meta_check,
	.doc = "Labels and annotations of the claims that a template makes.",
};

static const struct field template_fields[] = {
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct claim_template, meta),
		.of = &schema_claim_template_meta,
		.doc = "Labels and annotations of the claim." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct claim_template, spec),
		.of = &schema_claim_spec,
		.doc = "What kind of storage is wanted, and how much." },
};

const struct schema schema_claim_template = {
	.name = "PersistentVolumeClaimTemplate",
	FIELDS(template_fields),
	.size = sizeof(struct claim_template),
	.doc = "The claim that is made for a pod's volume.",
};
