/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "lib/object/field_path.h"

#include <errno.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/base/time.h"
#include "lib/object/member.h"

/* --- finding ---------------------------------------------------------------------------------- */

/* A row, and its member (NULL: nothing is there). */
struct place {
	const struct field *row;
	const void *member;
};

/*
 * What PATH leads to below OBJECT (NULL: the row only); row NULL where SCHEMA has no such path. The last part that was looked for, and
 * where, is left in *PATH and *SCHEMA.
 */
static struct place find(const struct schema **schema, const void *object, const char **path)
{
	for (;; (*path)++) {
		size_t len = strcspn(*path, ".");
		char name[64] = "";
		struct place p = { 0 };

		if (len < sizeof(name))
			memcpy(name, *path, len);
		p.row = schema_find(*schema, name);
		if (object)
			member_find(*schema, object, name, &p.member);
		if (!p.row || !(*path)[len])
			return p;
		*path += len;
		if (p.row->kind != FIELD_STRUCT && p.row->kind != FIELD_EMBED)
			return (struct place){ 0 };
		object = p.row->kind == FIELD_STRUCT && p.member ? *(const void *const *)p.member : p.member;
		*schema = p.row->of;
	}
}

static bool is_single(enum field_kind kind)
{
	static const bool single[FIELD_NONE + 1] = {
		[FIELD_STRING] = true,
		[FIELD_BOOL] = true,
		[FIELD_OPT_BOOL] = true,
		[FIELD_INT] = true,
		[FIELD_OPT_INT] = true,
		[FIELD_QUANTITY] = true,
		[FIELD_INT_OR_STRING] = true,
		[FIELD_TIME] = true,
		[FIELD_DURATION] = true,
	};

	return single[kind];
}

/* --- as text ------------------------------------------------------------------------------------ */

static void add_bool(struct buf *out, bool b)
{
	buf_adds(out, b ? "true" : "false");
}

/* The value of an absent member. */
static void add_absent(struct buf *out, const struct field *f)
{
	if (f->value_default)
		buf_adds(out, f->value_default);
	else if (f->kind == FIELD_BOOL || f->kind == FIELD_OPT_BOOL)
		add_bool(out, false);
	else if (f->kind == FIELD_INT || f->kind == FIELD_OPT_INT)
		buf_adds(out, "0");
}

static void add_present(struct buf *out, const struct field *f, const void *member)
{
	const struct int_or_string *either = member;
	char text[QUANTITY_TEXT_MAX]; /* the longest of them */

	switch (f->kind) {
	case FIELD_STRING:
		buf_adds(out, *(const char *const *)member);
		break;
	case FIELD_BOOL:
		add_bool(out, *(const bool *)member);
		break;
	case FIELD_OPT_BOOL:
		add_bool(out, ((const struct opt_bool *)member)->value);
		break;
	case FIELD_INT:
		buf_addf(out, "%lld", (long long)*(const int64_t *)member);
		break;
	case FIELD_OPT_INT:
		buf_addf(out, "%lld", (long long)((const struct opt_int *)member)->value);
		break;
	case FIELD_QUANTITY:
		buf_adds(out, quantity_format(member, text));
		break;
	case FIELD_INT_OR_STRING:
		if (either->string)
			buf_adds(out, either->string);
		else
			buf_addf(out, "%lld", (long long)either->integer);
		break;
	case FIELD_TIME:
		buf_adds(out, time_format(((const struct opt_int *)member)->value, text));
		break;
	case FIELD_DURATION:
		buf_adds(out, duration_format(((const struct opt_int *)member)->value, text));
		break;
	case FIELD_BYTES:
	case FIELD_STRUCT:
	case FIELD_EMBED:
	case FIELD_INLINE:
	case FIELD_STRUCTS:
	case FIELD_STRINGS:
	case FIELD_INTS:
	case FIELD_STRING_MAP:
	case FIELD_BYTES_MAP:
	case FIELD_QUANTITY_MAP:
	case FIELD_ANY:
	case FIELD_NONE:
		break;
	}
}

bool field_path_text(const struct schema *schema, const void *object, const char *path, struct buf *out)
{
	struct place p = find(&schema, object, &path);

	if (!p.row || !is_single(p.row->kind))
		return false;
	if (p.member && !member_is_absent(p.row, p.member))
		add_present(out, p.row, p.member);
	else
		add_absent(out, p.row);
	return true;
}

const char *field_path_key(struct arena *arena, const char *path, const char *map)
{
	const char *rest = str_after(path, map), *key = rest ? str_after(rest, "['") : NULL;

	if (!key || strlen(key) < 2 || !str_ends(key, "']"))
		return NULL;
	return arena_strndup(arena, key, strlen(key) - 2);
}

/* --- selectors ------------------------------------------------------------------------------------ */

/* The end of the term at S: the next comma that no backslash precedes. */
static size_t term_length(const char *s)
{
	size_t i = 0;

	for (; s[i] && s[i] != ','; i++)
		if (s[i] == '\\' && s[i + 1])
			i++;
	return i;
}

/* TEXT without its backslashes; NULL where it has a bare `=` or a backslash before another character. */
static const char *unescape(struct arena *arena, const char *text)
{
	char *plain = arena_strdup(arena, text), *to = plain;

	for (; *text; text++) {
		if (*text == '=' || *text == ',')
			return NULL;
		if (*text == '\\' && (!*++text || !strchr("\\,=", *text)))
			return NULL;
		*to++ = *text;
	}
	*to = '\0';
	return plain;
}

/* The name in SCHEMA nearest to PART of PATH, as the end of a message; "" where there is none. */
static const char *suggest(
	struct arena *arena, const struct schema *schema, const char *path, const char *part)
{
	const char **names = arena_array(arena, schema->field_count + 1, sizeof(names[0])), *near;

	for (size_t i = 0; i < schema->field_count; i++)
		names[i] = str_or_empty(schema->fields[i].name);
	near = str_nearest(part, names);
	return near ? arena_printf(arena, ", did you mean `%.*s%s`?", (int)(part - path), path, near) : "";
}

static const char *wrong_path(struct arena *arena, const struct schema *schema, const char *path)
{
	const struct schema *last = schema;
	const char *part = path;
	struct place p = find(&last, NULL, &part);

	if (!p.row)
		return arena_printf(arena, "%s has no field `%s`%s", schema->name, path,
			suggest(arena, last, path, part));
	if (!is_single(p.row->kind))
		return arena_printf(arena, "`%s` is not a single value", path);
	return NULL;
}

/* One term ("a.b!=c"); returns what is wrong with it, or NULL. */
static const char *read_term(
	struct arena *arena, const char *term, const struct schema *schema, struct field_requirement *ret)
{
	size_t len = 0;
	const char *value;

	while (term[len] && term[len] != '=' && !(term[len] == '!' && term[len + 1] == '='))
		len++;
	if (!term[len])
		return arena_printf(arena, "`%s` is neither FIELD=VALUE nor FIELD!=VALUE", term);
	ret->path = arena_strndup(arena, term, len);
	ret->differs = term[len] == '!';
	value = term + len + 1 + (ret->differs || term[len + 1] == '=');
	ret->value = unescape(arena, value);
	if (!ret->value)
		return arena_printf(
			arena, "`%s`: write `\\` before each `\\`, `,` and `=` in a value", value);
	return wrong_path(arena, schema, ret->path);
}

int field_selector_parse(struct arena *arena, const char *text, const struct schema *schema,
	struct field_selector *ret, const char **ret_why)
{
	size_t room = 1;

	for (const char *p = text; *p; p++)
		room += *p == ',';
	*ret = (struct field_selector){ .items = arena_array(arena, room, sizeof(ret->items[0])) };
	for (;; text++) {
		size_t len = term_length(text);

		if (len > 0) {
			const char *term = arena_strndup(arena, text, len);

			*ret_why = read_term(arena, term, schema, &ret->items[ret->count++]);
			if (*ret_why)
				return -EINVAL;
		}
		text += len;
		if (!*text)
			return 0;
	}
}

bool field_selector_matches(const struct field_selector *s, const struct schema *schema, const void *object)
{
	for (size_t i = 0; i < s->count; i++) {
		_cleanup_(buf_done) struct buf text = BUF_INIT;

		field_path_text(schema, object, s->items[i].path, &text);
		if (str_eq(text.data, s->items[i].value) == s->items[i].differs)
			return false;
	}
	return true;
}

void field_selector_format(const struct field_selector *s, struct buf *out)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct field_requirement *r = &s->items[i];

		buf_addf(out, "%s%s%s=", i > 0 ? "," : "", r->path, r->differs ? "!" : "");
		for (const char *p = r->value; *p; p++) {
			if (strchr("\\,=", *p))
				buf_addc(out, '\\');
			buf_addc(out, *p);
		}
	}
}
