/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The terms that go by a node alone, worked out by hand from score.h. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "sched/score.h"
#include "tests/unit/sched/load.h"

/* One pod on one node: what the node has, what the pod asks for, and the terms. */
static const struct {
	const char *node, *pod;
	int64_t spread, pack, balance;
} rooms[] = {
	{ "cpu: '4', memory: 8Gi", "requests: {cpu: 1, memory: 2Gi}", 75, 25, 100 },
	{ "cpu: '4', memory: 8Gi", "requests: {cpu: 4, memory: 8Gi}", 0, 100, 100 },
	/* 100 - (50 - 25) / 2, rounded as 100 - 12 */
	{ "cpu: '4', memory: 8Gi", "requests: {cpu: 2, memory: 2Gi}", 62, 37, 88 },
	/* Of 3000m 1000m are 33 %, and 66 % stay free. */
	{ "cpu: '3', memory: 8Gi", "requests: {cpu: 1, memory: 4Gi}", 58, 41, 92 },
	/* What isn't asked for counts as 100m and 200 MiB. */
	{ "cpu: '1', memory: 2000Mi", "{}", 90, 10, 100 },
	{ "cpu: '1', memory: 2000Mi", "limits: {cpu: 500m}", 70, 30, 80 },
	/* Too little, or none. */
	{ "cpu: 50m, memory: 2000Mi", "requests: {memory: 1000Mi}", 25, 25, 75 },
	{ "memory: 2000Mi", "requests: {memory: 1000Mi}", 25, 25, 75 },
};

static size_t wrong_by(const char *node, const char *pod, const char *term, int64_t wanted, int64_t found)
{
	if (wanted == found)
		return 0;
	print_error(
		"%s on {%s}: %s %lld, expected %lld\n", pod, node, term, (long long)found, (long long)wanted);
	return 1;
}

static void test_room(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rooms); i++) {
		const char *node = rooms[i].node, *asks = rooms[i].pod;
		_cleanup_(freep) char *node_text = xasprintf(
			"apiVersion: v1\nkind: Node\nmetadata: {name: a}\nstatus: {allocatable: {%s}}\n",
			node);
		_cleanup_(freep) char *pod_text = xasprintf(
			"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: "
			"{containers: [{name: c, image: i, resources: {%s}}]}\n",
			str_eq(asks, "{}") ? "" : asks);
		_cleanup_(object_unrefp) struct object *n = load(node_text), *p = load(pod_text);
		_cleanup_(sched_cluster_freep) struct sched_cluster *c = sched_cluster_new();
		struct sched_request *r = load_request(p);
		struct sched_look l = { .c = c, .r = r };

		sched_cluster_set_node(c, n);
		sched_request_prepare(c, r);
		l.n = sched_node_find(c, "a");
		l.node = l.n->index;
		wrong += wrong_by(node, asks, "Spread", rooms[i].spread, sched_score_fit(&l));
		wrong += wrong_by(node, asks, "balance", rooms[i].balance, sched_score_balance(&l));
		sched_cluster_set_strategy(c, SCHED_PACK);
		wrong += wrong_by(node, asks, "Pack", rooms[i].pack, sched_score_fit(&l));
		sched_request_unref(r);
	}
	assert_int_equal(wrong, 0);
}

/* The greatest of the pressures, in steps. */
static void test_interference(void **state)
{
	static const struct {
		struct sched_pressure pressure;
		int64_t term;
	} cases[] = {
		{ { 0, 0, 0 }, 100 },
		{ { 1, 0, 0 }, 90 },
		{ { 10, 5, 9 }, 90 },
		{ { 0, 11, 0 }, 80 },
		{ { 0, 0, 99 }, 0 },
		{ { 100, 0, 0 }, 0 },
		{ { 0, 0, 0 }, 100 },
	};
	_cleanup_(
		object_unrefp) struct object *n = load("apiVersion: v1\nkind: Node\nmetadata: {name: a}\n"),
					     *p = load(
						     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: "
						     "{containers: [{name: c, image: i}]}\n");
	_cleanup_(sched_cluster_freep) struct sched_cluster *c = sched_cluster_new();
	struct sched_request *r = load_request(p);
	struct sched_look l = { .c = c, .r = r };

	(void)state;
	sched_cluster_set_node(c, n);
	sched_request_prepare(c, r);
	l.n = sched_node_find(c, "a");
	l.node = l.n->index;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		sched_cluster_set_pressure(c, "a", cases[i].pressure);
		assert_int_equal(sched_score_term(&l, SCHED_TERM_INTERFERENCE), cases[i].term);
	}
	sched_request_unref(r);
}

/* All weights times 100 is 100, for both strategies. */
static void test_percent(void **state)
{
	(void)state;
	for (size_t s = SCHED_SPREAD; s <= SCHED_PACK; s++) {
		int64_t all = 0;

		for (size_t i = 0; i < SCHED_TERM_COUNT; i++)
			all += sched_weight((enum sched_strategy)s, (enum sched_term)i);
		assert_int_equal(sched_score_percent((enum sched_strategy)s, all * 100), 100);
		assert_int_equal(sched_score_percent((enum sched_strategy)s, all * 100 - 1), 99);
		assert_int_equal(sched_score_percent((enum sched_strategy)s, 0), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_interference),
		cmocka_unit_test(test_percent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
