/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Small questions to decoded structs and to tables. */
#include "lib/object/schema.h"

#include <string.h>

#include "lib/base/str.h"
#include "lib/object/int_or_string.h"
#include "lib/object/member.h"

/* --- maps ----------------------------------------------------------------------------------- */

const char *string_map_get(const struct string_map *m, const char *key)
{
	size_t low = 0, high = m->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = strcmp(m->items[mid].key, key);

		if (c == 0)
			return m->items[mid].value;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

bool string_map_equal(const struct string_map *a, const struct string_map *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i].key, b->items[i].key) != 0 ||
			strcmp(a->items[i].value, b->items[i].value) != 0)
			return false;
	return true;
}

const struct quantity *quantity_map_get(const struct quantity_map *m, const char *key)
{
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->items[i].key, key) == 0)
			return &m->items[i].value;
	return NULL;
}

/* --- members -------------------------------------------------------------------------------- */

/* Every list and map member has this layout (struct_list). */
static bool is_empty(const void *member)
{
	const struct struct_list *list = member;

	return list->count == 0;
}

bool member_is_zero(const struct field *f, const void *member)
{
	const struct struct_list *list = member;

	switch (f->kind) {
	case FIELD_STRING:
	case FIELD_STRUCT:
	case FIELD_ANY:
		return *(const void *const *)member == NULL;
	case FIELD_BOOL:
		return !*(const bool *)member;
	case FIELD_INT:
		return *(const int64_t *)member == 0;
	case FIELD_OPT_BOOL:
		return !((const struct opt_bool *)member)->set;
	case FIELD_OPT_INT:
	case FIELD_TIME:
	case FIELD_DURATION:
		return !((const struct opt_int *)member)->set;
	case FIELD_QUANTITY:
		return !((const struct quantity *)member)->set;
	case FIELD_INT_OR_STRING:
		return !((const struct int_or_string *)member)->set;
	case FIELD_BYTES:
		return !((const struct bytes *)member)->data;
	case FIELD_STRUCTS:
	case FIELD_STRINGS:
	case FIELD_INTS:
	case FIELD_STRING_MAP:
	case FIELD_BYTES_MAP:
	case FIELD_QUANTITY_MAP:
		return !list->items;
	case FIELD_NONE:
		return true;
	case FIELD_EMBED:
	case FIELD_INLINE:
		return false;
	}
	return true;
}

static bool is_collection(const struct field *f)
{
	return f->kind >= FIELD_STRUCTS && f->kind <= FIELD_QUANTITY_MAP;
}

bool member_is_absent(const struct field *f, const void *member)
{
	const bool required = f->flags & FIELD_REQUIRED;

	/* What is empty is written out where it must be there. */
	if (is_collection(f))
		return is_empty(member) && !required;
	/* A plain false or 0 may have been said on purpose where there is a default for what was not. */
	if ((f->kind == FIELD_BOOL || f->kind == FIELD_INT) && (f->value_default || required))
		return false;
	return member_is_zero(f, member);
}

static bool is_integer(const char *words, int64_t i)
{
	int64_t d;

	return str_to_i64(words, &d) == 0 && d == i;
}

bool member_is_default(const struct field *f, const void *member)
{
	const struct int_or_string *either = member;
	const char *words = f->value_default;

	if (member_is_absent(f, member))
		return true;
	if (f->kind == FIELD_BOOL)
		return *(const bool *)member == str_eq(words, "true");
	if (f->kind == FIELD_INT && !words)
		return *(const int64_t *)member == 0;
	if (!words)
		return false;
	if (f->kind == FIELD_STRING)
		return strcmp(*(const char *const *)member, words) == 0;
	if (f->kind == FIELD_INT)
		return is_integer(words, *(const int64_t *)member);
	if (f->kind == FIELD_OPT_BOOL)
		return ((const struct opt_bool *)member)->value == str_eq(words, "true");
	if (f->kind == FIELD_OPT_INT)
		return is_integer(words, ((const struct opt_int *)member)->value);
	if (f->kind == FIELD_INT_OR_STRING)
		return int_or_string_equal(either, &(struct int_or_string){ .set = true, .string = words });
	return false;
}

const struct field *member_find(
	const struct schema *schema, const void *object, const char *name, const void **ret_member)
{
	const struct field *f;

	for (size_t i = 0; i < schema->field_count; i++) {
		const struct field *row = &schema->fields[i];

		if (row->kind == FIELD_INLINE) {
			f = member_find(row->of, member_of_const(object, row), name, ret_member);
			if (f)
				return f;
		} else if (strcmp(row->name, name) == 0 && row->kind != FIELD_NONE) {
			*ret_member = member_of_const(object, row);
			return row;
		}
	}
	return NULL;
}

/* --- tables --------------------------------------------------------------------------------- */

static const struct field *row_named(const struct schema *schema, const char *name, size_t len)
{
	for (size_t i = 0; i < schema->field_count; i++) {
		const struct field *f = &schema->fields[i];
		const struct field *inner = f->kind == FIELD_INLINE ? row_named(f->of, name, len) : NULL;

		if (inner)
			return inner;
		if (f->kind != FIELD_INLINE && strncmp(f->name, name, len) == 0 && f->name[len] == '\0')
			return f;
	}
	return NULL;
}

/* Behind "[0]" or "[*]", and behind a dot. NULL where something else follows. */
static const char *next_part(const char *path)
{
	while (*path == '[') {
		path = strchr(path, ']');
		if (!path)
			return NULL;
		path++;
	}
	if (*path == '.')
		return path[1] ? path + 1 : NULL;
	return *path ? NULL : path;
}

const struct field *schema_find(const struct schema *schema, const char *path)
{
	const struct field *f = NULL;

	while (path && *path) {
		size_t len = strcspn(path, ".[");

		if (!schema)
			return NULL;
		f = row_named(schema, path, len);
		if (!f)
			return NULL;
		schema = f->of;
		path = next_part(path + len);
	}
	return path ? f : NULL;
}
