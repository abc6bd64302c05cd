/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>

#include "lib/base/str.h"
#include "lib/object/int_or_string.h"

static const struct {
	struct int_or_string v;
	const char *text; /* what it means */
	int64_t percent;
	int result; /* of scaling 7 */
	int64_t up, down;
} cases[] = {
	{ { .set = true, .integer = 0 }, "0", -1, 0, 0, 0 },
	{ { .set = true, .integer = 5 }, "5", -1, 0, 5, 5 },
	{ { .set = true, .integer = -5 }, "-5", -1, 0, -5, -5 },
	{ { .set = true, .integer = INT64_MAX }, "9223372036854775807", -1, 0, INT64_MAX, INT64_MAX },
	{ { .set = true, .string = "5" }, "5", -1, 0, 5, 5 },
	{ { .set = true, .string = "007" }, "7", -1, 0, 7, 7 },
	{ { .set = true, .string = "+5" }, "5", -1, 0, 5, 5 },
	{ { .set = true, .string = "0%" }, "0%", 0, 0, 0, 0 },
	{ { .set = true, .string = "1%" }, "1%", 1, 0, 1, 0 },
	{ { .set = true, .string = "25%" }, "25%", 25, 0, 2, 1 },
	{ { .set = true, .string = "025%" }, "25%", 25, 0, 2, 1 },
	{ { .set = true, .string = "100%" }, "100%", 100, 0, 7, 7 },
	{ { .set = true, .string = "9999%" }, "9999%", 9999, 0, 700, 699 },
	{ { .set = true, .string = "10000%" }, "10000%", -1, -EINVAL, 0, 0 },
	{ { .set = true, .string = "%" }, "%", -1, -EINVAL, 0, 0 },
	{ { .set = true, .string = "-5%" }, "-5%", -1, -EINVAL, 0, 0 },
	{ { .set = true, .string = "5 %" }, "5 %", -1, -EINVAL, 0, 0 },
	{ { .set = true, .string = "5%%" }, "5%%", -1, -EINVAL, 0, 0 },
	{ { .set = true, .string = "1.5%" }, "1.5%", -1, -EINVAL, 0, 0 },
	{ { .set = true, .string = "http" }, "http", -1, -EINVAL, 0, 0 },
	{ { .set = true, .string = "" }, "", -1, -EINVAL, 0, 0 },
	{ { .set = true, .string = "99999999999999999999" }, "99999999999999999999", -1, -EINVAL, 0, 0 },
};

static void test_meaning(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(buf_done) struct buf text = BUF_INIT;
		int64_t up, down;

		int_or_string_format(&cases[i].v, &text);
		if (!str_eq(text.data, cases[i].text))
			fail_msg("case %zu is \"%s\", expected \"%s\"", i, text.data, cases[i].text);
		if (int_or_string_percent(&cases[i].v) != cases[i].percent)
			fail_msg("\"%s\": a wrong percentage", text.data);
		if (int_or_string_scale(&cases[i].v, 7, true, &up) != cases[i].result ||
			int_or_string_scale(&cases[i].v, 7, false, &down) != cases[i].result ||
			up != cases[i].up || down != cases[i].down)
			fail_msg(
				"\"%s\" of 7: %lld up, %lld down", text.data, (long long)up, (long long)down);
	}
}

/* Equal exactly where the text form is. */
static void test_equal(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t j = 0; j < ARRAY_LEN(cases); j++)
			if (int_or_string_equal(&cases[i].v, &cases[j].v) !=
				str_eq(cases[i].text, cases[j].text))
				fail_msg("\"%s\" and \"%s\"", cases[i].text, cases[j].text);
}

static void test_edges(void **state)
{
	const struct int_or_string none = { 0 }, half = { .set = true, .string = "50%" },
				   most = { .set = true, .string = "9999%" };
	int64_t n;

	(void)state;
	assert_int_equal(int_or_string_scale(&none, 7, true, &n), 0);
	assert_true(n == 0);
	assert_int_equal(int_or_string_scale(&half, 0, true, &n), 0);
	assert_true(n == 0);
	assert_int_equal(int_or_string_scale(&most, INT64_MAX, true, &n), 0);
	assert_true(n == INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meaning),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
