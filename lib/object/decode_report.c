/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What is wrong with a manifest, in words: the path, what was found, what is wanted, and
 * how it is written right. Nothing here runs for a manifest that is fine.
 */
#include "lib/object/decode.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

enum { QUOTED_MAX = 60, WORDS_MAX = 12, UNKNOWN_MAX = 100 };

/* --- the path ------------------------------------------------------------------------------- */

bool decode_push(struct decode *d, const char *field, size_t index, const struct value *at)
{
	if (d->depth == ARRAY_LEN(d->steps)) {
		decode_broken(d, at, "is nested too deeply");
		return false;
	}
	d->steps[d->depth++] = (struct decode_step){ .field = field, .index = index };
	return true;
}

void decode_pop(struct decode *d)
{
	d->depth--;
}

/* Member names, and keys that look like one, stand behind a dot; other keys in brackets: data["a.b"]. */
static void add_step(struct buf *out, const char *field)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

	if (field[0] == '\0' || field[strspn(field, plain)] != '\0') {
		buf_addf(out, "[\"%.*s\"]", 253, field);
		return;
	}
	if (out->len > 0)
		buf_addc(out, '.');
	buf_adds(out, field);
}

/* References note their paths in every manifest: the usual small index costs no formatting. */
static void add_index(struct buf *out, size_t index)
{
	const char small[] = { '[', (char)('0' + index % 10), ']' };

	if (index < 10)
		buf_add(out, small, sizeof(small));
	else
		buf_addf(out, "[%zu]", index);
}

char *decode_path_text(const struct decode *d, const char *member)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;

	for (size_t i = 0; i < d->depth; i++) {
		if (d->steps[i].field)
			add_step(&out, d->steps[i].field);
		else
			add_index(&out, d->steps[i].index);
	}
	if (member && member[0] != '\0')
		buf_addf(&out, "%s%s", out.len > 0 && member[0] != '[' ? "." : "", member);
	return buf_take(&out);
}

/* --- reporting ------------------------------------------------------------------------------ */

struct place {
	enum diag_severity severity;
	uint32_t line, col;
	const char *member;
};

static void report(struct decode *d, const struct place *p, const char *fmt, va_list args)
{
	_cleanup_(freep) char *message = NULL;
	_cleanup_(freep) char *path = decode_path_text(d, p->member);
	struct diag at = { .severity = p->severity,
		.path = d->path,
		.line = p->line,
		.col = p->col,
		.object = d->object,
		.field = path[0] ? path : NULL };

	if (vasprintf(&message, fmt, args) < 0)
		abort();
	diags_add(d->diags, &at, "%s", message);
}

static struct place place_of(enum diag_severity severity, const struct value *at, const char *member)
{
	return (struct place){ severity, at ? at->line : 0, at ? at->col : 0, member };
}

void decode_error(struct decode *d, const struct value *at, const char *field, const char *fmt, ...)
{
	struct place p = place_of(DIAG_ERROR, at, field);
	va_list args;

	va_start(args, fmt);
	report(d, &p, fmt, args);
	va_end(args);
}

void decode_warning(struct decode *d, const struct value *at, const char *field, const char *fmt, ...)
{
	struct place p = place_of(DIAG_WARNING, at, field);
	va_list args;

	if (d->mode == DECODE_STORED)
		return;
	va_start(args, fmt);
	report(d, &p, fmt, args);
	va_end(args);
}

void decode_broken(struct decode *d, const struct value *at, const char *fmt, ...)
{
	struct place p = place_of(DIAG_ERROR, at, NULL);
	va_list args;

	va_start(args, fmt);
	report(d, &p, fmt, args);
	va_end(args);
	d->broken++;
}

static void add_held(struct decode *d, const char *member)
{
	_cleanup_(freep) char *path = decode_path_text(d, member);

	if (d->held_count == d->held_cap) {
		const char **more = arena_array(d->arena, d->held_cap * 2 + 8, sizeof(more[0]));

		if (d->held_count > 0)
			memcpy(more, d->held, d->held_count * sizeof(more[0]));
		d->held = more;
		d->held_cap = d->held_cap * 2 + 8;
	}
	d->held[d->held_count++] = arena_strdup(d->arena, path);
}

void decode_hold(struct decode *d, const struct value *at, const char *field, const char *why)
{
	if (d->mode == DECODE_STORED)
		return;
	decode_warning(d, at, field, "%s; the workload is held (NotYetSupported)", why);
	add_held(d, field);
}

/* --- wrong types ------------------------------------------------------------------------------ */

/* A scalar as it was written, cut when long. */
static void add_written(struct buf *out, const struct value *v)
{
	struct json_writer w = JSON_WRITER(out, 0);
	size_t from = out->len;

	if (v->text)
		buf_adds(out, v->text);
	else if (v->type == VALUE_STRING)
		buf_adds(out, v->string);
	else
		json_value(&w, v);
	if (out->len - from > QUOTED_MAX) {
		buf_truncate(out, from + QUOTED_MAX);
		while (out->len > from && ((unsigned char)out->data[out->len - 1] & 0x80))
			buf_truncate(out, out->len - 1);
		buf_adds(out, "…");
	}
}

static bool is_scalar(const struct value *v)
{
	return v->type == VALUE_BOOL || v->type == VALUE_INT || v->type == VALUE_FLOAT;
}

static void describe_bool(struct buf *out, const struct value *v)
{
	add_written(out, v);
	buf_adds(out, "` is a boolean");
	if (v->text && !str_eq(v->text, "true") && !str_eq(v->text, "false"))
		buf_adds(out, " in YAML 1.1");
}

static void describe_number(struct buf *out, const struct value *v)
{
	_cleanup_(buf_done) struct buf plain = BUF_INIT;
	struct json_writer w = JSON_WRITER(&plain, 0);

	json_value(&w, v);
	add_written(out, v);
	if (v->text && !str_eq(v->text, plain.data) && v->type == VALUE_INT)
		buf_addf(out, "` is the number %s", plain.data);
	else
		buf_adds(out, "` is a number");
}

static void describe(struct buf *out, const struct value *v)
{
	switch (v->type) {
	case VALUE_NULL:
		buf_adds(out, "found nothing");
		break;
	case VALUE_BOOL:
		buf_addc(out, '`');
		describe_bool(out, v);
		break;
	case VALUE_INT:
	case VALUE_FLOAT:
		buf_addc(out, '`');
		describe_number(out, v);
		break;
	case VALUE_STRING:
		buf_addc(out, '"');
		add_written(out, v);
		buf_adds(out, "\" is a string");
		break;
	case VALUE_LIST:
		buf_adds(out, "found a list");
		break;
	case VALUE_MAP:
		buf_adds(out, "found a map");
		break;
	}
}

/* Would S, without its quotes, be what is wanted? */
static bool unquoted_fits(const char *s, const char *want)
{
	int64_t i;

	if (str_eq(want, "true or false"))
		return str_eq(s, "true") || str_eq(s, "false");
	return str_starts(want, "an integer") && str_to_i64(s, &i) == 0;
}

void decode_wrong_type(struct decode *d, const struct value *v, const char *want)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;

	describe(&out, v);
	if (str_eq(want, "a string") && is_scalar(v)) {
		buf_adds(&out, "; write \"");
		add_written(&out, v);
		buf_adds(&out, "\" in quotes");
	} else if (v->type == VALUE_STRING && unquoted_fits(v->string, want)) {
		buf_adds(&out, "; write it without quotes");
	} else if (str_eq(want, "a list") && (is_scalar(v) || v->type == VALUE_STRING)) {
		buf_adds(&out, "; write [\"");
		add_written(&out, v);
		buf_adds(&out, "\"]");
	} else if (str_eq(want, "a list") && v->type == VALUE_MAP) {
		buf_adds(&out, "; begin each item with \"- \"");
	}
	decode_broken(d, v, "wants %s, but %s", want, out.data);
}

/* --- wrong words -------------------------------------------------------------------------------- */

static void add_words(struct buf *out, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		buf_addf(out, "%s%s", i > 0 ? ", " : "", words[i][0] ? words[i] : "\"\"");
}

void decode_bad_word(struct decode *d, const struct value *v, const char *s, const char *const *values)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT, allowed = BUF_INIT;
	const char *nearest = str_nearest(s, values);

	add_written(&out, v);
	add_words(&allowed, values);
	if (nearest)
		decode_broken(d, v, "`%s` is not allowed, did you mean `%s`? (allowed: %s)", out.data,
			nearest, allowed.data);
	else
		decode_broken(d, v, "`%s` is not allowed (allowed: %s)", out.data, allowed.data);
}

const struct field *schema_row(const struct schema *schema, const char *name)
{
	const struct field *inner;

	for (size_t i = 0; i < schema->field_count; i++) {
		const struct field *f = &schema->fields[i];

		if (f->kind == FIELD_INLINE) {
			inner = schema_row(f->of, name);
			if (inner)
				return inner;
		} else if (strcmp(f->name, name) == 0) {
			return f;
		}
	}
	return NULL;
}

struct words {
	const char **items;
	size_t count, cap;
};

/* The names of SCHEMA's rows behind those in W, NULL at the end (not counted). */
static void row_names(const struct schema *schema, struct words *w)
{
	for (size_t i = 0; i < schema->field_count; i++) {
		const struct field *f = &schema->fields[i];

		if (f->kind == FIELD_INLINE) {
			row_names(f->of, w);
		} else if (f->support != REFUSED) {
			w->items = grow(w->items, &w->cap, w->count + 2, sizeof(w->items[0]));
			w->items[w->count++] = f->name;
		}
	}
	if (w->count > 0)
		w->items[w->count] = NULL;
}

/* The row of SCHEMA below which NAME would be known: indentation is what goes wrong most. */
static const struct field *row_with_child(const struct schema *schema, const char *name)
{
	for (size_t i = 0; i < schema->field_count; i++) {
		const struct field *f = &schema->fields[i];

		if (f->of && f->kind != FIELD_INLINE && !(f->flags & FIELD_SERVER_SET) &&
			schema_row(f->of, name))
			return f;
	}
	return NULL;
}

/* That the field which was meant is missing need not be said beside it. */
static void misspelt_field(struct decode *d, const struct value_entry *e, const char *meant)
{
	struct value at = { .line = e->line, .col = e->col };
	_cleanup_(freep) char *path = decode_path_text(d, meant);

	decode_error(d, &at, NULL, "unknown field `%.*s`, did you mean `%s`?", QUOTED_MAX, e->key, meant);
	diags_take_back(d->diags, d->object, path, "is required");
}

static void unknown_field(
	struct decode *d, const struct schema *schema, const struct words *known, const struct value_entry *e)
{
	struct value at = { .line = e->line, .col = e->col };
	const char *nearest = known->count > 0 ? str_nearest(e->key, known->items) : NULL;
	const struct field *above = row_with_child(schema, e->key);
	_cleanup_(buf_done) struct buf words = BUF_INIT;

	if (above)
		decode_error(d, &at, NULL, "unknown field `%.*s`, does it belong into `%s`? (indentation)",
			QUOTED_MAX, e->key, above->name);
	else if (nearest)
		misspelt_field(d, e, nearest);
	else if (known->count > 0 && known->count <= WORDS_MAX) {
		add_words(&words, known->items);
		decode_error(
			d, &at, NULL, "unknown field `%.*s` (known: %s)", QUOTED_MAX, e->key, words.data);
	} else
		decode_error(d, &at, NULL, "unknown field `%.*s`", QUOTED_MAX, e->key);
}

/* Where nearly everything is unknown, the first hundred say what is wrong. */
void decode_unknown_fields(struct decode *d, const struct schema *schema, const struct value *v)
{
	struct words known = { 0 };
	size_t unknown = 0;

	row_names(schema, &known);
	for (size_t i = 0; i < v->map.count; i++) {
		const struct value_entry *e = &v->map.entries[i];

		if (schema_row(schema, e->key))
			continue;
		if (++unknown <= UNKNOWN_MAX)
			unknown_field(d, schema, &known, e);
	}
	if (unknown > UNKNOWN_MAX)
		decode_error(d, v, NULL, "%zu more unknown fields", unknown - UNKNOWN_MAX);
	free(known.items);
}

/* --- support ------------------------------------------------------------------------------------ */

/* "hostNetwork: false", "affinity: {}" and a default that is spelled out use nothing. */
static bool is_unused(const struct field *f, const struct value *v)
{
	const char *words = f->value_default;
	int64_t i;

	switch (v->type) {
	case VALUE_NULL:
		return true;
	case VALUE_BOOL:
		return words ? v->boolean == str_eq(words, "true") : !v->boolean;
	case VALUE_INT:
		return words ? str_to_i64(words, &i) == 0 && v->integer == i : v->integer == 0;
	case VALUE_FLOAT:
		return false;
	case VALUE_STRING:
		return v->len == 0 || (words && strcmp(v->string, words) == 0);
	case VALUE_LIST:
		return v->list.count == 0;
	case VALUE_MAP:
		return v->map.count == 0;
	}
	return false;
}

static const char *with_hint(struct decode *d, const struct field *f, const char *text)
{
	return f->hint ? arena_printf(d->arena, "%s; %s", text, f->hint) : text;
}

bool decode_support(struct decode *d, const struct field *f, const struct value *v)
{
	if (f->support == SUPPORTED && !(f->flags & FIELD_DEPRECATED))
		return true;
	if (is_unused(f, v))
		return true;
	if (f->support == REFUSED) {
		decode_broken(d, v, "%s", with_hint(d, f, "is refused"));
		return false;
	}
	if (f->flags & FIELD_DEPRECATED)
		decode_warning(d, v, NULL, "%s", with_hint(d, f, "is deprecated"));
	else if (f->support == ACCEPTED && d->quiet == 0)
		decode_warning(d, v, NULL, "%s", with_hint(d, f, "has no effect here"));
	else if (f->support == PENDING && d->quiet == 0) {
		decode_warning(d, v, NULL, "%s",
			with_hint(d, f, "is not supported yet; the workload is held (NotYetSupported)"));
		add_held(d, NULL);
	}
	if (f->support != SUPPORTED)
		d->quiet++;
	return true;
}
