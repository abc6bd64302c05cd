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

#define US NSEC_PER_USEC
#define MS NSEC_PER_MSEC
#define S NSEC_PER_SEC
#define M (60 * S)
#define H (60 * M)
#define D (24 * H)
#define Y (365 * D)

/* The cases of Go's time package (TestDurationString). */
static void test_format(void **state)
{
	static const struct {
		nsec_t d;
		const char *text;
	} cases[] = {
		{ 0, "0s" },
		{ 1, "1ns" },
		{ 1100, "1.1µs" },
		{ 2200 * US, "2.2ms" },
		{ 3300 * MS, "3.3s" },
		{ 4 * M + 5 * S, "4m5s" },
		{ 4 * M + 5001 * MS, "4m5.001s" },
		{ 5 * H + 6 * M + 7001 * MS, "5h6m7.001s" },
		{ 8 * M + 1, "8m0.000000001s" },
		{ INT64_MAX, "2562047h47m16.854775807s" },
		{ INT64_MIN, "-2562047h47m16.854775808s" },
		{ H + 30 * M, "1h30m0s" },
		{ 250 * MS, "250ms" },
		{ 60 * S, "1m0s" },
		{ -S - 500 * MS, "-1.5s" },
		{ 999999999, "999.999999ms" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[TIME_TEXT_MAX];
		nsec_t d;

		assert_string_equal(duration_format(cases[i].d, text), cases[i].text);
		assert_int_equal(duration_parse(text, &d), 0);
		assert_true(d == cases[i].d);
	}
}

/* The cases of Go's time package (TestParseDuration). */
static void test_parse(void **state)
{
	static const struct {
		const char *s;
		nsec_t d;
	} cases[] = {
		{ "0", 0 },
		{ "5s", 5 * S },
		{ "30s", 30 * S },
		{ "1478s", 1478 * S },
		{ "-5s", -5 * S },
		{ "+5s", 5 * S },
		{ "-0", 0 },
		{ "+0", 0 },
		{ "5.0s", 5 * S },
		{ "5.6s", 5 * S + 600 * MS },
		{ "5.s", 5 * S },
		{ ".5s", 500 * MS },
		{ "1.0s", S },
		{ "1.00s", S },
		{ "1.004s", S + 4 * MS },
		{ "1.0040s", S + 4 * MS },
		{ "100.00100s", 100 * S + MS },
		{ "10ns", 10 },
		{ "11us", 11 * US },
		{ "12µs", 12 * US },
		{ "12μs", 12 * US },
		{ "13ms", 13 * MS },
		{ "14s", 14 * S },
		{ "15m", 15 * M },
		{ "16h", 16 * H },
		{ "3h30m", 3 * H + 30 * M },
		{ "10.5s4m", 4 * M + 10 * S + 500 * MS },
		{ "-2m3.4s", -(2 * M + 3 * S + 400 * MS) },
		{ "1h2m3s4ms5us6ns", H + 2 * M + 3 * S + 4 * MS + 5 * US + 6 },
		{ "39h9m14.425s", 39 * H + 9 * M + 14 * S + 425 * MS },
		{ "52763797000ns", 52763797000 },
		{ "0.3333333333333333333h", 20 * M },
		{ "9007199254740993ns", 9007199254740993 },
		{ "9223372036854775807ns", INT64_MAX },
		{ "9223372036854775.807us", INT64_MAX },
		{ "9223372036s854ms775us807ns", INT64_MAX },
		{ "-9223372036854775808ns", INT64_MIN },
		{ "-9223372036854775.808us", INT64_MIN },
		{ "-9223372036s854ms775us808ns", INT64_MIN },
		{ "0.100000000000000000000h", 6 * M },
		{ "0.830103483285477580700h", 49 * M + 48 * S + 372539827 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		nsec_t d = 42;
		int r = duration_parse(cases[i].s, &d);

		if (r != 0 || d != cases[i].d)
			fail_msg(
				"%s: %d, %lld, not %lld", cases[i].s, r, (long long)d, (long long)cases[i].d);
	}
}

static void test_parse_errors(void **state)
{
	static const struct {
		const char *s;
		int r;
	} cases[] = {
		{ "", -EINVAL },
		{ "3", -EINVAL },
		{ "-", -EINVAL },
		{ "s", -EINVAL },
		{ ".", -EINVAL },
		{ "-.", -EINVAL },
		{ ".s", -EINVAL },
		{ "+.s", -EINVAL },
		{ "1d", -EINVAL },
		{ "1S", -EINVAL },
		{ "1 s", -EINVAL },
		{ "1s ", -EINVAL },
		{ "1s-2s", -EINVAL },
		{ "\x85\x85", -EINVAL },
		{ "\xff\xff", -EINVAL },
		{ "hello \xff\xff world", -EINVAL },
		{ "9223372036854775810ns", -ERANGE },
		{ "9223372036854775808ns", -ERANGE },
		{ "-9223372036854775809ns", -ERANGE },
		{ "9223372036854776us", -ERANGE },
		{ "3000000h", -ERANGE },
		{ "9223372036854775.808us", -ERANGE },
		{ "9223372036854ms775us808ns", -ERANGE },
		{ "-9223372036854775808ns9223372036854775808ns", -ERANGE },
		{ "99999999999999999999999s", -ERANGE },
		{ "99999999999999999999999x", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		nsec_t d = 42;
		int r = duration_parse(cases[i].s, &d);

		if (r != cases[i].r || d != 42)
			fail_msg("\"%s\": %d, %lld", cases[i].s, r, (long long)d);
	}
}

/* apimachinery's duration.HumanDuration: the cases of its test and both sides of each border. */
static void test_human(void **state)
{
	static const struct {
		nsec_t d;
		const char *text;
	} cases[] = {
		{ -10 * S, "<invalid>" },
		{ -2 * S, "<invalid>" },
		{ -2 * S + 1, "0s" },
		{ -S, "0s" },
		{ 0, "0s" },
		{ S - 1, "0s" },
		{ S, "1s" },
		{ 70 * S, "70s" },
		{ 119 * S, "119s" },
		{ 2 * M, "2m" },
		{ 190 * S, "3m10s" },
		{ 10 * M - S, "9m59s" },
		{ 10 * M, "10m" },
		{ 70 * M, "70m" },
		{ 3 * H - S, "179m" },
		{ 3 * H, "3h" },
		{ 3 * H + 12 * M + 59 * S, "3h12m" },
		{ 8 * H - S, "7h59m" },
		{ 8 * H, "8h" },
		{ 47 * H, "47h" },
		{ 48 * H - S, "47h" },
		{ 48 * H, "2d" },
		{ 49 * H, "2d1h" },
		{ 8 * D - H, "7d23h" },
		{ 8 * D, "8d" },
		{ 45 * D + 5 * H, "45d" },
		{ 2 * Y - S, "729d" },
		{ 2 * Y, "2y" },
		{ 2 * Y + 11 * D + 3 * H, "2y11d" },
		{ 8 * Y - S, "7y364d" },
		{ 8 * Y, "8y" },
		{ 8 * Y + 364 * D, "8y" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[TIME_TEXT_MAX];

		assert_string_equal(duration_human(cases[i].d, text), cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_errors),
		cmocka_unit_test(test_human),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
