/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Texts are composed in a local array first, since an argument may point into the text
 * that is being replaced.
 */
#include "lib/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"

static const char ellipsis[] = "…";

/* strerror without its locale and its static buffer. */
static const char *code_text(int code)
{
	const char *s = strerrordesc_np(-code);

	return s ? s : "unknown error";
}

/* Marks TEXT, which was cut to ERR_TEXT_MAX, without leaving half a UTF-8 character before the mark. */
static void mark_cut(char *text)
{
	memcpy(text + str_utf8_cut(text, ERR_TEXT_MAX - sizeof(ellipsis)), ellipsis, sizeof(ellipsis));
}

/* Appends FMT to TEXT, which holds LEN bytes, cutting; returns the new length, ERR_TEXT_MAX once it was cut. */
static size_t append_v(char *text, size_t len, const char *fmt, va_list ap)
{
	if (len >= ERR_TEXT_MAX)
		return len;

	int n = vsnprintf(text + len, ERR_TEXT_MAX - len, fmt, ap);
	if (n < 0) {
		text[len] = '\0';
		return len;
	}
	if ((size_t)n < ERR_TEXT_MAX - len)
		return len + (size_t)n;
	mark_cut(text);
	return ERR_TEXT_MAX;
}

static size_t _printf_(3, 4) append(char *text, size_t len, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	len = append_v(text, len, fmt, ap);
	va_end(ap);
	return len;
}

static int store(struct err *err, int code, const char *text)
{
	err->code = code;
	memcpy(err->text, text, strlen(text) + 1);
	return code;
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	append_v(text, 0, fmt, ap);
	va_end(ap);
	return store(err, code, text);
}

int err_errno(struct err *err, int code, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	if (code >= 0)
		abort();
	if (!err)
		return code;
	va_start(ap, fmt);
	size_t len = append_v(text, 0, fmt, ap);
	va_end(ap);
	append(text, len, ": %s", code_text(code));
	return store(err, code, text);
}

int err_wrap(struct err *err, int code, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	size_t len = append_v(text, 0, fmt, ap);
	va_end(ap);
	append(text, len, ": %s", err->text[0] ? err->text : code_text(code));
	return store(err, code, text);
}

const char *err_text(const struct err *err)
{
	if (!err)
		return "no error";
	if (err->text[0])
		return err->text;
	return err->code ? code_text(err->code) : "no error";
}

void err_clear(struct err *err)
{
	if (!err)
		return;
	err->code = 0;
	err->text[0] = '\0';
}
