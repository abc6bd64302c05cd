/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* A tally against an array of all numbers. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "sched/tally.h"

enum { KEYS = 300, STEPS = 200000 };

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void test_empty(void **state)
{
	struct sched_tally t = { 0 };

	(void)state;
	assert_int_equal(sched_tally_get(&t, 7), 0);
	assert_int_equal(sched_tally_add(&t, 7, 0), 0);
	assert_int_equal(t.count, 0);
	assert_int_equal(sched_tally_add(&t, 7, -2), -2);
	assert_int_equal(sched_tally_get(&t, 7), -2);
	assert_int_equal(sched_tally_get(&t, 8), 0);
	assert_int_equal(sched_tally_add(&t, 7, 2), 0);
	assert_int_equal(t.count, 0);
	sched_tally_done(&t);
}

/* Keys that stay few, so that they come and go all the time; then many. */
static void walk(struct sched_tally *t, int32_t *plain, uint32_t keys, uint32_t *seed)
{
	for (unsigned i = 0; i < STEPS; i++) {
		uint32_t key = 1 + next(seed) % keys;
		int32_t delta = (int32_t)(next(seed) % 5) - 2;

		if (plain[key] > 3 || (next(seed) & 3) == 0)
			delta = -plain[key];
		plain[key] += delta;
		assert_int_equal(sched_tally_add(t, key, delta), plain[key]);
	}
}

static void test_like_an_array(void **state)
{
	struct sched_tally t = { 0 };
	int32_t plain[KEYS + 1] = { 0 };
	uint32_t seed = 1, used = 0;

	(void)state;
	walk(&t, plain, 11, &seed);
	walk(&t, plain, KEYS, &seed);
	for (uint32_t key = 1; key <= KEYS; key++) {
		assert_int_equal(sched_tally_get(&t, key), plain[key]);
		used += plain[key] != 0;
	}
	assert_int_equal(t.count, used);
	assert_true(t.cap >= t.count);
	sched_tally_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_like_an_array),
	};

	return cmocka_run_group_tests_name("sched/tally", tests, NULL, NULL);
}
