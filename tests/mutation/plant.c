/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Changing text at a place. The good manifests are in block style, one field or item a line, without comments behind values: a
 * plain scalar is what is left of its line, and what belongs to a field is its line and those after it that are indented deeper.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "tests/mutation/mutation.h"

/* Lines FROM (counted from 1) and COUNT - 1 after it become TEXT (with line ends). */
static void replace_lines(
	const struct document *d, size_t from, size_t count, const char *text, struct buf *out)
{
	for (size_t i = 1; i <= d->line_count; i++) {
		if (i == from)
			buf_adds(out, text);
		if (i < from || i >= from + count)
			buf_addf(out, "%s\n", d->lines[i - 1]);
	}
	if (from > d->line_count)
		buf_adds(out, text);
}

/* What stands at LINE:COL up to OLD bytes on becomes TEXT. */
static void replace_text(
	const struct document *d, uint32_t line, uint32_t col, size_t old, const char *text, struct buf *out)
{
	const char *whole = d->lines[line - 1];
	const char *changed = arena_printf(
		d->arena, "%.*s%s%s\n", (int)col - 1, whole, text, whole + col - 1 + old);

	replace_lines(d, line, 1, changed, out);
}

static size_t indent_of(const char *line)
{
	return strspn(line, " ");
}

/* How many lines belong to what begins at LINE:COL: its own and those after it that begin further right. */
static size_t block_length(const struct document *d, uint32_t line, uint32_t col)
{
	size_t n = 1;

	while (line + n <= d->line_count && indent_of(d->lines[line + n - 1]) >= col)
		n++;
	return n;
}

static bool is_scalar(const struct value *v)
{
	return v->type != VALUE_LIST && v->type != VALUE_MAP;
}

/* The value of S becomes WORDS, on the line of its key. */
static void replace_value(
	const struct document *d, const struct site *s, const char *words, struct planted *ret)
{
	const struct value *v = s->value;

	if (is_scalar(v)) {
		ret->line = v->line;
		ret->col = v->col;
		replace_text(
			d, v->line, v->col, strlen(d->lines[v->line - 1] + v->col - 1), words, &ret->text);
		return;
	}
	const struct value_entry *e = s->entry;
	const char *whole = d->lines[e->line - 1],
		   *end = whole + e->col - 1 + strcspn(whole + e->col - 1, ":");

	ret->line = e->line;
	ret->col = (uint32_t)(end - whole) + 3;
	replace_lines(d, e->line, block_length(d, e->line, e->col),
		arena_printf(d->arena, "%.*s: %s\n", (int)(end - whole), whole, words), &ret->text);
}

/* --- what to write --------------------------------------------------------------------------------- */

static const char *const no_string[] = { "true", "12", "[a]", "{a: b}", "1.5", "yes", "0644", NULL };
static const char *const no_bool[] = { "\"true\"", "12", "[true]", "maybe", "{}", NULL };
static const char *const no_int[] = { "many", "\"1\"", "1.5", "true", "[1]", "1m", NULL };
static const char *const no_quantity[] = { "true", "[1]", "{a: 1}", NULL };
static const char *const no_either[] = { "true", "[1]", "1.5", NULL };
static const char *const no_list[] = { "text", "12", "{a: b}", "true", NULL };
static const char *const no_map[] = { "text", "12", "[a]", "true", NULL };

static const char *const *const wrong_types[FIELD_NONE + 1] = {
	[FIELD_STRING] = no_string,
	[FIELD_BOOL] = no_bool,
	[FIELD_OPT_BOOL] = no_bool,
	[FIELD_INT] = no_int,
	[FIELD_OPT_INT] = no_int,
	[FIELD_QUANTITY] = no_quantity,
	[FIELD_INT_OR_STRING] = no_either,
	[FIELD_TIME] = no_string,
	[FIELD_DURATION] = no_string,
	[FIELD_BYTES] = no_string,
	[FIELD_STRUCT] = no_map,
	[FIELD_EMBED] = no_map,
	[FIELD_STRUCTS] = no_list,
	[FIELD_STRINGS] = no_list,
	[FIELD_INTS] = no_list,
	[FIELD_STRING_MAP] = no_map,
	[FIELD_BYTES_MAP] = no_map,
	[FIELD_QUANTITY_MAP] = no_map,
};

/* The kind of one item or value of a collection. */
static enum field_kind inner_kind(enum field_kind kind)
{
	switch (kind) {
	case FIELD_STRINGS:
	case FIELD_STRING_MAP:
		return FIELD_STRING;
	case FIELD_INTS:
		return FIELD_INT;
	case FIELD_BYTES_MAP:
		return FIELD_BYTES;
	case FIELD_QUANTITY_MAP:
		return FIELD_QUANTITY;
	case FIELD_STRUCTS:
		return FIELD_STRUCT;
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
	case FIELD_STRUCT:
	case FIELD_EMBED:
	case FIELD_INLINE:
	case FIELD_ANY:
	case FIELD_NONE:
		return kind;
	}
	return kind;
}

static enum field_kind kind_of(const struct site *s)
{
	bool inner = !s->entry || (s->map && !s->schema);

	return inner ? inner_kind(s->row->kind) : s->row->kind;
}

static const char *choose(const char *const *list, uint64_t random)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n > 0 ? list[random % n] : NULL;
}

static const char *const bad_quantities[] = { "12 apples", "1K", "--1", "1.1.1", "Gi", "1,5", NULL };
static const char *const bad_times[] = { "yesterday", "2026-13-01T00:00:00Z", "2026-01-01", NULL };
static const char *const bad_durations[] = { "5 minutes", "1d", "\"10\"", NULL };
static const char *const bad_bytes[] = { "\"!!!\"", "abc", "c2Vj cmV0!", NULL };

static const char *bad_text(enum field_kind kind, uint64_t random)
{
	if (kind == FIELD_QUANTITY)
		return choose(bad_quantities, random);
	if (kind == FIELD_TIME)
		return choose(bad_times, random);
	return choose(kind == FIELD_DURATION ? bad_durations : bad_bytes, random);
}

/* Text that RULE refuses, or NULL. */
static const char *against_rule(const struct document *d, string_rule rule, uint64_t random)
{
	static const char *const texts[] = { "Not_Valid-", "-x", "a b", "../up", "/abs/../x", "UPPER",
		"x/y/z", "café", "a..b", "a=b", "10.0.0.300", "relative", "*",
		"a-name-that-goes-on-and-on-for-much-longer-than-any-label-could-possibly-be-allowed-to-go" };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		const char *text = texts[(i + random) % ARRAY_LEN(texts)];

		if (rule(d->arena, text))
			return text;
	}
	return NULL;
}

/* WORD with two letters in each other's place, one left out or one twice. */
static char *misspelt(struct arena *a, const char *word, uint64_t random)
{
	size_t len = strlen(word), at = random / 3 % (len > 1 ? len - 1 : 1);
	char *text = arena_alloc(a, len + 2);

	strcpy(text, word);
	if (len < 2 || random % 3 == 0) {
		memmove(text + at + 1, word + at, len - at + 1);
	} else if (random % 3 == 1 && len > 2) {
		memmove(text + at, word + at + 1, len - at);
	} else {
		text[at] = word[at + 1];
		text[at + 1] = word[at];
	}
	return text;
}

/* --- the mistakes --------------------------------------------------------------------------------- */

static bool plant_value(
	const struct document *d, const struct site *s, const char *words, struct planted *ret)
{
	if (!words)
		return false;
	replace_value(d, s, words, ret);
	return true;
}

static bool plant_field(const struct document *d, const struct site *s, uint64_t random, struct planted *ret)
{
	char *name = misspelt(d->arena, s->entry->key, random);

	if (value_get(s->map, name) || schema_find(s->schema, name) || str_eq(name, s->entry->key))
		return false;
	ret->line = s->entry->line;
	ret->col = s->entry->col;
	ret->meant = strlen(name) > 4 ? s->entry->key : NULL;
	replace_text(d, ret->line, ret->col, strlen(s->entry->key), name, &ret->text);
	return true;
}

static bool plant_word(const struct document *d, const struct site *s, uint64_t random, struct planted *ret)
{
	const char *word = s->value->string;
	const char *wrong = s->value->type == VALUE_STRING && *word ? misspelt(d->arena, word, random) : NULL;

	if (!wrong || str_eq(wrong, word))
		return false;
	for (const char *const *p = s->row ? s->row->values : NULL; p && *p; p++)
		if (str_eq(*p, wrong))
			return false;
	ret->meant = s->row && strlen(word) > 4 ? word : NULL;
	return plant_value(d, s, wrong, ret);
}

static bool plant_range(const struct document *d, const struct site *s, uint64_t random, struct planted *ret)
{
	const struct field *f = s->row;
	bool above = f->min == INT64_MIN || (f->max != INT64_MAX && random % 2);

	return plant_value(
		d, s, arena_printf(d->arena, "%lld", (long long)(above ? f->max + 1 : f->min - 1)), ret);
}

static bool plant_rule(const struct document *d, const struct site *s, uint64_t random, struct planted *ret)
{
	const char *text = against_rule(d, s->row->rule, random);

	if (!text)
		return false;
	if (s->row->kind == FIELD_STRING || s->row->kind == FIELD_STRINGS)
		return plant_value(d, s, arena_printf(d->arena, "\"%s\"", text), ret);
	ret->line = s->entry->line;
	replace_text(d, s->entry->line, s->entry->col, strlen(s->entry->key),
		arena_printf(d->arena, "\"%s\"", text), &ret->text);
	return true;
}

/* The field's lines go; where it stood first in a list's item, the next takes its place behind the dash. */
static bool plant_missing(const struct document *d, const struct site *s, struct planted *ret)
{
	const struct value_entry *e = s->entry;
	size_t n = block_length(d, e->line, e->col);
	const char *line = d->lines[e->line - 1];
	bool first = indent_of(line) + 1 < e->col;

	if (s->map->map.count < 2)
		return false;
	ret->line = s->map->line;
	ret->col = s->map->col;
	if (!first) {
		replace_lines(d, e->line, n, "", &ret->text);
		return true;
	}
	if (e->line + n > d->line_count)
		return false;
	replace_lines(d, e->line, n + 1,
		arena_printf(
			d->arena, "%.*s%s\n", (int)e->col - 1, line, d->lines[e->line + n - 1] + e->col - 1),
		&ret->text);
	return true;
}

static bool plant_empty(const struct document *d, const struct site *s, struct planted *ret)
{
	plant_value(d, s, "", ret);
	ret->col = 0;
	return true;
}

static bool plant_item_twice(const struct document *d, const struct site *s, struct planted *ret)
{
	const struct value *v = s->value;
	size_t n = block_length(d, v->line, v->col - 1);
	struct buf copy = BUF_INIT;

	for (size_t i = 0; i < n; i++)
		buf_addf(&copy, "%s\n", d->lines[v->line + i - 1]);
	ret->line = v->line + (uint32_t)n;
	ret->col = v->col;
	replace_lines(d, ret->line, 0, copy.data, &ret->text);
	buf_done(&copy);
	return true;
}

static bool plant_key_twice(const struct document *d, const struct site *s, struct planted *ret)
{
	const struct value_entry *e = s->entry;
	const char *line = d->lines[e->line - 1];

	ret->line = e->line + 1;
	ret->col = e->col;
	replace_lines(d, ret->line, 0,
		arena_printf(d->arena, "%*s%s\n", (int)e->col - 1, "", line + e->col - 1), &ret->text);
	return true;
}

static bool plant_reference(const struct document *d, const struct site *s, struct planted *ret)
{
	const struct value *at = s->value;

	plant_value(d, s, s->words, ret);
	if (s->at)
		at = *s->at == '.' ? check_at(s->map, s->at + 1) : check_at(d->root, s->at);
	ret->line = at->line;
	ret->col = at->col;
	return true;
}

bool site_plant(const struct document *d, const struct site *s, uint64_t random, struct planted *ret)
{
	*ret = (struct planted){ .text = BUF_INIT };
	switch (s->mistake) {
	case MISTAKE_TYPE:
		return plant_value(d, s, choose(wrong_types[kind_of(s)], random), ret);
	case MISTAKE_FIELD:
		return plant_field(d, s, random, ret);
	case MISTAKE_WORD:
		return plant_word(d, s, random, ret);
	case MISTAKE_RANGE:
		return plant_range(d, s, random, ret);
	case MISTAKE_RULE:
		return plant_rule(d, s, random, ret);
	case MISTAKE_TEXT:
		return plant_value(d, s, bad_text(kind_of(s), random), ret);
	case MISTAKE_MISSING:
		return plant_missing(d, s, ret);
	case MISTAKE_EMPTY:
		return plant_empty(d, s, ret);
	case MISTAKE_DUPLICATE_ITEM:
		return plant_item_twice(d, s, ret);
	case MISTAKE_DUPLICATE_KEY:
		return plant_key_twice(d, s, ret);
	case MISTAKE_REFERENCE:
		return plant_reference(d, s, ret);
	case MISTAKE_COUNT:
		break;
	}
	return false;
}
