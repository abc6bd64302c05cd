/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Sets of indexes: their texts, and that they are sets. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "lib/base/str.h"
#include "reconciler/indexes.h"

static void assert_text(const struct indexes *s, const char *wanted)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	indexes_format(s, &text);
	assert_string_equal(text.len > 0 ? text.data : "", wanted);
}

static void test_texts(void **state)
{
	static const struct {
		const char *text, *wanted;
		int64_t total;
	} cases[] = {
		{ "", "", 0 },
		{ "0", "0", 1 },
		{ "1,3-5,7", "1,3-5,7", 5 },
		{ "1-2", "1,2", 2 },
		{ "0,1,2", "0-2", 3 },
		{ "5-7,1", "1,5-7", 4 },
		{ "1-4,3-6", "1-6", 6 },
		{ "1-x,2", "2", 1 },
		{ "7-5,x,,9", "9", 1 },
		{ "99999999999,3", "3", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct indexes s = { 0 };

		indexes_parse(&s, cases[i].text);
		assert_text(&s, cases[i].wanted);
		assert_int_equal(indexes_total(&s), cases[i].total);
		indexes_done(&s);
	}
}

/* Any order of adding gives the same runs; nothing is added twice. */
static void test_adding(void **state)
{
	struct indexes s = { 0 };

	(void)state;
	for (int64_t i = 0; i < 100; i++)
		assert_true(indexes_add(&s, i * 37 % 100));
	for (int64_t i = 0; i < 100; i++)
		assert_false(indexes_add(&s, i));
	assert_text(&s, "0-99");
	indexes_cut(&s, 10);
	assert_text(&s, "0-9");
	assert_true(indexes_add(&s, 12));
	indexes_cut(&s, 12);
	assert_text(&s, "0-9");
	indexes_cut(&s, 0);
	assert_text(&s, "");
	indexes_done(&s);
}

static void test_asking(void **state)
{
	struct indexes s = { 0 }, other = { 0 };

	(void)state;
	indexes_parse(&s, "1,3-5,7");
	indexes_parse(&other, "0-3,5-6");
	assert_true(indexes_has(&s, 4));
	assert_false(indexes_has(&s, 2));
	assert_false(indexes_has(&s, 8));
	assert_int_equal(indexes_gap(&s, 0), 0);
	assert_int_equal(indexes_gap(&s, 1), 2);
	assert_int_equal(indexes_gap(&s, 3), 6);
	assert_int_equal(indexes_gap(&s, 9), 9);
	assert_int_equal(indexes_common(&s, &other), 3);
	assert_int_equal(indexes_common(&other, &s), 3);
	indexes_done(&s);
	indexes_done(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_texts), cmocka_unit_test(test_adding),
		cmocka_unit_test(test_asking) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
