/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nodeagent/cidr.h"

static const struct {
	const char *text;
	int code;
} parse_cases[] = {
	{ "10.244.0.0/24", 0 },
	{ "0.0.0.0/0", 0 },
	{ "10.0.0.1/32", 0 },
	{ "10.0.0.1/31", -EINVAL },
	{ "10.0.0.0/33", -EINVAL },
	{ "10.0.0.0/-1", -EINVAL },
	{ "10.0.0.0/+8", -EINVAL },
	{ "10.0.0.0/", -EINVAL },
	{ "10.0.0.0", -EINVAL },
	{ "10.0.0/8", -EINVAL },
	{ "", -EINVAL },
	{ "/8", -EINVAL },
	{ "fd00::/64", 0 },
	{ "fd00::1/64", -EINVAL },
	{ "fd00::/129", -EINVAL },
};

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(parse_cases); i++) {
		struct cidr c;
		struct err err = { 0 };
		char text[CIDR_TEXT_MAX];
		int r = cidr_parse(parse_cases[i].text, &c, &err);

		if (r != parse_cases[i].code)
			fail_msg("%s: %d, expected %d", parse_cases[i].text, r, parse_cases[i].code);
		if (r == 0)
			assert_string_equal(cidr_format(&c, text), parse_cases[i].text);
		else
			assert_int_not_equal(err.text[0], 0);
	}
}

static const struct {
	const char *a, *b;
	bool overlap;
} overlap_cases[] = {
	{ "10.244.0.0/24", "10.244.0.0/16", true },
	{ "10.244.0.0/24", "10.244.0.7/32", true },
	{ "10.244.0.0/24", "10.244.1.0/24", false },
	{ "10.244.0.0/23", "10.244.1.0/24", true },
	{ "10.244.2.0/23", "10.244.1.0/24", false },
	{ "0.0.0.0/0", "10.244.1.0/24", true },
	{ "10.244.0.128/25", "10.244.0.0/25", false },
	{ "::/0", "0.0.0.0/0", false },
	{ "fd00:1::/64", "fd00:1::/48", true },
	{ "fd00:1::/64", "fd00:2::/64", false },
};

static void test_overlaps(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(overlap_cases); i++) {
		struct cidr a, b;

		assert_int_equal(cidr_parse(overlap_cases[i].a, &a, NULL), 0);
		assert_int_equal(cidr_parse(overlap_cases[i].b, &b, NULL), 0);
		if (cidr_overlaps(&a, &b) != overlap_cases[i].overlap ||
			cidr_overlaps(&b, &a) != overlap_cases[i].overlap)
			fail_msg("%s, %s: expected %d", overlap_cases[i].a, overlap_cases[i].b,
				overlap_cases[i].overlap);
		assert_true(cidr_equal(&a, &a));
		assert_false(cidr_equal(&a, &b));
	}
}

static void test_address(void **state)
{
	struct cidr c;
	char text[CIDR_TEXT_MAX];

	(void)state;
	assert_int_equal(cidr_parse_address("169.254.1.1", &c, NULL), 0);
	assert_string_equal(cidr_format(&c, text), "169.254.1.1/32");
	assert_int_equal(cidr_parse_address("::1", &c, NULL), 0);
	assert_string_equal(cidr_format(&c, text), "::1/128");
	assert_int_equal(cidr_parse_address("1.2.3.4/32", &c, NULL), -EINVAL);
	assert_int_equal(cidr_parse_address("localhost", &c, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_overlaps),
		cmocka_unit_test(test_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
