/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of Event: what happened to an object, written by Pintle itself. */
#include <stddef.h>

#include "lib/object/tables.h"

static const char *const types[] = { "Normal", "Warning", NULL };

static const struct field reference_fields[] = {
	{ .name = "kind",
		.kind = FIELD_STRING,
		.offset = offsetof(struct object_reference, kind),
		.doc = "The object's kind." },
	{ .name = "namespace",
		.kind = FIELD_STRING,
		.offset = offsetof(struct object_reference, namespace),
		.doc = "Its namespace." },
	{ .name = "name",
		.kind = FIELD_STRING,
		.offset = offsetof(struct object_reference, name),
		.doc = "Its name." },
	{ .name = "uid",
		.kind = FIELD_STRING,
		.offset = offsetof(struct object_reference, uid),
		.doc = "Its unique identity." },
	{ .name = "apiVersion",
		.kind = FIELD_STRING,
		.offset = offsetof(struct object_reference, api_version),
		.doc = "Its API version." },
	{ .name = "resourceVersion",
		.kind = FIELD_STRING,
		.offset = offsetof(struct object_reference, resource_version),
		.doc = "The position in the journal that is meant." },
	{ .name = "fieldPath",
		.kind = FIELD_STRING,
		.offset = offsetof(struct object_reference, field_path),
		.doc = "The part of it that is meant, such as spec.containers{web}." },
};
const struct schema schema_object_reference = {
	.name = "ObjectReference",
	FIELDS(reference_fields),
	.size = sizeof(struct object_reference),
	.doc = "An object, or a part of one.",
};

static const struct field source_fields[] = {
	{ .name = "component",
		.kind = FIELD_STRING,
		.offset = offsetof(struct event_source, component),
		.doc = "The program." },
	{ .name = "host",
		.kind = FIELD_STRING,
		.offset = offsetof(struct event_source, host),
		.doc = "The node." },
};
static const struct schema schema_event_source = {
	.name = "EventSource",
	FIELDS(source_fields),
	.size = sizeof(struct event_source),
	.doc = "Who says so.",
};

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "Event." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct event, meta),
		.of = &schema_object_meta,
		.doc = "Name and namespace." },
	{ .name = "involvedObject",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct event, involved_object),
		.of = &schema_object_reference,
		.doc = "What it happened to." },
	{ .name = "reason",
		.kind = FIELD_STRING,
		.offset = offsetof(struct event, reason),
		.doc = "What happened, in one word." },
	{ .name = "message",
		.kind = FIELD_STRING,
		.offset = offsetof(struct event, message),
		.doc = "What happened, in a sentence." },
	{ .name = "source",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct event, source),
		.of = &schema_event_source,
		.doc = "Who says so." },
	{ .name = "firstTimestamp",
		.kind = FIELD_TIME,
		.offset = offsetof(struct event, first_timestamp),
		.doc = "When it happened for the first time." },
	{ .name = "lastTimestamp",
		.kind = FIELD_TIME,
		.offset = offsetof(struct event, last_timestamp),
		.doc = "When it happened the last time." },
	{ .name = "count",
		.kind = FIELD_INT,
		.offset = offsetof(struct event, count),
		.doc = "How often it happened." },
	{ .name = "type",
		.kind = FIELD_STRING,
		.offset = offsetof(struct event, type),
		.values = types,
		.doc = "Normal, or Warning." },
	{ .name = "eventTime", .kind = FIELD_NONE, .doc = "Not kept." },
	{ .name = "series", .kind = FIELD_NONE, .doc = "Not kept." },
	{ .name = "action", .kind = FIELD_NONE, .doc = "Not kept." },
	{ .name = "related", .kind = FIELD_NONE, .doc = "Not kept." },
	{ .name = "reportingComponent", .kind = FIELD_NONE, .doc = "Not kept." },
	{ .name = "reportingInstance", .kind = FIELD_NONE, .doc = "Not kept." },
};

const struct schema schema_event = {
	.name = "Event",
	FIELDS(fields),
	.size = sizeof(struct event),
	.doc = "Something that happened to an object.",
};
