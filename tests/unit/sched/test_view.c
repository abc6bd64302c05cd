/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Whatever comes and goes between two choices, the view chooses what a look at all nodes would, and says why nothing fits as that would. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "sched/fit.h"
#include "sched/part.h"
#include "sched/score.h"
#include "tests/share/random.h"
#include "tests/unit/sched/load.h"

enum { NODES = 12, STEPS = 2500, PODS_MAX = 400 };

#define TERM(label, key) "{labelSelector: {matchLabels: {app: " label "}}, topologyKey: " key "}"
#define PREFERRED(term) \
	"preferredDuringSchedulingIgnoredDuringExecution: [{weight: 7, podAffinityTerm: " term "}]"
#define REQUIRED(term) "requiredDuringSchedulingIgnoredDuringExecution: [" term "]"

/* What pods ask for: namespace, app, the container's requests, the rest of the spec. */
static const struct {
	const char *namespace, *app, *amounts, *more;
} requests[] = {
	{ "d", "a", "cpu: 100m", "" },
	{ "d", "a", "cpu: 700m", "" },
	{ "e", "b", "memory: 3Gi", "" },
	{ "d", "b", "cpu: 100m", "  nodeSelector: {disk: ssd}\n" },
	{ "d", "b", "cpu: 100m",
		"  tolerations: [{key: k, operator: Exists}, {key: soft, operator: Exists}]\n" },
	{ "e", "a", "cpu: 200m",
		"  affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 3, "
		"preference: "
		"{matchExpressions: [{key: zone, operator: In, values: [z1]}]}}, {weight: 1, preference: "
		"{matchExpressions: "
		"[{key: disk, operator: DoesNotExist}]}}]}}\n" },
	{ "d", "c", "cpu: 100m",
		"  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
		"{nodeSelectorTerms: "
		"[{matchExpressions: [{key: zone, operator: NotIn, values: [z0]}]}, {matchFields: [{key: "
		"metadata.name, "
		"operator: In, values: [n3]}]}]}}}\n" },
	{ "d", "c", "cpu: 100m",
		"  topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: "
		"DoNotSchedule, "
		"labelSelector: {matchLabels: {app: c}}}]\n" },
	{ "d", "c", "cpu: 100m",
		"  topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, "
		"whenUnsatisfiable: "
		"DoNotSchedule, labelSelector: {}}, {maxSkew: 2, topologyKey: zone, whenUnsatisfiable: "
		"ScheduleAnyway, "
		"labelSelector: {matchLabels: {app: a}}}]\n" },
	{ "d", "x", "cpu: 10m",
		"  affinity: {podAntiAffinity: {" REQUIRED(TERM("x", "kubernetes.io/hostname")) "}}\n" },
	{ "e", "x", "cpu: 10m",
		"  affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
		"[{labelSelector: {matchLabels: {app: "
		"a}}, topologyKey: rack, namespaceSelector: {matchLabels: {team: t}}}]}}\n" },
	{ "d", "w", "cpu: 10m", "  affinity: {podAffinity: {" REQUIRED(TERM("w", "zone")) "}}\n" },
	{ "d", "w", "cpu: 10m",
		"  affinity: {podAffinity: {" PREFERRED(TERM("a", "zone")) "}, podAntiAffinity: {" PREFERRED(
			TERM("w", "kubernetes.io/hostname")) "}}\n" },
	{ "d", "a", "cpu: 9", "" },
	{ "d", "a", "cpu: 100m", "  nodeName: n5\n" },
};
enum { REQUESTS = ARRAY_LEN(requests) };

struct placed {
	size_t node, request;
	bool leaving;
};
struct here {
	struct sched_cluster *c;
	struct object *pods[REQUESTS];
	struct sched_request *requests[REQUESTS];
	struct placed placed[PODS_MAX]; /* its number + 1 is its id; node NODES: none */
	struct rng random;
	unsigned chosen, none;
};

static uint64_t draw(struct here *h, uint64_t below)
{
	return rng_below(&h->random, below);
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
	static const char *const taints[] = { "", "", "", "", "{key: k, effect: NoSchedule}",
		"{key: soft, effect: PreferNoSchedule}", "{key: k, effect: NoExecute}" };
	static const char *const more[] = { "", "disk: ssd", "disk: hdd, rack: r1", "rack: r2" };
	_cleanup_(freep) char *yaml = xasprintf(
		"apiVersion: v1\nkind: Node\nmetadata: {name: %s, labels: {kubernetes.io/hostname: %s, zone: "
		"z%d, %s}, annotations: "
		"{pintle.dev/drain: '%s'}}\nspec: {unschedulable: %s, taints: [%s]}\n"
		"status: {allocatable: {cpu: '%d', memory: 8Gi, pods: '6'}}\n",
		node_name(i), node_name(draw(h, 20) == 0 ? 0 : i), (int)draw(h, 3),
		more[draw(h, ARRAY_LEN(more))], draw(h, 15) == 0 ? "true" : "false",
		draw(h, 8) == 0 ? "true" : "false", taints[draw(h, ARRAY_LEN(taints))], 1 + (int)draw(h, 3));
	_cleanup_(object_unrefp) struct object *o = load(yaml);

	sched_cluster_set_node(h->c, o);
}

static void drop_node(struct here *h, size_t i)
{
	sched_cluster_remove_node(h->c, node_name(i));
	for (size_t k = 0; k < PODS_MAX; k++)
		if (h->placed[k].node == i)
			h->placed[k].node = NODES;
}

static void put_pod(struct here *h, const char *node, size_t request)
{
	size_t i = 0, k = 0;

	while (i < NODES && !str_eq(node, node_name(i)))
		i++;
	while (k < PODS_MAX && h->placed[k].node < NODES)
		k++;
	if (k == PODS_MAX)
		return;
	h->placed[k] = (struct placed){ .node = i, .request = request, .leaving = draw(h, 20) == 0 };
	sched_cluster_add_pod(h->c, node,
		&(struct sched_pod){ .id = (void *)(k + 1),
			.request = h->requests[request],
			.leaving = h->placed[k].leaving });
}

/* One of the pods leaves, or is gone. */
static void take_pod(struct here *h, bool leaves)
{
	size_t k = draw(h, PODS_MAX);

	for (size_t n = 0; n < PODS_MAX && h->placed[k].node == NODES; n++)
		k = (k + 1) % PODS_MAX;
	if (h->placed[k].node == NODES)
		return;
	if (leaves) {
		sched_cluster_pod_leaves(h->c, node_name(h->placed[k].node), (void *)(k + 1));
	} else {
		sched_cluster_remove_pod(h->c, node_name(h->placed[k].node), (void *)(k + 1));
		h->placed[k].node = NODES;
	}
}

static void put_namespace(struct here *h)
{
	const char *name = draw(h, 2) ? "d" : "e";
	_cleanup_(freep) char *yaml = xasprintf(
		"apiVersion: v1\nkind: Namespace\nmetadata: {name: %s, labels: {team: %s}}\n", name,
		draw(h, 2) ? "t" : "u");
	_cleanup_(object_unrefp) struct object *o = load(yaml);

	if (draw(h, 4) == 0)
		sched_cluster_remove_object(h->c, KIND_NAMESPACE, NULL, name);
	else
		sched_cluster_set_object(h->c, o);
}

/* --- the choice ------------------------------------------------------------------------------------ */

static void add_reason(const char *text, void *arg)
{
	struct sched_verdict *v = arg;
	size_t i = 0;

	while (i < v->reason_count && !str_eq(v->reasons[i].text, text))
		i++;
	if (i == v->reason_count) {
		snprintf(v->reasons[i].text, sizeof(v->reasons[i].text), "%s", text);
		v->reasons[v->reason_count++].nodes = 0;
	}
	v->reasons[i].nodes++;
}

/* By looking at each node: a higher score, then fewer pods, then the name. */
static void best(struct here *h, size_t request, struct sched_verdict *ret)
{
	const struct sched_node *found = NULL;
	int64_t high = -1;

	*ret = (struct sched_verdict){ 0 };
	sched_request_prepare(h->c, h->requests[request]);
	for (size_t i = 0; i < NODES; i++) {
		const struct sched_node *n = sched_node_find(h->c, node_name(i));
		struct sched_look l = {
			.c = h->c, .r = h->requests[request], .n = n, .add = add_reason, .arg = ret
		};
		int64_t sum;

		ret->total += n != NULL;
		l.node = n ? n->index : 0;
		if (!n || !sched_fit(&l))
			continue;
		ret->feasible++;
		sum = sched_score_sum(&l);
		if (sum < high || (sum == high && found && n->pod_count >= found->pod_count))
			continue;
		found = n;
		high = sum;
	}
	ret->node = found ? found->name : NULL;
	ret->score = found ? sched_score_percent(h->c->strategy, high) : 0;
	if (found)
		ret->reason_count = 0;
}

static void expect_equal(const struct sched_verdict *v, const struct sched_verdict *wanted, unsigned step)
{
	_cleanup_(buf_done) struct buf found = BUF_INIT, expected = BUF_INIT;

	sched_verdict_explain(v, &found);
	sched_verdict_explain(wanted, &expected);
	if (!str_eq(found.data, expected.data) || v->total != wanted->total ||
		v->feasible != wanted->feasible)
		fail_msg("step %u: %s (%u of %u), expected %s (%u of %u)", step, found.data, v->feasible,
			v->total, expected.data, wanted->feasible, wanted->total);
}

static void choose(struct here *h, unsigned step)
{
	size_t request = draw(h, 4) == 0 ? draw(h, REQUESTS) : step / 50 % REQUESTS;
	struct sched_verdict v, wanted;

	/* Who looks first must not matter. */
	if (step % 2)
		best(h, request, &wanted);
	sched_pick(h->c, h->requests[request], &v);
	if (step % 2 == 0)
		best(h, request, &wanted);
	expect_equal(&v, &wanted, step);
	h->chosen += v.node != NULL;
	h->none += v.node == NULL;
	if (v.node)
		put_pod(h, v.node, request);
}

/* --- histories --------------------------------------------------------------------------------------- */

static void set_up(struct here *h, uint64_t seed)
{
	*h = (struct here){ .c = sched_cluster_new(), .random = { seed } };
	for (size_t k = 0; k < PODS_MAX; k++)
		h->placed[k].node = NODES;
	for (size_t i = 0; i < REQUESTS; i++) {
		_cleanup_(freep) char *yaml = xasprintf(
			"apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: %s, labels: {app: "
			"%s}}\nspec:\n"
			"  containers: [{name: c, image: i, resources: {requests: {%s}}}]\n%s",
			requests[i].namespace, requests[i].app, requests[i].amounts, requests[i].more);

		h->pods[i] = load(yaml);
		h->requests[i] = load_request(h->pods[i]);
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

/* The template is written anew: its pods stay as they were asked for. */
static void renew_request(struct here *h, size_t i)
{
	sched_request_unref(h->requests[i]);
	h->requests[i] = load_request(h->pods[i]);
}

static void something_happens(struct here *h, uint64_t what)
{
	if (what < 4)
		put_node(h, draw(h, NODES));
	else if (what < 5)
		drop_node(h, draw(h, NODES));
	else if (what < 32)
		take_pod(h, false);
	else if (what < 36)
		take_pod(h, true);
	else if (what < 37)
		put_namespace(h);
	else if (what < 38)
		sched_cluster_set_pressure(h->c, node_name(draw(h, NODES)),
			(struct sched_pressure){ .cpu = (uint8_t)draw(h, 101), .io = (uint8_t)draw(h, 101) });
	else if (what == 38 && draw(h, 4) == 0)
		sched_cluster_set_strategy(h->c, draw(h, 2) ? SCHED_PACK : SCHED_SPREAD);
	else if (what == 39 && draw(h, 4) == 0)
		renew_request(h, draw(h, REQUESTS));
}

static void test_as_by_looking_at_all(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct here h;

		set_up(&h, seed * 77);
		for (unsigned step = 0; step < STEPS; step++) {
			uint64_t what = draw(&h, 100);

			if (what < 40)
				something_happens(&h, what);
			else
				choose(&h, step);
		}
		/* The histories are such that both happen. */
		assert_true(h.chosen > STEPS / 10);
		assert_true(h.none > STEPS / 50);
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
	for (unsigned i = 0; i < 40; i++) {
		struct sched_request *r = load_request(h.pods[i % REQUESTS]);

		sched_pick(h.c, r, &v);
		sched_request_unref(r);
	}
	tear_down(&h);
}

/* More requests in turn than views are kept for. */
static void test_many_requests(void **state)
{
	struct here h;
	struct sched_request *rs[3 * SCHED_VIEWS];

	(void)state;
	set_up(&h, 5);
	for (size_t i = 0; i < NODES; i++)
		put_node(&h, i);
	for (size_t i = 0; i < ARRAY_LEN(rs); i++)
		rs[i] = load_request(h.pods[i % REQUESTS]);
	for (size_t round = 0; round < 3; round++) {
		for (size_t i = 0; i < ARRAY_LEN(rs); i++) {
			struct sched_request *mine = h.requests[0];

			h.requests[0] = rs[i];
			for (size_t k = 0; k < 3; k++) {
				struct sched_verdict v, wanted;

				sched_pick(h.c, rs[i], &v);
				best(&h, 0, &wanted);
				expect_equal(&v, &wanted, (unsigned)i);
				if (v.node)
					put_pod(&h, v.node, 0);
			}
			h.requests[0] = mine;
			take_pod(&h, false);
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(rs); i++)
		sched_request_unref(rs[i]);
	tear_down(&h);
}

/* Taints come and go under ever new names: what is said is of the nodes that are there. */
static void test_reasons_of_today(void **state)
{
	struct here h;
	struct sched_verdict v;

	(void)state;
	set_up(&h, 8);
	for (unsigned i = 0; i < 3 * SCHED_REASONS_MAX; i++) {
		_cleanup_(freep) char *wanted = xasprintf("node(s) had untolerated taint {k%u: }", i);
		_cleanup_(freep) char *yaml = xasprintf(
			"apiVersion: v1\nkind: Node\nmetadata: {name: n0}\nspec: {taints: [{key: k%u, "
			"effect: NoSchedule}]}\n"
			"status: {allocatable: {cpu: '4', memory: 8Gi}}\n",
			i);
		_cleanup_(object_unrefp) struct object *o = load(yaml);

		sched_cluster_set_node(h.c, o);
		sched_pick(h.c, h.requests[0], &v);
		assert_null(v.node);
		assert_int_equal(v.reason_count, 1);
		assert_int_equal(v.reasons[0].nodes, 1);
		assert_string_equal(v.reasons[0].text, wanted);
	}
	tear_down(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_by_looking_at_all),
		cmocka_unit_test(test_request_goes),
		cmocka_unit_test(test_many_requests),
		cmocka_unit_test(test_reasons_of_today),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
