/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The pointer map against an array, under a long mix of puts and removals. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/base/str.h"
#include "sched/ids.h"
#include "tests/share/random.h"

enum { KEYS = 200, STEPS = 20000 };

static void test_mix(void **state)
{
	_cleanup_(sched_ids_done) struct sched_ids m = { 0 };
	static char keys[KEYS];
	static int values[STEPS];
	void *have[KEYS] = { 0 };
	struct rng x = { 1 };
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < STEPS; i++) {
		size_t k = rng_below(&x, KEYS);

		if (rng_below(&x, 2) == 0) {
			assert_ptr_equal(sched_ids_put(&m, &keys[k], &values[i]), have[k]);
			count += have[k] == NULL;
			have[k] = &values[i];
		} else {
			assert_ptr_equal(sched_ids_remove(&m, &keys[k]), have[k]);
			count -= have[k] != NULL;
			have[k] = NULL;
		}
		assert_int_equal(m.count, count);
		k = rng_below(&x, KEYS);
		assert_ptr_equal(sched_ids_get(&m, &keys[k]), have[k]);
	}
}

static void test_empty(void **state)
{
	struct sched_ids m = { 0 };
	int x = 0;

	(void)state;
	assert_null(sched_ids_get(&m, &x));
	assert_null(sched_ids_remove(&m, &x));
	sched_ids_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
