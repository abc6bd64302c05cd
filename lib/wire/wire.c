/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Versions, and a message of a line. */
#include "lib/wire/wire.h"

#include <errno.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/wire/data_line.h"
#include "lib/wire/tables.h"

int64_t wire_version_common(int64_t own_oldest, int64_t own, int64_t other_oldest, int64_t other)
{
	int64_t newest = own < other ? own : other,
		oldest = own_oldest > other_oldest ? own_oldest : other_oldest;

	return newest >= oldest && newest > 0 ? newest : 0;
}

static enum wire_type type_find(const char *name)
{
	for (size_t i = WIRE_UNKNOWN + 1; i < WIRE_TYPE_COUNT; i++)
		if (str_eq(wire_rows[i].name, name))
			return i;
	return WIRE_UNKNOWN;
}

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

static struct wire_apply *apply_read(struct arena *a, const struct wire_apply_stored *s)
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
	const struct schema *schema = wire_rows[m->type].schema;
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
	int r = 0;

	if (data_line_read(m.arena, line, len, &m.data)) {
		m.type = WIRE_DATA;
		m.type_name = wire_rows[WIRE_DATA].name;
		goto out;
	}
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
	if (wire_rows[m.type].schema)
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
