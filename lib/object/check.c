/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * A path is walked one step at a time: a name up to "." or "[", or an index in brackets. The walk stops
 * at the first step that the text does not have, and what it reached is the place to report.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/check.h"

/* One step of *PATH below V; advances *PATH. NULL: not there. */
static const struct value *step(const struct value *v, const char **path)
{
	const char *p = *path;
	if (*p == '[') {
		char *end;
		size_t index = strtoul(p + 1, &end, 10);
		*path = *end == ']' ? end + 1 : end;
		if (v->type != VALUE_LIST || index >= v->list.count)
			return NULL;
		return v->list.items[index];
	}
	if (*p == '.')
		p++;
	size_t len = strcspn(p, ".[");
	*path = p + len;
	if (v->type != VALUE_MAP)
		return NULL;
	for (size_t i = 0; i < v->map.count; i++) {
		const char *key = v->map.entries[i].key;
		if (strncmp(key, p, len) == 0 && key[len] == '\0')
			return v->map.entries[i].value;
	}
	return NULL;
}

const struct value *check_at(const struct value *v, const char *path)
{
	while (v && path && *path) {
		const struct value *next = step(v, &path);
		if (!next)
			break;
		v = next;
	}
	return v;
}

static const char *text_v(struct arena *a, const char *fmt, va_list args)
{
	char *s = NULL;
	if (vasprintf(&s, fmt, args) < 0)
		abort();
	const char *r = arena_strdup(a, s);
	free(s);
	return r;
}

const char *check_path(struct decode *d, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	const char *r = text_v(d->arena, fmt, args);
	va_end(args);
	return r;
}

const char *check_key(struct decode *d, const char *name, const char *key)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	bool is_plain = key[0] && !key[strspn(key, plain)];
	return check_path(d, is_plain ? "%s.%s" : "%s[\"%.253s\"]", name, key);
}

void check_error(struct decode *d, const struct value *v, const char *path, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	decode_error(d, check_at(v, path), path, "%s", text_v(d->arena, fmt, args));
	va_end(args);
}

void check_warning(struct decode *d, const struct value *v, const char *path, const char *fmt, ...)
{
	if (d->mode != DECODE_MANIFEST)
		return;
	va_list args;
	va_start(args, fmt);
	decode_warning(d, check_at(v, path), path, "%s", text_v(d->arena, fmt, args));
	va_end(args);
}

void check_hold(struct decode *d, const struct value *v, const char *path, const char *why)
{
	if (d->mode == DECODE_MANIFEST)
		decode_hold(d, check_at(v, path), path, why);
}

void check_map_values(struct decode *d, const struct value *v, const char *name, const struct string_map *m,
	string_rule rule)
{
	for (size_t i = 0; i < m->count; i++) {
		const char *wrong = rule(d->arena, m->items[i].value);
		if (!wrong)
			continue;
		decode_error(d, value_get(value_get(v, name), m->items[i].key),
			check_key(d, name, m->items[i].key), "%s", wrong);
	}
}

const char *check_suggest(struct decode *d, const char *s, const char *const *choices, size_t count)
{
	const char **list = arena_array(d->arena, count + 1, sizeof(*list));
	for (size_t i = 0; i < count; i++)
		list[i] = choices[i];
	const char *near = str_nearest(s, list);
	return near ? arena_printf(d->arena, "; did you mean `%s`?", near) : "";
}

bool strings_contain(const struct strings *list, const char *s)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_eq(list->items[i], s))
			return true;
	return false;
}
