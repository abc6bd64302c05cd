/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Values as block-style YAML, the way `kubectl -o yaml` prints them: two spaces a level, lists in maps not
 * indented, text of several lines as a literal block. Text is plain where it reads back as the
 * same string, quoted as goyaml.v2 quotes it otherwise (encode.go, emitterc.go): "double" where
 * plain text would be a boolean, a number, null or a time, 'single' where YAML's syntax is in the way.
 */
#include <math.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/json.h"
#include "lib/object/yaml_parts.h"

/* --- how a string can be written ------------------------------------------------------------ */

enum style { PLAIN, SINGLE, DOUBLE, LITERAL };

/* Bytes of the UTF-8 character at S (LEFT bytes are there), 0 where it must be escaped: control, line separators, a byte order mark, no UTF-8. */
static size_t printable(const char *s, size_t left)
{
	const unsigned char *c = (const unsigned char *)s;
	size_t len = c[0] < 0x80 ? 1 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;

	if (len == 1)
		return c[0] >= 0x20 && c[0] != 0x7f;
	if (len > left || !str_is_utf8(s, len, NULL))
		return 0;
	if (c[0] == 0xc2 && c[1] < 0xa0)
		return 0;
	if (c[0] == 0xe2 && c[1] == 0x80 && (c[2] == 0xa8 || c[2] == 0xa9))
		return 0;
	if (c[0] == 0xef && ((c[1] == 0xbb && c[2] == 0xbf) || (c[1] == 0xbf && c[2] >= 0xbe)))
		return 0;
	return len;
}

/* Nothing that only double quotes can say? Line breaks are fine. */
static bool all_printable(const char *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t n = s[i] == '\n' ? 1 : printable(s + i, len - i);

		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

static size_t digits(const char *s, size_t at_most)
{
	size_t n = 0;

	while (n < at_most && s[n] >= '0' && s[n] <= '9')
		n++;
	return n;
}

/* "2006-1-2", with a time behind it or not: goyaml reads a time. */
static bool is_timestamp(const char *s)
{
	size_t n;

	if (digits(s, 5) != 4 || s[4] != '-')
		return false;
	s += 5;
	n = digits(s, 2);
	if (n == 0 || s[n] != '-')
		return false;
	s += n + 1;
	n = digits(s, 2);
	return n > 0 && (s[n] == '\0' || (strchr("Tt ", s[n]) && digits(s + n + 1, 1) == 1));
}

/* "12:30": other readers of YAML 1.1 take it for a number to the base 60. */
static bool is_base60(const char *s)
{
	bool colon = false;

	if (*s == '+' || *s == '-')
		s++;
	if (digits(s, 1) == 0)
		return false;
	for (; *s && *s != '.'; s++) {
		if (*s == ':' && digits(s + 1, 1) == 0)
			return false;
		if (*s != ':' && *s != '_' && digits(s, 1) == 0)
			return false;
		colon = colon || *s == ':';
	}
	return colon;
}

/* Is S, written plain, something other than a string? */
static bool means_something_else(const char *s, size_t len)
{
	struct value v;

	yaml_resolve(s, len, &v);
	return v.type != VALUE_STRING || is_timestamp(s) || is_base60(s) || strcmp(s, "<<") == 0;
}

static bool is_blank_or_end(char c)
{
	return c == ' ' || c == '\0';
}

/* Does YAML's syntax leave S alone? It has no line breaks and is printable. */
static bool fits_plain(const char *s, size_t len)
{
	if (len == 0 || s[0] == ' ' || s[len - 1] == ' ')
		return false;
	if (str_starts(s, "---") || str_starts(s, "..."))
		return false;
	if (strchr("#,[]{}&*!|>'\"%@`", s[0]))
		return false;
	if (strchr("?:-", s[0]) && is_blank_or_end(s[1]))
		return false;
	for (size_t i = 1; i < len; i++) {
		if (s[i] == ':' && is_blank_or_end(s[i + 1]))
			return false;
		if (s[i] == '#' && s[i - 1] == ' ')
			return false;
	}
	return true;
}

/* A literal block keeps all but spaces that begin the text or end a line. */
static bool fits_literal(const char *s, size_t len)
{
	if (s[0] == ' ' || s[0] == '\n' || s[len - 1] == ' ')
		return false;
	return !strstr(s, " \n");
}

static enum style style_of(const char *s, size_t len, bool is_key)
{
	if (!all_printable(s, len))
		return DOUBLE;
	if (memchr(s, '\n', len))
		return !is_key && fits_literal(s, len) ? LITERAL : DOUBLE;
	if (means_something_else(s, len))
		return DOUBLE;
	return fits_plain(s, len) ? PLAIN : SINGLE;
}

/* --- strings ---------------------------------------------------------------------------------- */

static void indent(struct buf *out, unsigned level)
{
	memset(buf_reserve(out, (size_t)level * 2), ' ', (size_t)level * 2);
	buf_extend(out, (size_t)level * 2);
}

static void write_single(struct buf *out, const char *s)
{
	buf_addc(out, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			buf_addc(out, '\'');
		buf_addc(out, *s);
	}
	buf_addc(out, '\'');
}

/* The code point of the (valid) sequence at S. */
static uint32_t code_point(const char *s, size_t len)
{
	const unsigned char *c = (const unsigned char *)s;
	uint32_t cp = len == 2 ? c[0] & 0x1f : c[0] & 0x0f;

	for (size_t i = 1; i < len; i++)
		cp = cp << 6 | (c[i] & 0x3f);
	return cp;
}

/* Escapes the character at S; returns its bytes. Bytes that are no UTF-8 become U+FFFD. */
static size_t write_escape(struct buf *out, const char *s, size_t left)
{
	static const char names[] = "\"\"\\\\\aa\bb\ff\nn\rr\tt\vv\033e";
	unsigned char c = (unsigned char)*s;
	size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : 3;

	for (size_t i = 0; i + 1 < sizeof(names); i += 2) {
		if (names[i] == *s) {
			buf_addf(out, "\\%c", names[i + 1]);
			return 1;
		}
	}
	if (len == 1)
		buf_addf(out, "\\x%02X", c);
	else if (len <= left && str_is_utf8(s, len, NULL))
		buf_addf(out, "\\u%04X", code_point(s, len));
	else {
		buf_adds(out, "\xef\xbf\xbd");
		return 1;
	}
	return len;
}

static void write_double(struct buf *out, const char *s, size_t len)
{
	buf_addc(out, '"');
	for (size_t i = 0; i < len;) {
		size_t n = s[i] == '"' || s[i] == '\\' ? 0 : printable(s + i, len - i);

		if (n > 0)
			buf_add(out, s + i, n);
		i += n > 0 ? n : write_escape(out, s + i, len - i);
	}
	buf_addc(out, '"');
}

/* "|", "|-" (no line end at the end) or "|+" (several), and the lines at LEVEL. */
static void write_literal(struct buf *out, const char *s, size_t len, unsigned level)
{
	buf_addc(out, '|');
	if (s[len - 1] != '\n')
		buf_addc(out, '-');
	else if (len > 1 && s[len - 2] == '\n')
		buf_addc(out, '+');
	while (*s) {
		size_t line = strcspn(s, "\n");

		buf_addc(out, '\n');
		if (line > 0)
			indent(out, level);
		buf_add(out, s, line);
		s += line;
		if (*s == '\n')
			s++;
	}
}

static void write_string(struct buf *out, const char *s, size_t len, unsigned level, bool is_key)
{
	switch (style_of(s, len, is_key)) {
	case PLAIN:
		buf_add(out, s, len);
		break;
	case SINGLE:
		write_single(out, s);
		break;
	case DOUBLE:
		write_double(out, s, len);
		break;
	case LITERAL:
		write_literal(out, s, len, level);
		break;
	}
}

/* --- values ----------------------------------------------------------------------------------- */

static void write_collection(struct buf *out, const struct value *v, unsigned level, bool inline_first);

static bool is_open(const struct value *v)
{
	return (v->type == VALUE_MAP && v->map.count > 0) || (v->type == VALUE_LIST && v->list.count > 0);
}

static void write_float(struct buf *out, double d)
{
	char text[JSON_FLOAT_MAX];

	if (isnan(d))
		buf_adds(out, ".nan");
	else if (isinf(d))
		buf_adds(out, d > 0 ? ".inf" : "-.inf");
	else
		buf_adds(out, json_float_format(d, text));
}

/* What stands on one line, or is a literal block; LEVEL is that of the block's lines. */
static void write_leaf(struct buf *out, const struct value *v, unsigned level)
{
	switch (v->type) {
	case VALUE_NULL:
		buf_adds(out, "null");
		break;
	case VALUE_BOOL:
		buf_adds(out, v->boolean ? "true" : "false");
		break;
	case VALUE_INT:
		buf_addf(out, "%lld", (long long)v->integer);
		break;
	case VALUE_FLOAT:
		write_float(out, v->number);
		break;
	case VALUE_STRING:
		write_string(out, v->string, v->len, level, false);
		break;
	case VALUE_LIST:
		buf_adds(out, "[]");
		break;
	case VALUE_MAP:
		buf_adds(out, "{}");
		break;
	}
	buf_addc(out, '\n');
}

static void write_map(struct buf *out, const struct value *v, unsigned level, bool inline_first)
{
	for (size_t i = 0; i < v->map.count; i++) {
		const struct value_entry *e = &v->map.entries[i];

		if (i > 0 || !inline_first)
			indent(out, level);
		write_string(out, e->key, strlen(e->key), level, true);
		buf_addc(out, ':');
		if (is_open(e->value)) {
			buf_addc(out, '\n');
			write_collection(
				out, e->value, e->value->type == VALUE_MAP ? level + 1 : level, false);
		} else {
			buf_addc(out, ' ');
			write_leaf(out, e->value, level + 1);
		}
	}
}

static void write_list(struct buf *out, const struct value *v, unsigned level, bool inline_first)
{
	for (size_t i = 0; i < v->list.count; i++) {
		const struct value *item = v->list.items[i];

		if (i > 0 || !inline_first)
			indent(out, level);
		buf_adds(out, "- ");
		if (is_open(item))
			write_collection(out, item, level + 1, true);
		else
			write_leaf(out, item, level + 1);
	}
}

static void write_collection(struct buf *out, const struct value *v, unsigned level, bool inline_first)
{
	if (v->type == VALUE_MAP)
		write_map(out, v, level, inline_first);
	else
		write_list(out, v, level, inline_first);
}

void yaml_write(struct buf *out, const struct value *v)
{
	if (is_open(v))
		write_collection(out, v, 0, false);
	else
		write_leaf(out, v, 1);
}
