/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Pauses: how they grow, how far they are from each other, and that they are the same again. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

#include "reconciler/backoff.h"

#define FIRST (500 * NSEC_PER_MSEC)
#define MOST (30 * NSEC_PER_SEC)

static void test_grows_to_its_bound(void **state)
{
	nsec_t middle = FIRST;

	(void)state;
	for (unsigned n = 0; n < 1000; n++, middle = middle * 2 < MOST ? middle * 2 : MOST) {
		nsec_t pause = backoff_pause("n1", n, FIRST, MOST);

		assert_in_range(pause, middle / 4 * 3, middle / 4 * 5);
		assert_int_equal(pause, backoff_pause("n1", n, FIRST, MOST));
	}
}

/* Of a thousand that lose the same thing at once, no second of the last pause has many more than its part. */
static void test_spreads(void **state)
{
	unsigned of_second[40] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "node-%u", i);
		of_second[backoff_pause(name, 9, FIRST, MOST) / NSEC_PER_SEC]++;
	}
	for (unsigned s = 0; s < 40; s++)
		if (of_second[s] > 110)
			fail_msg("%u of 1000 in second %u, where 66 would be even", of_second[s], s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows_to_its_bound),
		cmocka_unit_test(test_spreads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
