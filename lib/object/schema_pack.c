/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * A struct is a row of members, each with how far its row of the table is from the one before (from 1), closed by a 0.
 * A member that is not named is as zeroing left it; true needs no content then. Numbers are varints, 7 bits a byte, the lowest
 * first; signed ones have their sign in the lowest bit. A time is seconds after the one packed before it, or
 * nanoseconds where it has a fraction.
 *
 * Text begins with a number whose two lowest bits say its form: so many bytes as they are; the number of a shared text; four
 * bytes of an IPv4 address; or, as identities are made, another text and then 32 or 64 digits of hex as 16 or 32 bytes.
 */
#include "lib/object/schema_pack.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/base/time.h"
#include "lib/object/ip.h"
#include "lib/object/member.h"
#include "lib/object/pack_parts.h"

struct pack {
	struct intern *texts;
	struct buf *out;
	int64_t time; /* the last one packed */
};

/* --- numbers ---------------------------------------------------------------------------------------- */

static void put_number(struct pack *p, unsigned __int128 n)
{
	for (; n >= 0x80; n >>= 7)
		buf_addc(p->out, (char)(0x80 | (n & 0x7f)));
	buf_addc(p->out, (char)n);
}

static void put_signed(struct pack *p, __int128 n)
{
	put_number(p, (unsigned __int128)n << 1 ^ (unsigned __int128)(n >> 127));
}

/* The lowest bit: nanoseconds. */
static void put_time(struct pack *p, int64_t t)
{
	__int128 d = t % NSEC_PER_SEC == 0 && p->time % NSEC_PER_SEC == 0
			     ? ((__int128)t / NSEC_PER_SEC - p->time / NSEC_PER_SEC) * 2
			     : ((__int128)t - p->time) * 2 + 1;

	put_signed(p, d);
	p->time = t;
}

static void put_quantity(struct pack *p, const struct quantity *q)
{
	buf_addc(p->out, (char)q->format);
	put_signed(p, q->nano);
}

/* --- text ------------------------------------------------------------------------------------------- */

static void put_bytes(struct pack *p, const void *data, size_t len)
{
	put_number(p, (unsigned __int128)len << TEXT_FORM_BITS | TEXT_PLAIN);
	buf_add(p->out, data, len);
}

static bool put_address(struct pack *p, const char *s, size_t len)
{
	struct ip_network a;

	if (len < 7 || len > 15 || s[0] < '0' || s[0] > '9' || ip_parse(s, &a) < 0 || a.bits != 32)
		return false;
	put_number(p, TEXT_ADDRESS);
	buf_add(p->out, a.bytes, 4);
	return true;
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* How many digits at the end of S are taken as hex. */
static size_t hex_tail(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && n < HEX_LONG && digit(s[len - n - 1]) >= 0)
		n++;
	return n == HEX_LONG ? HEX_LONG : n >= HEX_SHORT ? HEX_SHORT : 0;
}

static void put_shared(struct pack *p, const char *s, size_t len)
{
	if (p->texts && len <= SHARED_MAX)
		put_number(p, (unsigned __int128)intern_ref(p->texts, s) << TEXT_FORM_BITS | TEXT_SHARED);
	else
		put_bytes(p, s, len);
}

static bool put_hex(struct pack *p, const char *s, size_t len)
{
	size_t n = hex_tail(s, len);
	char front[SHARED_MAX + 1];

	if (n == 0 || len - n > SHARED_MAX)
		return false;
	put_number(p, (unsigned)(n == HEX_LONG) << TEXT_FORM_BITS | TEXT_HEX);
	memcpy(front, s, len - n);
	front[len - n] = '\0';
	put_shared(p, front, len - n);
	for (s += len - n; *s; s += 2)
		buf_addc(p->out, (char)(digit(s[0]) << 4 | digit(s[1])));
	return true;
}

static void put_string(struct pack *p, const struct field *f, const char *s)
{
	bool shared = p->texts && !(f->flags & FIELD_UNIQUE);
	size_t len = strlen(s);

	if (put_address(p, s, len))
		return;
	if (shared)
		put_shared(p, s, len);
	else if (!put_hex(p, s, len))
		put_bytes(p, s, len);
}

/* --- values ----------------------------------------------------------------------------------------- */

static void put_value(struct pack *p, const struct value *v);

static void put_map(struct pack *p, const struct value *v)
{
	put_number(p, v->map.count);
	for (size_t i = 0; i < v->map.count; i++) {
		put_shared(p, v->map.entries[i].key, strlen(v->map.entries[i].key));
		put_value(p, v->map.entries[i].value);
	}
}

static void put_value(struct pack *p, const struct value *v)
{
	buf_addc(p->out, (char)v->type);
	switch (v->type) {
	case VALUE_NULL:
		break;
	case VALUE_BOOL:
		buf_addc(p->out, v->boolean);
		break;
	case VALUE_INT:
		put_signed(p, v->integer);
		break;
	case VALUE_FLOAT:
		buf_add(p->out, &v->number, sizeof(v->number));
		break;
	case VALUE_STRING:
		put_bytes(p, v->string, v->len);
		break;
	case VALUE_LIST:
		put_number(p, v->list.count);
		for (size_t i = 0; i < v->list.count; i++)
			put_value(p, v->list.items[i]);
		break;
	case VALUE_MAP:
		put_map(p, v);
		break;
	}
}

/* --- members ---------------------------------------------------------------------------------------- */

static void put_struct(struct pack *p, const struct schema *schema, const void *object);

static void put_list(struct pack *p, const struct field *f, const struct struct_list *list)
{
	put_number(p, list->count);
	for (size_t i = 0; i < list->count; i++) {
		if (f->kind == FIELD_STRINGS)
			put_string(p, f, ((const char *const *)list->items)[i]);
		else if (f->kind == FIELD_INTS)
			put_signed(p, ((const int64_t *)list->items)[i]);
		else
			put_struct(p, f->of, (const char *)list->items + i * f->of->size);
	}
}

static void put_string_map(struct pack *p, const struct field *f, const struct string_map *m)
{
	put_number(p, m->count);
	for (size_t i = 0; i < m->count; i++) {
		put_shared(p, m->items[i].key, strlen(m->items[i].key));
		put_string(p, f, m->items[i].value);
	}
}

static void put_bytes_map(struct pack *p, const struct bytes_map *m)
{
	put_number(p, m->count);
	for (size_t i = 0; i < m->count; i++) {
		put_shared(p, m->items[i].key, strlen(m->items[i].key));
		put_bytes(p, m->items[i].value.data, m->items[i].value.len);
	}
}

static void put_quantity_map(struct pack *p, const struct quantity_map *m)
{
	put_number(p, m->count);
	for (size_t i = 0; i < m->count; i++) {
		put_shared(p, m->items[i].key, strlen(m->items[i].key));
		put_quantity(p, &m->items[i].value);
	}
}

static void put_either(struct pack *p, const struct field *f, const struct int_or_string *v)
{
	buf_addc(p->out, v->string != NULL);
	if (v->string)
		put_string(p, f, v->string);
	else
		put_signed(p, v->integer);
}

static void put_member(struct pack *p, const struct field *f, const void *member)
{
	const struct bytes *bytes = member;

	switch (f->kind) {
	case FIELD_STRING:
		put_string(p, f, *(const char *const *)member);
		break;
	case FIELD_BOOL:
	case FIELD_NONE:
		break;
	case FIELD_OPT_BOOL:
		buf_addc(p->out, ((const struct opt_bool *)member)->value);
		break;
	case FIELD_INT:
		put_signed(p, *(const int64_t *)member);
		break;
	case FIELD_OPT_INT:
	case FIELD_DURATION:
		put_signed(p, ((const struct opt_int *)member)->value);
		break;
	case FIELD_TIME:
		put_time(p, ((const struct opt_int *)member)->value);
		break;
	case FIELD_QUANTITY:
		put_quantity(p, member);
		break;
	case FIELD_INT_OR_STRING:
		put_either(p, f, member);
		break;
	case FIELD_BYTES:
		put_bytes(p, bytes->data, bytes->len);
		break;
	case FIELD_STRUCT:
		put_struct(p, f->of, *(const void *const *)member);
		break;
	case FIELD_EMBED:
	case FIELD_INLINE:
		put_struct(p, f->of, member);
		break;
	case FIELD_STRUCTS:
	case FIELD_STRINGS:
	case FIELD_INTS:
		put_list(p, f, member);
		break;
	case FIELD_STRING_MAP:
		put_string_map(p, f, member);
		break;
	case FIELD_BYTES_MAP:
		put_bytes_map(p, member);
		break;
	case FIELD_QUANTITY_MAP:
		put_quantity_map(p, member);
		break;
	case FIELD_ANY:
		put_value(p, *(const struct value *const *)member);
		break;
	}
}

/* A struct inside another with nothing in it is nothing. */
static bool is_nothing(const struct pack *p, const struct field *f, size_t content)
{
	return (f->kind == FIELD_EMBED || f->kind == FIELD_INLINE) && p->out->len == content + 1;
}

static void put_struct(struct pack *p, const struct schema *schema, const void *object)
{
	size_t last = 0;

	for (size_t i = 0; i < schema->field_count; i++) {
		const struct field *f = &schema->fields[i];
		const void *member = member_of_const(object, f);
		size_t start = p->out->len, content;

		if (member_is_zero(f, member))
			continue;
		put_number(p, i + 1 - last);
		content = p->out->len;
		put_member(p, f, member);
		if (is_nothing(p, f, content))
			buf_truncate(p->out, start);
		else
			last = i + 1;
	}
	buf_addc(p->out, 0);
}

void schema_pack(struct intern *texts, const struct schema *schema, const void *object, struct buf *out)
{
	struct pack p = { .texts = texts, .out = out };

	put_struct(&p, schema, object);
}
