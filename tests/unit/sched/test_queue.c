/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The order of turns: each rule decides only where those before it say nothing. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "sched/queue.h"
#include "tests/unit/sched/crowd.h"

enum { PODS_MAX = 8 };

/* SHAPE: which request: 0: 1 CPU, 1: 2 CPU, 2: 1 CPU, 3: 40 GiB of memory, 4: something that nobody has. */
struct waiting {
	const char *key;
	unsigned shape;
	int32_t priority;
	nsec_t deadline, created;
};

static const struct {
	const char *title;
	struct waiting pods[PODS_MAX];
	const char *order;
} cases[] = {
	{ "priority first", { { "a", 0, 1, NSEC_NEVER, 1 }, { "b", 0, 2, NSEC_NEVER, 9 } }, "b a" },
	{ "below zero too", { { "a", 0, -2, NSEC_NEVER, 1 }, { "b", 0, -1, NSEC_NEVER, 9 } }, "b a" },
	{ "then the nearest deadline",
		{ { "a", 0, 1, NSEC_NEVER, 1 }, { "b", 0, 1, 50, 9 }, { "c", 0, 1, 40, 9 } }, "c b a" },
	{ "then the oldest",
		{ { "a", 0, 1, NSEC_NEVER, 7 }, { "b", 1, 1, NSEC_NEVER, 8 }, { "c", 0, 1, NSEC_NEVER, 6 } },
		"c a b" },
	{ "then the largest share of any resource",
		{ { "a", 0, 1, NSEC_NEVER, 1 }, { "b", 1, 1, NSEC_NEVER, 1 }, { "c", 3, 1, NSEC_NEVER, 1 } },
		"c b a" },
	{ "what nobody has is largest", { { "a", 3, 1, NSEC_NEVER, 1 }, { "b", 4, 1, NSEC_NEVER, 1 } },
		"b a" },
	{ "equal pods one after the other, requests by their first pod",
		{ { "a", 2, 1, NSEC_NEVER, 1 }, { "b", 0, 1, NSEC_NEVER, 1 }, { "c", 2, 1, NSEC_NEVER, 1 },
			{ "d", 0, 1, NSEC_NEVER, 1 } },
		"a c b d" },
	{ "then by key, though keys begin alike and one begins the other",
		{ { "ns/web-10000000002", 0, 1, NSEC_NEVER, 1 }, { "ns/web-1", 0, 1, NSEC_NEVER, 1 },
			{ "ns/web-10000000001", 0, 1, NSEC_NEVER, 1 }, { "ns/web-2", 0, 1, NSEC_NEVER, 1 } },
		"ns/web-1 ns/web-10000000001 ns/web-10000000002 ns/web-2" },
};

static void test_cases(void **state)
{
	struct crowd *b = crowd_new();
	struct sched_request *shapes[5];

	(void)state;
	crowd_node(b, "n1", 8, "");
	crowd_node(b, "n2", 8, "");
	shapes[0] = crowd_request(b, 1000, "", "");
	shapes[1] = crowd_request(b, 2000, "", "");
	shapes[2] = crowd_request(b, 1000, "", "");
	shapes[3] = crowd_request(
		b, 100, "", "  - {name: d, image: i, resources: {requests: {memory: 40Gi}}}");
	shapes[4] = crowd_request(b, 100, "",
		"  - {name: d, image: i, resources: {requests: {example.com/gpu: 1}, limits: "
		"{example.com/gpu: 1}}}");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sched_pending pods[PODS_MAX];
		size_t count = 0;

		for (; count < PODS_MAX && cases[i].pods[count].key; count++) {
			const struct waiting *w = &cases[i].pods[count];

			pods[count] = (struct sched_pending){ .id = b,
				.request = shapes[w->shape],
				.key = w->key,
				.priority = w->priority,
				.deadline = w->deadline,
				.created = w->created };
		}
		sched_queue_order(b->c, pods, count);
		buf_clear(&b->said);
		for (size_t k = 0; k < count; k++)
			buf_addf(&b->said, "%s%s", k > 0 ? " " : "", pods[k].key);
		if (!str_eq(b->said.data, cases[i].order))
			fail_msg("%s: %s, expected %s", cases[i].title, b->said.data, cases[i].order);
	}
	crowd_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
