/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * JSON in, by jansson, into values of ours; JSON out, by hand, because it is what the tree,
 * the wire and the status page consist of.
 *
 * jansson refuses integers beyond int64. They are legal JSON and occur in what other tools
 * write, so a text that fails for this reason is read once more with such integers spelled
 * as reals ("18446744073709551615" → "18446744073709551615e0").
 */
#include "lib/object/json.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JSON_DEPTH_MAX = 512 };

/* --- parsing -------------------------------------------------------------------------------- */

static int value_from_json(struct arena *a, json_t *j, unsigned depth, struct value **ret);

static int list_from_json(struct arena *a, json_t *j, unsigned depth, struct value **ret)
{
	struct value *v = value_list_new(a);
	size_t count = json_array_size(j);
	int r;

	v->list.items = arena_array(a, value_room(count), sizeof(struct value *));
	v->list.count = count;
	for (size_t i = 0; i < count; i++)
		if ((r = value_from_json(a, json_array_get(j, i), depth + 1, &v->list.items[i])) < 0)
			return r;
	*ret = v;
	return 0;
}

static int map_from_json(struct arena *a, json_t *j, unsigned depth, struct value **ret)
{
	struct value *v = value_map_new(a);
	struct value_entry *e;
	int r;

	v->map.entries = arena_array(a, value_room(json_object_size(j)), sizeof(struct value_entry));
	for (void *it = json_object_iter(j); it; it = json_object_iter_next(j, it)) {
		e = &v->map.entries[v->map.count++];
		e->key = arena_strdup(a, json_object_iter_key(it));
		if ((r = value_from_json(a, json_object_iter_value(it), depth + 1, &e->value)) < 0)
			return r;
	}
	*ret = v;
	return 0;
}

/* -E2BIG: nested too deeply. */
static int value_from_json(struct arena *a, json_t *j, unsigned depth, struct value **ret)
{
	if (depth > JSON_DEPTH_MAX)
		return -E2BIG;
	switch (json_typeof(j)) {
	case JSON_OBJECT:
		return map_from_json(a, j, depth, ret);
	case JSON_ARRAY:
		return list_from_json(a, j, depth, ret);
	case JSON_STRING:
		*ret = value_string_len_new(a, json_string_value(j), json_string_length(j));
		return 0;
	case JSON_INTEGER:
		*ret = value_int_new(a, json_integer_value(j));
		return 0;
	case JSON_REAL:
		*ret = value_float_new(a, json_real_value(j));
		return 0;
	case JSON_TRUE:
	case JSON_FALSE:
		*ret = value_bool_new(a, json_is_true(j));
		return 0;
	case JSON_NULL:
		*ret = value_null_new(a);
		return 0;
	}
	return -EBADMSG;
}

/* Behind the string that opens at TEXT[I]. */
static size_t skip_string(const char *text, size_t len, size_t i)
{
	for (i++; i < len && text[i] != '"'; i++)
		if (text[i] == '\\')
			i++;
	return i < len ? i + 1 : len;
}

/* Appends TEXT with "e0" behind each run of 19 digits or more that is an integer: it is read as a real. */
static void widen_integers(const char *text, size_t len, struct buf *out)
{
	size_t from = 0;

	for (size_t i = 0; i < len;) {
		if (text[i] == '"') {
			i = skip_string(text, len, i);
			continue;
		}
		size_t digits = 0;

		while (i + digits < len && text[i + digits] >= '0' && text[i + digits] <= '9')
			digits++;
		bool fraction = i > 0 && strchr(".eE+", text[i - 1]);

		i += digits ? digits : 1;
		if (digits < 19 || fraction || (i < len && strchr(".eE", text[i])))
			continue;
		buf_add(out, text + from, i - from);
		buf_adds(out, "e0");
		from = i;
	}
	buf_add(out, text + from, len - from);
}

static json_t *load(const char *text, size_t len, json_error_t *error)
{
	enum { FLAGS = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY };
	_cleanup_(buf_done) struct buf wide = BUF_INIT;
	json_t *j = json_loadb(text, len, FLAGS, error);

	if (j || json_error_code(error) != json_error_numeric_overflow)
		return j;
	widen_integers(text, len, &wide);
	return json_loadb(wide.data, wide.len, FLAGS, error);
}

int json_parse(struct arena *a, const char *text, size_t len, struct value **ret, struct err *err)
{
	json_error_t error = { 0 };
	_cleanup_(json_decrefp) json_t *j = load(text, len, &error);
	int r;

	if (!j)
		return err_set(err, -EBADMSG, "line %d column %d: %s", error.line,
			error.column > 0 ? error.column : 1, error.text);
	r = value_from_json(a, j, 0, ret);
	if (r == -E2BIG)
		return err_set(err, -EBADMSG, "nested deeper than %d levels", JSON_DEPTH_MAX);
	return r;
}

/* --- writing -------------------------------------------------------------------------------- */

static void newline(struct json_writer *w)
{
	size_t n = 1 + (size_t)w->indent * w->depth;
	char *to = buf_reserve(w->out, n);

	to[0] = '\n';
	memset(to + 1, ' ', n - 1);
	buf_extend(w->out, n);
}

/* What stands between the previous element and the next. */
static void separate(struct json_writer *w)
{
	if (w->after_key) {
		w->after_key = false;
		return;
	}
	if (!w->first)
		buf_addc(w->out, ',');
	if (w->indent > 0 && w->depth > 0)
		newline(w);
	w->first = false;
}

static void begin(struct json_writer *w, char c)
{
	separate(w);
	buf_addc(w->out, c);
	w->depth++;
	w->first = true;
}

static void end(struct json_writer *w, char c)
{
	w->depth--;
	if (w->indent > 0 && !w->first)
		newline(w);
	buf_addc(w->out, c);
	w->first = false;
}

void json_begin_map(struct json_writer *w)
{
	begin(w, '{');
}

void json_end_map(struct json_writer *w)
{
	end(w, '}');
}

void json_begin_list(struct json_writer *w)
{
	begin(w, '[');
}

void json_end_list(struct json_writer *w)
{
	end(w, ']');
}

/* Bytes of the UTF-8 sequence at S (N bytes are there), or 0 where it is none. RFC 3629, section 4. */
static size_t utf8_len(const unsigned char *s, size_t n)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t need;

	if (s[0] >= 0xc2 && s[0] <= 0xdf) {
		need = 2;
	} else if ((s[0] & 0xf0) == 0xe0) {
		need = 3;
		low = s[0] == 0xe0 ? 0xa0 : 0x80;
		high = s[0] == 0xed ? 0x9f : 0xbf;
	} else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		need = 4;
		low = s[0] == 0xf0 ? 0x90 : 0x80;
		high = s[0] == 0xf4 ? 0x8f : 0xbf;
	} else {
		return 0;
	}
	if (n < need || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < need; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return need;
}

static void escape(struct buf *out, unsigned char c)
{
	static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";

	for (size_t i = 0; i + 1 < sizeof(names); i += 2) {
		if (names[i] == (char)c) {
			buf_addc(out, '\\');
			buf_addc(out, names[i + 1]);
			return;
		}
	}
	buf_addf(out, "\\u%04x", c);
}

static void add_quoted(struct buf *out, const char *s, size_t len)
{
	size_t from = 0, i = 0, n;

	buf_addc(out, '"');
	while (i < len) {
		unsigned char c = (unsigned char)s[i];

		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
			i++;
			continue;
		}
		if (c >= 0x80 && (n = utf8_len((const unsigned char *)s + i, len - i)) > 0) {
			i += n;
			continue;
		}
		buf_add(out, s + from, i - from);
		if (c < 0x80)
			escape(out, c);
		else
			buf_adds(out, "\xef\xbf\xbd");
		from = ++i;
	}
	buf_add(out, s + from, len - from);
	buf_addc(out, '"');
}

void json_key(struct json_writer *w, const char *key)
{
	separate(w);
	add_quoted(w->out, key, strlen(key));
	buf_addc(w->out, ':');
	if (w->indent > 0)
		buf_addc(w->out, ' ');
	w->after_key = true;
}

void json_cstring(struct json_writer *w, const char *s)
{
	if (s)
		json_string_len(w, s, strlen(s));
	else
		json_none(w);
}

void json_string_len(struct json_writer *w, const char *s, size_t len)
{
	separate(w);
	add_quoted(w->out, s, len);
}

void json_int(struct json_writer *w, int64_t i)
{
	char digits[24];
	char *p = digits + sizeof(digits);
	uint64_t n = i < 0 ? -(uint64_t)i : (uint64_t)i;

	do {
		*--p = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	if (i < 0)
		*--p = '-';
	json_raw(w, p, (size_t)(digits + sizeof(digits) - p));
}

/* C's "1e-05" and "1e+20" as encoding/json (and ECMAScript) write them: with an exponent only where it is below -6 or above 20. */
static void exponent_rewrite(char *text)
{
	char *e = strchr(text, 'e'), digits[JSON_FLOAT_MAX], *to = digits;
	bool negative = text[0] == '-';
	int exponent;

	if (!e)
		return;
	exponent = atoi(e + 1);
	if (exponent < -6 || exponent > 20) {
		if (e[2] == '0')
			memmove(e + 2, e + 3, strlen(e + 3) + 1);
		return;
	}
	for (const char *p = text + negative; p < e; p++)
		if (*p != '.')
			*to++ = *p;
	*to = '\0';
	text += negative;
	if (exponent < 0)
		sprintf(text, "0.%0*d%s", -exponent - 1, 0, digits);
	else /* %g has an exponent only where it is larger than there are digits */
		sprintf(text, "%s%0*d", digits, exponent + 1 - (int)strlen(digits), 0);
}

char *json_float_format(double d, char *ret)
{
	if (!isfinite(d))
		return strcpy(ret, "null");
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(ret, JSON_FLOAT_MAX, "%.*g", digits, d);
		if (strtod(ret, NULL) == d)
			break;
	}
	exponent_rewrite(ret);
	return ret;
}

void json_float(struct json_writer *w, double d)
{
	char text[JSON_FLOAT_MAX];

	json_float_format(d, text);
	json_raw(w, text, strlen(text));
}

void json_bool(struct json_writer *w, bool b)
{
	json_raw(w, b ? "true" : "false", b ? 4 : 5);
}

void json_none(struct json_writer *w)
{
	json_raw(w, "null", 4);
}

void json_raw(struct json_writer *w, const char *text, size_t len)
{
	separate(w);
	buf_add(w->out, text, len);
}

static void write_list(struct json_writer *w, const struct value *v)
{
	json_begin_list(w);
	for (size_t i = 0; i < v->list.count; i++)
		json_value(w, v->list.items[i]);
	json_end_list(w);
}

static void write_map(struct json_writer *w, const struct value *v)
{
	json_begin_map(w);
	for (size_t i = 0; i < v->map.count; i++) {
		json_key(w, v->map.entries[i].key);
		json_value(w, v->map.entries[i].value);
	}
	json_end_map(w);
}

void json_value(struct json_writer *w, const struct value *v)
{
	switch (v->type) {
	case VALUE_NULL:
		json_none(w);
		break;
	case VALUE_BOOL:
		json_bool(w, v->boolean);
		break;
	case VALUE_INT:
		json_int(w, v->integer);
		break;
	case VALUE_FLOAT:
		json_float(w, v->number);
		break;
	case VALUE_STRING:
		json_string_len(w, v->string, v->len);
		break;
	case VALUE_LIST:
		write_list(w, v);
		break;
	case VALUE_MAP:
		write_map(w, v);
		break;
	}
}

void json_member_string(struct json_writer *w, const char *key, const char *s)
{
	if (!s)
		return;
	json_key(w, key);
	json_cstring(w, s);
}

void json_member_int(struct json_writer *w, const char *key, int64_t i)
{
	json_key(w, key);
	json_int(w, i);
}

void json_member_bool(struct json_writer *w, const char *key, bool b)
{
	json_key(w, key);
	json_bool(w, b);
}
