/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"

static void test_compare(void **state)
{
	(void)state;
	assert_true(str_eq("a", "a"));
	assert_false(str_eq("a", "b"));
	assert_false(str_eq("a", NULL));
	assert_false(str_eq(NULL, ""));
	assert_true(str_eq(NULL, NULL));
	assert_true(str_cmp("a", "b") < 0);
	assert_true(str_cmp(NULL, "") < 0);
	assert_true(str_cmp("", NULL) > 0);
	assert_int_equal(str_cmp(NULL, NULL), 0);
}

static void test_affixes(void **state)
{
	(void)state;
	assert_true(str_starts("pintle", "pin"));
	assert_true(str_starts("pintle", ""));
	assert_false(str_starts("pin", "pintle"));
	assert_true(str_ends("web.json", ".json"));
	assert_true(str_ends("x", ""));
	assert_false(str_ends("json", ".json"));
	assert_string_equal(str_after("refs/heads/main", "refs/heads/"), "main");
	assert_string_equal(str_after("x", "x"), "");
	assert_null(str_after("refs/tags/x", "refs/heads/"));
	assert_string_equal(str_or_empty(NULL), "");
	assert_string_equal(str_or_empty("x"), "x");
	assert_true(str_empty(NULL));
	assert_true(str_empty(""));
	assert_false(str_empty(" "));
}

static void test_to_i64(void **state)
{
	static const struct {
		const char *s;
		int r;
		int64_t v;
	} cases[] = {
		{ "0", 0, 0 },
		{ "-0", 0, 0 },
		{ "+7", 0, 7 },
		{ "007", 0, 7 },
		{ "-12", 0, -12 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "-9223372036854775808", 0, INT64_MIN },
		{ "9223372036854775808", -ERANGE, 0 },
		{ "-9223372036854775809", -ERANGE, 0 },
		{ "99999999999999999999", -ERANGE, 0 },
		{ "99999999999999999999x", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ "-", -EINVAL, 0 },
		{ "+-1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t v = 42;
		int r = str_to_i64(cases[i].s, &v);

		if (r != cases[i].r || v != (r < 0 ? 42 : cases[i].v))
			fail_msg("%s: %d, %lld", cases[i].s, r, (long long)v);
	}
}

static void test_qsort(void **state)
{
	const char *v[] = { "b", "", "a", "ab" };

	(void)state;
	qsort(v, ARRAY_LEN(v), sizeof(v[0]), str_cmp_qsort);
	assert_string_equal(v[0], "");
	assert_string_equal(v[1], "a");
	assert_string_equal(v[2], "ab");
	assert_string_equal(v[3], "b");
}

static void test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned limit, expected;
	} cases[] = {
		{ "", "", 3, 0 },
		{ "", "abc", 3, 3 },
		{ "abc", "", 2, 3 },
		{ "replicas", "replicas", 0, 0 },
		{ "replicas", "Replicas", 0, 0 },
		{ "replica", "replicas", 3, 1 },
		{ "repilcas", "replicas", 3, 1 }, /* neighbours swapped */
		{ "kitten", "sitting", 4, 3 },
		{ "kitten", "sitting", 2, 3 },
		{ "ca", "abc", 4, 3 }, /* 2 were letters put between swapped ones */
		{ "imagePullPolicy", "iamgePulPolcy", 4, 3 },
		{ "aaaa", "bbbb", 2, 3 },
		{ "a", "aaaaaaaaaa", 4, 5 },
		/* Each row's best is above the limit until the swap. */
		{ "ab", "ba", 1, 1 },
		{ "xab", "xba", 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsigned there = str_distance(cases[i].a, cases[i].b, cases[i].limit);
		unsigned back = str_distance(cases[i].b, cases[i].a, cases[i].limit);

		if (there != cases[i].expected || back != cases[i].expected)
			fail_msg("%s, %s: %u and %u, not %u", cases[i].a, cases[i].b, there, back,
				cases[i].expected);
	}
}

static void test_nearest(void **state)
{
	static const char *const fields[] = { "replicas", "selector", "template", "strategy", "paused",
		NULL };
	static const char *const none[] = { NULL };

	(void)state;
	assert_string_equal(str_nearest("replica", fields), "replicas");
	assert_string_equal(str_nearest("Template", fields), "template");
	assert_string_equal(str_nearest("tempalte", fields), "template");
	assert_string_equal(str_nearest("pused", fields), "paused");
	assert_null(str_nearest("nodeName", fields));
	assert_null(str_nearest("", fields));
	assert_null(str_nearest("x", none));
	/* The first of equals. */
	static const char *const twins[] = { "cat", "bat", NULL };
	assert_string_equal(str_nearest("rat", twins), "cat");
}

#define UTF8(text, ok, bad)                     \
	{                                       \
		text, sizeof(text) - 1, ok, bad \
	}

static void test_utf8(void **state)
{
	static const struct {
		const char *s;
		size_t len;
		bool ok;
		size_t bad;
	} cases[] = {
		UTF8("", true, 0),
		UTF8("plain", true, 0),
		UTF8("\x7f", true, 0),
		UTF8("a\0b", false, 1),
		UTF8("\x80", false, 0),
		UTF8("ab\xbf", false, 2),
		UTF8("\xc0\x80", false, 0), /* overlong NUL */
		UTF8("\xc1\xbf", false, 0),
		UTF8("\xc2\x80", true, 0),
		UTF8("\xdf\xbf", true, 0),
		UTF8("\xc2", false, 0),
		UTF8("\xc2\x41", false, 0),
		UTF8("\xe0\x9f\xbf", false, 0), /* overlong */
		UTF8("\xe0\xa0\x80", true, 0),
		UTF8("\xed\x9f\xbf", true, 0),
		UTF8("\xed\xa0\x80", false, 0), /* surrogate */
		UTF8("\xed\xbf\xbf", false, 0),
		UTF8("\xee\x80\x80", true, 0),
		UTF8("\xef\xbf\xbf", true, 0),
		UTF8("\xe2\x82", false, 0),
		UTF8("\xe2\x82\x41", false, 0),
		UTF8("\xf0\x8f\xbf\xbf", false, 0), /* overlong */
		UTF8("\xf0\x90\x80\x80", true, 0),
		UTF8("\xf4\x8f\xbf\xbf", true, 0),
		UTF8("\xf4\x90\x80\x80", false, 0), /* above U+10FFFF */
		UTF8("\xf5\x80\x80\x80", false, 0),
		UTF8("\xf0\x9f\x9a", false, 0),
		UTF8("\xf0\x9f\x9a\x41", false, 0),
		UTF8("\xff", false, 0),
		UTF8("h\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\xa2", true, 0),
		UTF8("h\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\xa2\xc3", false, 10),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t bad = 99;
		bool ok = str_is_utf8(cases[i].s, cases[i].len, &bad);

		if (ok != cases[i].ok || bad != (ok ? 99 : cases[i].bad))
			fail_msg("case %zu: %d at %zu", i, ok, bad);
		assert_int_equal(str_is_utf8(cases[i].s, cases[i].len, NULL), cases[i].ok);
	}
}

static void test_hex(void **state)
{
	char text[9];

	(void)state;
	str_hex("\x00\x0f\xa0\xff", 4, text);
	assert_string_equal(text, "000fa0ff");
	str_hex("", 0, text);
	assert_string_equal(text, "");
	assert_true(str_unhex("000fa0ffzz", text, 4));
	assert_memory_equal(text, "\x00\x0f\xa0\xff", 4);
	assert_true(str_unhex("", text, 0));
	assert_false(str_unhex("0", text, 1));
	assert_false(str_unhex("0F", text, 1));
	assert_false(str_unhex("0g", text, 1));
}

static void test_set(void **state)
{
	char *s = NULL;

	(void)state;
	str_set(&s, "abc");
	assert_string_equal(s, "abc");
	str_set(&s, s + 1); /* a part of itself */
	assert_string_equal(s, "bc");
	str_set(&s, NULL);
	assert_null(s);
	str_set(&s, NULL);
	assert_null(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_affixes),
		cmocka_unit_test(test_to_i64),
		cmocka_unit_test(test_qsort),
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
