/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Tables of nodes and pods: where to, and if nowhere, why, in kube-scheduler's words. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "sched/sched.h"
#include "tests/unit/sched/load.h"

static void add_node(
	struct sched_cluster *c, const char *name, const char *cpu, const char *memory, const char *more)
{
	_cleanup_(freep) char *yaml = xasprintf(
		"apiVersion: v1\nkind: Node\nmetadata: {name: %s, labels: {zone: %s-zone}}\n%s"
		"status: {allocatable: {cpu: '%s', memory: %s, pods: '3'}}\n",
		name, name, more, cpu, memory);
	_cleanup_(object_unrefp) struct object *o = load(yaml);

	sched_cluster_set_node(c, o);
}

static void add_pod(struct sched_cluster *c, const char *node, struct sched_request *r, uintptr_t id)
{
	sched_cluster_add_pod(c, node, &(struct sched_pod){ .id = (void *)id, .request = r });
}

static struct object *pod(const char *more)
{
	_cleanup_(freep) char *yaml = xasprintf("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
						"  containers: [{name: c, image: i%s\n",
		more);

	return load(yaml);
}

/* Cases against three nodes: a (2 cpus, plain), b (4 cpus, tainted), c (8 cpus, unschedulable). */
static const struct {
	const char *pod; /* continues the container's flow map */
	const char *node, *why;
} cases[] = {
	{ "}]", "a", NULL },
	{ ", resources: {requests: {cpu: 3}}}]", NULL,
		"0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {dedicated: "
		"db}, "
		"1 node(s) were unschedulable." },
	{ ", resources: {limits: {cpu: 3}}}]", NULL,
		"0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {dedicated: "
		"db}, "
		"1 node(s) were unschedulable." },
	{ ", resources: {requests: {cpu: 3}}}]\n  tolerations: [{key: dedicated, value: db, effect: "
	  "NoSchedule}]",
		"b", NULL },
	{ ", resources: {requests: {cpu: 3}}}]\n  tolerations: [{key: dedicated, value: web}]", NULL,
		"0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {dedicated: "
		"db}, "
		"1 node(s) were unschedulable." },
	{ ", resources: {requests: {cpu: 6}}}]\n  tolerations: [{operator: Exists}]", "c", NULL },
	{ "}]\n  nodeSelector: {zone: nowhere}", NULL,
		"0/3 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had "
		"untolerated "
		"taint {dedicated: db}, 1 node(s) were unschedulable." },
	{ "}]\n  nodeSelector: {zone: b-zone}\n  tolerations: [{operator: Exists}]", "b", NULL },
	{ "}]\n  nodeName: c", "c", NULL },
	{ "}]\n  nodeName: x", NULL,
		"0/3 nodes are available: 3 node(s) didn't match the requested node name." },
	{ ", resources: {requests: {cpu: 1, memory: 1Ti}}}]\n  tolerations: [{operator: Exists}]", NULL,
		"0/3 nodes are available: 3 Insufficient memory." },
	{ "}]\n  tolerations: [{operator: Exists}]\n  affinity: {nodeAffinity: "
	  "{requiredDuringSchedulingIgnoredDuring"
	  "Execution: {nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: In, values: "
	  "[b-zone]}]}]}}}",
		"b", NULL },
	{ "}]\n  tolerations: [{operator: Exists}]\n  affinity: {nodeAffinity: "
	  "{preferredDuringSchedulingIgnoredDuring"
	  "Execution: [{weight: 5, preference: {matchExpressions: [{key: zone, operator: NotIn, values: "
	  "[b-zone, "
	  "c-zone]}]}}]}}",
		"a", NULL },
};

static struct sched_cluster *three_nodes(void)
{
	struct sched_cluster *c = sched_cluster_new();

	add_node(c, "a", "2", "4Gi", "");
	add_node(c, "b", "4", "8Gi", "spec: {taints: [{key: dedicated, value: db, effect: NoSchedule}]}\n");
	add_node(c, "c", "8", "16Gi", "spec: {unschedulable: true}\n");
	return c;
}

static void expect(struct sched_cluster *c, const struct object *o, const char *node, const char *why)
{
	struct sched_request *r = load_request(o);
	struct sched_verdict v;
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	sched_pick(c, r, &v);
	sched_verdict_explain(&v, &text);
	if (!str_eq(v.node, node))
		print_error("expected %s, got %s: %s\n", node ? node : "none", v.node ? v.node : "none",
			text.data);
	assert_true(str_eq(v.node, node));
	if (why)
		assert_string_equal(text.data, why);
	sched_request_unref(r);
}

static void test_cases(void **state)
{
	_cleanup_(sched_cluster_freep) struct sched_cluster *c = three_nodes();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(object_unrefp) struct object *o = pod(cases[i].pod);

		expect(c, o, cases[i].node, cases[i].why);
	}
}

static void test_no_nodes(void **state)
{
	_cleanup_(sched_cluster_freep) struct sched_cluster *c = sched_cluster_new();
	_cleanup_(object_unrefp) struct object *o = pod("}]");

	(void)state;
	expect(c, o, NULL, "no nodes available to schedule pods");
}

static void test_not_ready(void **state)
{
	_cleanup_(sched_cluster_freep) struct sched_cluster *c = sched_cluster_new();
	_cleanup_(object_unrefp) struct object *o = pod("}]");

	(void)state;
	add_node(c, "a", "2", "4Gi",
		"spec: {taints: [{key: node.kubernetes.io/not-ready, effect: NoSchedule}]}\n");
	expect(c, o, NULL,
		"0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.");
	add_node(c, "a", "2", "4Gi", "");
	expect(c, o, "a", NULL);
}

static void test_fills_and_frees(void **state)
{
	_cleanup_(sched_cluster_freep) struct sched_cluster *c = sched_cluster_new();
	_cleanup_(object_unrefp) struct object *o = pod(", resources: {requests: {cpu: 500m}}}]");
	struct sched_request *r = load_request(o);

	(void)state;
	add_node(c, "a", "10", "4Gi", "");
	add_node(c, "b", "1", "4Gi", "");
	for (unsigned i = 0; i < 3; i++)
		add_pod(c, "a", r, 10 + i);
	expect(c, o, "b", NULL);
	add_pod(c, "b", r, 2);
	add_pod(c, "b", r, 3);
	expect(c, o, NULL, "0/2 nodes are available: 1 Insufficient cpu, 1 Too many pods.");
	sched_cluster_remove_pod(c, "b", (void *)3);
	expect(c, o, "b", NULL);
	sched_cluster_remove_node(c, "b");
	expect(c, o, NULL, "0/1 nodes are available: 1 Too many pods.");
	sched_request_unref(r);
}

static void test_spreads_by_load(void **state)
{
	_cleanup_(sched_cluster_freep) struct sched_cluster *c = sched_cluster_new();
	_cleanup_(object_unrefp) struct object *o = pod("}]");
	struct sched_request *r = load_request(o);

	(void)state;
	add_node(c, "b", "4", "8Gi", "");
	add_node(c, "a", "4", "8Gi", "");
	expect(c, o, "a", NULL);
	add_pod(c, "a", r, 4);
	expect(c, o, "b", NULL);
	add_pod(c, "b", r, 5);
	expect(c, o, "a", NULL);
	sched_request_unref(r);
}

static void expect_on(struct sched_cluster *c, const char *node, struct sched_request *r, const char *wanted)
{
	struct sched_verdict v;
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	sched_pick_on(c, node, r, &v);
	sched_verdict_explain(&v, &text);
	assert_string_equal(text.data, wanted);
}

/* Pods that name their node, and nodes that drive out what comes. */
static void test_what_would_have_to_leave(void **state)
{
	_cleanup_(sched_cluster_freep) struct sched_cluster *c = sched_cluster_new();
	_cleanup_(object_unrefp) struct object *named = pod("}]\n  nodeName: a");
	_cleanup_(object_unrefp) struct object *all = pod("}]\n  tolerations: [{operator: Exists}]");
	_cleanup_(object_unrefp) struct object *briefly = pod(
		"}]\n  tolerations: [{key: k, effect: NoExecute, operator: Exists, tolerationSeconds: 5}]");
	_cleanup_(object_unrefp) struct object *never = pod(
		"}]\n  tolerations: [{key: k, effect: NoExecute, operator: Exists, tolerationSeconds: 0}]");
	static const char refused[] = "0/1 nodes are available: 1 node(s) had untolerated taint {k: v}.";
	struct sched_request *r;
	struct sched_verdict v;

	(void)state;
	add_node(c, "a", "4", "8Gi", "spec: {taints: [{key: k, value: v, effect: NoExecute}]}\n");
	expect(c, named, NULL, refused);
	expect(c, all, "a", NULL);
	expect(c, briefly, "a", NULL);
	expect(c, never, NULL, refused);
	add_node(c, "a", "4", "8Gi", "spec: {unschedulable: true}\n");
	expect(c, named, "a", NULL);
	/* Drained: nothing comes, but what is pinned to it. */
	_cleanup_(object_unrefp) struct object *drained = load(
		"apiVersion: v1\nkind: Node\nmetadata: {name: a, annotations: {pintle.dev/drain: 'true'}}\n"
		"spec: {unschedulable: true}\nstatus: {allocatable: {cpu: '4', memory: 8Gi, pods: '3'}}\n");
	sched_cluster_set_node(c, drained);
	expect(c, named, NULL, "0/1 nodes are available: 1 node(s) were unschedulable.");
	expect(c, all, NULL, "0/1 nodes are available: 1 node(s) were unschedulable.");
	r = load_request(all);
	sched_pick_on(c, "a", r, &v);
	assert_string_equal(v.node, "a");
	sched_request_unref(r);
}

static void test_only_one_node_counts(void **state)
{
	_cleanup_(sched_cluster_freep) struct sched_cluster *c = sched_cluster_new();
	_cleanup_(object_unrefp) struct object *o = pod(", resources: {requests: {cpu: '3'}}}]");
	struct sched_request *r = load_request(o);
	struct sched_verdict v;

	(void)state;
	add_node(c, "a", "4", "8Gi", "");
	add_node(c, "b", "2", "8Gi", "");
	sched_pick_on(c, "a", r, &v);
	assert_string_equal(v.node, "a");
	assert_int_equal(v.total, 1);
	expect_on(c, "b", r, "0/1 nodes are available: 1 Insufficient cpu.");
	expect_on(c, "nowhere", r, "no nodes available to schedule pods");
	sched_request_unref(r);
}

static void test_init_containers_peak(void **state)
{
	_cleanup_(object_unrefp) struct object *o = load(
		"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
		"  initContainers:\n"
		"  - {name: side, image: i, restartPolicy: Always, resources: {requests: {cpu: 100m}}}\n"
		"  - {name: big, image: i, resources: {requests: {cpu: 900m, memory: 10}}}\n"
		"  containers:\n"
		"  - {name: c, image: i, resources: {requests: {cpu: 500m, memory: 100}}}\n");
	struct sched_amount amounts[4];
	size_t n = sched_pod_amounts(&object_pod(o)->spec, amounts, 4);

	(void)state;
	assert_int_equal(n, 2);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(amounts[i].amount, str_eq(amounts[i].resource, "cpu") ? 1000 : 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_no_nodes),
		cmocka_unit_test(test_not_ready),
		cmocka_unit_test(test_fills_and_frees),
		cmocka_unit_test(test_spreads_by_load),
		cmocka_unit_test(test_what_would_have_to_leave),
		cmocka_unit_test(test_only_one_node_counts),
		cmocka_unit_test(test_init_containers_peak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
