/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Equality in meaning, and a hash that goes with it: what is equal hashes equal.
 *
 * Both pass over members that are absent or have their row's default. The hash is taken
 * over a byte string: of each member that counts its row's name, then its content with
 * lengths in front, so that no two different structs give one string.
 */
#include "lib/object/schema.h"

#include <endian.h>
#include <math.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/str.h"
#include "lib/object/int_or_string.h"
#include "lib/object/member.h"

/* --- equality ------------------------------------------------------------------------------- */

static bool quantities_equal(const struct quantity *a, const struct quantity *b)
{
	return quantity_cmp(a, b) == 0;
}

static bool bytes_equal(const struct bytes *a, const struct bytes *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static bool structs_equal(const struct field *f, const struct struct_list *a, const struct struct_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!schema_equal(f->of, (const char *)a->items + i * f->of->size,
			    (const char *)b->items + i * f->of->size))
			return false;
	return true;
}

static bool strings_equal(const struct strings *a, const struct strings *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

static bool bytes_maps_equal(const struct bytes_map *a, const struct bytes_map *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i].key, b->items[i].key) != 0 ||
			!bytes_equal(&a->items[i].value, &b->items[i].value))
			return false;
	return true;
}

static bool quantity_maps_equal(const struct quantity_map *a, const struct quantity_map *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i].key, b->items[i].key) != 0 ||
			!quantities_equal(&a->items[i].value, &b->items[i].value))
			return false;
	return true;
}

static bool ints_equal(const struct ints *a, const struct ints *b)
{
	return a->count == b->count &&
	       (a->count == 0 || memcmp(a->items, b->items, a->count * sizeof(int64_t)) == 0);
}

/* Both are there. */
static bool present_equal(const struct field *f, const void *a, const void *b)
{
	switch (f->kind) {
	case FIELD_STRING:
		return strcmp(*(const char *const *)a, *(const char *const *)b) == 0;
	case FIELD_BOOL:
		return *(const bool *)a == *(const bool *)b;
	case FIELD_OPT_BOOL:
		return ((const struct opt_bool *)a)->value == ((const struct opt_bool *)b)->value;
	case FIELD_INT:
		return *(const int64_t *)a == *(const int64_t *)b;
	case FIELD_OPT_INT:
	case FIELD_TIME:
	case FIELD_DURATION:
		return ((const struct opt_int *)a)->value == ((const struct opt_int *)b)->value;
	case FIELD_QUANTITY:
		return quantities_equal(a, b);
	case FIELD_INT_OR_STRING:
		return int_or_string_equal(a, b);
	case FIELD_BYTES:
		return bytes_equal(a, b);
	case FIELD_STRUCT:
		return schema_equal(f->of, *(const void *const *)a, *(const void *const *)b);
	case FIELD_EMBED:
	case FIELD_INLINE:
		return schema_equal(f->of, a, b);
	case FIELD_STRUCTS:
		return structs_equal(f, a, b);
	case FIELD_STRINGS:
		return strings_equal(a, b);
	case FIELD_INTS:
		return ints_equal(a, b);
	case FIELD_STRING_MAP:
		return string_map_equal(a, b);
	case FIELD_BYTES_MAP:
		return bytes_maps_equal(a, b);
	case FIELD_QUANTITY_MAP:
		return quantity_maps_equal(a, b);
	case FIELD_ANY:
		return value_equal(*(const struct value *const *)a, *(const struct value *const *)b);
	case FIELD_NONE:
		return true;
	}
	return false;
}

bool member_equal(const struct field *f, const void *a, const void *b)
{
	bool a_default = member_is_default(f, a), b_default = member_is_default(f, b);

	if (a_default || b_default)
		return a_default && b_default;
	return present_equal(f, a, b);
}

bool schema_equal(const struct schema *schema, const void *a, const void *b)
{
	for (size_t i = 0; i < schema->field_count; i++) {
		const struct field *f = &schema->fields[i];

		if (!(f->flags & FIELD_SERVER_SET) &&
			!member_equal(f, member_of_const(a, f), member_of_const(b, f)))
			return false;
	}
	return true;
}

/* --- hash ----------------------------------------------------------------------------------- */

/* Little-endian on every machine. */
static void put_u64(char *to, uint64_t n)
{
	n = htole64(n);
	memcpy(to, &n, sizeof(n));
}

static void add_u64(struct buf *out, uint64_t n)
{
	put_u64(buf_reserve(out, 8), n);
	buf_extend(out, 8);
}

static void add_bytes(struct buf *out, const void *data, size_t len)
{
	char *to = buf_reserve(out, 8 + len);

	put_u64(to, len);
	if (len > 0)
		memcpy(to + 8, data, len);
	buf_extend(out, 8 + len);
}

static void add_string(struct buf *out, const char *s)
{
	add_bytes(out, s, strlen(s));
}

static void add_quantity(struct buf *out, const struct quantity *q)
{
	add_u64(out, (uint64_t)q->nano);
	add_u64(out, (uint64_t)(q->nano >> 64));
}

/* Numbers that are equal must look equal: 1000 and 1e3. */
static void add_number(struct buf *out, double d)
{
	uint64_t bits;

	if (d >= -0x1p63 && d < 0x1p63 && d == floor(d)) {
		buf_addc(out, 'i');
		add_u64(out, (uint64_t)(int64_t)d);
		return;
	}
	memcpy(&bits, &d, sizeof(bits));
	buf_addc(out, 'f');
	add_u64(out, bits);
}

static void add_value(struct buf *out, const struct value *v);

static void add_map(struct buf *out, const struct value *v)
{
	_cleanup_(freep) const struct value_entry **sorted = value_sorted_entries(v);

	buf_addc(out, 'm');
	add_u64(out, v->map.count);
	for (size_t i = 0; i < v->map.count; i++) {
		add_string(out, sorted[i]->key);
		add_value(out, sorted[i]->value);
	}
}

static void add_value(struct buf *out, const struct value *v)
{
	switch (v->type) {
	case VALUE_NULL:
		buf_addc(out, 'n');
		break;
	case VALUE_BOOL:
		buf_addc(out, v->boolean ? 't' : 'u');
		break;
	case VALUE_INT:
		buf_addc(out, 'i');
		add_u64(out, (uint64_t)v->integer);
		break;
	case VALUE_FLOAT:
		add_number(out, v->number);
		break;
	case VALUE_STRING:
		buf_addc(out, 's');
		add_bytes(out, v->string, v->len);
		break;
	case VALUE_LIST:
		buf_addc(out, 'l');
		add_u64(out, v->list.count);
		for (size_t i = 0; i < v->list.count; i++)
			add_value(out, v->list.items[i]);
		break;
	case VALUE_MAP:
		add_map(out, v);
		break;
	}
}

static void add_fields(struct buf *out, const struct schema *schema, const void *object);

static void add_struct(struct buf *out, const struct schema *schema, const void *object)
{
	buf_addc(out, '{');
	add_fields(out, schema, object);
	buf_addc(out, '}');
}

static void add_list(struct buf *out, const struct field *f, const struct struct_list *list)
{
	add_u64(out, list->count);
	for (size_t i = 0; i < list->count; i++) {
		if (f->kind == FIELD_STRINGS)
			add_string(out, ((const char *const *)list->items)[i]);
		else if (f->kind == FIELD_INTS)
			add_u64(out, (uint64_t)((const int64_t *)list->items)[i]);
		else
			add_struct(out, f->of, (const char *)list->items + i * f->of->size);
	}
}

static void add_string_map(struct buf *out, const struct string_map *m)
{
	add_u64(out, m->count);
	for (size_t i = 0; i < m->count; i++) {
		add_string(out, m->items[i].key);
		add_string(out, m->items[i].value);
	}
}

static void add_bytes_map(struct buf *out, const struct bytes_map *m)
{
	add_u64(out, m->count);
	for (size_t i = 0; i < m->count; i++) {
		add_string(out, m->items[i].key);
		add_bytes(out, m->items[i].value.data, m->items[i].value.len);
	}
}

static void add_quantity_map(struct buf *out, const struct quantity_map *m)
{
	add_u64(out, m->count);
	for (size_t i = 0; i < m->count; i++) {
		add_string(out, m->items[i].key);
		add_quantity(out, &m->items[i].value);
	}
}

static void add_either(struct buf *out, const struct int_or_string *v)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	int64_t n;

	if (int_or_string_number(v, &n)) {
		buf_addc(out, 'i');
		add_u64(out, (uint64_t)n);
		return;
	}
	buf_addc(out, 's');
	int_or_string_format(v, &text);
	add_bytes(out, text.data, text.len);
}

static void add_content(struct buf *out, const struct field *f, const void *member)
{
	const struct bytes *bytes = member;

	switch (f->kind) {
	case FIELD_STRING:
		add_string(out, *(const char *const *)member);
		break;
	case FIELD_BOOL:
		buf_addc(out, *(const bool *)member ? 't' : 'f');
		break;
	case FIELD_OPT_BOOL:
		buf_addc(out, ((const struct opt_bool *)member)->value ? 't' : 'f');
		break;
	case FIELD_INT:
		add_u64(out, (uint64_t) * (const int64_t *)member);
		break;
	case FIELD_OPT_INT:
	case FIELD_TIME:
	case FIELD_DURATION:
		add_u64(out, (uint64_t)((const struct opt_int *)member)->value);
		break;
	case FIELD_QUANTITY:
		add_quantity(out, member);
		break;
	case FIELD_INT_OR_STRING:
		add_either(out, member);
		break;
	case FIELD_BYTES:
		add_bytes(out, bytes->data, bytes->len);
		break;
	case FIELD_STRUCT:
		add_struct(out, f->of, *(const void *const *)member);
		break;
	case FIELD_STRUCTS:
	case FIELD_STRINGS:
	case FIELD_INTS:
		add_list(out, f, member);
		break;
	case FIELD_STRING_MAP:
		add_string_map(out, member);
		break;
	case FIELD_BYTES_MAP:
		add_bytes_map(out, member);
		break;
	case FIELD_QUANTITY_MAP:
		add_quantity_map(out, member);
		break;
	case FIELD_ANY:
		add_value(out, *(const struct value *const *)member);
		break;
	case FIELD_EMBED:
	case FIELD_INLINE:
	case FIELD_NONE:
		break;
	}
}

/* An embedded struct that says nothing leaves no trace, as if its row were not there. */
static void add_embedded(struct buf *out, const struct field *f, const void *member)
{
	size_t before = out->len, start;

	add_string(out, f->name);
	buf_addc(out, '{');
	start = out->len;
	add_fields(out, f->of, member);
	if (out->len == start)
		buf_truncate(out, before);
	else
		buf_addc(out, '}');
}

static void add_fields(struct buf *out, const struct schema *schema, const void *object)
{
	for (size_t i = 0; i < schema->field_count; i++) {
		const struct field *f = &schema->fields[i];
		const void *member = member_of_const(object, f);

		if (f->flags & FIELD_SERVER_SET)
			continue;
		if (f->kind == FIELD_INLINE) {
			add_fields(out, f->of, member);
		} else if (f->kind == FIELD_EMBED) {
			add_embedded(out, f, member);
		} else if (!member_is_default(f, member)) {
			add_string(out, f->name);
			add_content(out, f, member);
		}
	}
}

void schema_hash(const struct schema *schema, const void *object, uint8_t ret[32])
{
	_cleanup_(buf_done) struct buf bytes = BUF_INIT;

	buf_reserve(&bytes, 2000); /* most objects; saves growing there by doubling */
	add_fields(&bytes, schema, object);
	sha256(bytes.data, bytes.len, ret);
}
