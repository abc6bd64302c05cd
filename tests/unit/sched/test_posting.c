/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Lists by hash: found while they are there, however crowded the table is. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "sched/posting.h"

enum { THINGS = 500 };

static bool posted(const struct sched_postings *p, uint64_t hash, const void *item)
{
	const struct sched_posting *list = sched_postings_find(p, hash);

	for (uint32_t i = 0; list && i < list->count; i++)
		if (list->items[i] == item)
			return true;
	return false;
}

static void test_few(void **state)
{
	struct sched_postings p = { 0 };
	int a, b;

	(void)state;
	assert_null(sched_postings_find(&p, 5));
	sched_postings_remove(&p, 5, &a);
	sched_postings_add(&p, 5, &a);
	sched_postings_add(&p, 5, &b);
	assert_int_equal(sched_postings_find(&p, 5)->count, 2);
	sched_postings_remove(&p, 5, &a);
	assert_true(posted(&p, 5, &b));
	assert_false(posted(&p, 5, &a));
	sched_postings_remove(&p, 5, &b);
	assert_null(sched_postings_find(&p, 5));
	sched_postings_done(&p);
}

/* All hashes collide in their low bits; every third thing is taken away again. */
static void test_crowded(void **state)
{
	struct sched_postings p = { 0 };
	char things[THINGS];

	(void)state;
	for (uint64_t i = 0; i < THINGS; i++)
		sched_postings_add(&p, (i % 100) << 32 | (i % 7), &things[i]);
	for (uint64_t i = 0; i < THINGS; i += 3)
		sched_postings_remove(&p, (i % 100) << 32 | (i % 7), &things[i]);
	for (uint64_t i = 0; i < THINGS; i++)
		assert_int_equal(posted(&p, (i % 100) << 32 | (i % 7), &things[i]), i % 3 != 0);
	sched_postings_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_few),
		cmocka_unit_test(test_crowded),
	};

	return cmocka_run_group_tests_name("sched/posting", tests, NULL, NULL);
}
