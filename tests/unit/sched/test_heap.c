/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Random histories: the first of the heap is the greatest of all keys, and each node is where its place says. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdbool.h>

#include "sched/heap.h"
#include "tests/share/random.h"

enum { NODES = 60, STEPS = 5000 };

struct here {
	struct sched_heap heap;
	uint32_t place[NODES], by_order[NODES], order[NODES];
	uint64_t keys[NODES]; /* 0: it isn't in the heap */
	struct rng random;
};

static uint64_t draw(struct here *h, uint64_t below)
{
	return rng_below(&h->random, below);
}

static struct sched_places places(struct here *h)
{
	return (struct sched_places){ .place = h->place, .by_order = h->by_order };
}

/* Names are in an order of their own. */
static void set_up(struct here *h, uint64_t seed)
{
	*h = (struct here){ .random = { seed } };
	for (uint32_t i = 0; i < NODES; i++) {
		h->order[i] = (i * 7 + 3) % NODES;
		h->by_order[h->order[i]] = i;
	}
}

static uint64_t some_key(struct here *h, uint32_t node)
{
	return sched_key((int64_t)draw(h, 4), (uint32_t)draw(h, 3), h->order[node]);
}

static void expect(const struct here *h)
{
	uint64_t best = 0;
	uint32_t count = 0;

	for (uint32_t i = 0; i < NODES; i++) {
		best = h->keys[i] > best ? h->keys[i] : best;
		count += h->keys[i] > 0;
		assert_int_equal(h->place[i] > 0, h->keys[i] > 0);
		if (h->place[i] > 0)
			assert_int_equal(h->heap.keys[h->place[i] - 1], h->keys[i]);
	}
	assert_int_equal(h->heap.count, count);
	if (count > 0)
		assert_int_equal(h->heap.keys[0], best);
}

static void test_histories(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct here h;
		struct sched_places p;

		set_up(&h, seed * 31);
		p = places(&h);
		for (unsigned step = 0; step < STEPS; step++) {
			uint32_t node = (uint32_t)draw(&h, NODES);

			if (draw(&h, 3) > 0) {
				h.keys[node] = some_key(&h, node);
				sched_heap_put(&h.heap, &p, node, h.keys[node]);
			} else if (h.keys[node] > 0) {
				h.keys[node] = 0;
				sched_heap_take(&h.heap, &p, node);
			}
			expect(&h);
		}
		sched_heap_done(&h.heap);
	}
}

static void test_built(void **state)
{
	(void)state;
	for (uint32_t count = 0; count <= NODES; count++) {
		struct here h;
		struct sched_places p;

		set_up(&h, count + 5);
		p = places(&h);
		for (uint32_t i = 0; i < count; i++) {
			h.keys[i] = some_key(&h, i);
			sched_heap_append(&h.heap, h.keys[i]);
		}
		sched_heap_build(&h.heap, &p);
		expect(&h);
		sched_heap_done(&h.heap);
	}
}

/* A higher score, then fewer pods, then the name. */
static void test_keys(void **state)
{
	(void)state;
	assert_true(sched_key(5, 9, 9) > sched_key(4, 0, 0));
	assert_true(sched_key(5, 1, 9) > sched_key(5, 2, 0));
	assert_true(sched_key(5, 1, 3) > sched_key(5, 1, 4));
	assert_true(sched_key(0, 5000000, 3) > sched_key(0, 5000000, 4));
	assert_int_equal(sched_key_order(sched_key(2400, 110, 19999)), 19999);
	assert_int_equal(sched_key_score(sched_key(2400, 110, 19999)), 2400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_histories),
		cmocka_unit_test(test_built),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
