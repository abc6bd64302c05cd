/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The three rules of rebalance.h; and that what the plan says is what comes of it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "tests/share/random.h"
#include "tests/unit/sched/crowd.h"

enum { MOVES_MAX = 32 };

/* "d…" belongs to its node, "s…" stays. */
static enum sched_movable movable(const struct sched_pod *p, void *arg)
{
	(void)arg;
	return p->name[0] == 'd' ? SCHED_OF_NODE : p->name[0] == 's' ? SCHED_STAYS : SCHED_MOVES;
}

/* "a n1>n2 why; …" */
static const char *plan(struct crowd *b, size_t max)
{
	static const char *const why[] = { "violates", "loaded", "empties" };
	struct sched_move *moves = xcalloc(MOVES_MAX, sizeof(moves[0]));
	size_t count = sched_rebalance(b->c, movable, NULL, max, moves);

	buf_clear(&b->said);
	for (size_t i = 0; i < count; i++)
		buf_addf(&b->said, "%s %s>%s %s; ", moves[i].pod.name, moves[i].from, moves[i].to,
			why[moves[i].why]);
	free(moves);
	return b->said.data ? b->said.data : "";
}

static void put(
	struct crowd *b, const char *name, const char *node, int cpu, const char *labels, const char *spec)
{
	crowd_running(b, name, node, crowd_request(b, cpu, labels, spec), 0, 1);
}

static struct crowd *three_nodes(void)
{
	struct crowd *b = crowd_new();

	crowd_node(b, "n1", 4, "");
	crowd_node(b, "n2", 4, "");
	crowd_node(b, "n3", 4, "");
	return b;
}

static void test_violates(void **state)
{
	struct crowd *b = three_nodes();

	(void)state;
	put(b, "a", "n1", 100, "", "  nodeSelector: {kubernetes.io/hostname: n2}");
	put(b, "s", "n1", 100, "", "  nodeSelector: {kubernetes.io/hostname: n2}");
	put(b, "b", "n1", 100, "", "  nodeSelector: {kubernetes.io/hostname: nowhere}");
	put(b, "c", "n2", 100, "", "");
	assert_string_equal(plan(b, MOVES_MAX), "a n1>n2 violates; ");
	assert_string_equal(plan(b, 0), "");
	/* It is no change that was left behind. */
	assert_string_equal(plan(b, MOVES_MAX), "a n1>n2 violates; ");
	crowd_node(b, "n2", 4, "spec: {taints: [{key: k, value: v, effect: NoSchedule}]}");
	crowd_node(b, "n3", 4, "spec: {unschedulable: true}");
	assert_string_equal(plan(b, MOVES_MAX), "c n2>n1 violates; ");
	crowd_free(b);
}

static void test_apart(void **state)
{
	const char *apart =
		"  affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
		"[{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: x}}}]}}";
	struct crowd *b = three_nodes();

	(void)state;
	put(b, "a", "n1", 100, "app: x", apart);
	put(b, "b", "n1", 100, "app: x", apart);
	put(b, "c", "n2", 100, "app: x", apart);
	/* The last by name goes; that done, the other may stay. */
	assert_string_equal(plan(b, MOVES_MAX), "b n1>n3 violates; ");
	crowd_free(b);
}

static void test_spread_constraint(void **state)
{
	const char *spread =
		"  topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, "
		"whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: x}}}]";
	struct crowd *b = three_nodes();
	struct sched_request *r = crowd_request(b, 100, "app: x", spread);

	(void)state;
	crowd_running(b, "a", "n1", r, 0, 1);
	crowd_running(b, "b", "n1", r, 0, 2);
	crowd_running(b, "c", "n1", r, 0, 3);
	assert_string_equal(plan(b, MOVES_MAX), "c n1>n2 violates; b n1>n3 violates; ");
	crowd_free(b);
}

static void test_budget(void **state)
{
	struct crowd *b = three_nodes();

	(void)state;
	put(b, "a", "n1", 100, "app: x", "  nodeSelector: {kubernetes.io/hostname: n2}");
	put(b, "b", "n1", 100, "app: x", "  nodeSelector: {kubernetes.io/hostname: n2}");
	crowd_budget(b, "x", "app: x", 1);
	assert_string_equal(plan(b, MOVES_MAX), "b n1>n2 violates; ");
	crowd_budget(b, "x", "app: x", 0);
	assert_string_equal(plan(b, MOVES_MAX), "");
	crowd_free(b);
}

static void test_loaded(void **state)
{
	struct crowd *b = three_nodes();
	struct sched_request *r = crowd_request(b, 1000, "", "");

	(void)state;
	crowd_running(b, "a", "n1", r, 0, 1);
	crowd_running(b, "b", "n1", r, 0, 1);
	crowd_running(b, "c", "n1", r, 0, 1);
	crowd_running(b, "s", "n2", r, 0, 1);
	/* 75, 25, 0: the mean is 33. Then 50, 25, 25: one more would only change places. */
	assert_string_equal(plan(b, MOVES_MAX), "c n1>n3 loaded; ");
	/* What is almost even stays. */
	crowd_running(b, "e", "n3", r, 0, 1);
	crowd_running(b, "f", "n2", r, 0, 1);
	crowd_running(b, "g", "n3", r, 0, 1);
	assert_string_equal(plan(b, MOVES_MAX), "");
	crowd_free(b);
}

static void test_empties(void **state)
{
	struct crowd *b = three_nodes();
	struct sched_request *r = crowd_request(b, 1000, "", "");

	(void)state;
	sched_cluster_set_strategy(b->c, SCHED_PACK);
	crowd_running(b, "a", "n1", r, 0, 1);
	crowd_running(b, "b", "n1", r, 0, 1);
	crowd_running(b, "c", "n2", r, 0, 1);
	crowd_running(b, "d1", "n2", r, 0, 1);
	crowd_running(b, "e", "n3", r, 0, 1);
	/* n3 is the emptiest, then n2, which took nothing: both go to n1. */
	assert_string_equal(plan(b, MOVES_MAX), "e n3>n1 empties; c n2>n1 empties; ");
	assert_string_equal(plan(b, 1), "e n3>n1 empties; ");
	/* One that stays keeps its node in use: the others' room. */
	crowd_running(b, "s", "n3", r, 0, 1);
	crowd_running(b, "g", "n3", r, 0, 1);
	assert_string_equal(plan(b, MOVES_MAX), "a n1>n3 empties; b n1>n2 empties; ");
	crowd_free(b);
}

/* --- what comes of it ---------------------------------------------------------------------------------------- */

enum { REQUESTS = 5 };

/* Pods anywhere, whether they may be there or not. */
static void scatter(struct crowd *b, struct rng *x)
{
	static const char *const names[] = { "n0", "n1", "n2", "n3", "n4", "n5" };
	struct sched_request *r[REQUESTS] = {
		crowd_request(b, 500, "app: a", ""),
		crowd_request(b, 1000, "app: b", ""),
		crowd_request(b, 300, "app: c", "  nodeSelector: {kubernetes.io/hostname: n3}"),
		crowd_request(b, 300, "app: d",
			"  affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
			"[{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: d}}}]}}"),
		crowd_request(b, 300, "app: e",
			"  topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, "
			"whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: e}}}]"),
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		crowd_node(b, names[i], 4 + (int)rng_below(x, 5), "");
	for (unsigned i = 0; i < 24; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%c%u", "psd"[rng_below(x, 8) < 6 ? 0 : 1 + rng_below(x, 2)], i);
		crowd_running(b, name, names[rng_below(x, 6) % (1 + rng_below(x, 6))],
			r[rng_below(x, REQUESTS)], (int32_t)rng_below(x, 3), i);
	}
	crowd_budget(b, "a", "app: a", (int)rng_below(x, 3));
}

/* Each pod is evicted in its turn, and another comes in its place: that goes where the plan says. */
static size_t carry_out(struct crowd *b)
{
	struct sched_move *moves = xcalloc(MOVES_MAX, sizeof(moves[0]));
	size_t count = sched_rebalance(b->c, movable, NULL, MOVES_MAX, moves);

	for (size_t i = 0; i < count; i++) {
		struct crowd_pod *old = moves[i].pod.id, *new;

		assert_string_equal(old->node, moves[i].from);
		assert_int_equal(old->name[0], 'p');
		crowd_gone(b, old);
		new = crowd_pod(b, "new", old->request, old->pending.priority);
		snprintf(new->key, sizeof(new->key), "d/new-%zu", b->pod_count);
		crowd_place(b);
		assert_int_equal(new->outcome, SCHED_PLACED);
		assert_string_equal(new->where, moves[i].to);
	}
	free(moves);
	return count;
}

static void test_carried_out(void **state)
{
	size_t moved = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 400; seed++) {
		struct crowd *b = crowd_new();
		struct rng x = { seed };

		sched_cluster_set_strategy(b->c, seed % 2 ? SCHED_SPREAD : SCHED_PACK);
		scatter(b, &x);
		moved += carry_out(b);
		crowd_free(b);
	}
	assert_true(moved > 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_violates),
		cmocka_unit_test(test_apart),
		cmocka_unit_test(test_spread_constraint),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_loaded),
		cmocka_unit_test(test_empties),
		cmocka_unit_test(test_carried_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
