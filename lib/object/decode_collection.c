/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Lists and maps by the row's kind. Empty ones count as absent: items stay NULL. */
#include "lib/object/decode.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"

static bool wants(struct decode *d, const struct field *f, const struct value *v, enum value_type type)
{
	size_t count = type == VALUE_LIST ? v->list.count : v->map.count;

	bool lone = f->flags & FIELD_LONE;

	if (lone && v->type == VALUE_STRING)
		return true;
	if (v->type != type) {
		decode_wrong_type(d, v,
			lone                 ? "a string or a list"
			: type == VALUE_LIST ? "a list"
					     : "a map");
		return false;
	}
	if (count == 0 && f->flags & FIELD_NOT_EMPTY)
		decode_broken(d, v, "must not be empty");
	return count > 0;
}

/* --- lists ---------------------------------------------------------------------------------------- */

/* The text of the list key's members in one item: "http", "80,TCP"; NULL where the first is absent. */
static const char *key_text(struct arena *a, const struct field *f, const struct value *item)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct json_writer w = JSON_WRITER(&text, 0);
	const char *name = f->list_key;

	while (*name) {
		size_t len = strcspn(name, ",");
		const char *part = arena_strndup(a, name, len);
		const struct value *v = value_get(item, part);
		const struct field *row = schema_row(f->of, part);

		if (text.len > 0)
			buf_addc(&text, ',');
		if (v && v->type == VALUE_STRING)
			buf_add(&text, v->string, v->len);
		else if (v && v->type != VALUE_NULL) {
			w.first = true;
			json_value(&w, v);
		} else if (row && row->value_default)
			buf_adds(&text, row->value_default);
		else if (name == f->list_key)
			return NULL;
		name += len + (name[len] == ',');
	}
	return arena_strndup(a, text.data, text.len);
}

static void repeated(struct decode *d, const struct field *f, const char *key, const struct value *item,
	const struct value *before)
{
	if (before->line > 0)
		decode_error(
			d, item, NULL, "%s `%s` is already used in line %u", f->list_key, key, before->line);
	else
		decode_error(d, item, NULL, "%s `%s` is already used", f->list_key, key);
}

/* Reports items whose list key has been met before. */
static void check_unique(struct decode *d, const struct field *f, const struct value *list)
{
	struct map seen = { 0 };

	if (list->list.count < 2)
		return;
	for (size_t i = 0; i < list->list.count; i++) {
		const struct value *item = list->list.items[i];
		const char *key = item->type == VALUE_MAP ? key_text(d->arena, f, item) : NULL;
		const struct value *before = key ? map_get(&seen, key) : NULL;

		if (!key)
			continue;
		if (!before) {
			map_put(&seen, key, list->list.items[i]);
			continue;
		}
		if (!decode_push(d, NULL, i, item))
			break;
		repeated(d, f, key, item, before);
		decode_pop(d);
	}
	map_done(&seen);
}

static void decode_structs(struct decode *d, const struct field *f, const struct value *v, void *member)
{
	struct struct_list *list = member;
	char *items = arena_array(d->arena, v->list.count, f->of->size);

	list->items = items;
	list->count = v->list.count;
	for (size_t i = 0; i < v->list.count; i++) {
		if (!decode_push(d, NULL, i, v->list.items[i]))
			return;
		decode_struct(d, f->of, v->list.items[i], items + i * f->of->size);
		decode_pop(d);
	}
	if (f->list_key)
		check_unique(d, f, v);
}

/* One that is wrong leaves the list empty. */
static void decode_lone_string(
	struct decode *d, const struct field *f, const struct value *v, struct strings *ret)
{
	const char *s = decode_one_string(d, f, v);

	if (!s)
		return;
	ret->items = arena_array(d->arena, 1, sizeof(const char *));
	ret->items[ret->count++] = s;
}

static void decode_strings(struct decode *d, const struct field *f, const struct value *v, void *member)
{
	struct strings *ret = member;

	if (v->type == VALUE_STRING) {
		decode_lone_string(d, f, v, ret);
		return;
	}
	ret->items = arena_array(d->arena, v->list.count, sizeof(const char *));
	ret->count = v->list.count;
	for (size_t i = 0; i < v->list.count; i++) {
		if (!decode_push(d, NULL, i, v->list.items[i]))
			return;
		const char *s = decode_one_string(d, f, v->list.items[i]);

		ret->items[i] = s ? s : "";
		decode_pop(d);
	}
}

static void decode_ints(struct decode *d, const struct field *f, const struct value *v, void *member)
{
	struct ints *ret = member;

	ret->items = arena_array(d->arena, v->list.count, sizeof(int64_t));
	ret->count = v->list.count;
	for (size_t i = 0; i < v->list.count; i++) {
		if (!decode_push(d, NULL, i, v->list.items[i]))
			return;
		decode_one_int(d, f, v->list.items[i], &ret->items[i]);
		decode_pop(d);
	}
}

/* --- maps ----------------------------------------------------------------------------------------- */

/* The row's rule is for the keys of a map; its values are free. */
static const char *decode_key(struct decode *d, const struct field *f, const struct value_entry *e)
{
	struct value at = { .line = e->line, .col = e->col };
	const char *wrong = f->rule ? f->rule(d->arena, e->key) : NULL;

	if (wrong)
		decode_error(d, &at, NULL, "key %s", wrong);
	return arena_strdup(d->arena, e->key);
}

/* A key without a value ("note:") is an empty string, as in the API server. */
static const char *decode_text(struct decode *d, const struct value *v)
{
	static const struct field any = { .kind = FIELD_STRING };
	const char *s = v->type == VALUE_NULL ? "" : decode_one_string(d, &any, v);

	return s ? s : "";
}

static int pair_cmp(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b; /* each pair begins with its key */

	return strcmp(*x, *y);
}

static void decode_string_map(struct decode *d, const struct field *f, const struct value *v, void *member)
{
	struct string_map *ret = member;

	ret->items = arena_array(d->arena, v->map.count, sizeof(struct string_pair));
	for (size_t i = 0; i < v->map.count; i++) {
		const struct value_entry *e = &v->map.entries[i];

		if (!decode_push(d, e->key, 0, e->value))
			return;
		ret->items[i].key = decode_key(d, f, e);
		ret->items[i].value = decode_text(d, e->value);
		decode_pop(d);
	}
	ret->count = v->map.count;
	qsort(ret->items, ret->count, sizeof(struct string_pair), pair_cmp);
}

static void decode_bytes_map(struct decode *d, const struct field *f, const struct value *v, void *member)
{
	struct bytes_map *ret = member;

	ret->items = arena_array(d->arena, v->map.count, sizeof(struct bytes_pair));
	for (size_t i = 0; i < v->map.count; i++) {
		const struct value_entry *e = &v->map.entries[i];

		if (!decode_push(d, e->key, 0, e->value))
			return;
		ret->items[i].key = decode_key(d, f, e);
		ret->items[i].value.data = (const uint8_t *)"";
		if (e->value->type != VALUE_NULL)
			decode_one_bytes(d, f, e->value, &ret->items[i].value);
		decode_pop(d);
	}
	ret->count = v->map.count;
	qsort(ret->items, ret->count, sizeof(struct bytes_pair), pair_cmp);
}

static void decode_quantity_map(struct decode *d, const struct field *f, const struct value *v, void *member)
{
	struct quantity_map *ret = member;

	ret->items = arena_array(d->arena, v->map.count, sizeof(struct quantity_pair));
	for (size_t i = 0; i < v->map.count; i++) {
		const struct value_entry *e = &v->map.entries[i];

		if (!decode_push(d, e->key, 0, e->value))
			return;
		ret->items[i].key = decode_key(d, f, e);
		decode_one_quantity(d, e->value, &ret->items[i].value);
		decode_pop(d);
	}
	ret->count = v->map.count;
	qsort(ret->items, ret->count, sizeof(struct quantity_pair), pair_cmp);
}

void decode_collection(struct decode *d, const struct field *f, const struct value *v, void *member)
{
	static const struct {
		enum value_type type;
		void (*decode)(struct decode *, const struct field *, const struct value *, void *);
	} kinds[] = {
		[FIELD_STRUCTS] = { VALUE_LIST, decode_structs },
		[FIELD_STRINGS] = { VALUE_LIST, decode_strings },
		[FIELD_INTS] = { VALUE_LIST, decode_ints },
		[FIELD_STRING_MAP] = { VALUE_MAP, decode_string_map },
		[FIELD_BYTES_MAP] = { VALUE_MAP, decode_bytes_map },
		[FIELD_QUANTITY_MAP] = { VALUE_MAP, decode_quantity_map },
	};

	if (wants(d, f, v, kinds[f->kind].type))
		kinds[f->kind].decode(d, f, v, member);
}
