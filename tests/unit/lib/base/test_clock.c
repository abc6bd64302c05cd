/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "lib/base/time.h"

static void test_clocks(void **state)
{
	nsec_t built, a = time_monotonic(), b = time_monotonic();

	(void)state;
	assert_int_equal(time_parse("2025-01-01T00:00:00Z", &built), 0);
	assert_true(time_now() > built);
	assert_true(a > 0);
	assert_true(b >= a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
