/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Structs to JSON by their tables, without a tree in between. */
#include "lib/object/schema.h"

#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/str.h"
#include "lib/base/time.h"
#include "lib/object/base64.h"
#include "lib/object/member.h"

struct encode {
	struct json_writer *w;
	unsigned flags;
	const uint8_t *secret_key;
};

static void encode_fields(struct encode *e, const struct schema *schema, const void *object);

/* --- secrets -------------------------------------------------------------------------------- */

/* Where a row is secret, what stands for LEN bytes of DATA; returns false where they may be shown. */
static bool encode_hidden(struct encode *e, const struct field *f, const void *data, size_t len)
{
	char text[12 + SHA256_HEX] = "hmac-sha256:";
	uint8_t hmac[SHA256_SIZE];

	if (!(f->flags & FIELD_SECRET) || !(e->flags & (ENCODE_HIDE_SECRETS | ENCODE_MASK_SECRETS)))
		return false;
	if (e->flags & ENCODE_MASK_SECRETS) {
		json_cstring(e->w, "(secret)");
		return true;
	}
	if (len == sizeof(text) - 1 && memcmp(data, text, 12) == 0) {
		/* Read back from the tree: it stands for the value already. */
		json_string_len(e->w, data, len);
		return true;
	}
	hmac_sha256(e->secret_key, SHA256_SIZE, data, len, hmac);
	str_hex(hmac, sizeof(hmac), text + 12);
	json_cstring(e->w, text);
	return true;
}

static void encode_string(struct encode *e, const struct field *f, const char *s)
{
	size_t len = strlen(s);

	if (!encode_hidden(e, f, s, len))
		json_string_len(e->w, s, len);
}

static void encode_bytes(struct encode *e, const struct field *f, const struct bytes *b)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	if (encode_hidden(e, f, b->data, b->len))
		return;
	base64_encode(b->data, b->len, &text);
	json_string_len(e->w, text.data, text.len);
}

/* --- by kind -------------------------------------------------------------------------------- */

static void encode_quantity(struct encode *e, const struct quantity *q)
{
	char text[QUANTITY_TEXT_MAX];

	json_cstring(e->w, quantity_format(q, text));
}

static void encode_time(struct encode *e, const struct opt_int *t)
{
	char text[TIME_TEXT_MAX];

	if (t->value % NSEC_PER_SEC == 0)
		json_cstring(e->w, time_format(t->value, text));
	else
		json_cstring(e->w, time_format_nano(t->value, text));
}

static void encode_duration(struct encode *e, const struct opt_int *d)
{
	char text[TIME_TEXT_MAX];

	json_cstring(e->w, duration_format(d->value, text));
}

static void encode_int_or_string(struct encode *e, const struct field *f, const struct int_or_string *v)
{
	if (v->string)
		encode_string(e, f, v->string);
	else
		json_int(e->w, v->integer);
}

static void encode_struct(struct encode *e, const struct schema *schema, const void *object)
{
	json_begin_map(e->w);
	encode_fields(e, schema, object);
	json_end_map(e->w);
}

static void encode_structs(struct encode *e, const struct field *f, const struct struct_list *list)
{
	json_begin_list(e->w);
	for (size_t i = 0; i < list->count; i++)
		encode_struct(e, f->of, (const char *)list->items + i * f->of->size);
	json_end_list(e->w);
}

static void encode_strings(struct encode *e, const struct field *f, const struct strings *list)
{
	json_begin_list(e->w);
	for (size_t i = 0; i < list->count; i++)
		encode_string(e, f, list->items[i]);
	json_end_list(e->w);
}

static void encode_ints(struct encode *e, const struct ints *list)
{
	json_begin_list(e->w);
	for (size_t i = 0; i < list->count; i++)
		json_int(e->w, list->items[i]);
	json_end_list(e->w);
}

static void encode_string_map(struct encode *e, const struct field *f, const struct string_map *map)
{
	json_begin_map(e->w);
	for (size_t i = 0; i < map->count; i++) {
		json_key(e->w, map->items[i].key);
		encode_string(e, f, map->items[i].value);
	}
	json_end_map(e->w);
}

static void encode_bytes_map(struct encode *e, const struct field *f, const struct bytes_map *map)
{
	json_begin_map(e->w);
	for (size_t i = 0; i < map->count; i++) {
		json_key(e->w, map->items[i].key);
		encode_bytes(e, f, &map->items[i].value);
	}
	json_end_map(e->w);
}

static void encode_quantity_map(struct encode *e, const struct quantity_map *map)
{
	json_begin_map(e->w);
	for (size_t i = 0; i < map->count; i++) {
		json_key(e->w, map->items[i].key);
		encode_quantity(e, &map->items[i].value);
	}
	json_end_map(e->w);
}

static void encode_member(struct encode *e, const struct field *f, const void *member)
{
	switch (f->kind) {
	case FIELD_STRING:
		encode_string(e, f, *(const char *const *)member);
		break;
	case FIELD_BOOL:
		json_bool(e->w, *(const bool *)member);
		break;
	case FIELD_OPT_BOOL:
		json_bool(e->w, ((const struct opt_bool *)member)->value);
		break;
	case FIELD_INT:
		json_int(e->w, *(const int64_t *)member);
		break;
	case FIELD_OPT_INT:
		json_int(e->w, ((const struct opt_int *)member)->value);
		break;
	case FIELD_QUANTITY:
		encode_quantity(e, member);
		break;
	case FIELD_INT_OR_STRING:
		encode_int_or_string(e, f, member);
		break;
	case FIELD_TIME:
		encode_time(e, member);
		break;
	case FIELD_DURATION:
		encode_duration(e, member);
		break;
	case FIELD_BYTES:
		encode_bytes(e, f, member);
		break;
	case FIELD_STRUCT:
		encode_struct(e, f->of, *(const void *const *)member);
		break;
	case FIELD_EMBED:
		encode_struct(e, f->of, member);
		break;
	case FIELD_STRUCTS:
		encode_structs(e, f, member);
		break;
	case FIELD_STRINGS:
		encode_strings(e, f, member);
		break;
	case FIELD_INTS:
		encode_ints(e, member);
		break;
	case FIELD_STRING_MAP:
		encode_string_map(e, f, member);
		break;
	case FIELD_BYTES_MAP:
		encode_bytes_map(e, f, member);
		break;
	case FIELD_QUANTITY_MAP:
		encode_quantity_map(e, member);
		break;
	case FIELD_ANY:
		json_value(e->w, *(const struct value *const *)member);
		break;
	case FIELD_INLINE:
	case FIELD_NONE:
		break;
	}
}

/* An embedded struct that says nothing is taken back, with its key, unless a reader requires it. */
static void encode_embedded(struct encode *e, const struct field *f, const void *member)
{
	struct json_writer before = *e->w;
	size_t len = e->w->out->len;

	json_key(e->w, f->name);
	json_begin_map(e->w);
	encode_fields(e, f->of, member);
	if (e->w->first && !(f->flags & FIELD_REQUIRED)) {
		buf_truncate(e->w->out, len);
		*e->w = before;
	} else {
		json_end_map(e->w);
	}
}

static void encode_fields(struct encode *e, const struct schema *schema, const void *object)
{
	for (size_t i = 0; i < schema->field_count; i++) {
		const struct field *f = &schema->fields[i];
		const void *member = member_of_const(object, f);

		if (member_is_absent(f, member))
			continue;
		if (e->flags & ENCODE_NO_SERVER_SET && f->flags & FIELD_SERVER_SET)
			continue;
		if (f->kind == FIELD_INLINE) {
			encode_fields(e, f->of, member);
		} else if (f->kind == FIELD_EMBED) {
			encode_embedded(e, f, member);
		} else {
			json_key(e->w, f->name);
			encode_member(e, f, member);
		}
	}
}

void member_encode(struct json_writer *w, const struct field *f, const void *member, unsigned flags,
	const uint8_t *secret_key)
{
	struct encode e = { w, flags, secret_key };

	encode_member(&e, f, member);
}

void schema_encode(struct json_writer *w, const struct schema *schema, const void *object, unsigned flags,
	const uint8_t *secret_key)
{
	struct encode e = { w, flags, secret_key };

	encode_struct(&e, schema, object);
}

void schema_encode_members(struct json_writer *w, const struct schema *schema, const void *object,
	unsigned flags, const uint8_t *secret_key)
{
	struct encode e = { w, flags, secret_key };

	encode_fields(&e, schema, object);
}
