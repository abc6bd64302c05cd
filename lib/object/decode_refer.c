/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What a manifest names: other objects, ports, pods by their labels. Whether they exist is not known while one
 * document is read, so that each name is noted with its place; rows say which texts are names.
 */
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/decode.h"

static void add(struct decode *d, const struct reference *r)
{
	if (d->reference_count == d->reference_cap) {
		size_t cap = d->reference_cap ? d->reference_cap * 2 : 4;
		struct reference *more = arena_array(d->arena, cap, sizeof(more[0]));

		if (d->reference_count > 0)
			memcpy(more, d->references, d->reference_count * sizeof(more[0]));
		d->references = more;
		d->reference_cap = cap;
	}
	d->references[d->reference_count++] = *r;
}

static const char *copy(struct decode *d, const char *s)
{
	return str_empty(s) ? NULL : arena_strdup(d->arena, s);
}

/* A name, or a port's number, as text; NULL where V is neither. */
static const char *name_text(struct decode *d, const struct value *v)
{
	if (v && v->type == VALUE_INT)
		return arena_printf(d->arena, "%lld", (long long)v->integer);
	return copy(d, value_string(v));
}

/* NAME, the member (or NULL: the value itself) at the path as it stands, is given in MAP. */
static void note(struct decode *d, const struct field *f, const struct value *name, const char *member,
	const struct value *map)
{
	struct reference r = { .to = f->refers, .name = name_text(d, name) };

	if (!r.name || value_get_bool(map, "optional", false))
		return;
	if (str_eq(r.to, REFERS_KIND)) {
		r.to = copy(d, value_get_string(map, "kind"));
		r.in = copy(d, value_get_string(map, "namespace"));
	}
	if (!r.to)
		return;
	_cleanup_(freep) char *path = decode_path_text(d, member);
	r.field = arena_strdup(d->arena, path);
	r.line = name->line;
	r.col = name->col;
	add(d, &r);
}

static void note_selector(struct decode *d, const struct field *f, const struct value *v)
{
	_cleanup_(freep) char *path = decode_path_text(d, NULL);
	const struct reference r = {
		.to = f->refers, .field = arena_strdup(d->arena, path), .line = v->line, .col = v->col
	};

	add(d, &r);
}

/* V is the port of a Service whose name stands beside it in MAP: {name: http} or {number: 80}. */
static void note_service_port(
	struct decode *d, const struct field *f, const struct value *v, const struct value *map)
{
	const struct value *number = value_get(v, "number"), *name = value_get(v, "name");
	size_t count = d->reference_count;

	note(d, f, name ? name : number, name ? "name" : "number", map);
	if (d->reference_count > count)
		d->references[count].in = copy(d, value_get_string(map, "name"));
}

/* V is a key of the object whose name stands beside it in MAP. */
static void note_key(struct decode *d, const struct field *f, const struct value *v, const struct value *map)
{
	size_t count = d->reference_count;

	note(d, f, v, NULL, map);
	if (d->reference_count > count)
		d->references[count].in = copy(d, value_get_string(map, "name"));
}

static void note_items(struct decode *d, const struct field *f, const struct value *list)
{
	for (size_t i = 0; i < list->list.count; i++) {
		const struct value *item = list->list.items[i];

		if (!decode_push(d, NULL, i, item))
			return;
		if (item->type == VALUE_MAP)
			note(d, f, value_get(item, "name"), "name", item);
		decode_pop(d);
	}
}

void decode_refer(struct decode *d, const struct field *f, const struct value *v, const struct value *map)
{
	if (str_eq(f->refers, REFERS_PODS))
		note_selector(d, f, v);
	else if (str_eq(f->refers, REFERS_SERVICE_PORT))
		note_service_port(d, f, v, map);
	else if (str_eq(f->refers, REFERS_CONTAINER_PORT) && v->type != VALUE_STRING)
		return; /* a number: any port may be meant */
	else if (str_eq(f->refers, REFERS_CONFIG_MAP_KEY) || str_eq(f->refers, REFERS_SECRET_KEY))
		note_key(d, f, v, map);
	else if (v->type == VALUE_MAP)
		note(d, f, value_get(v, "name"), "name", v);
	else if (v->type == VALUE_LIST)
		note_items(d, f, v);
	else
		note(d, f, v, NULL, map);
}
