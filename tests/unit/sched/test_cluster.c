/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Random histories of nodes and pods: the books say what adding everything up says. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "sched/internal.h"
#include "tests/share/random.h"
#include "tests/unit/sched/load.h"

enum { NODES = 150, REQUESTS = 4, PODS = 300, STEPS = 6000 };

struct pod_at {
	uint32_t node, request; /* node NODES: nowhere */
	bool leaving;
};
struct here {
	struct sched_cluster *c;
	struct object *pods[REQUESTS];
	struct sched_request *requests[REQUESTS];
	struct pod_at at[PODS];
	bool there[NODES];
	struct rng random;
};

static uint64_t draw(struct here *h, uint64_t below)
{
	return rng_below(&h->random, below);
}

static const char *name_of(uint32_t node, char ret[16])
{
	ret[0] = 'n';
	ret[1] = (char)('a' + node % 26);
	ret[2] = (char)('a' + node / 26);
	ret[3] = '\0';
	return ret;
}

static void put_node(struct here *h, uint32_t node)
{
	char name[16];
	_cleanup_(freep) char *yaml = xasprintf(
		"apiVersion: v1\nkind: Node\nmetadata: {name: %s, labels: {zone: z%d}}\n"
		"status: {allocatable: {cpu: '%d', memory: 8Gi, example.com/gpu: '3', pods: '6'}}\n",
		name_of(node, name), (int)draw(h, 2), 1 + (int)draw(h, 3));
	_cleanup_(object_unrefp) struct object *o = load(yaml);

	sched_cluster_set_node(h->c, o);
	h->there[node] = true;
}

static void drop_node(struct here *h, uint32_t node)
{
	char name[16];

	sched_cluster_remove_node(h->c, name_of(node, name));
	h->there[node] = false;
	for (size_t i = 0; i < PODS; i++)
		if (h->at[i].node == node)
			h->at[i].node = NODES;
}

/* Pod I comes to NODE, leaves, or goes. */
static void move_pod(struct here *h, size_t i, uint32_t node)
{
	char name[16];

	if (h->at[i].node == NODES) {
		h->at[i] = (struct pod_at){ h->there[node] ? node : NODES, (uint32_t)draw(h, REQUESTS),
			draw(h, 4) == 0 };
		sched_cluster_add_pod(h->c, name_of(node, name),
			&(struct sched_pod){ .id = &h->at[i],
				.request = h->requests[h->at[i].request],
				.leaving = h->at[i].leaving });
	} else if (draw(h, 3) == 0) {
		h->at[i].leaving = true;
		sched_cluster_pod_leaves(h->c, name_of(h->at[i].node, name), &h->at[i]);
	} else {
		sched_cluster_remove_pod(h->c, name_of(h->at[i].node, name), &h->at[i]);
		h->at[i].node = NODES;
	}
}

/* --- adding up ---------------------------------------------------------------------------------------- */

static const int64_t millis[REQUESTS] = { 100, 250, 0, 100 }, gpus[REQUESTS] = { 0, 0, 1, 0 },
		     score_millis[REQUESTS] = { 100, 250, 100, 200 };

static void expect_node(const struct here *h, uint32_t node)
{
	struct sched_cluster *c = h->c;
	char name[16];
	const struct sched_node *n = sched_node_find(c, name_of(node, name));
	int64_t cpu = 0, gpu = 0, pods = 0, score = 0;
	int32_t live[REQUESTS] = { 0 }, leaving[REQUESTS] = { 0 };

	assert_int_equal(n != NULL, h->there[node]);
	if (!n)
		return;
	for (size_t i = 0; i < PODS; i++) {
		if (h->at[i].node != node)
			continue;
		pods++;
		cpu += millis[h->at[i].request];
		gpu += gpus[h->at[i].request];
		score += score_millis[h->at[i].request];
		if (h->at[i].leaving)
			leaving[h->at[i].request]++;
		else
			live[h->at[i].request]++;
	}
	assert_ptr_equal(sched_node_at(c, n->index), n);
	assert_int_equal(n->pod_count, pods);
	assert_int_equal(sched_used(c, n->index, RESOURCE_PODS), pods);
	assert_int_equal(sched_used(c, n->index, RESOURCE_CPU), cpu);
	assert_int_equal(sched_used(c, n->index, sched_resource(c, "example.com/gpu")), gpu);
	assert_int_equal(sched_allocatable(c, n->index, sched_resource(c, "example.com/gpu")), 3);
	assert_int_equal(c->score_cpu_used[n->index], score);
	for (size_t i = 0; i < REQUESTS; i++) {
		assert_int_equal(sched_tally_get(&h->requests[i]->live, n->index + 1), live[i]);
		assert_int_equal(sched_tally_get(&h->requests[i]->leaving, n->index + 1), leaving[i]);
	}
}

static void set_up(struct here *h, uint64_t seed)
{
	static const char *const containers[REQUESTS] = {
		"{name: c, image: i, resources: {requests: {cpu: 100m}}}",
		"{name: c, image: i, resources: {limits: {cpu: 250m, memory: 1Gi}}}",
		"{name: c, image: i, resources: {requests: {example.com/gpu: 1}, limits: {example.com/gpu: "
		"1}}}",
		"{name: c, image: i, resources: {requests: {cpu: 100m}}}, {name: d, image: i}",
	};

	*h = (struct here){ .c = sched_cluster_new(), .random = { seed } };
	for (size_t i = 0; i < PODS; i++)
		h->at[i].node = NODES;
	for (size_t i = 0; i < REQUESTS; i++) {
		_cleanup_(freep) char *yaml = xasprintf(
			"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [%s]}\n",
			containers[i]);

		h->pods[i] = load(yaml);
		h->requests[i] = load_request(h->pods[i]);
	}
}

static void tear_down(struct here *h, bool cluster_first)
{
	if (cluster_first)
		sched_cluster_free(h->c);
	for (size_t i = 0; i < REQUESTS; i++)
		sched_request_unref(h->requests[i]);
	if (!cluster_first)
		sched_cluster_free(h->c);
	for (size_t i = 0; i < REQUESTS; i++)
		object_unref(h->pods[i]);
}

static void test_histories(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct here h;

		set_up(&h, seed * 41);
		for (unsigned step = 0; step < STEPS; step++) {
			uint32_t node = (uint32_t)draw(&h, NODES);
			uint64_t what = draw(&h, 100);

			if (what < 6)
				put_node(&h, node);
			else if (what < 8)
				drop_node(&h, node);
			else
				move_pod(&h, draw(&h, PODS), node);
			expect_node(&h, node);
			/* Indices are used again. */
			assert_true(h.c->span <= NODES);
		}
		for (uint32_t node = 0; node < NODES; node++)
			expect_node(&h, node);
		tear_down(&h, seed % 2);
	}
}

/* Numbers of requests that are gone are used again, and pods keep a request after its maker let it go. */
static void test_requests_come_and_go(void **state)
{
	struct here h;

	(void)state;
	set_up(&h, 9);
	put_node(&h, 0);
	for (unsigned i = 0; i < 50; i++) {
		struct sched_request *r = load_request(h.pods[0]);

		sched_cluster_add_pod(h.c, "naa", &(struct sched_pod){ .id = &h, .request = r });
		sched_request_unref(r);
		assert_int_equal(sched_used(h.c, 0, RESOURCE_CPU), 100);
		sched_cluster_remove_pod(h.c, "naa", &h);
		assert_int_equal(sched_used(h.c, 0, RESOURCE_CPU), 0);
	}
	assert_int_equal(h.c->request_span, 1);
	tear_down(&h, false);
}

/* What isn't known is ignored. */
static void test_unknown(void **state)
{
	struct here h;

	(void)state;
	set_up(&h, 11);
	sched_cluster_add_pod(h.c, "nowhere", &(struct sched_pod){ .id = &h, .request = h.requests[0] });
	sched_cluster_remove_pod(h.c, "nowhere", &h);
	sched_cluster_remove_node(h.c, "nowhere");
	sched_cluster_set_pressure(h.c, "nowhere", (struct sched_pressure){ .cpu = 50 });
	sched_cluster_remove_object(h.c, KIND_NAMESPACE, NULL, "nowhere");
	put_node(&h, 0);
	sched_cluster_remove_pod(h.c, "naa", &h);
	sched_cluster_pod_leaves(h.c, "naa", &h);
	expect_node(&h, 0);
	tear_down(&h, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_histories),
		cmocka_unit_test(test_requests_come_and_go),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
