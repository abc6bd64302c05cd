/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/kustomize_parts.h"

enum { LENGTH_MAX = 1000 };

/* What stands between "err=<" and ">", or quotes, in a line of kubectl's log; else all of it. */
static void unwrap(const char **text, size_t *len)
{
	const char *err = strstr(*text, " err=");
	size_t n;

	if (!err)
		return;
	err += strlen(" err=");
	if ((*err != '<' && *err != '"') || !err[1])
		return;
	n = strlen(err + 1);
	while (n > 0 && strchr(" \n\t>\"", err[n]))
		n--;
	*text = err + 1;
	*len = n;
}

static void cut(char *text, const char *what, const char *with)
{
	size_t len = strlen(what), put = strlen(with);

	for (char *p = text; len > 0 && (p = strstr(p, what)); p += put) {
		memcpy(p, with, put);
		memmove(p + put, p + len, strlen(p + len) + 1);
	}
}

char *kustomize_complaint(const char *text, const char *top)
{
	static const char *const prefixes[] = { "Error: ", "error: " };
	_cleanup_(freep) char *inside = xasprintf("%s/", top);
	size_t len = strlen(text);
	struct buf out = BUF_INIT;
	bool space = false;

	unwrap(&text, &len);
	for (size_t i = 0; i < len; i++) {
		bool blank = strchr(" \t\r\n", text[i]) != NULL;

		if (!blank && space && out.len > 0)
			buf_addc(&out, ' ');
		if (!blank)
			buf_addc(&out, text[i]);
		space = blank;
	}
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (str_starts(out.data, prefixes[i]))
			buf_consume(&out, strlen(prefixes[i]));

	char *line = buf_take(&out);
	cut(line, inside, "");
	cut(line, top, ".");
	if (strlen(line) > LENGTH_MAX) {
		size_t end = LENGTH_MAX;

		/* Not within a character. */
		while (end > 0 && ((unsigned char)line[end] & 0xc0) == 0x80)
			end--;
		strcpy(line + end, "…");
	}
	return line;
}
