/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* A line of a message. */
#include "lib/wire/data_line.h"
#include "lib/wire/tables.h"

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

	buf_addf(out, "{\"type\":\"%s\"", wire_rows[type].name);
	at = out->len;
	if (body) {
		schema_encode(&w, wire_rows[type].schema, body, 0, NULL);
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
		schema_encode(w, &wire_schema_remove, &m->remove.items[i], 0, NULL);
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
	json_member_string(&w, "type", wire_rows[WIRE_APPLY].name);
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
	if (!data_line_write(out, m))
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
