/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What the kernel says of waiting, and when it is told. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "nodeagent/pressure.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		int64_t hundredths;
	} cases[] = {
		{ "some avg10=1.00 avg60=2.00 avg300=3.45 total=6\nfull avg10=9.00 avg60=9.00 avg300=9.00 "
		  "total=9\n",
			345 },
		{ "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n", 0 },
		{ "some avg10=100.00 avg60=100.00 avg300=100.00 total=0\n", 10000 },
		{ "some avg10=0.00 avg60=0.00 avg300=99.99", 9999 },
		{ "full avg10=7.00 avg60=7.00 avg300=7.00 total=7\nsome avg10=0.00 avg60=0.00 avg300=8.01 "
		  "total=7\n",
			801 },
		{ "some avg10=0.00 avg60=0.00 avg300=12 total=0\n", 1200 },
		{ "some avg10=0.00 avg60=0.00 avg300=12. total=0\n", 1200 },
		{ "some avg10=0.00 avg60=0.00 avg300=12.3 total=0\n", 1230 },
		{ "some avg10=0.00 avg60=0.00 avg300=12.345 total=0\n", 1234 },
		{ "some avg10=0.00 avg60=0.00 avg300=99999999999999999999.00 total=0\n", 10000 },
		{ "some avg10=0.00 avg60=0.00 avg300=x total=0\n", 0 },
		{ "some avg10=0.00 avg60=0.00 avg300=", 0 },
		{ "some avg10=0.00 total=0\nfull avg300=50.00\n", 0 },
		{ "awesome avg300=50.00\n", 0 },
		{ "", 0 },
		{ "\n\n", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (pressure_parse(cases[i].text) != cases[i].hundredths)
			fail_msg("%s: %lld, not %lld", cases[i].text,
				(long long)pressure_parse(cases[i].text), (long long)cases[i].hundredths);
}

/* Up at the step, down only from half a step below it. */
static void test_steps(void **state)
{
	static const struct {
		int64_t told, measured, tells;
	} cases[] = {
		{ 0, 0, 0 },
		{ 0, 999, 0 },
		{ 0, 1000, 10 },
		{ 0, 3712, 30 },
		{ 0, 10000, 100 },
		{ 10, 1000, 10 },
		{ 10, 999, 10 },
		{ 10, 500, 10 },
		{ 10, 499, 0 },
		{ 10, 2000, 20 },
		{ 50, 4500, 50 },
		{ 50, 4499, 40 },
		{ 50, 0, 0 },
		{ 100, 9999, 100 },
		{ 100, 9499, 90 },
		{ 100, 10000, 100 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(pressure_step(cases[i].told, cases[i].measured), cases[i].tells);
}

/* This host's, whatever it is, and with or without the files: read again at once it is the same, or a step away. */
static void test_read(void **state)
{
	struct wire_pressure p = { 0 };

	(void)state;
	pressure_read(&p);
	assert_in_range(p.cpu, 0, 100);
	assert_in_range(p.memory, 0, 100);
	assert_in_range(p.io, 0, 100);
	assert_int_equal(p.cpu % 10, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
