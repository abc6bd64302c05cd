/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "tests/sim/span.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

/* P is behind the opening quote: the closing one. */
static const char *string_end(const char *p, const char *end)
{
	while (p < end && *p != '"')
		p += *p == '\\' ? 2 : 1;
	return p < end ? p : end;
}

/* P is at a map or a list: behind it. */
static const char *skip_nested(const char *p, const char *end)
{
	int depth = 0;

	for (; p < end; p++) {
		if (*p == '"')
			p = string_end(p + 1, end);
		else if (*p == '{' || *p == '[')
			depth++;
		else if ((*p == '}' || *p == ']') && --depth == 0)
			return p + 1;
	}
	return end;
}

/* The value at P; returns what is behind it. */
static const char *take(const char *p, const char *end, struct span *ret)
{
	const char *q;

	if (p < end && *p == '"') {
		q = string_end(p + 1, end);
		*ret = (struct span){ p + 1, (size_t)(q - p - 1) };
		return q < end ? q + 1 : end;
	}
	if (p < end && (*p == '{' || *p == '['))
		q = skip_nested(p, end);
	else
		for (q = p; q < end && !strchr(",}] \n\t\r", *q); q++)
			;
	*ret = (struct span){ p, (size_t)(q - p) };
	return q;
}

struct span span_member(struct span map, const char *key)
{
	const char *p = map.at, *end = map.at + map.len;
	struct span name, value;

	if (map.len == 0 || *p++ != '{')
		return (struct span){ 0 };
	for (;;) {
		p = skip_space(p, end);
		if (p >= end || *p != '"')
			return (struct span){ 0 };
		p = skip_space(take(p, end, &name), end);
		p = skip_space(p + (p < end && *p == ':'), end);
		p = skip_space(take(p, end, &value), end);
		if (span_is(name, key))
			return value;
		p += p < end && *p == ',';
	}
}

bool span_next(struct span list, size_t *at, struct span *ret)
{
	const char *p, *end = list.at + list.len;

	if (list.len == 0 || list.at[0] != '[')
		return false;
	p = skip_space(list.at + (*at == 0 ? 1 : *at), end);
	if (p >= end || *p == ']')
		return false;
	p = skip_space(take(p, end, ret), end);
	p += p < end && *p == ',';
	*at = (size_t)(p - list.at);
	return true;
}

struct span span_first(struct span list)
{
	struct span item = { 0 };
	size_t at = 0;

	return span_next(list, &at, &item) ? item : (struct span){ 0 };
}

bool span_is(struct span string, const char *text)
{
	size_t len = strlen(text);

	return string.at && string.len == len && memcmp(string.at, text, len) == 0;
}

int64_t span_int(struct span number, int64_t otherwise)
{
	return number.len > 0 ? strtoll(number.at, NULL, 10) : otherwise;
}

char *span_text(struct span string, char *ret, size_t size)
{
	snprintf(ret, size, "%.*s", (int)string.len, string.at ? string.at : "");
	return ret;
}
