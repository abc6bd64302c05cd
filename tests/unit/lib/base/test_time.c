/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "lib/base/time.h"

static void test_round_trips(void **state)
{
	static const struct {
		const char *text, *nano;
		nsec_t t;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000000Z", 0 },
		{ "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.999999999Z", -1 },
		{ "2000-02-29T12:00:00Z", "2000-02-29T12:00:00.500000000Z", 951825600500000000 },
		{ "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000001Z", 1767323045000000001 },
		{ "2100-02-28T23:59:59Z", "2100-02-28T23:59:59.000000000Z", 4107542399000000000 },
		{ "2100-03-01T00:00:00Z", "2100-03-01T00:00:00.000000000Z", 4107542400000000000 },
		{ "2262-04-11T23:47:16Z", "2262-04-11T23:47:16.854775807Z", INT64_MAX },
		{ "1677-09-21T00:12:43Z", "1677-09-21T00:12:43.145224192Z", INT64_MIN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[TIME_TEXT_MAX];
		nsec_t t;

		assert_string_equal(time_format(cases[i].t, text), cases[i].text);
		assert_string_equal(time_format_nano(cases[i].t, text), cases[i].nano);
		assert_int_equal(time_parse(text, &t), 0);
		assert_true(t == cases[i].t);
	}
}

/* Every day of eight centuries is one after the day before. */
static void test_every_day(void **state)
{
	char text[TIME_TEXT_MAX];
	nsec_t day = 86400 * NSEC_PER_SEC, t, parsed;

	(void)state;
	assert_int_equal(time_parse("1678-01-01T00:00:00Z", &t), 0);
	for (int i = 0; i < 213000; i++, t += day) {
		assert_int_equal(time_parse(time_format(t, text), &parsed), 0);
		if (parsed != t)
			fail_msg("%s", text);
	}
	assert_string_equal(time_format(t, text), "2261-03-06T00:00:00Z");
}

static void test_parse(void **state)
{
	static const struct {
		const char *s;
		nsec_t t;
	} good[] = {
		{ "2026-01-02T03:04:05+01:30", 1767317645000000000 },
		{ "2026-01-02T03:04:05-01:30", 1767328445000000000 },
		{ "2026-01-02T03:04:05+00:00", 1767323045000000000 },
		{ "2026-01-02T03:04:05.5Z", 1767323045500000000 },
		{ "2026-01-02T03:04:05.123456789123Z", 1767323045123456789 },
		{ "1969-12-31T23:59:59.25Z", -750000000 },
	};
	static const char *const bad[] = {
		"",
		"2026-01-02",
		"2026-01-02T03:04:05",
		"2026-01-02 03:04:05Z",
		"2026-01-02t03:04:05z",
		"2026-1-2T03:04:05Z",
		"2026-13-02T03:04:05Z",
		"2026-00-02T03:04:05Z",
		"2026-02-29T03:04:05Z",
		"1900-02-29T03:04:05Z",
		"2026-04-31T03:04:05Z",
		"2026-01-00T03:04:05Z",
		"2026-01-02T24:00:00Z",
		"2026-01-02T03:60:05Z",
		"2026-01-02T03:04:60Z",
		"2026-01-02T03:04:05.Z",
		"2026-01-02T03:04:05Zx",
		"2026-01-02T03:04:05+0130",
		"2026-01-02T03:04:05+24:00",
		"2026-01-02T03:04:05+01:60",
		"2262-04-11T23:47:16.854775808Z",
		"0001-01-01T00:00:00Z",
		"9999-12-31T23:59:59Z",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		nsec_t t = 0;

		if (time_parse(good[i].s, &t) != 0 || t != good[i].t)
			fail_msg("%s: %lld", good[i].s, (long long)t);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		nsec_t t = 42;

		if (time_parse(bad[i], &t) != -EINVAL || t != 42)
			fail_msg("%s: %lld", bad[i], (long long)t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_every_day),
		cmocka_unit_test(test_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
