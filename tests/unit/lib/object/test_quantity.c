/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "lib/object/quantity.h"

static struct quantity parsed(const char *text)
{
	struct quantity q = { 0 };
	int r = quantity_parse(text, &q);

	if (r != 0)
		fail_msg("\"%s\" should parse, but gave %d", text, r);
	assert_true(q.set);
	return q;
}

/* Cases of quantity_test.go (TestQuantityParse, TestQuantityString) and of quantity.go's own comment. */
static void test_round_trips(void **state)
{
	static const struct {
		const char *text, *canonical;
	} cases[] = {
		{ "0", "0" },
		{ "0n", "0" },
		{ "0u", "0" },
		{ "0m", "0" },
		{ "0Ki", "0" },
		{ "0k", "0" },
		{ "0e-5", "0" },
		{ "-0", "0" },
		{ "00000000000", "0" },
		{ "1", "1" },
		{ "-1", "-1" },
		{ "+1", "1" },
		{ "1.", "1" },
		{ ".5", "500m" },
		{ "-.5", "-500m" },
		{ "0.5", "500m" },
		{ "1.5", "1500m" },
		{ "100m", "100m" },
		{ "1000m", "1" },
		{ "1500m", "1500m" },
		{ "1n", "1n" },
		{ "1u", "1u" },
		{ "10n", "10n" },
		{ "1000n", "1u" },
		{ "0.1n", "1n" },
		{ "-0.1n", "-1n" },
		{ "0.9n", "1n" },
		{ "1.1n", "2n" },
		{ "1k", "1k" },
		{ "1000k", "1M" },
		{ "1M", "1M" },
		{ "1.01M", "1010k" },
		{ "1G", "1G" },
		{ "1T", "1T" },
		{ "1P", "1P" },
		{ "1E", "1E" },
		{ "9E", "9E" },
		{ "9.2E", "9200P" },
		{ "1Ki", "1Ki" },
		{ "8Ki", "8Ki" },
		{ "1024Ki", "1Mi" },
		{ "7Mi", "7Mi" },
		{ "6Gi", "6Gi" },
		{ "1.5Gi", "1536Mi" },
		{ "5Ti", "5Ti" },
		{ "4Pi", "4Pi" },
		{ "3Ei", "3Ei" },
		{ "10Ki", "10Ki" },
		{ "0.5Ki", "512" },
		{ "1000Ki", "1000Ki" },
		{ "1.1Ki", "1126400m" },
		{ "0.0001Ki", "102400u" },
		{ "-12Mi", "-12Mi" },
		{ "12e6", "12e6" },
		{ "1e3", "1e3" },
		{ "1E3", "1e3" },
		{ "10e3", "10e3" },
		{ "100e4", "1e6" },
		{ "1e+3", "1e3" },
		{ "1e-3", "1e-3" },
		{ "123e-8", "1230e-9" },
		{ "1e0", "1" },
		{ "0.1e1", "1" },
		{ "100.035k", "100035" },
		{ "4.0", "4" },
		{ "0000.0500", "50m" },
		{ "1e-30", "1e-9" },
		{ "0.000000000000000000000000000000000000000000001", "1n" },
		{ "1.00000000000000000000000000000000000000000000001", "1000000001n" },
		{ "10000000000000000000000000000000000000000e-40", "1" },
		{ "0.0000000000000000000000000000000000000001e40", "1" },
		{ "9223372036854775807", "9223372036854775807" },
		{ "9223372036854775808", "9223372036854775808" },
		{ "-9223372036854775809", "-9223372036854775809" },
		{ "12E", "12E" },
		{ "100E", "100E" },
		{ "1000E", "1000E" },
		{ "1e27", "1e27" },
		{ "-1e28", "-10e27" },
		{ "8Ei", "9223372036854775807" },
		{ "10Ei", "9223372036854775807" },
		{ "-9Ei", "-9223372036854775807" },
		{ "9223372036854775807Ki", "9223372036854775807" },
		{ "1e99999999999999999999", "85070591730234615865843651857942052863e-9" },
		{ "1e-99999999999999999999", "1e-9" },
		{ "1e1000", "85070591730234615865843651857942052863e-9" },
		{ "0.7Ei", "807045053224792883200m" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct quantity q = parsed(cases[i].text), again;
		char text[QUANTITY_TEXT_MAX];

		if (strcmp(quantity_format(&q, text), cases[i].canonical) != 0)
			fail_msg(
				"\"%s\" is \"%s\", expected \"%s\"", cases[i].text, text, cases[i].canonical);
		again = parsed(text);
		if (quantity_cmp(&q, &again) != 0)
			fail_msg("\"%s\" does not read back as \"%s\"", text, cases[i].text);
	}
}

/* The invalid list of quantity_test.go, and a few that its grammar excludes though its code lets them pass. */
static void test_refused(void **state)
{
	static const char *const cases[] = { "", " ", "1 ", " 1", "1.1.M", "1+1.0M", "0.1mi", "0.1am", "aoeu",
		".5i", "1i", "-3.01i", "-3.01e-", "1e", "1e+", "1e3.5", "1ee3", "1KiB", "1K", "1mm", "--1",
		"+-1", ".", "+", "-", "m", "Ki", "1,000", "0x10", "1_000", "1g", "1 Gi", "١", "1Ki1",
		"trailing spaces: 1 \n", "NaN", "inf" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct quantity q = { 0 };
		int r = quantity_parse(cases[i], &q);

		if (r != -EINVAL)
			fail_msg("\"%s\" gave %d, expected -EINVAL", cases[i], r);
	}
}

static void test_formats(void **state)
{
	(void)state;
	assert_int_equal(parsed("1").format, QUANTITY_DECIMAL_SI);
	assert_int_equal(parsed("1E").format, QUANTITY_DECIMAL_SI);
	assert_int_equal(parsed("1E1").format, QUANTITY_DECIMAL_EXPONENT);
	assert_int_equal(parsed("1Ki").format, QUANTITY_BINARY_SI);
	assert_int_equal(parsed("0.0001Ki").format, QUANTITY_DECIMAL_SI);
}

/* Value() and MilliValue() round away from zero. */
static void test_units(void **state)
{
	static const struct {
		const char *text;
		int64_t units, milli;
	} cases[] = {
		{ "0", 0, 0 },
		{ "1", 1, 1000 },
		{ "1m", 1, 1 },
		{ "-1m", -1, -1 },
		{ "1u", 1, 1 },
		{ "1001m", 2, 1001 },
		{ "1500m", 2, 1500 },
		{ "-1500m", -2, -1500 },
		{ "1Ki", 1024, 1024000 },
		{ "1.5Gi", 1610612736, 1610612736000 },
		{ "9223372036854775807", INT64_MAX, INT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct quantity q = parsed(cases[i].text);

		if (quantity_units(&q) != cases[i].units || quantity_milli(&q) != cases[i].milli)
			fail_msg("\"%s\": %lld units, %lld thousandths", cases[i].text,
				(long long)quantity_units(&q), (long long)quantity_milli(&q));
	}
}

static void test_arithmetic(void **state)
{
	struct quantity a = { 0 }, b = parsed("512Mi"), c = parsed("1G");
	char text[QUANTITY_TEXT_MAX];

	(void)state;
	quantity_add(&a, &b);
	quantity_add(&a, &b);
	assert_string_equal(quantity_format(&a, text), "1Gi");
	assert_true(quantity_cmp(&a, &c) > 0);
	quantity_sub(&a, &b);
	assert_int_equal(quantity_cmp(&a, &b), 0);
	quantity_sub(&a, &b);
	assert_string_equal(quantity_format(&a, text), "0");

	a = parsed("9E");
	quantity_add(&a, &a);
	assert_string_equal(quantity_format(&a, text), "18E");
	assert_int_equal(quantity_units(&a), INT64_MAX);
	a = parsed("1e99");
	quantity_add(&a, &a);
	b = parsed("1e98");
	assert_int_equal(quantity_cmp(&a, &b), 0);
	a = parsed("0");
	b = parsed("1Gi");
	quantity_sub(&a, &b);
	assert_string_equal(quantity_format(&a, text), "-1Gi");

	a = quantity_from_units(2048, QUANTITY_BINARY_SI);
	assert_string_equal(quantity_format(&a, text), "2Ki");
	a = quantity_from_milli(-2500, QUANTITY_DECIMAL_SI);
	assert_string_equal(quantity_format(&a, text), "-2500m");
	a = quantity_from_units(INT64_MIN, QUANTITY_DECIMAL_SI);
	assert_true(quantity_units(&a) == INT64_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_arithmetic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
