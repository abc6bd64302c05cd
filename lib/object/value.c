/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Building and asking values. Arrays in lists and maps have value_room(count) places, so a
 * builder sees from the count alone when it must move them: at 0, 4, 8, 16 … elements.
 */
#include "lib/object/value.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

const char *value_type_name(enum value_type type)
{
	static const char *const names[] = {
		[VALUE_NULL] = "null",
		[VALUE_BOOL] = "boolean",
		[VALUE_INT] = "integer",
		[VALUE_FLOAT] = "number",
		[VALUE_STRING] = "string",
		[VALUE_LIST] = "list",
		[VALUE_MAP] = "map",
	};

	return names[type];
}

/* --- asking --------------------------------------------------------------------------------- */

const struct value *value_get(const struct value *v, const char *key)
{
	if (!v || v->type != VALUE_MAP)
		return NULL;
	for (size_t i = 0; i < v->map.count; i++) {
		const char *k = v->map.entries[i].key;

		if (k[0] == key[0] && strcmp(k, key) == 0)
			return v->map.entries[i].value;
	}
	return NULL;
}

const char *value_string(const struct value *v)
{
	return v && v->type == VALUE_STRING ? v->string : NULL;
}

const char *value_get_string(const struct value *v, const char *key)
{
	return value_string(value_get(v, key));
}

int64_t value_get_int(const struct value *v, const char *key, int64_t fallback)
{
	const struct value *m = value_get(v, key);

	return m && m->type == VALUE_INT ? m->integer : fallback;
}

bool value_get_bool(const struct value *v, const char *key, bool fallback)
{
	const struct value *m = value_get(v, key);

	return m && m->type == VALUE_BOOL ? m->boolean : fallback;
}

static bool lists_equal(const struct value *a, const struct value *b)
{
	if (a->list.count != b->list.count)
		return false;
	for (size_t i = 0; i < a->list.count; i++)
		if (!value_equal(a->list.items[i], b->list.items[i]))
			return false;
	return true;
}

static int entry_cmp(const void *a, const void *b)
{
	const struct value_entry *const *x = a, *const *y = b;

	return strcmp((*x)->key, (*y)->key);
}

const struct value_entry **value_sorted_entries(const struct value *map)
{
	size_t count = map->map.count;
	const struct value_entry **sorted = xcalloc(count + 1, sizeof(const struct value_entry *));

	for (size_t i = 0; i < count; i++)
		sorted[i] = &map->map.entries[i];
	if (count > 1)
		qsort(sorted, count, sizeof(const struct value_entry *), entry_cmp);
	return sorted;
}

static bool maps_equal(const struct value *a, const struct value *b)
{
	_cleanup_(freep) const struct value_entry **x = NULL, **y = NULL;

	if (a->map.count != b->map.count)
		return false;
	x = value_sorted_entries(a);
	y = value_sorted_entries(b);
	for (size_t i = 0; i < a->map.count; i++)
		if (strcmp(x[i]->key, y[i]->key) != 0 || !value_equal(x[i]->value, y[i]->value))
			return false;
	return true;
}

static bool is_number(const struct value *v)
{
	return v->type == VALUE_INT || v->type == VALUE_FLOAT;
}

/* 1000 and 1e3 are one number, however they were written. */
static bool numbers_equal(const struct value *a, const struct value *b)
{
	if (a->type == VALUE_INT && b->type == VALUE_INT)
		return a->integer == b->integer;
	double x = a->type == VALUE_INT ? (double)a->integer : a->number;
	double y = b->type == VALUE_INT ? (double)b->integer : b->number;

	return x == y || (x != x && y != y);
}

bool value_equal(const struct value *a, const struct value *b)
{
	if (a == b)
		return true;
	if (!a || !b)
		return false;
	if (is_number(a) && is_number(b))
		return numbers_equal(a, b);
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case VALUE_NULL:
		return true;
	case VALUE_BOOL:
		return a->boolean == b->boolean;
	case VALUE_INT:
	case VALUE_FLOAT:
		return numbers_equal(a, b);
	case VALUE_STRING:
		return a->len == b->len && memcmp(a->string, b->string, a->len) == 0;
	case VALUE_LIST:
		return lists_equal(a, b);
	case VALUE_MAP:
		return maps_equal(a, b);
	}
	return false;
}

/* --- building --------------------------------------------------------------------------------- */

size_t value_room(size_t count)
{
	size_t room = 4;

	if (count == 0)
		return 0;
	while (room < count)
		room *= 2;
	return room;
}

static struct value *value_new(struct arena *a, enum value_type type)
{
	struct value *v = arena_alloc(a, sizeof(*v));

	v->type = type;
	return v;
}

struct value *value_null_new(struct arena *a)
{
	return value_new(a, VALUE_NULL);
}

struct value *value_bool_new(struct arena *a, bool b)
{
	struct value *v = value_new(a, VALUE_BOOL);

	v->boolean = b;
	return v;
}

struct value *value_int_new(struct arena *a, int64_t i)
{
	struct value *v = value_new(a, VALUE_INT);

	v->integer = i;
	return v;
}

struct value *value_float_new(struct arena *a, double d)
{
	struct value *v = value_new(a, VALUE_FLOAT);

	v->number = d;
	return v;
}

struct value *value_string_new(struct arena *a, const char *s)
{
	return value_string_len_new(a, s, strlen(s));
}

struct value *value_string_len_new(struct arena *a, const char *s, size_t len)
{
	struct value *v = value_new(a, VALUE_STRING);
	char *copy = arena_alloc(a, len + 1);

	if (len > 0)
		memcpy(copy, s, len);
	v->string = copy;
	v->len = len;
	return v;
}

struct value *value_list_new(struct arena *a)
{
	return value_new(a, VALUE_LIST);
}

struct value *value_map_new(struct arena *a)
{
	return value_new(a, VALUE_MAP);
}

/* ITEMS with room for one more than COUNT: itself, or a copy where the room is used up. */
static void *with_room(struct arena *a, void *items, size_t count, size_t size)
{
	if (count < value_room(count))
		return items;

	void *moved = arena_array(a, value_room(count + 1), size);

	if (count > 0)
		memcpy(moved, items, count * size);
	return moved;
}

void value_append(struct arena *a, struct value *list, struct value *v)
{
	list->list.items = with_room(a, list->list.items, list->list.count, sizeof(struct value *));
	list->list.items[list->list.count++] = v;
}

void value_set(struct arena *a, struct value *map, const char *key, struct value *v)
{
	for (size_t i = 0; i < map->map.count; i++) {
		if (strcmp(map->map.entries[i].key, key) == 0) {
			map->map.entries[i].value = v;
			return;
		}
	}
	map->map.entries = with_room(a, map->map.entries, map->map.count, sizeof(struct value_entry));
	map->map.entries[map->map.count++] = (struct value_entry){ .key = arena_strdup(a, key), .value = v };
}

void value_set_string(struct arena *a, struct value *map, const char *key, const char *s)
{
	value_set(a, map, key, value_string_new(a, s));
}

void value_set_int(struct arena *a, struct value *map, const char *key, int64_t i)
{
	value_set(a, map, key, value_int_new(a, i));
}

void value_set_bool(struct arena *a, struct value *map, const char *key, bool b)
{
	value_set(a, map, key, value_bool_new(a, b));
}

static void copy_list(struct arena *a, struct value *to, const struct value *from)
{
	to->list.items = arena_array(a, value_room(from->list.count), sizeof(struct value *));
	for (size_t i = 0; i < from->list.count; i++)
		to->list.items[i] = value_copy(a, from->list.items[i]);
}

static void copy_map(struct arena *a, struct value *to, const struct value *from)
{
	to->map.entries = arena_array(a, value_room(from->map.count), sizeof(struct value_entry));
	for (size_t i = 0; i < from->map.count; i++) {
		const struct value_entry *e = &from->map.entries[i];

		to->map.entries[i] = *e;
		to->map.entries[i].key = arena_strdup(a, e->key);
		to->map.entries[i].value = value_copy(a, e->value);
	}
}

struct value *value_copy(struct arena *a, const struct value *v)
{
	struct value *copy = arena_memdup(a, v, sizeof(*v));

	copy->text = v->text ? arena_strdup(a, v->text) : NULL;
	switch (v->type) {
	case VALUE_NULL:
	case VALUE_BOOL:
	case VALUE_INT:
	case VALUE_FLOAT:
		break;
	case VALUE_STRING:
		copy->string = value_string_len_new(a, v->string, v->len)->string;
		break;
	case VALUE_LIST:
		copy_list(a, copy, v);
		break;
	case VALUE_MAP:
		copy_map(a, copy, v);
		break;
	}
	return copy;
}
