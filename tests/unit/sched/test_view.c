/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Whatever comes and goes between two choices, the ranking chooses what a look at all nodes would. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "sched/score.h"

enum { NODES = 12, REQUESTS = 3, STEPS = 3000 };

struct here {
	struct sched_cluster *c;
	struct object *pods[REQUESTS];
	struct sched_request *requests[REQUESTS];
	bool there[NODES];
	size_t on[NODES][REQUESTS];
	uint64_t random;
};

static uint64_t draw(struct here *h, uint64_t below)
{
	h->random ^= h->random << 13;
	h->random ^= h->random >> 7;
	h->random ^= h->random << 17;
	return (h->random >> 11) % below;
}

static struct object *load(const char *yaml)
{
	const struct object_load_options options = {
		.path = "t", .default_namespace = "d", .mode = DECODE_STORED
	};
	struct objects list = { 0 };
	struct diags diags;
	struct object *o;

	diags_init(&diags);
	assert_int_equal(object_load_yaml(yaml, strlen(yaml), &options, &list, &diags), 0);
	o = object_ref(list.items[0]);
	objects_done(&list);
	diags_done(&diags);
	return o;
}

static const char *node_name(size_t i)
{
	static const char *const names[NODES] = { "n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9",
		"na", "nb" };

	return names[i];
}

/* A node, or one that is there in another shape. */
static void put_node(struct here *h, size_t i)
{
	_cleanup_(freep) char *yaml = xasprintf(
		"apiVersion: v1\nkind: Node\nmetadata: {name: %s}\nspec: {unschedulable: %s}\n"
		"status: {allocatable: {cpu: '%d', memory: 8Gi, pods: '6'}}\n",
		node_name(i), draw(h, 5) == 0 ? "true" : "false", 1 + (int)draw(h, 3));
	_cleanup_(object_unrefp) struct object *o = load(yaml);

	sched_cluster_set_node(h->c, o);
	h->there[i] = true;
}

static void drop_node(struct here *h, size_t i)
{
	sched_cluster_remove_node(h->c, node_name(i));
	h->there[i] = false;
	memset(h->on[i], 0, sizeof(h->on[i]));
}

/* Of the NUMBERth pod of REQUEST on node I. */
static void *pod_id(size_t i, size_t request, size_t number)
{
	return (void *)(uintptr_t)((i * REQUESTS + request) * STEPS + number);
}

static void put_pod(struct here *h, const char *node, size_t request)
{
	for (size_t i = 0; i < NODES; i++)
		if (str_eq(node, node_name(i)))
			sched_cluster_add_pod(h->c, node,
				&(struct sched_pod){ .id = pod_id(i, request, ++h->on[i][request]),
					.request = h->requests[request] });
}

static void take_pod(struct here *h, size_t i, size_t request)
{
	if (h->on[i][request] == 0)
		return;
	sched_cluster_remove_pod(h->c, node_name(i), pod_id(i, request, h->on[i][request]--));
}

static size_t pods_on(const struct here *h, size_t i)
{
	size_t n = 0;

	for (size_t k = 0; k < REQUESTS; k++)
		n += h->on[i][k];
	return n;
}

/* To the last point: what people see of a score is rounded. */
static int64_t score(const struct here *h, size_t i, size_t request)
{
	const struct sched_node *n = sched_node_find(h->c, node_name(i));
	const struct sched_look l = { .c = h->c, .r = h->requests[request], .n = n, .node = n->index };

	return sched_score_sum(&l);
}

/* By looking at each node: a higher score, then fewer pods, then the name. */
static const char *best(const struct here *h, size_t request, unsigned *ret_feasible)
{
	struct sched_verdict v;
	int64_t high = -1;
	size_t found = NODES;

	*ret_feasible = 0;
	for (size_t i = 0; i < NODES; i++) {
		sched_pick_on(h->c, node_name(i), h->requests[request], &v);
		if (!v.node)
			continue;
		(*ret_feasible)++;
		if (score(h, i, request) < high ||
			(score(h, i, request) == high && found < NODES && pods_on(h, i) >= pods_on(h, found)))
			continue;
		found = i;
		high = score(h, i, request);
	}
	return found < NODES ? node_name(found) : NULL;
}

static void choose(struct here *h, unsigned step)
{
	size_t request = draw(h, 4) == 0 ? draw(h, REQUESTS) : step / 50 % REQUESTS;
	unsigned feasible, there = 0;
	const char *expected = best(h, request, &feasible);
	struct sched_verdict v;

	for (size_t i = 0; i < NODES; i++)
		there += h->there[i];
	sched_pick(h->c, h->requests[request], &v);
	if (!str_eq(v.node, expected) || v.feasible != feasible || v.total != there)
		fail_msg("step %u: chose %s of %u/%u, expected %s of %u/%u", step, str_or_empty(v.node),
			v.feasible, v.total, str_or_empty(expected), feasible, there);
	if (v.node)
		put_pod(h, v.node, request);
}

static void set_up(struct here *h, uint64_t seed)
{
	static const char *const requests[REQUESTS] = { "cpu: 100m", "cpu: 700m", "memory: 3Gi" };

	*h = (struct here){ .c = sched_cluster_new(), .random = seed };
	for (size_t i = 0; i < REQUESTS; i++) {
		_cleanup_(freep) char *yaml = xasprintf(
			"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
			"  containers: [{name: c, image: i, resources: {requests: {%s}}}]\n",
			requests[i]);

		h->pods[i] = load(yaml);
		h->requests[i] = sched_request_new(
			&object_pod(h->pods[i])->spec, "d", &h->pods[i]->meta->labels);
	}
}

static void tear_down(struct here *h)
{
	for (size_t i = 0; i < REQUESTS; i++) {
		sched_request_unref(h->requests[i]);
		object_unref(h->pods[i]);
	}
	sched_cluster_free(h->c);
}

static void test_as_by_looking_at_all(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct here h;

		set_up(&h, seed * 77);
		for (unsigned step = 0; step < STEPS; step++) {
			uint64_t what = draw(&h, 100);

			if (what < 3)
				put_node(&h, draw(&h, NODES));
			else if (what < 4)
				drop_node(&h, draw(&h, NODES));
			else if (what < 40)
				take_pod(&h, draw(&h, NODES), draw(&h, REQUESTS));
			else
				choose(&h, step);
		}
		tear_down(&h);
	}
}

/* A request that is gone leaves nothing behind that a new one could be taken for. */
static void test_request_goes(void **state)
{
	struct sched_verdict v;
	struct here h;

	(void)state;
	set_up(&h, 3);
	put_node(&h, 0);
	for (unsigned i = 0; i < 20; i++) {
		struct sched_request *r = sched_request_new(
			&object_pod(h.pods[0])->spec, "d", &h.pods[0]->meta->labels);

		sched_pick(h.c, r, &v);
		sched_request_unref(r);
	}
	tear_down(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_by_looking_at_all),
		cmocka_unit_test(test_request_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
