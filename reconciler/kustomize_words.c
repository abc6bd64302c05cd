/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/kustomize_parts.h"

enum { LENGTH_MAX = 1000 };

/* P is behind the opening quote: up to the closing one, escapes undone. */
static void add_quoted(struct buf *out, const char *p)
{
	for (; *p && *p != '"'; p++) {
		bool escaped = *p == '\\' && p[1];

		p += escaped;
		buf_addc(out, escaped && (*p == 'n' || *p == 't') ? ' ' : *p);
	}
}

/* What kubectl's log has as err="…" or err=<…>; else TEXT as it is. */
static void add_unwrapped(struct buf *out, const char *text)
{
	const char *quoted = strstr(text, " err=\""), *block = strstr(text, " err=<");

	if (quoted) {
		add_quoted(out, quoted + strlen(" err=\""));
	} else if (block) {
		buf_adds(out, block + strlen(" err=<"));
		while (out->len > 0 && strchr(" \t\n>", out->data[out->len - 1]))
			buf_truncate(out, out->len - 1);
	} else {
		buf_adds(out, text);
	}
}

static void cut(char *text, const char *what, const char *with)
{
	size_t len = strlen(what), put = strlen(with);

	for (char *p = text; len > 0 && (p = strstr(p, what)); p += put) {
		memcpy(p, with, put);
		memmove(p + put, p + len, strlen(p + len) + 1);
	}
}

/* Blanks and newlines as one space each, none at the ends. */
static void add_joined(struct buf *out, const struct buf *text)
{
	bool space = false;

	for (size_t i = 0; i < text->len; i++) {
		bool blank = text->data[i] == '\0' || strchr(" \t\r\n", text->data[i]);

		if (!blank && space && out->len > 0)
			buf_addc(out, ' ');
		if (!blank)
			buf_addc(out, text->data[i]);
		space = blank;
	}
}

static void shorten(char *line)
{
	if (strlen(line) > LENGTH_MAX + strlen("…"))
		strcpy(line + str_utf8_cut(line, LENGTH_MAX), "…");
}

char *kustomize_complaint(const char *text, const char *top)
{
	static const char *const prefixes[] = { "Error: ", "error: " };
	_cleanup_(freep) char *inside = xasprintf("%s/", top);
	_cleanup_(buf_done) struct buf said = BUF_INIT;
	struct buf out = BUF_INIT;
	char *line;

	add_unwrapped(&said, text);
	add_joined(&out, &said);
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (str_starts(out.data, prefixes[i]))
			buf_consume(&out, strlen(prefixes[i]));
	line = buf_take(&out);
	cut(line, inside, "");
	cut(line, top, ".");
	shorten(line);
	return line;
}
