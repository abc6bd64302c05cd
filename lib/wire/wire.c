/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Messages by table: a row per type names its schema; a schema per message names its members. Only apply goes
 * through a struct of its own, because the objects that it carries are read and written by their own tables.
 */
#include "lib/wire/wire.h"

#include <errno.h>
#include <string.h>

#include "lib/base/str.h"

/* --- versions --------------------------------------------------------------------------------------- */

int64_t wire_version_common(int64_t own_oldest, int64_t own, int64_t other_oldest, int64_t other)
{
	int64_t newest = own < other ? own : other,
		oldest = own_oldest > other_oldest ? own_oldest : other_oldest;

	return newest >= oldest && newest > 0 ? newest : 0;
}

/* --- apply as it stands on the line: objects not looked at yet ------------------------------------ */

struct apply_object {
	const char *hash;
	const struct value *object;
};
struct apply_pod {
	const char *digest;
	const struct value *pod;
	struct string_map refs;
};
struct apply_stored {
	int64_t term, revision, tree_version;
	struct {
		struct apply_object *items;
		size_t count;
	} objects;
	struct {
		struct apply_pod *items;
		size_t count;
	} pods;
	struct {
		struct wire_remove *items;
		size_t count;
	} remove;
	struct strings forget_objects;
};

/* --- the tables ------------------------------------------------------------------------------------ */

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
	{ .name = "hash", .kind = FIELD_STRING, .offset = offsetof(struct apply_object, hash) },
	{ .name = "object", .kind = FIELD_ANY, .offset = offsetof(struct apply_object, object) },
};
static const struct schema schema_apply_object = {
	.name = "apply_object", FIELDS(apply_object_fields), .size = sizeof(struct apply_object)
};

static const struct field apply_pod_fields[] = {
	{ .name = "digest", .kind = FIELD_STRING, .offset = offsetof(struct apply_pod, digest) },
	{ .name = "pod", .kind = FIELD_ANY, .offset = offsetof(struct apply_pod, pod) },
	{ .name = "refs", .kind = FIELD_STRING_MAP, .offset = offsetof(struct apply_pod, refs) },
};
static const struct schema schema_apply_pod = {
	.name = "apply_pod", FIELDS(apply_pod_fields), .size = sizeof(struct apply_pod)
};

static const struct field remove_fields[] = {
	{ .name = "uid", .kind = FIELD_STRING, .offset = offsetof(struct wire_remove, uid) },
	{ .name = "gracePeriodSeconds",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct wire_remove, grace_period_seconds) },
};
static const struct schema schema_remove = {
	.name = "remove", FIELDS(remove_fields), .size = sizeof(struct wire_remove)
};

static const struct field apply_fields[] = {
	{ .name = "term", .kind = FIELD_INT, .offset = offsetof(struct apply_stored, term) },
	{ .name = "revision", .kind = FIELD_INT, .offset = offsetof(struct apply_stored, revision) },
	{ .name = "treeVersion", .kind = FIELD_INT, .offset = offsetof(struct apply_stored, tree_version) },
	{ .name = "objects",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct apply_stored, objects),
		.of = &schema_apply_object },
	{ .name = "pods",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct apply_stored, pods),
		.of = &schema_apply_pod },
	{ .name = "remove",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct apply_stored, remove),
		.of = &schema_remove },
	{ .name = "forgetObjects",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct apply_stored, forget_objects) },
};
static const struct schema schema_apply = {
	.name = "apply", FIELDS(apply_fields), .size = sizeof(struct apply_stored)
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

struct wire_row {
	const char *name;
	const struct schema *schema; /* NULL: no members */
};

static const struct wire_row types[WIRE_TYPE_COUNT] = {
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

static enum wire_type type_find(const char *name)
{
	for (size_t i = WIRE_UNKNOWN + 1; i < WIRE_TYPE_COUNT; i++)
		if (str_eq(types[i].name, name))
			return i;
	return WIRE_UNKNOWN;
}

/* --- reading ---------------------------------------------------------------------------------------- */

/* The object in V, or NULL with the reason in *RET_PROBLEM. */
static struct object *object_read(struct arena *a, const struct value *v, const char **ret_problem)
{
	struct object *o = NULL;
	struct err err = { 0 };

	if (!v) {
		*ret_problem = "the object is missing";
		return NULL;
	}
	if (object_from_value(v, &o, &err) < 0)
		*ret_problem = arena_strdup(a, err_text(&err));
	return o;
}

static struct wire_apply *apply_read(struct arena *a, const struct apply_stored *s)
{
	struct wire_apply *m = arena_alloc(a, sizeof(*m));

	m->term = s->term;
	m->revision = s->revision;
	m->tree_version = s->tree_version;
	m->remove.items = s->remove.items;
	m->remove.count = s->remove.count;
	m->forget_objects = s->forget_objects;
	m->objects.count = s->objects.count;
	m->objects.items = arena_array(a, s->objects.count, sizeof(m->objects.items[0]));
	for (size_t i = 0; i < s->objects.count; i++) {
		struct wire_object *o = &m->objects.items[i];

		o->hash = s->objects.items[i].hash;
		o->object = object_read(a, s->objects.items[i].object, &o->problem);
	}
	m->pods.count = s->pods.count;
	m->pods.items = arena_array(a, s->pods.count, sizeof(m->pods.items[0]));
	for (size_t i = 0; i < s->pods.count; i++) {
		struct wire_pod *p = &m->pods.items[i];

		p->digest = s->pods.items[i].digest;
		p->refs = s->pods.items[i].refs;
		p->pod = object_read(a, s->pods.items[i].pod, &p->problem);
		if (p->pod && p->pod->kind->id != KIND_POD) {
			p->problem = "not a Pod";
			p->pod = object_unref(p->pod);
		}
	}
	return m;
}

static int body_decode(struct wire_message *m, const struct value *v, struct err *err)
{
	const struct schema *schema = types[m->type].schema;
	struct diags diags;
	struct decode d = { .arena = m->arena, .diags = &diags, .path = "", .mode = DECODE_STORED };
	void *body = arena_alloc(m->arena, schema->size);
	int r;

	diags_init(&diags);
	r = schema_decode(&d, schema, v, body);
	if (r < 0) {
		const struct diag *first = diags.count > 0 ? &diags.items[0] : NULL;

		err_set(err, -EBADMSG, "message %s: %s: %s", m->type_name,
			first ? str_or_empty(first->field) : "", first ? first->message : "not readable");
	}
	diags_done(&diags);
	if (r < 0)
		return -EBADMSG;
	m->body = m->type == WIRE_APPLY ? apply_read(m->arena, body) : body;
	return 0;
}

int wire_parse(const char *line, size_t len, struct wire_message *ret, struct err *err)
{
	struct wire_message m = { .arena = arena_new(len < 4096 ? 1024 : 16384) };
	struct value *v = NULL;
	int r;

	r = json_parse(m.arena, line, len, &v, err);
	if (r < 0) {
		err_wrap(err, r, "message");
		goto out;
	}
	m.type_name = value_get_string(v, "type");
	if (!m.type_name) {
		r = err_set(err, -EBADMSG, "message: not a map with a type");
		goto out;
	}
	m.type = type_find(m.type_name);
	if (types[m.type].schema)
		r = body_decode(&m, v, err);
out:
	if (r < 0) {
		m.arena = arena_free(m.arena);
		return -EBADMSG;
	}
	*ret = m;
	return 0;
}

void wire_message_done(struct wire_message *m)
{
	if (m->type == WIRE_APPLY && m->apply) {
		for (size_t i = 0; i < m->apply->objects.count; i++)
			object_unref(m->apply->objects.items[i].object);
		for (size_t i = 0; i < m->apply->pods.count; i++)
			object_unref(m->apply->pods.items[i].pod);
	}
	m->arena = arena_free(m->arena);
	m->body = NULL;
}

/* --- writing ---------------------------------------------------------------------------------------- */

/* Makes of the map "{…}" that starts at AT in OUT the members of the map around it. */
static void map_splice(struct buf *out, size_t at)
{
	if (out->len == at + 2)
		buf_truncate(out, at);
	else {
		out->data[at] = ',';
		buf_truncate(out, out->len - 1);
	}
}

static void message_write(struct buf *out, enum wire_type type, const void *body)
{
	struct json_writer w = JSON_WRITER(out, 0);
	size_t at;

	buf_addf(out, "{\"type\":\"%s\"", types[type].name);
	at = out->len;
	if (body) {
		schema_encode(&w, types[type].schema, body, 0, NULL);
		map_splice(out, at);
	}
	buf_adds(out, "}\n");
}

static void string_map_write(struct json_writer *w, const struct string_map *m)
{
	json_begin_map(w);
	for (size_t i = 0; i < m->count; i++)
		json_member_string(w, m->items[i].key, m->items[i].value);
	json_end_map(w);
}

static void apply_objects_write(struct json_writer *w, const struct wire_apply *m)
{
	json_key(w, "objects");
	json_begin_list(w);
	for (size_t i = 0; i < m->objects.count; i++) {
		json_begin_map(w);
		json_member_string(w, "hash", m->objects.items[i].hash);
		json_key(w, "object");
		object_write_json(w, m->objects.items[i].object, 0, NULL);
		json_end_map(w);
	}
	json_end_list(w);
}

static void apply_pods_write(struct json_writer *w, const struct wire_apply *m)
{
	json_key(w, "pods");
	json_begin_list(w);
	for (size_t i = 0; i < m->pods.count; i++) {
		json_begin_map(w);
		json_member_string(w, "digest", m->pods.items[i].digest);
		json_key(w, "pod");
		object_write_json(w, m->pods.items[i].pod, 0, NULL);
		json_key(w, "refs");
		string_map_write(w, &m->pods.items[i].refs);
		json_end_map(w);
	}
	json_end_list(w);
}

static void apply_removes_write(struct json_writer *w, const struct wire_apply *m)
{
	json_key(w, "remove");
	json_begin_list(w);
	for (size_t i = 0; i < m->remove.count; i++)
		schema_encode(w, &schema_remove, &m->remove.items[i], 0, NULL);
	json_end_list(w);
	json_key(w, "forgetObjects");
	json_begin_list(w);
	for (size_t i = 0; i < m->forget_objects.count; i++)
		json_cstring(w, m->forget_objects.items[i]);
	json_end_list(w);
}

void wire_write_apply(struct buf *out, const struct wire_apply *m)
{
	struct json_writer w = JSON_WRITER(out, 0);

	json_begin_map(&w);
	json_member_string(&w, "type", types[WIRE_APPLY].name);
	json_member_int(&w, "term", m->term);
	json_member_int(&w, "revision", m->revision);
	if (m->tree_version > 0)
		json_member_int(&w, "treeVersion", m->tree_version);
	apply_objects_write(&w, m);
	apply_pods_write(&w, m);
	apply_removes_write(&w, m);
	json_end_map(&w);
	buf_addc(out, '\n');
}

void wire_write_hello(struct buf *out, const struct wire_hello *m)
{
	message_write(out, WIRE_HELLO, m);
}

void wire_write_welcome(struct buf *out, const struct wire_welcome *m)
{
	message_write(out, WIRE_WELCOME, m);
}

void wire_write_applied(struct buf *out, const struct wire_applied *m)
{
	message_write(out, WIRE_APPLIED, m);
}

void wire_write_report(struct buf *out, const struct wire_report *m)
{
	message_write(out, WIRE_REPORT, m);
}

void wire_write_reported(struct buf *out, const struct wire_reported *m)
{
	message_write(out, WIRE_REPORTED, m);
}

void wire_write_network(struct buf *out, const struct wire_network *m)
{
	message_write(out, WIRE_NETWORK, m);
}

void wire_write_request(struct buf *out, const struct wire_request *m)
{
	message_write(out, WIRE_REQUEST, m);
}

void wire_write_data(struct buf *out, const struct wire_data *m)
{
	message_write(out, WIRE_DATA, m);
}

void wire_write_end(struct buf *out, const struct wire_end *m)
{
	message_write(out, WIRE_END, m);
}

void wire_write_cancel(struct buf *out, const struct wire_cancel *m)
{
	message_write(out, WIRE_CANCEL, m);
}

void wire_write_pause(struct buf *out, const struct wire_pause *m)
{
	message_write(out, WIRE_PAUSE, m);
}

void wire_write_resume(struct buf *out, const struct wire_pause *m)
{
	message_write(out, WIRE_RESUME, m);
}

void wire_write_ping(struct buf *out)
{
	message_write(out, WIRE_PING, NULL);
}

void wire_write_pong(struct buf *out)
{
	message_write(out, WIRE_PONG, NULL);
}

void wire_write_error(struct buf *out, const struct wire_error *m)
{
	message_write(out, WIRE_ERROR, m);
}
