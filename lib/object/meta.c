/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The tables of ObjectMeta (of objects and of pod templates), OwnerReference and Condition. */
#include <stddef.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/annotations.h"
#include "lib/object/check.h"
#include "lib/object/meta.h"
#include "lib/object/tables.h"

enum { ANNOTATIONS_MAX = 256 * 1024 };

static const struct field owner_fields[] = {
	{ .name = "apiVersion",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct owner_reference, api_version),
		.doc = "The owner's API version." },
	{ .name = "kind",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct owner_reference, kind),
		.doc = "The owner's kind." },
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct owner_reference, name),
		.doc = "The owner's name, in the same namespace." },
	{ .name = "uid",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_UNIQUE,
		.offset = offsetof(struct owner_reference, uid),
		.doc = "The owner's unique identity." },
	{ .name = "controller",
		.kind = FIELD_OPT_BOOL,
		.offset = offsetof(struct owner_reference, controller),
		.doc = "Whether this owner manages the object; at most one does." },
	{ .name = "blockOwnerDeletion",
		.kind = FIELD_OPT_BOOL,
		.offset = offsetof(struct owner_reference, block_owner_deletion),
		.doc = "Whether the owner stays until this object is gone." },
};

const struct schema schema_owner_reference = {
	.name = "OwnerReference",
	FIELDS(owner_fields),
	.size = sizeof(struct owner_reference),
	.doc = "An object that this one belongs to.",
};

static const struct field meta_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.offset = offsetof(struct object_meta, name),
		.doc = "The object's name, unique for its kind within the namespace." },
	{ .name = "generateName",
		.kind = FIELD_STRING,
		.offset = offsetof(struct object_meta, generate_name),
		.doc = "Prefix of a generated name; only objects that Pintle makes have it." },
	{ .name = "namespace",
		.kind = FIELD_STRING,
		.offset = offsetof(struct object_meta, namespace),
		.rule = rule_dns_label,
		.doc = "The namespace that the object is in; \"default\" where none is given." },
	{ .name = "labels",
		.kind = FIELD_STRING_MAP,
		.offset = offsetof(struct object_meta, labels),
		.rule = rule_label_key,
		.doc = "Keys and values that selectors choose objects by." },
	{ .name = "annotations",
		.kind = FIELD_STRING_MAP,
		.offset = offsetof(struct object_meta, annotations),
		.rule = rule_annotation_key,
		.doc = "Keys and free text for people and tools." },
	{ .name = "finalizers",
		.kind = FIELD_STRINGS,
		.support = ACCEPTED,
		.offset = offsetof(struct object_meta, finalizers),
		.hint = "an object goes when its manifest goes",
		.doc = "Who must agree before the object may be deleted." },
	{ .name = "uid",
		.kind = FIELD_STRING,
		.flags = FIELD_SERVER_SET | FIELD_UNIQUE,
		.offset = offsetof(struct object_meta, uid),
		.doc = "Unique identity of this object; never used again." },
	{ .name = "resourceVersion",
		.kind = FIELD_STRING,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct object_meta, resource_version),
		.doc = "Position in the journal at which the object last changed." },
	{ .name = "generation",
		.kind = FIELD_INT,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct object_meta, generation),
		.doc = "How often the specification has changed." },
	{ .name = "creationTimestamp",
		.kind = FIELD_TIME,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct object_meta, creation_timestamp),
		.doc = "When the object came into being." },
	{ .name = "deletionTimestamp",
		.kind = FIELD_TIME,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct object_meta, deletion_timestamp),
		.doc = "When the object is to be gone; set while it is being deleted." },
	{ .name = "deletionGracePeriodSeconds",
		.kind = FIELD_OPT_INT,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct object_meta, deletion_grace_period_seconds),
		.doc = "Seconds that the object has to end by itself." },
	{ .name = "ownerReferences",
		.kind = FIELD_STRUCTS,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct object_meta, owner_references),
		.of = &schema_owner_reference,
		.list_key = "uid",
		.doc = "The objects that this one belongs to; it goes with the last of them." },
	{ .name = "managedFields",
		.kind = FIELD_NONE,
		.flags = FIELD_SERVER_SET,
		.doc = "Who set which field; kept by an API server, not by Pintle." },
	{ .name = "selfLink",
		.kind = FIELD_NONE,
		.flags = FIELD_SERVER_SET | FIELD_DEPRECATED,
		.doc = "The object's URL in old API servers." },
	{ .name = "clusterName",
		.kind = FIELD_NONE,
		.flags = FIELD_SERVER_SET | FIELD_DEPRECATED,
		.doc = "Name of a cluster; never had an effect." },
};

static void check_annotations_size(
	struct decode *d, const struct value *v, const struct string_map *annotations)
{
	size_t size = 0;
	for (size_t i = 0; i < annotations->count; i++)
		size += strlen(annotations->items[i].key) + strlen(annotations->items[i].value);
	if (size > ANNOTATIONS_MAX)
		check_error(d, v, "annotations",
			"all annotations together have %zu bytes; at most %d are allowed", size,
			ANNOTATIONS_MAX);
}

static void meta_check(struct decode *d, const void *object, const struct value *v)
{
	const struct object_meta *m = object;
	check_map_values(d, v, "labels", &m->labels, rule_label_value);
	check_annotations_size(d, v, &m->annotations);
	if (d->mode == DECODE_MANIFEST && m->generate_name)
		check_error(d, v, "generateName",
			"a manifest needs a name of its own (metadata.name): what has a new name with every "
			"read cannot be kept in agreement with git");
}

const struct schema schema_object_meta = {
	.name = "ObjectMeta",
	FIELDS(meta_fields),
	.size = sizeof(struct object_meta),
	.check = meta_check,
	.doc = "Name, namespace, labels and annotations of an object.",
};

/* A template's metadata: its pods get labels and annotations from it, and names of their own. */
static const struct field template_meta_fields[] = {
	{ .name = "labels",
		.kind = FIELD_STRING_MAP,
		.offset = offsetof(struct object_meta, labels),
		.rule = rule_label_key,
		.doc = "Labels of each pod made from the template; the selector must match them." },
	{ .name = "annotations",
		.kind = FIELD_STRING_MAP,
		.offset = offsetof(struct object_meta, annotations),
		.rule = rule_annotation_key,
		.doc = "Annotations of each pod made from the template." },
	{ .name = "name",
		.kind = FIELD_NONE,
		.support = ACCEPTED,
		.hint = "pods are named after their owner",
		.doc = "Has no effect in a template: pods are named after their owner." },
	{ .name = "generateName",
		.kind = FIELD_NONE,
		.support = ACCEPTED,
		.hint = "pods are named after their owner",
		.doc = "Has no effect in a template: pods are named after their owner." },
	{ .name = "namespace",
		.kind = FIELD_NONE,
		.support = ACCEPTED,
		.hint = "pods are in their owner's namespace",
		.doc = "Has no effect in a template: pods are in their owner's namespace." },
	{ .name = "finalizers",
		.kind = FIELD_NONE,
		.support = ACCEPTED,
		.hint = "a pod goes when its owner lets it go",
		.doc = "Who must agree before a pod may be deleted." },
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
	{ .name = "clusterName",
		.kind = FIELD_NONE,
		.flags = FIELD_SERVER_SET,
		.doc = "Ignored in a template." },
};

/* ReplicaSets rank pods by it (Kubernetes: ValidatePodSpecificAnnotations). */
static void check_deletion_cost(struct decode *d, const struct value *v, const struct object_meta *m)
{
	static const char key[] = "controller.kubernetes.io/pod-deletion-cost";
	const char *cost = string_map_get(&m->annotations, key);
	bool odd = cost && (*cost == '+' || (*cost == '0' && cost[1] != '\0') || str_starts(cost, "-0"));
	int64_t n;

	if (!cost || (!odd && str_to_i64(cost, &n) == 0 && n >= INT32_MIN && n <= INT32_MAX))
		return;
	decode_error(d, value_get(value_get(v, "annotations"), key), check_key(d, "annotations", key),
		"must be a number of 32 bits, but is `%s`", cost);
}

static void template_meta_check(struct decode *d, const void *object, const struct value *v)
{
	meta_check(d, object, v);
	if (d->mode == DECODE_MANIFEST)
		check_deletion_cost(d, v, object);
	if (d->mode == DECODE_MANIFEST)
		annotations_check_template(d, v, object);
}

const struct schema schema_template_meta = {
	.name = "TemplateMeta",
	FIELDS(template_meta_fields),
	.size = sizeof(struct object_meta),
	.check = template_meta_check,
	.doc = "Labels and annotations of the pods that a template makes.",
};

static const char *const condition_statuses[] = { "True", "False", "Unknown", NULL };

static const struct field condition_fields[] = {
	{ .name = "type",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct condition, type),
		.doc = "What the condition is about, such as Ready." },
	{ .name = "status",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct condition, status),
		.values = condition_statuses,
		.doc = "Whether it holds." },
	{ .name = "observedGeneration",
		.kind = FIELD_INT,
		.offset = offsetof(struct condition, observed_generation),
		.doc = "The generation that the condition was found for." },
	{ .name = "lastProbeTime",
		.kind = FIELD_TIME,
		.offset = offsetof(struct condition, last_probe_time),
		.doc = "When it was last looked at." },
	{ .name = "lastHeartbeatTime",
		.kind = FIELD_TIME,
		.offset = offsetof(struct condition, last_heartbeat_time),
		.doc = "When it was last reported." },
	{ .name = "lastUpdateTime",
		.kind = FIELD_TIME,
		.offset = offsetof(struct condition, last_update_time),
		.doc = "When any part of it last changed." },
	{ .name = "lastTransitionTime",
		.kind = FIELD_TIME,
		.offset = offsetof(struct condition, last_transition_time),
		.doc = "When its status last changed." },
	{ .name = "reason",
		.kind = FIELD_STRING,
		.offset = offsetof(struct condition, reason),
		.doc = "Why, in one word for programs." },
	{ .name = "message",
		.kind = FIELD_STRING,
		.offset = offsetof(struct condition, message),
		.doc = "Why, in a sentence for people." },
};

const struct schema schema_condition = {
	.name = "Condition",
	FIELDS(condition_fields),
	.size = sizeof(struct condition),
	.doc = "One aspect of an object's state.",
};

const struct owner_reference *meta_controller(const struct object_meta *m)
{
	for (size_t i = 0; i < m->owner_references.count; i++)
		if (m->owner_references.items[i].controller.value)
			return &m->owner_references.items[i];
	return NULL;
}
