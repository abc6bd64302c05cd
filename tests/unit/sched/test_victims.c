/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Random clusters, and a pod for which somebody may have to go. Whatever keeps it away (room, ports, pods that it or they must be apart from, spread):
 * victims are of lower priority, without them it fits, with any one of them given back it doesn't; and all is as the rules of preempt.h and
 * victims.h have it when they are followed step by step with nothing but the face of the books.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "tests/share/random.h"
#include "tests/unit/sched/crowd.h"

enum { NODES = 5, RUNS = 1500, SHAPES = 9 };

static const char *const node_names[NODES] = { "n0", "n1", "n2", "n3", "n4" };

static const struct {
	int cpu;
	const char *labels, *spec;
	bool drawn; /* to other pods: what is told of a greedy choice needn't hold */
} shapes[SHAPES] = {
	{ 500, "app: a", "", false },
	{ 1000, "app: b", "", false },
	{ 2000, "app: c", "", false },
	{ 3000, "app: a", "", false },
	{ 300, "app: p", "  - {name: d, image: i, ports: [{containerPort: 80, hostPort: 80}]}", false },
	{ 500, "app: x",
		"  affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
		"[{topologyKey: "
		"kubernetes.io/hostname, labelSelector: {matchLabels: {app: x}}}]}}",
		false },
	{ 400, "app: b",
		"  affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
		"[{topologyKey: "
		"kubernetes.io/hostname, labelSelector: {matchLabels: {app: c}}}]}}",
		false },
	{ 700, "app: s",
		"  topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, "
		"whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: s}}}]",
		true },
	{ 700, "app: w",
		"  affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: "
		"kubernetes.io/hostname, labelSelector: {matchLabels: {app: a}}}]}}",
		true },
};

struct here {
	struct crowd *b;
	struct sched_request *requests[SHAPES];
	size_t shape[CROWD_PODS];
	int allowed[2]; /* of the budgets: app a, app b; -1: there is none */
	struct rng random;
};

static unsigned draw(struct here *h, unsigned below)
{
	return (unsigned)rng_below(&h->random, below);
}

static bool fits(struct here *h, struct sched_request *r, const char *node)
{
	struct sched_verdict v;

	sched_pick_on(h->b->c, node, r, &v);
	return v.node != NULL;
}

/* --- a cluster ------------------------------------------------------------------------------------------------- */

static void fill(struct here *h)
{
	for (size_t i = 0; i < NODES; i++)
		crowd_node(h->b, node_names[i], 2 + (int)draw(h, 4), "");
	for (size_t i = 0; i < SHAPES; i++)
		h->requests[i] = crowd_request(h->b, shapes[i].cpu, shapes[i].labels, shapes[i].spec);
	for (size_t i = 0; i < 30; i++) {
		size_t shape = draw(h, SHAPES);
		const char *node = node_names[draw(h, NODES)];
		char name[16];

		if (!fits(h, h->requests[shape], node))
			continue;
		snprintf(name, sizeof(name), "p%zu", i);
		h->shape[h->b->pod_count] = shape;
		crowd_running(h->b, name, node, h->requests[shape], (int32_t)draw(h, 6), draw(h, 3));
	}
	for (int i = 0; i < 2; i++) {
		h->allowed[i] = (int)draw(h, 4) - 1;
		if (h->allowed[i] >= 0)
			crowd_budget(h->b, i == 0 ? "a" : "b", i == 0 ? "app: a" : "app: b", h->allowed[i]);
	}
}

/* --- step by step ------------------------------------------------------------------------------------------------ */

struct naive {
	const char *node;
	struct crowd_pod *victims[CROWD_PODS]; /* [count] the most important first */
	size_t count, broken;
};

static int more_important(const void *x, const void *y)
{
	const struct crowd_pod *a = *(struct crowd_pod *const *)x, *b = *(struct crowd_pod *const *)y;

	if (a->pending.priority != b->pending.priority)
		return a->pending.priority > b->pending.priority ? -1 : 1;
	if (a->started != b->started)
		return a->started < b->started ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* Whether POD, the next in order, breaks its budget, of which LEFT may go. */
static bool breaks(const struct here *h, const struct crowd_pod *pod, int *left)
{
	const char *labels = shapes[h->shape[pod - h->b->pods]].labels;
	int i = str_eq(labels, "app: a") ? 0 : str_eq(labels, "app: b") ? 1 : -1;

	return i >= 0 && h->allowed[i] >= 0 && --left[i] < 0;
}

static bool on_node(
	struct here *h, const char *node, struct sched_request *r, int32_t priority, struct naive *ret)
{
	struct crowd_pod *pods[CROWD_PODS];
	bool broken[CROWD_PODS], out[CROWD_PODS], found;
	int left[2] = { h->allowed[0], h->allowed[1] };
	size_t count = 0;

	for (size_t i = 0; i < h->b->pod_count; i++)
		if (str_eq(h->b->pods[i].node, node) && h->b->pods[i].pending.priority < priority)
			pods[count++] = &h->b->pods[i];
	qsort(pods, count, sizeof(struct crowd_pod *), more_important);
	for (size_t i = 0; i < count; i++) {
		broken[i] = breaks(h, pods[i], left);
		crowd_gone(h->b, pods[i]);
		out[i] = true;
	}
	found = count > 0 && fits(h, r, node);
	for (int pass = 0; pass < 2 && found; pass++)
		for (size_t i = 0; i < count; i++) {
			if (broken[i] != (pass == 0))
				continue;
			crowd_put(h->b, pods[i], node);
			out[i] = !fits(h, r, node);
			if (out[i])
				crowd_gone(h->b, pods[i]);
		}
	*ret = (struct naive){ .node = node };
	for (size_t i = 0; i < count; i++) {
		if (!out[i])
			continue;
		crowd_put(h->b, pods[i], node);
		ret->victims[ret->count++] = pods[i];
		ret->broken += broken[i];
	}
	return found;
}

/* < 0: A is less harm. */
static int compare(const struct naive *a, const struct naive *b)
{
	int64_t x[5] = { 0 }, y[5] = { 0 };
	const struct naive *const both[] = { a, b };

	for (size_t k = 0; k < 2; k++) {
		const struct naive *n = both[k];
		int64_t *v = k == 0 ? x : y;

		v[0] = (int64_t)n->broken;
		v[1] = n->count > 0 ? n->victims[0]->pending.priority : INT64_MIN;
		for (size_t i = 0; i < n->count; i++)
			v[2] += n->victims[i]->pending.priority + (INT64_C(1) << 31);
		v[3] = (int64_t)n->count;
		v[4] = n->count > 0 ? -(int64_t)n->victims[0]->started : 0;
	}
	for (size_t i = 0; i < 5; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return strcmp(a->node, b->node);
}

static bool step_by_step(struct here *h, struct sched_request *r, int32_t priority, struct naive *best)
{
	bool any = false;

	for (size_t i = 0; i < NODES; i++) {
		struct naive n;

		if (!on_node(h, node_names[i], r, priority, &n) || (any && compare(&n, best) > 0))
			continue;
		*best = n;
		any = true;
	}
	return any;
}

/* --- what must be -------------------------------------------------------------------------------------------------- */

static void check_same(const struct here *h, const struct naive *n)
{
	char *expected = xasprintf("x nominated %s for ", n->node), *text;

	for (size_t i = n->count; i > 0; i--) {
		text = xasprintf("%s%s%s", expected, n->victims[i - 1]->name, i > 1 ? "," : "\n");
		free(expected);
		expected = text;
	}
	assert_string_equal(h->b->said.data, expected);
	free(expected);
}

static void check_needed(struct here *h, const struct crowd_pod *x)
{
	struct crowd_pod *victims[CROWD_PODS];
	const char *node = x->where;
	size_t count = 0;

	sched_cluster_unnominate(h->b->c, x);
	for (size_t i = 0; i < h->b->pod_count; i++) {
		struct crowd_pod *p = &h->b->pods[i];

		if (!p->leaving)
			continue;
		assert_true(p->pending.priority < x->pending.priority);
		assert_string_equal(p->node, node);
		crowd_gone(h->b, p);
		victims[count++] = p;
	}
	assert_true(count > 0);
	assert_true(fits(h, x->request, node));
	for (size_t i = 0; i < count; i++) {
		crowd_put(h->b, victims[i], node);
		assert_false(fits(h, x->request, node));
		crowd_gone(h->b, victims[i]);
	}
}

static void run(uint64_t seed)
{
	struct here h = { .b = crowd_new(), .random = { seed } };
	struct naive *n = xcalloc(1, sizeof(*n));
	struct crowd_pod *x;
	size_t shape;
	bool any;

	fill(&h);
	shape = draw(&h, SHAPES);
	x = crowd_pod(h.b, "x", h.requests[shape], (int32_t)draw(&h, 8));
	any = step_by_step(&h, x->request, x->pending.priority, n);
	crowd_place(h.b);
	if (x->outcome == SCHED_NOMINATED) {
		if (!shapes[shape].drawn) {
			assert_true(any);
			check_same(&h, n);
		}
		check_needed(&h, x);
	} else if (x->outcome == SCHED_NOWHERE) {
		assert_false(any);
	}
	crowd_free(h.b);
	free(n);
}

static void test_random(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= RUNS; seed++)
		run(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
