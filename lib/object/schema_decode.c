/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The walk: a map of values, a table, a struct to fill.
 *
 * For each row its key is looked up in the map (both are short, and keys differ in their first
 * letters, so that this beats any index). The keys that were met are counted: when the
 * count is that of the map, no unknown key can be there, and the names are not compared again.
 */
#include "lib/object/decode.h"

#include <errno.h>
#include <string.h>

static size_t decode_fields(
	struct decode *d, const struct schema *schema, const struct value *v, void *target);

static void *member_of(void *target, const struct field *f)
{
	return (char *)target + f->offset;
}

static void decode_present(struct decode *d, const struct field *f, const struct value *v, void *member)
{
	void *inner;

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
		decode_scalar(d, f, v, member);
		break;
	case FIELD_STRUCT:
		inner = arena_alloc(d->arena, f->of->size);
		*(void **)member = inner;
		decode_struct(d, f->of, v, inner);
		break;
	case FIELD_EMBED:
		decode_struct(d, f->of, v, member);
		break;
	case FIELD_STRUCTS:
	case FIELD_STRINGS:
	case FIELD_INTS:
	case FIELD_STRING_MAP:
	case FIELD_BYTES_MAP:
	case FIELD_QUANTITY_MAP:
		decode_collection(d, f, v, member);
		break;
	case FIELD_ANY:
		*(const struct value **)member = value_copy(d->arena, v);
		break;
	case FIELD_INLINE:
	case FIELD_NONE:
		break;
	}
}

/* A map has no F, or nothing behind its name. AT is where that is reported: the map, or the name. */
static void decode_absent(struct decode *d, const struct field *f, const struct value *at, void *target)
{
	struct value nothing = { .type = VALUE_MAP, .line = at->line, .col = at->col };

	if (f->flags & FIELD_REQUIRED) {
		if (!decode_push(d, f->name, 0, at))
			return;
		decode_broken(d, at, "is required%s", at->type == VALUE_NULL ? ", but found nothing" : "");
		decode_pop(d);
	} else if (f->kind == FIELD_EMBED) {
		if (!decode_push(d, f->name, 0, at))
			return;
		decode_struct(d, f->of, &nothing, member_of(target, f));
		decode_pop(d);
	} else if (f->value_default) {
		decode_default(d, f, member_of(target, f));
	}
}

/* Decodes what V, F's value in MAP, says at the path as it stands. */
static void decode_by_row(
	struct decode *d, const struct field *f, const struct value *v, const struct value *map, void *target)
{
	unsigned quiet = d->quiet;

	if (d->mode == DECODE_MANIFEST && !decode_support(d, f, v))
		return;
	decode_present(d, f, v, f->kind == FIELD_NONE ? NULL : member_of(target, f));
	d->quiet = quiet;
	if (f->refers && d->mode == DECODE_MANIFEST)
		decode_refer(d, f, v, map);
}

/* A bit for the first letter of NAME: most rows have a letter that no key of the map begins with. */
static uint64_t letter_bit(const char *name)
{
	return (uint64_t)1 << (name[0] & 63);
}

static uint64_t letters_of(const struct value *map)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < map->map.count; i++)
		bits |= letter_bit(map->map.entries[i].key);
	return bits;
}

static const struct value_entry *find_entry(const struct value *map, const char *name)
{
	for (size_t i = 0; i < map->map.count; i++) {
		const struct value_entry *e = &map->map.entries[i];

		/* Two letters tell nearly all names apart. */
		if (e->key[0] == name[0] && e->key[0] && e->key[1] == name[1] && strcmp(e->key, name) == 0)
			return e;
	}
	return NULL;
}

/* LETTERS: of MAP's keys. Returns how many of MAP's keys were F's. */
static size_t decode_field(
	struct decode *d, const struct field *f, const struct value *map, uint64_t letters, void *target)
{
	const struct value_entry *e;

	if (f->kind == FIELD_INLINE)
		return decode_fields(d, f->of, map, member_of(target, f));
	e = letters & letter_bit(f->name) ? find_entry(map, f->name) : NULL;
	if (d->mode == DECODE_MANIFEST && f->flags & FIELD_SERVER_SET) {
		if (f->value_default)
			decode_default(d, f, member_of(target, f));
		return e != NULL;
	}
	if (!e || e->value->type == VALUE_NULL) {
		struct value name = { .type = VALUE_NULL, .line = e ? e->line : 0, .col = e ? e->col : 0 };

		decode_absent(d, f, e ? &name : map, target);
		return e != NULL;
	}
	if (decode_push(d, f->name, 0, e->value)) {
		decode_by_row(d, f, e->value, map, target);
		decode_pop(d);
	}
	return 1;
}

/* All rows of SCHEMA from MAP, then what concerns several of them. Returns how many of MAP's keys it knows. */
static size_t decode_fields(
	struct decode *d, const struct schema *schema, const struct value *map, void *target)
{
	size_t known = 0, broken = d->broken;
	uint64_t letters = letters_of(map);

	if (schema->before)
		schema->before(d, map);
	for (size_t i = 0; i < schema->field_count; i++)
		known += decode_field(d, &schema->fields[i], map, letters, target);
	if (d->broken != broken) {
		if (schema->check_partial)
			schema->check_partial(d, target, map);
		return known;
	}
	if (schema->defaults)
		schema->defaults(d->arena, target);
	if (schema->check)
		schema->check(d, target, map);
	return known;
}

void decode_struct(struct decode *d, const struct schema *schema, const struct value *v, void *target)
{
	if (v->type != VALUE_MAP) {
		decode_wrong_type(d, v, "a map");
		return;
	}
	if (decode_fields(d, schema, v, target) < v->map.count && d->mode == DECODE_MANIFEST)
		decode_unknown_fields(d, schema, v);
}

int schema_decode(struct decode *d, const struct schema *schema, const struct value *v, void *target)
{
	size_t errors = d->diags->errors;

	decode_struct(d, schema, v, target);
	return d->diags->errors > errors ? -EBADMSG : 0;
}
