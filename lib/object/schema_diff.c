/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What changed between two structs, leaf by leaf: one walk along the table with the path on
 * the side. Lists with a key are matched by it, so that a container put first does not
 * look like a change of all.
 */
#include "lib/object/schema.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/object/member.h"

struct walk {
	struct arena *arena;
	struct schema_changes *changes;
	struct buf path;
};

static void diff_fields(struct walk *w, const struct schema *schema, const void *a, const void *b);

/* --- the path, and what is said at it ---------------------------------------------------------- */

/* Appends a step; the caller truncates back to the length returned. */
static size_t step_member(struct walk *w, const char *name)
{
	size_t len = w->path.len;

	if (len > 0)
		buf_addc(&w->path, '.');
	buf_adds(&w->path, name);
	return len;
}

/* A map's key: "labels.app", or data["a.b"] where the key is not plain. */
static size_t step_key(struct walk *w, const char *key)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	size_t len = w->path.len;

	if (key[0] != '\0' && key[strspn(key, plain)] == '\0')
		return step_member(w, key);
	buf_addf(&w->path, "[\"%s\"]", key);
	return len;
}

static size_t step_item(struct walk *w, const char *name)
{
	size_t len = w->path.len;

	buf_addf(&w->path, "[%s]", name);
	return len;
}

static void add_change(struct walk *w, const char *before, const char *after)
{
	struct schema_changes *c = w->changes;

	if (c->count == c->cap) {
		struct schema_change *more = arena_array(w->arena, c->cap * 2 + 8, sizeof(more[0]));

		if (c->count > 0)
			memcpy(more, c->items, c->count * sizeof(more[0]));
		c->items = more;
		c->cap = c->cap * 2 + 8;
	}
	c->items[c->count++] = (struct schema_change){ arena_strndup(w->arena, w->path.data, w->path.len),
		before, after };
}

/* A member as JSON text, or NULL where it is absent. */
static const char *member_text(struct walk *w, const struct field *f, const void *member)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct json_writer json = JSON_WRITER(&text, 0);

	if (!member || member_is_absent(f, member))
		return NULL;
	member_encode(&json, f, member, ENCODE_MASK_SECRETS | ENCODE_NO_SERVER_SET, NULL);
	return arena_strndup(w->arena, text.data, text.len);
}

static const char *struct_text(struct walk *w, const struct schema *schema, const void *object)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct json_writer json = JSON_WRITER(&text, 0);

	if (!object)
		return NULL;
	schema_encode(&json, schema, object, ENCODE_MASK_SECRETS | ENCODE_NO_SERVER_SET, NULL);
	return arena_strndup(w->arena, text.data, text.len);
}

/* --- maps --------------------------------------------------------------------------------------- */

/* The three kinds of maps: sorted pairs, each a key and then a value that is a member of kind ONE. */
struct map_layout {
	enum field_kind one;
	size_t size, value;
};

static struct map_layout map_layout(enum field_kind kind)
{
	if (kind == FIELD_BYTES_MAP)
		return (struct map_layout){ FIELD_BYTES, sizeof(struct bytes_pair),
			offsetof(struct bytes_pair, value) };
	if (kind == FIELD_QUANTITY_MAP)
		return (struct map_layout){ FIELD_QUANTITY, sizeof(struct quantity_pair),
			offsetof(struct quantity_pair, value) };
	return (struct map_layout){ FIELD_STRING, sizeof(struct string_pair),
		offsetof(struct string_pair, value) };
}

static const char *pair_key(const char *pair)
{
	return *(const char *const *)(const void *)pair;
}

static void diff_pair(struct walk *w, const struct field *one, const char *key, const void *a, const void *b)
{
	size_t len = step_key(w, key);

	if (!a || !b || !member_equal(one, a, b))
		add_change(w, member_text(w, one, a), member_text(w, one, b));
	buf_truncate(&w->path, len);
}

static void diff_maps(
	struct walk *w, const struct field *f, const struct struct_list *a, const struct struct_list *b)
{
	const struct map_layout layout = map_layout(f->kind);
	const struct field one = { .kind = layout.one, .flags = f->flags & FIELD_SECRET };
	const char *x = a->items, *y = b->items;
	size_t i = 0, j = 0;

	while (i < a->count || j < b->count) {
		int c = i == a->count ? 1 : j == b->count ? -1 : strcmp(pair_key(x), pair_key(y));

		diff_pair(w, &one, pair_key(c <= 0 ? x : y), c <= 0 ? x + layout.value : NULL,
			c >= 0 ? y + layout.value : NULL);
		if (c <= 0) {
			x += layout.size;
			i++;
		}
		if (c >= 0) {
			y += layout.size;
			j++;
		}
	}
}

/* --- lists of structs --------------------------------------------------------------------------- */

static const void *item(const struct field *f, const struct struct_list *list, size_t i)
{
	return i < list->count ? (const char *)list->items + i * f->of->size : NULL;
}

static void diff_item(struct walk *w, const struct field *f, const char *name, const void *a, const void *b)
{
	size_t len = step_item(w, name);

	if (a && b)
		diff_fields(w, f->of, a, b);
	else
		add_change(w, struct_text(w, f->of, a), struct_text(w, f->of, b));
	buf_truncate(&w->path, len);
}

static void diff_by_index(
	struct walk *w, const struct field *f, const struct struct_list *a, const struct struct_list *b)
{
	size_t count = a->count > b->count ? a->count : b->count;

	for (size_t i = 0; i < count; i++) {
		char name[24];

		snprintf(name, sizeof(name), "%zu", i);
		diff_item(w, f, name, item(f, a, i), item(f, b, i));
	}
}

/* The members that the list key names, joined: "web", "80,TCP". */
static const char *key_of(struct walk *w, const struct field *f, const void *object)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct json_writer json = JSON_WRITER(&text, 0);

	for (const char *name = f->list_key; *name;) {
		size_t len = strcspn(name, ",");
		const void *member = NULL;
		const struct field *row = member_find(
			f->of, object, arena_strndup(w->arena, name, len), &member);

		if (text.len > 0)
			buf_addc(&text, ',');
		if (row && !member_is_absent(row, member) && row->kind == FIELD_STRING)
			buf_adds(&text, *(const char *const *)member);
		else if (row && !member_is_absent(row, member)) {
			json.first = true;
			member_encode(&json, row, member, ENCODE_MASK_SECRETS, NULL);
		}
		name += len + (name[len] == ',');
	}
	return arena_strndup(w->arena, text.data, text.len);
}

/* The keys of LIST, mapped to its items, or false where a key is empty or met twice. */
static bool keys_of(struct walk *w, const struct field *f, const struct struct_list *list, const char **keys,
	struct map *ret)
{
	for (size_t i = 0; i < list->count; i++) {
		keys[i] = key_of(w, f, item(f, list, i));
		if (keys[i][0] == '\0' || map_has(ret, keys[i]))
			return false;
		map_put(ret, keys[i], (char *)list->items + i * f->of->size);
	}
	return true;
}

static const char *list_text(struct walk *w, const char **keys, size_t count)
{
	const struct strings list = { keys, count };

	return member_text(w, &(struct field){ .kind = FIELD_STRINGS }, &list);
}

/* Do A's and B's common keys come in different orders? */
static bool reordered(const char **a, size_t a_count, const struct map *in_a, const char **b, size_t b_count,
	const struct map *in_b)
{
	size_t i = 0;

	for (size_t j = 0; j < b_count; j++) {
		if (!map_has(in_a, b[j]))
			continue;
		while (i < a_count && !map_has(in_b, a[i]))
			i++;
		if (i == a_count || strcmp(a[i++], b[j]) != 0)
			return true;
	}
	return false;
}

static void diff_by_key(
	struct walk *w, const struct field *f, const struct struct_list *a, const struct struct_list *b)
{
	const char **a_keys = arena_array(w->arena, a->count, sizeof(char *));
	const char **b_keys = arena_array(w->arena, b->count, sizeof(char *));
	_cleanup_(map_done) struct map in_a = { 0 }, in_b = { 0 };

	if (!keys_of(w, f, a, a_keys, &in_a) || !keys_of(w, f, b, b_keys, &in_b)) {
		diff_by_index(w, f, a, b);
		return;
	}
	if (reordered(a_keys, a->count, &in_a, b_keys, b->count, &in_b))
		add_change(w, list_text(w, a_keys, a->count), list_text(w, b_keys, b->count));
	for (size_t i = 0; i < a->count; i++)
		diff_item(w, f, a_keys[i], item(f, a, i), map_get(&in_b, a_keys[i]));
	for (size_t i = 0; i < b->count; i++)
		if (!map_has(&in_a, b_keys[i]))
			diff_item(w, f, b_keys[i], NULL, item(f, b, i));
}

/* --- members -------------------------------------------------------------------------------------- */

static void diff_leaf(struct walk *w, const struct field *f, const void *a, const void *b)
{
	if (!member_equal(f, a, b))
		add_change(w, member_text(w, f, a), member_text(w, f, b));
}

static void diff_pointers(struct walk *w, const struct field *f, const void *a, const void *b)
{
	if (a && b)
		diff_fields(w, f->of, a, b);
	else if (a || b)
		add_change(w, struct_text(w, f->of, a), struct_text(w, f->of, b));
}

static void diff_member(struct walk *w, const struct field *f, const void *a, const void *b)
{
	switch (f->kind) {
	case FIELD_STRING:
	case FIELD_BOOL:
	case FIELD_OPT_BOOL:
	case FIELD_INT:
	case FIELD_OPT_INT:
	case FIELD_QUANTITY:
	case FIELD_INT_OR_STRING:
	case FIELD_TIME:
	case FIELD_DURATION:
	case FIELD_BYTES:
	case FIELD_STRINGS:
	case FIELD_INTS:
	case FIELD_ANY:
		diff_leaf(w, f, a, b);
		break;
	case FIELD_STRUCT:
		diff_pointers(w, f, *(const void *const *)a, *(const void *const *)b);
		break;
	case FIELD_EMBED:
	case FIELD_INLINE:
		diff_fields(w, f->of, a, b);
		break;
	case FIELD_STRUCTS:
		if (f->list_key)
			diff_by_key(w, f, a, b);
		else
			diff_by_index(w, f, a, b);
		break;
	case FIELD_STRING_MAP:
	case FIELD_BYTES_MAP:
	case FIELD_QUANTITY_MAP:
		diff_maps(w, f, a, b);
		break;
	case FIELD_NONE:
		break;
	}
}

static void diff_fields(struct walk *w, const struct schema *schema, const void *a, const void *b)
{
	for (size_t i = 0; i < schema->field_count; i++) {
		const struct field *f = &schema->fields[i];
		size_t len = w->path.len;

		if (f->flags & FIELD_SERVER_SET)
			continue;
		if (f->kind != FIELD_INLINE)
			step_member(w, f->name);
		diff_member(w, f, member_of_const(a, f), member_of_const(b, f));
		buf_truncate(&w->path, len);
	}
}

void schema_diff(struct arena *arena, const struct schema *schema, const void *a, const void *b,
	struct schema_changes *ret)
{
	struct walk w = { .arena = arena, .changes = ret, .path = BUF_INIT };

	diff_fields(&w, schema, a, b);
	buf_done(&w.path);
}
