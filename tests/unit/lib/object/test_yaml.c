/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/json.h"
#include "lib/object/yaml.h"

struct run {
	struct arena *arena;
	struct diags diags;
	struct yaml_documents documents;
	struct buf json; /* one document a line */
	struct buf text; /* the diagnostics */
	int result;
};

static void run_done(struct run *r)
{
	diags_done(&r->diags);
	buf_done(&r->json);
	buf_done(&r->text);
	r->arena = arena_free(r->arena);
}

static struct run parsed_within(const char *text, size_t len, const struct yaml_limits *limits)
{
	struct run r = { .arena = arena_new(0), .json = BUF_INIT, .text = BUF_INIT };
	struct json_writer w = JSON_WRITER(&r.json, 0);

	diags_init(&r.diags);
	r.result = yaml_parse(r.arena, "f", text, len, limits, &r.documents, &r.diags);
	assert_int_equal(r.result != 0, r.diags.errors > 0);
	diags_sort(&r.diags);
	diags_format(&r.diags, &r.text);
	for (size_t i = 0; i < r.documents.count; i++) {
		w.first = true;
		json_value(&w, r.documents.items[i]);
		buf_addc(&r.json, '\n');
	}
	return r;
}

static struct run parsed(const char *text)
{
	return parsed_within(text, strlen(text), &yaml_limits_default);
}

struct text_case {
	const char *yaml, *json, *text;
};

static void check_cases(const struct text_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_(run_done) struct run r = parsed(cases[i].yaml);

		if (!str_eq(r.json.data, str_or_empty(cases[i].json)))
			fail_msg("%s\ngives\n%s%sexpected\n%s", cases[i].yaml, r.json.data, r.text.data,
				str_or_empty(cases[i].json));
		if (!str_eq(r.text.data, str_or_empty(cases[i].text)))
			fail_msg("%s\nsays\n%sexpected\n%s", cases[i].yaml, r.text.data,
				str_or_empty(cases[i].text));
	}
}

/* --- shapes --------------------------------------------------------------------------------- */

static void test_shapes(void **state)
{
	static const struct text_case cases[] = {
		{ .yaml = "" },
		{ .yaml = "\n\n# nothing\n" },
		{ .yaml = "---\n---\n# a\n--- ~\n...\n" },
		{ "a: 1\n", "{\"a\":1}\n", NULL },
		{ "\xef\xbb\xbf"
		  "a: 1\r\nb:\r\n- x\r\n",
			"{\"a\":1,\"b\":[\"x\"]}\n", NULL },
		{ "- 1\n- [a, {b: c}]\n-\n- - d\n  - e\n", "[1,[\"a\",{\"b\":\"c\"}],null,[\"d\",\"e\"]]\n",
			NULL },
		{ "a: 1\n---\nb: 2\n...\n---\nc: 3\n", "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n", NULL },
		{ "{}\n---\n[]\n--- x\n", "{}\n[]\n\"x\"\n", NULL },
		{ "a: |\n  x\n   y\n\nb: >-\n  x\n  y\n", "{\"a\":\"x\\n y\\n\",\"b\":\"x y\"}\n", NULL },
		{ "a: \"\\u00e9\\0\\t\"\n", "{\"a\":\"\xc3\xa9\\u0000\\t\"}\n", NULL },
		{ "? a\n: b\n", "{\"a\":\"b\"}\n", NULL },
		{ "%YAML 1.1\n---\na: 1\n", "{\"a\":1}\n", NULL },
		{ "{\"a\":1,\"b\":[true,null]}", "{\"a\":1,\"b\":[true,null]}\n", NULL },
	};

	(void)state;
	check_cases(cases, ARRAY_LEN(cases));
}

static void test_positions(void **state)
{
	_cleanup_(run_done) struct run r = parsed("a: 1\n---\n# c\né: x\nlist:\n  - name: \"n\"\n");
	const struct value *v;

	(void)state;
	assert_int_equal(r.documents.count, 2);
	v = r.documents.items[1];
	assert_int_equal(v->line, 4);
	assert_int_equal(v->map.entries[0].value->line, 4);
	assert_int_equal(v->map.entries[0].value->col, 4);
	assert_int_equal(v->map.entries[1].line, 5);
	assert_int_equal(v->map.entries[1].col, 1);
	v = value_get(v, "list")->list.items[0];
	assert_int_equal(v->map.entries[0].line, 6);
	assert_int_equal(v->map.entries[0].col, 5);
	assert_int_equal(value_get(v, "name")->col, 11);
}

/* --- scalars -------------------------------------------------------------------------------- */

/* Cases of resolve.go, decode_test.go (goyaml.v2), and what sigs.k8s.io/yaml makes JSON of. */
static void test_scalars(void **state)
{
	static const struct {
		const char *yaml, *json;
	} cases[] = {
		{ "y", "true" },
		{ "Y", "true" },
		{ "yes", "true" },
		{ "Yes", "true" },
		{ "YES", "true" },
		{ "yEs", "\"yEs\"" },
		{ "on", "true" },
		{ "On", "true" },
		{ "ON", "true" },
		{ "oN", "\"oN\"" },
		{ "true", "true" },
		{ "True", "true" },
		{ "TRUE", "true" },
		{ "tRue", "\"tRue\"" },
		{ "n", "false" },
		{ "N", "false" },
		{ "no", "false" },
		{ "No", "false" },
		{ "NO", "false" },
		{ "off", "false" },
		{ "Off", "false" },
		{ "OFF", "false" },
		{ "false", "false" },
		{ "False", "false" },
		{ "FALSE", "false" },
		{ "nope", "\"nope\"" },
		{ "yess", "\"yess\"" },
		{ "", "null" },
		{ "~", "null" },
		{ "null", "null" },
		{ "Null", "null" },
		{ "NULL", "null" },
		{ "nULL", "\"nULL\"" },
		{ "~~", "\"~~\"" },
		{ "'yes'", "\"yes\"" },
		{ "\"8080\"", "\"8080\"" },
		{ "'~'", "\"~\"" },
		{ "\"\"", "\"\"" },
		{ "0", "0" },
		{ "-0", "0" },
		{ "+0", "0" },
		{ "12", "12" },
		{ "+12", "12" },
		{ "-12", "-12" },
		{ "0644", "420" },
		{ "0o644", "420" },
		{ "0O644", "420" },
		{ "-0644", "-420" },
		{ "00", "0" },
		{ "08", "8" },
		{ "09.5", "9.5" },
		{ "0o8", "\"0o8\"" },
		{ "0x1F", "31" },
		{ "0X1f", "31" },
		{ "-0x10", "-16" },
		{ "0x", "\"0x\"" },
		{ "0xg", "\"0xg\"" },
		{ "0b101", "5" },
		{ "-0b11", "-3" },
		{ "0b2", "\"0b2\"" },
		{ "1_000", "1000" },
		{ "1__0", "10" },
		{ "_1", "\"_1\"" },
		{ "0x_f", "15" },
		{ "0_", "0" },
		{ "9223372036854775807", "9223372036854775807" },
		{ "-9223372036854775808", "-9223372036854775808" },
		{ "9223372036854775808", "9223372036854776000" },
		{ "18446744073709551615", "18446744073709552000" },
		{ "18446744073709551616", "18446744073709552000" },
		{ "-9223372036854775809", "-9223372036854776000" },
		{ "1.5", "1.5" },
		{ "-1.5", "-1.5" },
		{ "+1.5", "1.5" },
		{ "1.", "1" },
		{ ".5", "0.5" },
		{ "-.5", "-0.5" },
		{ "+.5", "0.5" },
		{ "1e3", "1000" },
		{ "1E3", "1000" },
		{ "1e+3", "1000" },
		{ "1e-3", "0.001" },
		{ ".5e1", "5" },
		{ "1.5e3", "1500" },
		{ "1e", "\"1e\"" },
		{ "e3", "\"e3\"" },
		{ "1.2.3", "\"1.2.3\"" },
		{ ".", "\".\"" },
		{ "..", "\"..\"" },
		{ "-", "[null]" },
		{ "+", "\"+\"" },
		{ "1e999", "\"1e999\"" },
		{ "1_0.5", "10.5" },
		{ "._5", "\"._5\"" },
		{ ".5_0", "0.5" },
		{ ".5_", "\".5_\"" },
		{ ".5__0", "\".5__0\"" },
		{ ".5e1_0", "5000000000" },
		{ ".1e999", "\".1e999\"" },
		{ "0b-101", "-5" },
		{ "0b+1", "1" },
		{ "0b-", "\"0b-\"" },
		{ "-0b-1", "\"-0b-1\"" },
		{ "0o-1", "\"0o-1\"" },
		{ "0x1.8p1", "\"0x1.8p1\"" },
		{ "1e-7", "1e-7" },
		{ "0.00001", "0.00001" },
		{ "1e20", "100000000000000000000" },
		{ "1e21", "1e+21" },
		{ "1_", "1" },
		{ "-_1", "-1" },
		{ "2001-1-1", "\"2001-1-1\"" },
		{ "2001-12-14 21:59:43.10", "\"2001-12-14 21:59:43.10\"" },
		{ "1.e1", "10" },
		{ "+.inf", "null" },
		{ "+.nan", "\"+.nan\"" },
		{ ".inf", "null" },
		{ "-.INF", "null" },
		{ ".nan", "null" },
		{ "inf", "\"inf\"" },
		{ "2001-01-01", "\"2001-01-01\"" },
		{ "2001-12-14t21:59:43.10-05:00", "\"2001-12-14t21:59:43.10-05:00\"" },
		{ "12:30:45", "\"12:30:45\"" },
		{ "190:20:30", "\"190:20:30\"" },
		{ "0.1.2", "\"0.1.2\"" },
		{ "1.5Gi", "\"1.5Gi\"" },
		{ "100m", "\"100m\"" },
		{ "1k", "\"1k\"" },
		{ "0x1g", "\"0x1g\"" },
		{ "<<", "\"<<\"" },
		{ "=", "\"=\"" },
		{ "a b", "\"a b\"" },
		{ "http://x:8/", "\"http://x:8/\"" },
		{ "!!str 12", "\"12\"" },
		{ "!!str yes", "\"yes\"" },
		{ "!!int \"12\"", "12" },
		{ "!!float 1", "1" },
		{ "!!float \"1.5\"", "1.5" },
		{ "!!bool \"yes\"", "true" },
		{ "!!null \"\"", "null" },
		{ "! 12", "\"12\"" },
		{ "!!timestamp 2001-01-01", "\"2001-01-01\"" },
		{ "!!map {}", "{}" },
		{ "!!seq []", "[]" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(freep) char *yaml = xasprintf("v:\n %s\n", cases[i].yaml);
		_cleanup_(freep) char *json = xasprintf("{\"v\":%s}\n", cases[i].json);
		_cleanup_(run_done) struct run r = parsed(yaml);

		if (!str_eq(r.json.data, json))
			fail_msg("`%s` gives %s%s, expected %s", cases[i].yaml, r.json.data, r.text.data,
				json);
	}
}

static void test_text_is_kept(void **state)
{
	_cleanup_(run_done) struct run r = parsed("{a: yes, b: 0644, c: 1e3, d: ~, e: str, f: \"1\"}");
	const struct value *v;

	(void)state;
	assert_int_equal(r.documents.count, 1);
	v = r.documents.items[0];
	assert_string_equal(value_get(v, "a")->text, "yes");
	assert_string_equal(value_get(v, "b")->text, "0644");
	assert_string_equal(value_get(v, "c")->text, "1e3");
	assert_string_equal(value_get(v, "d")->text, "~");
	assert_null(value_get(v, "e")->text);
	assert_null(value_get(v, "f")->text);
}

/* --- keys, anchors, merging ------------------------------------------------------------------- */

static void test_keys(void **state)
{
	static const struct text_case cases[] = {
		{ "8080: a\n1.5: b\ntrue: c\n", "{\"8080\":\"a\",\"1.5\":\"b\",\"true\":\"c\"}\n", NULL },
		{ "yes: a\n", "{\"true\":\"a\"}\n",
			"f:1:1: warning: the key `yes` is a boolean in YAML 1.1 and so means `true`; write "
			"\"yes\" in quotes\n" },
		{ "\"yes\": a\n'1': b\n", "{\"yes\":\"a\",\"1\":\"b\"}\n", NULL },
		{ "1.10: a\n", "{\"1.1\":\"a\"}\n",
			"f:1:1: warning: the key `1.10` is a number in YAML 1.1 and so means `1.1`; write "
			"\"1.10\" in quotes\n" },
		{ "~: a\n", NULL, "f:1:1: error: the key `~` is null in YAML; write it in quotes\n" },
		{ ": a\n", NULL, "f:1:1: error: this line does not fit the map that begins in line 1\n" },
		{ "a: 1\nb: 2\na: 3\n", NULL, "f:3:1: error: key `a` is already used in line 1\n" },
		{ "1: a\n\"1\": b\n", NULL, "f:2:1: error: key `1` is already used in line 1\n" },
		{ "x: {a: 1, a: 2}\nz: {b: 1, b: 2}\n", NULL,
			"f:1:11: error: key `a` is already used in line 1\nf:2:11: error: key `b` is already "
			"used in line 2\n" },
		{ "? [a]\n: b\n", NULL, "f:1:3: error: a key must be text, not a list\n" },
		{ "a: {{ .Values.a }}\n", NULL,
			"f:1:5: error: a key must be text, not a map; this looks like a template: render it "
			"first\n" },
		{ "\"a\\0b\": 1\n", NULL, "f:1:1: error: the key contains a NUL character\n" },
	};

	(void)state;
	check_cases(cases, ARRAY_LEN(cases));
}

static void test_many_keys(void **state)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	(void)state;
	for (int i = 0; i < 5000; i++)
		buf_addf(&text, "key%d: %d\n", i, i);
	_cleanup_(run_done) struct run fine = parsed(text.data);

	assert_int_equal(fine.result, 0);
	assert_int_equal(fine.documents.items[0]->map.count, 5000);
	buf_adds(&text, "key4999: x\n");
	_cleanup_(run_done) struct run twice = parsed(text.data);

	assert_string_equal(twice.text.data, "f:5001:1: error: key `key4999` is already used in line 5000\n");
}

static void test_anchors(void **state)
{
	static const struct text_case cases[] = {
		{ "a: &x [1, 2]\nb: *x\n", "{\"a\":[1,2],\"b\":[1,2]}\n", NULL },
		{ "a: &x 1\nb: &x 2\nc: *x\n", "{\"a\":1,\"b\":2,\"c\":2}\n", NULL },
		{ "&k a: 1\nb: *k\n", "{\"a\":1,\"b\":\"a\"}\n", NULL },
		{ "a: &x s\n*x : 1\n", "{\"a\":\"s\",\"s\":1}\n", NULL },
		{ "a: &x [s]\n*x : 1\n", NULL, "f:2:1: error: a key must be text, and `*x` is not\n" },
		{ "a: *x\n", NULL,
			"f:1:4: error: nothing is anchored as `&x` before this; put text that begins with "
			"`*` in quotes\n" },
		{ "a: &x [*x]\n", NULL, "f:1:8: error: `*x` stands within what it stands for\n" },
		{ "a: &x {b: {c: *x}}\n", NULL, "f:1:15: error: `*x` stands within what it stands for\n" },
		{ "a: &x 1\n---\nb: *x\n", "{\"a\":1}\n",
			"f:3:4: error: nothing is anchored as `&x` before this; put text that begins with "
			"`*` in quotes\n" },
		{ "a: *.txt\n", NULL,
			"f:1:4: error: `*` begins an alias: put text that begins with `*` in quotes\n" },
		{ "a: !foo 1\n", NULL, "f:1:4: error: the tag `!foo` is not supported\n" },
		{ "a: !!binary aGk=\n", NULL,
			"f:1:4: error: the tag `tag:yaml.org,2002:binary` is not supported\n" },
		{ "a: !!int x\n", NULL, "f:1:4: error: `x` does not fit its tag !!int\n" },
		{ "a: !!set {b}\n", NULL,
			"f:1:4: error: the tag `tag:yaml.org,2002:set` is not supported\n" },
	};

	(void)state;
	check_cases(cases, ARRAY_LEN(cases));
}

static void test_merging(void **state)
{
	static const struct text_case cases[] = {
		{ "b: &b {x: 1, z: 2}\nm: {<<: *b, z: 3}\n",
			"{\"b\":{\"x\":1,\"z\":2},\"m\":{\"z\":3,\"x\":1}}\n", NULL },
		{ "b: &b {x: 1, z: 2}\nm: {z: 3, <<: *b}\n",
			"{\"b\":{\"x\":1,\"z\":2},\"m\":{\"z\":3,\"x\":1}}\n", NULL },
		{ "a: &a {x: 1}\nb: &b {x: 2, z: 2}\nm: {<<: [*a, *b]}\n",
			"{\"a\":{\"x\":1},\"b\":{\"x\":2,\"z\":2},\"m\":{\"x\":1,\"z\":2}}\n", NULL },
		{ "m: {<<: {x: 1}}\n", "{\"m\":{\"x\":1}}\n", NULL },
		{ "m: {\"<<\": {x: 1}}\n", "{\"m\":{\"<<\":{\"x\":1}}}\n", NULL },
		{ "a: &a {<<: {x: 1}, z: 2}\nm:\n  <<: *a\n",
			"{\"a\":{\"z\":2,\"x\":1},\"m\":{\"z\":2,\"x\":1}}\n", NULL },
		{ "m: {<<: [1]}\n", NULL, "f:1:5: error: `<<` merges a map or a list of maps, not this\n" },
		{ "m: {<<: }\n", NULL, "f:1:5: error: `<<` merges a map or a list of maps, not this\n" },
		{ "a: &a {x: 1}\nm:\n  <<: *a\n  <<: *a\n", NULL,
			"f:4:3: error: key `<<` is already used in line 3; give it a list: <<: [*a, *b]\n" },
	};

	(void)state;
	check_cases(cases, ARRAY_LEN(cases));
}

/* --- what is refused ---------------------------------------------------------------------------- */

static void test_problems(void **state)
{
	static const struct text_case cases[] = {
		{ "a:\n\tb: 1\n", NULL, "f:2:1: error: a tab cannot indent; use spaces\n" },
		{ "a: 1\n\tb: 1\n", NULL, "f:2:1: error: a tab cannot indent; use spaces\n" },
		{ "a: b: c\n", NULL,
			"f:1:5: error: `key: value` cannot stand here: is the indentation right, and is a "
			"value with `: ` in it quoted?\n" },
		{ "a: @b\n", NULL, "f:1:4: error: text that begins with `@` wants quotes\n" },
		{ "a: `b`\n", NULL, "f:1:4: error: text that begins with a back-quote wants quotes\n" },
		{ "a: %b\n", NULL, "f:1:4: error: text that begins with `%` wants quotes\n" },
		{ "a: \"b\nc: 1\n", NULL, "f:1:4: error: the quote that opens here is never closed\n" },
		{ "a: 'b\n---\nc: 1\n", "{\"c\":1}\n",
			"f:1:4: error: the quote that opens here is never closed\n" },
		{ "a: \"\\q\"\n", NULL,
			"f:1:5: error: unknown escape in double quotes: write \\\\ for a backslash, or use "
			"single quotes\n" },
		{ "a: [1, 2\nb: 3\n", NULL,
			"f:2:2: error: `,` or `]` is missing before this, in the list that begins in line "
			"1\n" },
		{ "a: {b: 1\nc: 3\n", NULL,
			"f:2:2: error: `,` or `}` is missing before this, in the map that begins in line "
			"1\n" },
		{ "a:\n  b: 1\n c: 2\n", NULL,
			"f:3:2: error: this line does not fit the map that begins in line 1\n" },
		{ "- a\n b: 2\n", NULL,
			"f:2:3: error: `key: value` cannot stand here: is the indentation right, and is a "
			"value with `: ` in it quoted?\n" },
		{ "a: 1\nb\nc: 2\n", NULL, "f:2:1: error: there is no `:` behind this key\n" },
		{ "a: 1\n- b\n", NULL,
			"f:2:1: error: this line does not fit the map that begins in line 1\n" },
		{ "a: - b\n", NULL,
			"f:1:4: error: a list item cannot stand here: is the indentation right?\n" },
		{ "{{- if x }}\na: 1\n", NULL,
			"f:1:2: error: a key must be text, not a map; this looks "
			"like a template: render it first\n" },
		{ "a: \x01\n", NULL, "f:1:4: error: the control character 0x01 is not allowed\n" },
		{ "a: 1\nb: \xff\n", NULL, "f:2:4: error: the text is not UTF-8: byte 0xff\n" },
		{ "\xff\xfe"
		  "a",
			NULL, "f:1:1: error: the text is UTF-16; it must be UTF-8\n" },
		{ "a: |x\n", NULL,
			"f:1:4: error: only an indicator such as `-` or `2` may follow `|` or `>`: put text "
			"that begins so in quotes\n" },
		{ "a: !x!y z\n", NULL,
			"f:1:4: error: the tag's handle is not defined: put text that begins with `!` in "
			"quotes\n" },
	};

	(void)state;
	check_cases(cases, ARRAY_LEN(cases));
}

/* What is wrong with one document does not hide the next ones. */
static void test_recovery(void **state)
{
	_cleanup_(run_done) struct run r = parsed(
		"a: 1\n---\nb: [\n---\nc: 3\n---\nd: *x\n---\ne: {f: 1, f: 2}\n---\ng: 7\n");

	(void)state;
	assert_string_equal(r.json.data, "{\"a\":1}\n{\"c\":3}\n{\"g\":7}\n");
	assert_string_equal(r.text.data, "f:4:1: error: a value is missing here\n"
					 "f:7:4: error: nothing is anchored as `&x` before this; put text "
					 "that begins with `*` in quotes\n"
					 "f:9:11: error: key `f` is already used in line 9\n");
	assert_int_equal(r.documents.items[2]->line, 11);
}

static void test_nul(void **state)
{
	_cleanup_(run_done) struct run r = parsed_within("a: b\nc: \0d\n", 10, &yaml_limits_default);

	(void)state;
	assert_string_equal(r.text.data, "f:2:4: error: the text has a NUL character\n");
}

/* --- bounds --------------------------------------------------------------------------------------- */

static void test_depth(void **state)
{
	static const char *const opens[] = { "[", "{a: ", "- ", "? ", "{? " };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(opens); i++) {
		_cleanup_(buf_done) struct buf text = BUF_INIT;

		for (int n = 0; n < 10000; n++)
			buf_adds(&text, opens[i]);
		buf_adds(&text, "\n---\nb: 1\n");
		_cleanup_(run_done) struct run r = parsed(text.data);

		assert_int_equal(r.diags.errors, 1);
		assert_string_equal(r.json.data, "{\"b\":1}\n");
	}
}

/* Depth counts through aliases too: each of these nests the one before. */
static void test_depth_of_aliases(void **state)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	(void)state;
	buf_adds(&text, "a0: &a0 [x]\n");
	for (int i = 1; i < 200; i++)
		buf_addf(&text, "a%d: &a%d [*a%d]\n", i, i, i - 1);
	_cleanup_(run_done) struct run r = parsed(text.data);

	assert_non_null(strstr(r.text.data, "error: nested deeper than 128 levels\n"));
}

static void test_billion_laughs(void **state)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	(void)state;
	buf_adds(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 10; i++) {
		buf_addf(&text, "a%d: &a%d [", i, i);
		for (int n = 0; n < 10; n++)
			buf_addf(&text, "%s*a%d", n ? ", " : "", i - 1);
		buf_adds(&text, "]\n");
	}
	_cleanup_(run_done) struct run r = parsed(text.data);

	assert_int_equal(r.diags.errors, 1);
	assert_non_null(strstr(r.text.data,
		"error: more than 1000000 values, aliases counted with all that they stand for: not read\n"));
	assert_int_equal(r.documents.count, 0);
}

static void test_limits(void **state)
{
	const struct yaml_limits limits = { .bytes = 40, .depth = 2, .nodes = 10, .documents = 2 };
	static const char *const cases[][2] = {
		{ "a: 1\n---\nb: 1\n---\nc: 1\n",
			"f:4:1: error: more than 2 documents: the rest is not read\n" },
		{ "[[[]]]", "f:1:3: error: nested deeper than 2 levels\n" },
		{ "[1,2,3,4,5,6,7,8,9,10]", "f:1:20: error: more than 10 values, aliases counted with all "
					    "that they stand for: not read\n" },
		{ "# 345678901234567890123456789012345678901",
			"f:1:1: error: the file has 41 bytes, more than the 40 that are read\n" },
		{ "[[1,2,3,4,5,6,7,8]]", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(run_done) struct run r = parsed_within(cases[i][0], strlen(cases[i][0]), &limits);

		assert_string_equal(r.text.data, cases[i][1]);
	}
}

static void test_huge_file(void **state)
{
	size_t len = 100 << 20;
	_cleanup_(freep) char *text = xcalloc(1, len); /* never looked at */
	_cleanup_(run_done) struct run r = parsed_within(text, len, &yaml_limits_default);

	(void)state;
	assert_string_equal(r.text.data,
		"f:1:1: error: the file has 104857600 bytes, more than the 16777216 that are read\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_text_is_kept),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_many_keys),
		cmocka_unit_test(test_anchors),
		cmocka_unit_test(test_merging),
		cmocka_unit_test(test_problems),
		cmocka_unit_test(test_recovery),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_depth_of_aliases),
		cmocka_unit_test(test_billion_laughs),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_huge_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
