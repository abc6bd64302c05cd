/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Counters against plain arrays: counts by domain, their least and greatest. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "sched/counter.h"

enum { NODES = 12, DOMAINS = 4, STEPS = 100000 };

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void test_space(void **state)
{
	struct sched_space s = { 0 };

	(void)state;
	assert_int_equal(sched_space_domain(&s, 3), 0);
	sched_space_set(&s, 3, 2);
	sched_space_set(&s, 4, 2);
	sched_space_set(&s, 5, 1);
	assert_int_equal(sched_space_domain(&s, 3), 2);
	assert_int_equal(s.domains, 2);
	assert_int_equal(s.nodes, 3);
	sched_space_set(&s, 3, 7);
	assert_int_equal(s.domains, 3);
	assert_int_equal(s.nodes, 3);
	sched_space_set(&s, 3, 0);
	sched_space_set(&s, 4, 0);
	sched_space_set(&s, 5, 0);
	assert_int_equal(s.domains, 0);
	assert_int_equal(s.nodes, 0);
	sched_space_done(&s);
}

static void test_ends(void **state)
{
	struct sched_space s = { 0 };
	struct sched_counter c;

	(void)state;
	sched_counter_init(&c, &s, true);
	assert_int_equal(sched_counter_low(&c), 0);
	assert_int_equal(sched_counter_high(&c), 0);
	for (uint32_t n = 0; n < 3; n++)
		sched_space_set(&s, n, n + 1);
	sched_counter_add(&c, 9, 5); /* in no domain */
	assert_int_equal(c.total, 0);
	sched_counter_add(&c, 0, 3);
	sched_counter_add(&c, 1, 1);
	assert_int_equal(sched_counter_low(&c), 0);
	assert_int_equal(sched_counter_high(&c), 3);
	sched_counter_add(&c, 2, 2);
	assert_int_equal(sched_counter_low(&c), 1);
	/* The lowest domain's only node goes, with its pod. */
	sched_counter_add(&c, 1, -1);
	assert_int_equal(sched_counter_low(&c), 0);
	sched_space_set(&s, 1, 0);
	assert_int_equal(sched_counter_low(&c), 2);
	sched_counter_add(&c, 0, -3);
	sched_counter_add(&c, 2, -2);
	assert_int_equal(sched_counter_high(&c), 0);
	assert_int_equal(sched_counter_low(&c), 0);
	sched_counter_done(&c);
	sched_space_done(&s);
}

/* --- a random history ------------------------------------------------------------------------------ */

struct plain {
	uint32_t domain[NODES];
	int32_t pods[NODES];
};

static void expect(const struct plain *p, struct sched_counter *c)
{
	int32_t counts[DOMAINS + 1] = { 0 }, low = INT32_MAX, high = 0;
	bool there[DOMAINS + 1] = { false };

	for (uint32_t n = 0; n < NODES; n++) {
		there[p->domain[n]] = true;
		if (p->domain[n] > 0)
			counts[p->domain[n]] += p->pods[n];
	}
	for (uint32_t d = 1; d <= DOMAINS; d++) {
		assert_int_equal(sched_counter_get(c, d), counts[d]);
		if (there[d] && counts[d] < low)
			low = counts[d];
		if (counts[d] > high)
			high = counts[d];
	}
	assert_int_equal(sched_counter_low(c), low == INT32_MAX ? 0 : low);
	assert_int_equal(sched_counter_high(c), high);
}

static void move(
	struct plain *p, struct sched_counter *c, struct sched_space *s, uint32_t node, uint32_t domain)
{
	sched_counter_add(c, node, -p->pods[node]);
	sched_space_set(s, node, domain);
	p->domain[node] = domain;
	sched_counter_add(c, node, p->pods[node]);
}

static void test_history(void **state)
{
	struct sched_space s = { 0 };
	struct sched_counter c;
	struct plain p = { 0 };
	uint32_t seed = 7;

	(void)state;
	sched_counter_init(&c, &s, true);
	for (unsigned i = 0; i < STEPS; i++) {
		uint32_t node = next(&seed) % NODES;
		bool grow = next(&seed) % 100 < 50 + (i / 1000 % 2) * 8;

		if (next(&seed) % 50 == 0)
			move(&p, &c, &s, node, next(&seed) % (DOMAINS + 1));
		else if (grow || p.pods[node] == 0)
			p.pods[node]++, sched_counter_add(&c, node, 1);
		else
			p.pods[node]--, sched_counter_add(&c, node, -1);
		expect(&p, &c);
	}
	sched_counter_done(&c);
	sched_space_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_space),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_history),
	};

	return cmocka_run_group_tests_name("sched/counter", tests, NULL, NULL);
}
