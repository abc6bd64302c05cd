/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* YAML text before and beside libyaml: what is refused at once, where something stands, where to go on. */
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/yaml_parts.h"

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

void yaml_text_locate(const struct yaml_text *t, const char *at, uint32_t *ret_line, uint32_t *ret_col)
{
	uint32_t line = t->lines + 1, col = 1;

	for (const char *s = t->from; s < at; s++) {
		if (*s == '\n') {
			line++;
			col = 1;
		} else if (!is_continuation(*s)) {
			col++;
		}
	}
	*ret_line = line;
	*ret_col = col;
}

bool yaml_text_check(struct yaml_report *r, const struct yaml_text *t, size_t max)
{
	size_t len = (size_t)(t->end - t->from), bad = 0;
	uint32_t line, col;

	if (len > max) {
		yaml_error(r, 1, 1, "the file has %zu bytes, more than the %zu that are read", len, max);
		return false;
	}
	if (len >= 2 && (memcmp(t->from, "\xff\xfe", 2) == 0 || memcmp(t->from, "\xfe\xff", 2) == 0)) {
		yaml_error(r, 1, 1, "the text is UTF-16; it must be UTF-8");
		return false;
	}
	if (str_is_utf8(t->from, len, &bad))
		return true;
	yaml_text_locate(t, t->from + bad, &line, &col);
	if (t->from[bad] == '\0')
		yaml_error(r, line, col, "the text has a NUL character");
	else
		yaml_error(r, line, col, "the text is not UTF-8: byte 0x%02x", (unsigned char)t->from[bad]);
	return false;
}

static const char *line_text(const struct yaml_text *t, size_t line, size_t *ret_len)
{
	const char *s = t->from, *next;

	for (size_t i = 0; i < line; i++) {
		next = memchr(s, '\n', (size_t)(t->end - s));
		if (!next)
			break;
		s = next + 1;
	}
	next = memchr(s, '\n', (size_t)(t->end - s));
	*ret_len = (size_t)((next ? next : t->end) - s);
	return s;
}

bool yaml_text_has_template(const struct yaml_text *t, size_t line)
{
	size_t len;
	const char *s = line_text(t, line, &len);

	return memmem(s, len, "{{", 2) != NULL;
}

uint32_t yaml_text_ascii_at(const struct yaml_text *t, size_t line, size_t column)
{
	size_t len, i = 0;
	const char *s = line_text(t, line, &len);

	for (size_t col = 0; i < len; i++)
		if (!is_continuation(s[i]) && col++ == column)
			break;
	return i < len && (unsigned char)s[i] < 0x80 ? (uint32_t)s[i] : 0;
}

const char *yaml_text_control_character(const struct yaml_text *t)
{
	for (const char *s = t->from; s < t->end; s++) {
		unsigned char c = (unsigned char)*s, next = s + 1 < t->end ? (unsigned char)s[1] : 0;

		if (c == 0x7f || (c < 0x20 && c != '\t' && c != '\n' && c != '\r'))
			return s;
		if (c == 0xc2 && next >= 0x80 && next < 0xa0 && next != 0x85)
			return s;
		if (c == 0xef && next == 0xbf && s + 2 < t->end && (unsigned char)s[2] >= 0xbe)
			return s;
	}
	return NULL;
}

bool yaml_text_next_document(struct yaml_text *t, size_t line)
{
	const char *s = t->from;
	uint32_t lines = 0;

	while ((s = memchr(s, '\n', (size_t)(t->end - s)))) {
		s++;
		lines++;
		if (lines >= line && t->end - s >= 3 && memcmp(s, "---", 3) == 0 &&
			(t->end - s == 3 || strchr(" \t\r\n", s[3]))) {
			t->from = s;
			t->lines += lines;
			return true;
		}
	}
	return false;
}
