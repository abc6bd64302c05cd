/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The text is parsed to values, the object among them is the map that begins where it says, and the path is walked down
 * from there. Items of lists are named by what they are called: the first one that has this text in some member.
 */
#include "lib/object/locate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/diag.h"
#include "lib/object/yaml.h"

enum { STEP_MAX = 320 }; /* bytes of one step: a map's key, or an item's name */

struct located {
	struct arena *arena;
	struct yaml_documents documents;
};

struct located *located_new(const char *text, size_t len)
{
	struct located *l = xcalloc(1, sizeof(*l));
	_cleanup_(diags_done) struct diags ignored;

	diags_init(&ignored);
	l->arena = arena_new(len);
	yaml_parse(l->arena, "", text, len, &yaml_limits_default, &l->documents, &ignored);
	return l;
}

struct located *located_free(struct located *l)
{
	if (!l)
		return NULL;
	arena_free(l->arena);
	free(l);
	return NULL;
}

void located_freep(struct located **l)
{
	*l = located_free(*l);
}

/* The map that begins at LINE and COL: a document, or an item of a List. */
static const struct value *find_object(const struct value *v, uint32_t line, uint32_t col)
{
	const struct value *items = value_get(v, "items");

	if (v->line == line && v->col == col)
		return v;
	for (size_t i = 0; items && items->type == VALUE_LIST && i < items->list.count; i++) {
		const struct value *found = find_object(items->list.items[i], line, col);

		if (found)
			return found;
	}
	return NULL;
}

/* --- steps ---------------------------------------------------------------------------------------------- */

enum step_kind { STEP_MEMBER, STEP_KEY, STEP_ITEM };

/* The next step of *PATH: .name, ["key"] or [item]. */
static enum step_kind next_step(const char **path, char step[STEP_MAX])
{
	const char *p = *path, *end;
	enum step_kind kind = STEP_MEMBER;

	if (p[0] == '[' && p[1] == '"') {
		kind = STEP_KEY;
		p += 2;
		end = strstr(p, "\"]");
		*path = end ? end + 2 : p + strlen(p);
	} else if (p[0] == '[') {
		kind = STEP_ITEM;
		p++;
		end = strchr(p, ']');
		*path = end ? end + 1 : p + strlen(p);
	} else {
		p += p[0] == '.';
		end = p + strcspn(p, ".[");
		*path = end;
	}
	if (!end)
		end = *path;
	snprintf(step, STEP_MAX, "%.*s", (int)(end - p), p);
	return kind;
}

/* Does ITEM have TEXT in a member, or the part of it before a comma ("80,TCP")? */
static bool is_called(const struct value *item, const char *text)
{
	char number[24];
	size_t len = strcspn(text, ",");

	for (size_t i = 0; item->type == VALUE_MAP && i < item->map.count; i++) {
		const struct value *v = item->map.entries[i].value;
		const char *s = value_string(v);

		if (v->type == VALUE_INT) {
			snprintf(number, sizeof(number), "%lld", (long long)v->integer);
			s = number;
		}
		if (s && strlen(s) == len && strncmp(s, text, len) == 0)
			return true;
	}
	return false;
}

/* The index of the item NAME: by a name, or a number. */
static size_t find_item(const struct value *list, const char *name)
{
	int64_t index;

	for (size_t i = 0; i < list->list.count; i++)
		if (is_called(list->list.items[i], name))
			return i;
	return str_to_i64(name, &index) == 0 && index >= 0 ? (size_t)index : SIZE_MAX;
}

/* The value one step below V, whose words go to OUT; NULL: not there. */
static const struct value *take_step(
	const struct value *v, enum step_kind kind, const char *step, struct buf *out)
{
	size_t i;

	switch (kind) {
	case STEP_MEMBER:
		buf_addf(out, "%s%s", out->len > 0 ? "." : "", step);
		return value_get(v, step);
	case STEP_KEY:
		buf_addf(out, "[\"%s\"]", step);
		return value_get(v, step);
	case STEP_ITEM:
		i = v && v->type == VALUE_LIST ? find_item(v, step) : SIZE_MAX;
		if (!v || v->type != VALUE_LIST || i >= v->list.count) {
			buf_addf(out, "[%s]", step);
			return NULL;
		}
		buf_addf(out, "[%zu]", i);
		return v->list.items[i];
	}
	return NULL;
}

bool located_find(struct located *l, uint32_t line, uint32_t col, const char *field, struct location *ret)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	const struct value *at = NULL, *next;
	char step[STEP_MAX];

	for (size_t i = 0; i < l->documents.count && !at; i++)
		at = find_object(l->documents.items[i], line, col);
	if (!at)
		return false;
	next = at;
	for (const char *path = field; *path;) {
		enum step_kind kind = next_step(&path, step);

		next = take_step(next, kind, step, &out);
		if (next)
			at = next;
	}
	*ret = (struct location){ at->line, at->col, arena_strndup(l->arena, out.data, out.len) };
	return true;
}
