/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Packed bytes back to structs. The bytes are not trusted: what does not fit the table, names no text or says more
 * elements than there are bytes makes the reader `bad`, and from then on it reads zeros and no elements.
 */
#include "lib/object/schema_pack.h"

#include <errno.h>
#include <string.h>

#include "lib/base/time.h"
#include "lib/object/pack_parts.h"

enum { DEPTH_MAX = 512 }; /* as of JSON */

struct unpack {
	const struct intern *texts;
	struct intern *drop; /* each shared text that is met loses a user */
	struct arena *arena;
	const uint8_t *pos, *end;
	int64_t time;
	unsigned depth;
	bool bad;
};

static void get_struct(struct unpack *u, const struct schema *schema, void *object);

/* --- numbers ---------------------------------------------------------------------------------------- */

static uint8_t get_byte(struct unpack *u)
{
	if (u->bad || u->pos == u->end) {
		u->bad = true;
		return 0;
	}
	return *u->pos++;
}

static unsigned __int128 get_number(struct unpack *u)
{
	unsigned __int128 n = 0;
	uint8_t b;

	for (unsigned shift = 0; shift < 128; shift += 7) {
		b = get_byte(u);
		n |= (unsigned __int128)(b & 0x7f) << shift;
		if (b < 0x80)
			return n;
	}
	u->bad = true;
	return 0;
}

static __int128 get_signed(struct unpack *u)
{
	unsigned __int128 n = get_number(u);

	return (__int128)(n >> 1) ^ -(__int128)(n & 1);
}

static int64_t to_int(struct unpack *u, __int128 n)
{
	if (n >= INT64_MIN && n <= INT64_MAX)
		return (int64_t)n;
	u->bad = true;
	return 0;
}

static int64_t get_int(struct unpack *u)
{
	return to_int(u, get_signed(u));
}

/* COUNT elements or bytes that follow: each takes at least a byte. */
static size_t checked_count(struct unpack *u, unsigned __int128 n)
{
	if (!u->bad && n <= (size_t)(u->end - u->pos))
		return (size_t)n;
	u->bad = true;
	return 0;
}

static size_t get_count(struct unpack *u)
{
	return checked_count(u, get_number(u));
}

static int64_t get_time(struct unpack *u)
{
	__int128 d = get_signed(u), by = d >> 1;
	bool fraction = d & 1;

	if (by < INT64_MIN * (__int128)2 || by > INT64_MIN * (__int128)-2)
		u->bad = true;
	else
		u->time = to_int(u, u->time + (fraction ? by : by * NSEC_PER_SEC));
	return u->time;
}

static struct quantity get_quantity(struct unpack *u)
{
	uint8_t format = get_byte(u);

	if (format > QUANTITY_DECIMAL_EXPONENT)
		u->bad = true;
	return (struct quantity){ .set = true,
		.format = u->bad ? QUANTITY_DECIMAL_SI : (enum quantity_format)format,
		.nano = get_signed(u) };
}

/* --- text ------------------------------------------------------------------------------------------- */

/* LEN bytes, which checked_count has seen, with a NUL behind them. */
static char *get_bytes(struct unpack *u, size_t len)
{
	char *s = arena_alloc(u->arena, len + 1);

	memcpy(s, u->pos, len);
	u->pos += len;
	return s;
}

static const char *get_plain(struct unpack *u, unsigned __int128 n)
{
	size_t len = checked_count(u, n);

	if (memchr(u->pos, '\0', len))
		u->bad = true;
	return get_bytes(u, len);
}

static const char *get_shared(struct unpack *u, unsigned __int128 n)
{
	const char *text = u->texts && n < UINT32_MAX ? intern_text(u->texts, (uint32_t)n) : NULL;

	if (!text || u->bad) {
		u->bad = true;
		return "";
	}
	text = arena_strdup(u->arena, text);
	if (u->drop)
		intern_unref(u->drop, (uint32_t)n);
	return text;
}

static const char *get_address(struct unpack *u)
{
	uint8_t a[4];

	for (size_t i = 0; i < sizeof(a); i++)
		a[i] = get_byte(u);
	return arena_printf(u->arena, "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
}

static const char *get_text_of(struct unpack *u, bool hex);

static const char *get_hex(struct unpack *u, bool is_long)
{
	static const char digits[] = "0123456789abcdef";
	const char *front = get_text_of(u, false);
	size_t len = strlen(front), count = is_long ? HEX_LONG : HEX_SHORT;
	char *s = arena_alloc(u->arena, len + count + 1);

	memcpy(s, front, len);
	for (char *to = s + len; to < s + len + count; to += 2) {
		uint8_t b = get_byte(u);

		to[0] = digits[b >> 4];
		to[1] = digits[b & 15];
	}
	return s;
}

/* HEX: may it be of that form? What stands before its digits may not. */
static const char *get_text_of(struct unpack *u, bool hex)
{
	unsigned __int128 n = get_number(u), rest = n >> TEXT_FORM_BITS;

	switch ((enum text_form)(n & ((1 << TEXT_FORM_BITS) - 1))) {
	case TEXT_PLAIN:
		return get_plain(u, rest);
	case TEXT_SHARED:
		return get_shared(u, rest);
	case TEXT_ADDRESS:
		return get_address(u);
	case TEXT_HEX:
		if (hex)
			return get_hex(u, rest != 0);
		break;
	}
	u->bad = true;
	return "";
}

static const char *get_string(struct unpack *u)
{
	return get_text_of(u, true);
}

/* Bytes may hold NULs, and are never shared. */
static const void *get_blob(struct unpack *u, size_t *ret_len)
{
	unsigned __int128 n = get_number(u);

	if ((n & ((1 << TEXT_FORM_BITS) - 1)) != TEXT_PLAIN)
		u->bad = true;
	*ret_len = checked_count(u, n >> TEXT_FORM_BITS);
	return get_bytes(u, *ret_len);
}

/* --- values ----------------------------------------------------------------------------------------- */

static struct value *get_value(struct unpack *u);

static struct value *get_list_value(struct unpack *u)
{
	struct value *v = value_list_new(u->arena);
	size_t count = get_count(u);

	for (size_t i = 0; i < count && !u->bad; i++)
		value_append(u->arena, v, get_value(u));
	return v;
}

static struct value *get_map_value(struct unpack *u)
{
	struct value *v = value_map_new(u->arena);
	size_t count = get_count(u);

	for (size_t i = 0; i < count && !u->bad; i++) {
		const char *key = get_string(u);

		value_set(u->arena, v, key, get_value(u));
	}
	return v;
}

static struct value *get_float(struct unpack *u)
{
	double d = 0;

	if (u->bad || (size_t)(u->end - u->pos) < sizeof(d)) {
		u->bad = true;
	} else {
		memcpy(&d, u->pos, sizeof(d));
		u->pos += sizeof(d);
	}
	return value_float_new(u->arena, d);
}

static struct value *get_value_of(struct unpack *u, uint8_t type)
{
	const char *s;
	size_t len;

	switch ((enum value_type)type) {
	case VALUE_NULL:
		break;
	case VALUE_BOOL:
		return value_bool_new(u->arena, get_byte(u) != 0);
	case VALUE_INT:
		return value_int_new(u->arena, get_int(u));
	case VALUE_FLOAT:
		return get_float(u);
	case VALUE_STRING:
		s = get_blob(u, &len);
		return value_string_len_new(u->arena, s, len);
	case VALUE_LIST:
		return get_list_value(u);
	case VALUE_MAP:
		return get_map_value(u);
	}
	return value_null_new(u->arena);
}

static struct value *get_value(struct unpack *u)
{
	uint8_t type = get_byte(u);
	struct value *v;

	if (type > VALUE_MAP || u->depth == DEPTH_MAX) {
		u->bad = true;
		type = VALUE_NULL;
	}
	u->depth++;
	v = get_value_of(u, type);
	u->depth--;
	return v;
}

/* --- members ---------------------------------------------------------------------------------------- */

static struct struct_list get_structs(struct unpack *u, const struct schema *of)
{
	struct struct_list list = { .count = get_count(u) };

	list.items = arena_array(u->arena, list.count, of->size);
	for (size_t i = 0; i < list.count && !u->bad; i++)
		get_struct(u, of, (char *)list.items + i * of->size);
	return list;
}

static struct strings get_strings(struct unpack *u)
{
	struct strings list = { .count = get_count(u) };

	list.items = arena_array(u->arena, list.count, sizeof(list.items[0]));
	for (size_t i = 0; i < list.count; i++)
		list.items[i] = get_string(u);
	return list;
}

static struct ints get_ints(struct unpack *u)
{
	struct ints list = { .count = get_count(u) };

	list.items = arena_array(u->arena, list.count, sizeof(list.items[0]));
	for (size_t i = 0; i < list.count; i++)
		list.items[i] = get_int(u);
	return list;
}

static struct string_map get_string_map(struct unpack *u)
{
	struct string_map m = { .count = get_count(u) };

	m.items = arena_array(u->arena, m.count, sizeof(m.items[0]));
	for (size_t i = 0; i < m.count; i++) {
		m.items[i].key = get_string(u);
		m.items[i].value = get_string(u);
	}
	return m;
}

static struct bytes_map get_bytes_map(struct unpack *u)
{
	struct bytes_map m = { .count = get_count(u) };

	m.items = arena_array(u->arena, m.count, sizeof(m.items[0]));
	for (size_t i = 0; i < m.count; i++) {
		struct bytes_pair *at = &m.items[i];

		at->key = get_string(u);
		at->value.data = get_blob(u, &at->value.len);
	}
	return m;
}

static struct quantity_map get_quantity_map(struct unpack *u)
{
	struct quantity_map m = { .count = get_count(u) };

	m.items = arena_array(u->arena, m.count, sizeof(m.items[0]));
	for (size_t i = 0; i < m.count; i++) {
		m.items[i].key = get_string(u);
		m.items[i].value = get_quantity(u);
	}
	return m;
}

static struct int_or_string get_either(struct unpack *u)
{
	struct int_or_string v = { .set = true };

	if (get_byte(u))
		v.string = get_string(u);
	else
		v.integer = get_int(u);
	return v;
}

static void get_collection(struct unpack *u, const struct field *f, void *member)
{
	if (f->kind == FIELD_STRUCTS)
		*(struct struct_list *)member = get_structs(u, f->of);
	else if (f->kind == FIELD_STRINGS)
		*(struct strings *)member = get_strings(u);
	else if (f->kind == FIELD_INTS)
		*(struct ints *)member = get_ints(u);
	else if (f->kind == FIELD_STRING_MAP)
		*(struct string_map *)member = get_string_map(u);
	else if (f->kind == FIELD_BYTES_MAP)
		*(struct bytes_map *)member = get_bytes_map(u);
	else
		*(struct quantity_map *)member = get_quantity_map(u);
}

static void *get_pointed(struct unpack *u, const struct schema *of)
{
	void *object = arena_alloc(u->arena, of->size);

	get_struct(u, of, object);
	return object;
}

static void get_member(struct unpack *u, const struct field *f, void *member)
{
	struct bytes *bytes = member;

	switch (f->kind) {
	case FIELD_STRING:
		*(const char **)member = get_string(u);
		break;
	case FIELD_BOOL:
		*(bool *)member = true;
		break;
	case FIELD_OPT_BOOL:
		*(struct opt_bool *)member = (struct opt_bool){ true, get_byte(u) != 0 };
		break;
	case FIELD_INT:
		*(int64_t *)member = get_int(u);
		break;
	case FIELD_OPT_INT:
	case FIELD_DURATION:
		*(struct opt_int *)member = (struct opt_int){ true, get_int(u) };
		break;
	case FIELD_TIME:
		*(struct opt_int *)member = (struct opt_int){ true, get_time(u) };
		break;
	case FIELD_QUANTITY:
		*(struct quantity *)member = get_quantity(u);
		break;
	case FIELD_INT_OR_STRING:
		*(struct int_or_string *)member = get_either(u);
		break;
	case FIELD_BYTES:
		bytes->data = get_blob(u, &bytes->len);
		break;
	case FIELD_STRUCT:
		*(void **)member = get_pointed(u, f->of);
		break;
	case FIELD_EMBED:
	case FIELD_INLINE:
		get_struct(u, f->of, member);
		break;
	case FIELD_STRUCTS:
	case FIELD_STRINGS:
	case FIELD_INTS:
	case FIELD_STRING_MAP:
	case FIELD_BYTES_MAP:
	case FIELD_QUANTITY_MAP:
		get_collection(u, f, member);
		break;
	case FIELD_ANY:
		*(const struct value **)member = get_value(u);
		break;
	case FIELD_NONE:
		u->bad = true;
		break;
	}
}

static void get_struct(struct unpack *u, const struct schema *schema, void *object)
{
	size_t row = 0;

	while (!u->bad) {
		unsigned __int128 step = get_number(u);

		if (step == 0)
			return;
		if (step > schema->field_count - row) {
			u->bad = true;
			return;
		}
		row += (size_t)step;
		const struct field *f = &schema->fields[row - 1];

		get_member(u, f, (char *)object + f->offset);
	}
}

int schema_unpack(const struct intern *texts, const struct schema *schema, const void *data, size_t len,
	struct arena *arena, void *target)
{
	struct unpack u = { .texts = texts, .arena = arena, .pos = data, .end = (const uint8_t *)data + len };

	get_struct(&u, schema, target);
	return u.bad || u.pos != u.end ? -EBADMSG : 0;
}

void schema_pack_drop(struct intern *texts, const struct schema *schema, const void *data, size_t len)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct unpack u = {
		.texts = texts, .drop = texts, .arena = arena, .pos = data, .end = (const uint8_t *)data + len
	};

	get_struct(&u, schema, arena_alloc(arena, schema->size));
}
