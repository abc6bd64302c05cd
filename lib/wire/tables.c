/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "lib/wire/tables.h"

static const struct field held_pod_fields[] = {
	{ .name = "uid", .kind = FIELD_STRING, .offset = offsetof(struct wire_held_pod, uid) },
	{ .name = "digest", .kind = FIELD_STRING, .offset = offsetof(struct wire_held_pod, digest) },
	{ .name = "namespace", .kind = FIELD_STRING, .offset = offsetof(struct wire_held_pod, namespace) },
	{ .name = "name", .kind = FIELD_STRING, .offset = offsetof(struct wire_held_pod, name) },
};
static const struct schema schema_held_pod = {
	.name = "held_pod", FIELDS(held_pod_fields), .size = sizeof(struct wire_held_pod)
};

static const struct field pressure_fields[] = {
	{ .name = "cpu", .kind = FIELD_INT, .offset = offsetof(struct wire_pressure, cpu) },
	{ .name = "memory", .kind = FIELD_INT, .offset = offsetof(struct wire_pressure, memory) },
	{ .name = "io", .kind = FIELD_INT, .offset = offsetof(struct wire_pressure, io) },
};
static const struct schema schema_pressure = {
	.name = "pressure", FIELDS(pressure_fields), .size = sizeof(struct wire_pressure)
};

static const struct field hello_fields[] = {
	{ .name = "version", .kind = FIELD_INT, .offset = offsetof(struct wire_hello, version) },
	{ .name = "minVersion", .kind = FIELD_INT, .offset = offsetof(struct wire_hello, min_version) },
	{ .name = "agent", .kind = FIELD_STRING, .offset = offsetof(struct wire_hello, agent) },
	{ .name = "clusterId", .kind = FIELD_STRING, .offset = offsetof(struct wire_hello, cluster_id) },
	{ .name = "node", .kind = FIELD_STRING, .offset = offsetof(struct wire_hello, node) },
	{ .name = "bootId", .kind = FIELD_STRING, .offset = offsetof(struct wire_hello, boot_id) },
	{ .name = "term", .kind = FIELD_INT, .offset = offsetof(struct wire_hello, term) },
	{ .name = "holder", .kind = FIELD_STRING, .offset = offsetof(struct wire_hello, holder) },
	{ .name = "status",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct wire_hello, status),
		.of = &schema_node_status },
	{ .name = "pressure",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct wire_hello, pressure),
		.of = &schema_pressure },
	{ .name = "pods",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct wire_hello, pods),
		.of = &schema_held_pod },
	{ .name = "objects", .kind = FIELD_STRINGS, .offset = offsetof(struct wire_hello, objects) },
	{ .name = "time", .kind = FIELD_INT, .offset = offsetof(struct wire_hello, time) },
	{ .name = "treeVersion", .kind = FIELD_INT, .offset = offsetof(struct wire_hello, tree_version) },
};
static const struct schema schema_hello = {
	.name = "hello", FIELDS(hello_fields), .size = sizeof(struct wire_hello)
};

static const struct field welcome_fields[] = {
	{ .name = "version", .kind = FIELD_INT, .offset = offsetof(struct wire_welcome, version) },
	{ .name = "clusterId", .kind = FIELD_STRING, .offset = offsetof(struct wire_welcome, cluster_id) },
	{ .name = "node", .kind = FIELD_STRING, .offset = offsetof(struct wire_welcome, node) },
	{ .name = "term", .kind = FIELD_INT, .offset = offsetof(struct wire_welcome, term) },
	{ .name = "holder", .kind = FIELD_STRING, .offset = offsetof(struct wire_welcome, holder) },
	{ .name = "podCIDR", .kind = FIELD_STRING, .offset = offsetof(struct wire_welcome, pod_cidr) },
	{ .name = "dnsDomain", .kind = FIELD_STRING, .offset = offsetof(struct wire_welcome, dns_domain) },
};
static const struct schema schema_welcome = {
	.name = "welcome", FIELDS(welcome_fields), .size = sizeof(struct wire_welcome)
};

static const struct field apply_object_fields[] = {
	{ .name = "hash", .kind = FIELD_STRING, .offset = offsetof(struct wire_apply_stored_object, hash) },
	{ .name = "object", .kind = FIELD_ANY, .offset = offsetof(struct wire_apply_stored_object, object) },
};
static const struct schema schema_apply_object = {
	.name = "apply_object", FIELDS(apply_object_fields), .size = sizeof(struct wire_apply_stored_object)
};

static const struct field apply_pod_fields[] = {
	{ .name = "digest", .kind = FIELD_STRING, .offset = offsetof(struct wire_apply_stored_pod, digest) },
	{ .name = "pod", .kind = FIELD_ANY, .offset = offsetof(struct wire_apply_stored_pod, pod) },
	{ .name = "refs", .kind = FIELD_STRING_MAP, .offset = offsetof(struct wire_apply_stored_pod, refs) },
};
static const struct schema schema_apply_pod = {
	.name = "apply_pod", FIELDS(apply_pod_fields), .size = sizeof(struct wire_apply_stored_pod)
};

static const struct field remove_fields[] = {
	{ .name = "uid", .kind = FIELD_STRING, .offset = offsetof(struct wire_remove, uid) },
	{ .name = "gracePeriodSeconds",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct wire_remove, grace_period_seconds) },
};
const struct schema wire_schema_remove = {
	.name = "remove", FIELDS(remove_fields), .size = sizeof(struct wire_remove)
};

static const struct field apply_fields[] = {
	{ .name = "term", .kind = FIELD_INT, .offset = offsetof(struct wire_apply_stored, term) },
	{ .name = "revision", .kind = FIELD_INT, .offset = offsetof(struct wire_apply_stored, revision) },
	{ .name = "treeVersion",
		.kind = FIELD_INT,
		.offset = offsetof(struct wire_apply_stored, tree_version) },
	{ .name = "objects",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct wire_apply_stored, objects),
		.of = &schema_apply_object },
	{ .name = "pods",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct wire_apply_stored, pods),
		.of = &schema_apply_pod },
	{ .name = "remove",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct wire_apply_stored, remove),
		.of = &wire_schema_remove },
	{ .name = "forgetObjects",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct wire_apply_stored, forget_objects) },
};
static const struct schema schema_apply = {
	.name = "apply", FIELDS(apply_fields), .size = sizeof(struct wire_apply_stored)
};

static const struct field applied_fields[] = {
	{ .name = "revision", .kind = FIELD_INT, .offset = offsetof(struct wire_applied, revision) },
};
static const struct schema schema_applied = {
	.name = "applied", FIELDS(applied_fields), .size = sizeof(struct wire_applied)
};

static const struct field event_fields[] = {
	{ .name = "type", .kind = FIELD_STRING, .offset = offsetof(struct wire_event, type) },
	{ .name = "reason", .kind = FIELD_STRING, .offset = offsetof(struct wire_event, reason) },
	{ .name = "message", .kind = FIELD_STRING, .offset = offsetof(struct wire_event, message) },
};
static const struct schema schema_wire_event = {
	.name = "event", FIELDS(event_fields), .size = sizeof(struct wire_event)
};

static const struct field report_pod_fields[] = {
	{ .name = "uid", .kind = FIELD_STRING, .offset = offsetof(struct wire_report_pod, uid) },
	{ .name = "namespace", .kind = FIELD_STRING, .offset = offsetof(struct wire_report_pod, namespace) },
	{ .name = "name", .kind = FIELD_STRING, .offset = offsetof(struct wire_report_pod, name) },
	{ .name = "status",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct wire_report_pod, status),
		.of = &schema_pod_status },
	{ .name = "gone", .kind = FIELD_BOOL, .offset = offsetof(struct wire_report_pod, gone) },
	{ .name = "events",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct wire_report_pod, events),
		.of = &schema_wire_event },
};
static const struct schema schema_report_pod = {
	.name = "report_pod", FIELDS(report_pod_fields), .size = sizeof(struct wire_report_pod)
};

static const struct field report_fields[] = {
	{ .name = "seq", .kind = FIELD_INT, .offset = offsetof(struct wire_report, seq) },
	{ .name = "time", .kind = FIELD_INT, .offset = offsetof(struct wire_report, time) },
	{ .name = "pods",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct wire_report, pods),
		.of = &schema_report_pod },
	{ .name = "node",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct wire_report, node),
		.of = &schema_node_status },
	{ .name = "pressure",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct wire_report, pressure),
		.of = &schema_pressure },
	{ .name = "network", .kind = FIELD_STRING, .offset = offsetof(struct wire_report, network) },
};
static const struct schema schema_report = {
	.name = "report", FIELDS(report_fields), .size = sizeof(struct wire_report)
};

static const struct field reported_fields[] = {
	{ .name = "seq", .kind = FIELD_INT, .offset = offsetof(struct wire_reported, seq) },
	{ .name = "treeVersion", .kind = FIELD_INT, .offset = offsetof(struct wire_reported, tree_version) },
};
static const struct schema schema_reported = {
	.name = "reported", FIELDS(reported_fields), .size = sizeof(struct wire_reported)
};

static const struct field network_node_fields[] = {
	{ .name = "name", .kind = FIELD_STRING, .offset = offsetof(struct wire_network_node, name) },
	{ .name = "podCIDR", .kind = FIELD_STRING, .offset = offsetof(struct wire_network_node, pod_cidr) },
	{ .name = "address", .kind = FIELD_STRING, .offset = offsetof(struct wire_network_node, address) },
};
static const struct schema schema_network_node = {
	.name = "network_node", FIELDS(network_node_fields), .size = sizeof(struct wire_network_node)
};

static const struct field network_fields[] = {
	{ .name = "clusterCIDR",
		.kind = FIELD_STRING,
		.offset = offsetof(struct wire_network, cluster_cidr) },
	{ .name = "full", .kind = FIELD_BOOL, .offset = offsetof(struct wire_network, full) },
	{ .name = "nodes",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct wire_network, nodes),
		.of = &schema_network_node },
	{ .name = "remove", .kind = FIELD_STRINGS, .offset = offsetof(struct wire_network, remove) },
};
static const struct schema schema_network = {
	.name = "network", FIELDS(network_fields), .size = sizeof(struct wire_network)
};

static const struct field params_fields[] = {
	{ .name = "namespace", .kind = FIELD_STRING, .offset = offsetof(struct wire_params, namespace) },
	{ .name = "pod", .kind = FIELD_STRING, .offset = offsetof(struct wire_params, pod) },
	{ .name = "container", .kind = FIELD_STRING, .offset = offsetof(struct wire_params, container) },
	{ .name = "uid", .kind = FIELD_STRING, .offset = offsetof(struct wire_params, uid) },
	{ .name = "follow", .kind = FIELD_BOOL, .offset = offsetof(struct wire_params, follow) },
	{ .name = "previous", .kind = FIELD_BOOL, .offset = offsetof(struct wire_params, previous) },
	{ .name = "timestamps", .kind = FIELD_BOOL, .offset = offsetof(struct wire_params, timestamps) },
	{ .name = "tailLines", .kind = FIELD_OPT_INT, .offset = offsetof(struct wire_params, tail_lines) },
	{ .name = "sinceSeconds",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct wire_params, since_seconds) },
	{ .name = "sinceTime", .kind = FIELD_TIME, .offset = offsetof(struct wire_params, since_time) },
	{ .name = "limitBytes", .kind = FIELD_OPT_INT, .offset = offsetof(struct wire_params, limit_bytes) },
	{ .name = "command", .kind = FIELD_STRINGS, .offset = offsetof(struct wire_params, command) },
	{ .name = "stdin", .kind = FIELD_BOOL, .offset = offsetof(struct wire_params, stdin_open) },
	{ .name = "tty", .kind = FIELD_BOOL, .offset = offsetof(struct wire_params, tty) },
	{ .name = "columns", .kind = FIELD_INT, .offset = offsetof(struct wire_params, columns) },
	{ .name = "rows", .kind = FIELD_INT, .offset = offsetof(struct wire_params, rows) },
	{ .name = "port", .kind = FIELD_INT, .offset = offsetof(struct wire_params, port) },
};
static const struct schema schema_params = {
	.name = "params", FIELDS(params_fields), .size = sizeof(struct wire_params)
};

static const struct field request_fields[] = {
	{ .name = "id", .kind = FIELD_INT, .offset = offsetof(struct wire_request, id) },
	{ .name = "method", .kind = FIELD_STRING, .offset = offsetof(struct wire_request, method) },
	{ .name = "params",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct wire_request, params),
		.of = &schema_params },
};
static const struct schema schema_request = {
	.name = "request", FIELDS(request_fields), .size = sizeof(struct wire_request)
};

static const struct field data_fields[] = {
	{ .name = "id", .kind = FIELD_INT, .offset = offsetof(struct wire_data, id) },
	{ .name = "stream", .kind = FIELD_STRING, .offset = offsetof(struct wire_data, stream) },
	{ .name = "data", .kind = FIELD_BYTES, .offset = offsetof(struct wire_data, data) },
};
static const struct schema schema_data = {
	.name = "data", FIELDS(data_fields), .size = sizeof(struct wire_data)
};

static const struct field end_fields[] = {
	{ .name = "id", .kind = FIELD_INT, .offset = offsetof(struct wire_end, id) },
	{ .name = "exitCode", .kind = FIELD_INT, .offset = offsetof(struct wire_end, exit_code) },
	{ .name = "error", .kind = FIELD_STRING, .offset = offsetof(struct wire_end, error) },
};
static const struct schema schema_end = {
	.name = "end", FIELDS(end_fields), .size = sizeof(struct wire_end)
};

static const struct field cancel_fields[] = {
	{ .name = "id", .kind = FIELD_INT, .offset = offsetof(struct wire_cancel, id) },
};
static const struct schema schema_cancel = {
	.name = "cancel", FIELDS(cancel_fields), .size = sizeof(struct wire_cancel)
};

static const struct field pause_fields[] = {
	{ .name = "id", .kind = FIELD_INT, .offset = offsetof(struct wire_pause, id) },
};
static const struct schema schema_pause = {
	.name = "pause", FIELDS(pause_fields), .size = sizeof(struct wire_pause)
};

static const struct field error_fields[] = {
	{ .name = "code", .kind = FIELD_STRING, .offset = offsetof(struct wire_error, code) },
	{ .name = "message", .kind = FIELD_STRING, .offset = offsetof(struct wire_error, message) },
	{ .name = "term", .kind = FIELD_OPT_INT, .offset = offsetof(struct wire_error, term) },
	{ .name = "holder", .kind = FIELD_STRING, .offset = offsetof(struct wire_error, holder) },
};
static const struct schema schema_error = {
	.name = "error", FIELDS(error_fields), .size = sizeof(struct wire_error)
};

const struct wire_row wire_rows[WIRE_TYPE_COUNT] = {
	[WIRE_HELLO] = { "hello", &schema_hello },
	[WIRE_WELCOME] = { "welcome", &schema_welcome },
	[WIRE_APPLY] = { "apply", &schema_apply },
	[WIRE_APPLIED] = { "applied", &schema_applied },
	[WIRE_REPORT] = { "report", &schema_report },
	[WIRE_REPORTED] = { "reported", &schema_reported },
	[WIRE_NETWORK] = { "network", &schema_network },
	[WIRE_REQUEST] = { "request", &schema_request },
	[WIRE_DATA] = { "data", &schema_data },
	[WIRE_END] = { "end", &schema_end },
	[WIRE_CANCEL] = { "cancel", &schema_cancel },
	[WIRE_PAUSE] = { "pause", &schema_pause },
	[WIRE_RESUME] = { "resume", &schema_pause },
	[WIRE_PING] = { "ping", NULL },
	[WIRE_PONG] = { "pong", NULL },
	[WIRE_ERROR] = { "error", &schema_error },
};
