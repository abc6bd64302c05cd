/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * JSON text (RFC 8259) to values and back. jansson parses; writing is our own, because
 * objects are written straight from typed structs (schema_encode) without a tree in between.
 *
 * The writer is a thin state over a buf: it puts commas and, when indent > 0, new lines. (json_cstring and json_none
 * are not called json_string and json_null because jansson exports those names.)
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/object/value.h"

/*
 * One JSON text of LEN bytes into arena A; values hold no pointer into TEXT. Duplicate keys, NUL in strings,
 * invalid UTF-8 and depth above 512 are refused; integers beyond int64 become VALUE_FLOAT. ERR says line and
 * column. -EBADMSG.
 */
int json_parse(struct arena *a, const char *text, size_t len, struct value **ret, struct err *err);

struct json_writer {
	struct buf *out;
	int indent;     /* spaces a level; 0: everything on one line, no spaces */
	unsigned depth; /* open maps and lists */
	bool first;     /* nothing stands in the innermost one yet */
	bool after_key;
};

#define JSON_WRITER(out_, indent_) ((struct json_writer){ .out = (out_), .indent = (indent_), .first = true })

void json_begin_map(struct json_writer *w);
void json_end_map(struct json_writer *w);
void json_begin_list(struct json_writer *w);
void json_end_list(struct json_writer *w);
void json_key(struct json_writer *w, const char *key);
/* S NULL writes null. Control characters, '"' and '\\' are escaped; bytes that are not UTF-8 become U+FFFD. */
void json_cstring(struct json_writer *w, const char *s);
void json_string_len(struct json_writer *w, const char *s, size_t len);
void json_int(struct json_writer *w, int64_t i);
void json_float(struct json_writer *w, double d);
enum { JSON_FLOAT_MAX = 32 };
/* The shortest of 15 to 17 digits that reads back as D ("null" where it is not finite); RET has JSON_FLOAT_MAX bytes; returns RET. */
char *json_float_format(double d, char *ret);
void json_bool(struct json_writer *w, bool b);
void json_none(struct json_writer *w);
/* Text that is JSON already, as one value. */
void json_raw(struct json_writer *w, const char *text, size_t len);
void json_value(struct json_writer *w, const struct value *v);
/* Shorthands: key and value. json_member_string writes nothing when S is NULL. */
void json_member_string(struct json_writer *w, const char *key, const char *s);
void json_member_int(struct json_writer *w, const char *key, int64_t i);
void json_member_bool(struct json_writer *w, const char *key, bool b);
