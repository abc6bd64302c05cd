/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/json.h"

/* What parsing and writing make of TEXT, in a buf that the caller ends. */
static struct buf rewritten(const char *text, size_t len, int indent)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	struct buf out = BUF_INIT;
	struct json_writer w = JSON_WRITER(&out, indent);
	struct err err = { 0 };
	struct value *v = NULL;
	int r = json_parse(a, text, len, &v, &err);

	if (r == 0)
		json_value(&w, v);
	else {
		assert_int_equal(r, -EBADMSG);
		buf_adds(&out, err_text(&err));
	}
	return out;
}

static void test_round_trips(void **state)
{
	static const struct {
		const char *text, *expected; /* NULL: the same */
	} cases[] = {
		{ "null", NULL },
		{ "true", NULL },
		{ "\"x\"", NULL },
		{ "{}", NULL },
		{ "[]", NULL },
		{ "{\"b\":1,\"a\":[true,false,null,{\"c\":\"d\"}]}", NULL },
		{ " { \"a\" : [ 1 , 2 ] } ", "{\"a\":[1,2]}" },
		{ "[0,-1,9223372036854775807,-9223372036854775808]", NULL },
		{ "9223372036854775808", "9223372036854776000" },
		{ "{\"a\":[18446744073709551615,-18446744073709551615,\"18446744073709551615\"]}",
			"{\"a\":[18446744073709552000,-18446744073709552000,\"18446744073709551615\"]}" },
		{ "[1.5,0.1,1e3,1E-7,-2.5e10,1e100]", "[1.5,0.1,1000,1e-7,-25000000000,1e+100]" },
		{ "[12345678901234567890.5,1e20]", "[12345678901234567000,100000000000000000000]" },
		{ "\"\\u00e9\\n\\\"\\\\\\/\\u0001\\u007f\\ud83d\\ude00\"",
			"\"\xc3\xa9\\n\\\"\\\\/\\u0001\\u007f\xf0\x9f\x98\x80\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *expected = cases[i].expected ? cases[i].expected : cases[i].text;
		_cleanup_(buf_done) struct buf out = rewritten(cases[i].text, strlen(cases[i].text), 0);

		if (!str_eq(out.data, expected))
			fail_msg("%s becomes %s, expected %s", cases[i].text, out.data, expected);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *expected; /* how the message begins */
	} cases[] = {
		{ "", "line 1 column 1: " },
		{ "{", "line 1 column 1: " },
		{ "{\"a\":1,\n \"a\":2}", "line 2 column 4: duplicate object key" },
		{ "{\"a\":1}\nx", "line 2 column 1: end of file expected" },
		{ "\"\\u0000\"", "line 1 column 8: \\u0000 is not allowed" },
		{ "\"\xff\"", "line 1 column 1: unable to decode byte 0xff" },
		{ "[1e999]", "line 1 column 6: real number overflow" },
		{ "[01]", "line 1 column 2: " },
		{ "[nan]", "line 1 column 4: " },
		{ "{a:1}", "line 1 column 2: " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(buf_done) struct buf out = rewritten(cases[i].text, strlen(cases[i].text), 0);

		if (!str_starts(out.data, cases[i].expected))
			fail_msg("%s gives \"%s\", expected \"%s…\"", cases[i].text, out.data,
				cases[i].expected);
	}
}

static void test_depth(void **state)
{
	static const size_t depths[] = { 512, 600, 3000, 100000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(depths); i++) {
		_cleanup_(buf_done) struct buf text = BUF_INIT;

		for (size_t n = 0; n < depths[i]; n++)
			buf_addc(&text, '[');
		for (size_t n = 0; n < depths[i]; n++)
			buf_addc(&text, ']');
		_cleanup_(buf_done) struct buf out = rewritten(text.data, text.len, 0);

		if ((depths[i] <= 512) != (out.data[0] == '['))
			fail_msg("%zu levels: %.80s", depths[i], out.data);
	}
}

static void test_indent(void **state)
{
	static const char text[] = "{\"a\":{},\"b\":[],\"c\":[1,{\"d\":2}]}";
	_cleanup_(buf_done) struct buf out = rewritten(text, strlen(text), 2);

	(void)state;
	assert_string_equal(out.data,
		"{\n  \"a\": {},\n  \"b\": [],\n  \"c\": [\n    1,\n    {\n      \"d\": 2\n    }\n  ]\n}");
}

static void test_writer(void **state)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct json_writer w = JSON_WRITER(&out, 0);

	(void)state;
	json_begin_map(&w);
	json_member_string(&w, "s", "a\tb");
	json_member_string(&w, "absent", NULL);
	json_member_int(&w, "i", INT64_MIN);
	json_member_bool(&w, "b", true);
	json_key(&w, "l\"");
	json_begin_list(&w);
	json_cstring(&w, NULL);
	json_raw(&w, "{\"x\":1}", 7);
	json_string_len(&w, "a\0b", 3);
	json_float(&w, 0.1);
	json_float(&w, INFINITY);
	json_end_list(&w);
	json_end_map(&w);
	assert_string_equal(out.data, "{\"s\":\"a\\tb\",\"i\":-9223372036854775808,\"b\":true,"
				      "\"l\\\"\":[null,{\"x\":1},\"a\\u0000b\",0.1,null]}");
}

/* What is no UTF-8 becomes U+FFFD, byte by byte; what is stays. */
static void test_bad_utf8(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "\xff", "\"\xef\xbf\xbd\"" },
		{ "a\xc3", "\"a\xef\xbf\xbd\"" },
		{ "\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"" },
		{ "\xe0\xa0\x80", "\"\xe0\xa0\x80\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(buf_done) struct buf out = BUF_INIT;
		struct json_writer w = JSON_WRITER(&out, 0);

		json_cstring(&w, cases[i].text);
		assert_string_equal(out.data, cases[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_indent),
		cmocka_unit_test(test_writer),
		cmocka_unit_test(test_bad_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
