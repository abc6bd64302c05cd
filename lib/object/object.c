/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Objects as such: references, lists, their text, keys and order. */
#include "lib/object/object.h"

#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

struct object *object_ref(struct object *o)
{
	o->refs++;
	return o;
}

struct object *object_unref(struct object *o)
{
	if (o && --o->refs == 0)
		arena_free(o->arena);
	return NULL;
}

void object_unrefp(struct object **o)
{
	*o = object_unref(*o);
}

struct object *object_new(const struct kind *kind, struct arena *arena, void *body)
{
	struct object *o = arena_alloc(arena, sizeof(*o));
	*o = (struct object){ .kind = kind, .meta = body, .body = body, .arena = arena, .refs = 1 };
	schema_hash(kind->schema, body, o->hash);
	return o;
}

void objects_add(struct objects *list, struct object *o)
{
	list->items = grow(list->items, &list->cap, list->count + 1, sizeof(list->items[0]));
	list->items[list->count++] = o;
}

void objects_done(struct objects *list)
{
	for (size_t i = 0; i < list->count; i++)
		object_unref(list->items[i]);
	freep(&list->items);
	*list = (struct objects){ 0 };
}

void object_write_json(
	struct json_writer *w, const struct object *o, unsigned flags, const uint8_t *secret_key)
{
	json_begin_map(w);
	json_member_string(w, "apiVersion", o->kind->api_version);
	json_member_string(w, "kind", o->kind->name);
	schema_encode_members(w, o->kind->schema, o->body, flags, secret_key);
	json_end_map(w);
}

const char *object_key(struct arena *arena, const struct kind *kind, const char *namespace, const char *name)
{
	const char *parts[] = { kind->name, kind->namespaced ? namespace : name,
		kind->namespaced ? name : NULL };
	size_t size = 0;
	for (size_t i = 0; i < ARRAY_LEN(parts) && parts[i]; i++)
		size += strlen(parts[i]) + 1;
	/* By hand: each manifest that is loaded has one made. */
	char *key = arena_alloc(arena, size), *end = key;
	for (size_t i = 0; i < ARRAY_LEN(parts) && parts[i]; i++) {
		if (i > 0)
			end[-1] = '/';
		end = stpcpy(end, parts[i]) + 1;
	}
	return key;
}

struct diag object_place(const struct object *o, enum diag_severity severity, struct arena *arena)
{
	return (struct diag){
		.severity = severity,
		.path = str_or_empty(o->path),
		.line = o->line,
		.col = o->col,
		.object = object_key(arena, o->kind, o->meta->namespace, o->meta->name),
	};
}

int object_cmp(const struct object *a, const struct object *b)
{
	if (a->kind->id != b->kind->id)
		return a->kind->id < b->kind->id ? -1 : 1;
	int c = str_cmp(a->meta->namespace, b->meta->namespace);
	return c ? c : str_cmp(a->meta->name, b->meta->name);
}
