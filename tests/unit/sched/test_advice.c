/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Explanations: by how much, which nodes are best and why, and the smallest change that helps. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"
#include "sched/sched.h"
#include "tests/unit/sched/load.h"

#define NODE(name, cpu, more)                                                                       \
	"{apiVersion: v1, kind: Node, metadata: {name: " name "}, status: {allocatable: {cpu: " cpu \
	", memory: 8Gi, pods: 10}}" more "}\n---\n"
#define TAINT(key, value) ", spec: {taints: [{key: " key ", value: '" value "', effect: NoSchedule}]}"
#define POD(cpu, more)                                                                                     \
	"{apiVersion: v1, kind: Pod, metadata: {name: p, labels: {app: web}}, spec: {containers: [{name: " \
	"c, "                                                                                              \
	"image: i, resources: {requests: {cpu: " cpu "}}}]" more "}}\n"

/* The one pod of YAML on its nodes; PINNED may be NULL. What is said of it is appended to OUT. */
static void explain(const char *yaml, const char *pinned, struct buf *out)
{
	_cleanup_(sched_cluster_freep) struct sched_cluster *c = sched_cluster_new();
	_cleanup_(objects_done) struct objects list = load_all(yaml);
	struct sched_explanation e;
	struct sched_request *r = NULL;

	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i]->kind->id == KIND_NODE)
			sched_cluster_set_node(c, list.items[i]);
		else
			r = load_request(list.items[i]);
	}
	assert_non_null(r);
	sched_explain(c, r, pinned, &e);
	sched_explanation_write(&e, out);
	sched_request_unref(r);
}

static void expect(const char *yaml, const char *want)
{
	_cleanup_(buf_done) struct buf got = BUF_INIT;

	explain(yaml, NULL, &got);
	assert_string_equal(got.data, want);
}

static void shortfall(void **state)
{
	(void)state;
	expect(NODE("a", "1", "") NODE("b", "1800m", "") POD("2", ""),
		"2 of 2: Insufficient cpu (short by 200m at best)\n"
		"it would fit: cpu: request 1800m instead of 2, then b takes it\n");
	/* More than a quarter is much: another node like one that is only full would be less. Here none is. */
	expect(NODE("a", "1", "") POD("2", ""),
		"1 of 1: Insufficient cpu (short by 1 at best)\n"
		"it would fit: cpu: request 1 instead of 2, then a takes it\n");
}

static void single_changes(void **state)
{
	(void)state;
	expect(NODE("a", "4", TAINT("dedicated", "gpu")) NODE("b", "4", ", spec: {unschedulable: true}")
			POD("2", ""),
		"1 of 2: node(s) had untolerated taint {dedicated: gpu}\n"
		"1 of 2: node(s) were unschedulable\n"
		"it would fit: tolerate the taint {dedicated: gpu}, then a takes it\n" +
			0);
	expect(NODE("a", "4", ", spec: {unschedulable: true}") POD("2", ""),
		"1 of 1: node(s) were unschedulable\nit would fit: uncordon a, then it takes it\n");
	expect(NODE("a", "4", "") POD("2", ", nodeSelector: {disk: ssd}"),
		"1 of 1: node(s) didn't match Pod's node affinity/selector\n"
		"it would fit: label a with disk=ssd, then it takes it\n");
	expect(NODE("a", "4", "") POD("2", ", nodeSelector: {disk: ssd, zone: z}"),
		"1 of 1: node(s) didn't match Pod's node affinity/selector\n"
		"it would fit: drop its node selector and affinity, then a takes it\n");
}

/* Where two things are in the way one change is no help. */
static void no_single_change(void **state)
{
	(void)state;
	expect(NODE("a", "1", TAINT("k", "v")) POD("2", ""),
		"1 of 1: node(s) had untolerated taint {k: v}\n");
	expect(POD("2", ""), "there are no nodes\n");
}

static void pinned(void **state)
{
	(void)state;
	_cleanup_(buf_done) struct buf got = BUF_INIT;

	explain(NODE("a", "1800m", "") NODE("b", "4", "") POD("2", ""), "a", &got);
	assert_string_equal(got.data, "1 of 1: Insufficient cpu (short by 200m at best)\n"
				      "it would fit: cpu: request 1800m instead of 2, then a takes it\n");
}

/* The five best, the best first. */
static void candidates(void **state)
{
	(void)state;
	_cleanup_(buf_done) struct buf got = BUF_INIT, yaml = BUF_INIT;

	for (int i = 1; i <= 7; i++)
		buf_addf(&yaml,
			"{apiVersion: v1, kind: Node, metadata: {name: n%d}, status: {allocatable: {cpu: %d, "
			"memory: "
			"8Gi, pods: 10}}}\n---\n",
			i, i);
	buf_adds(&yaml, POD("1", ""));
	explain(yaml.data, NULL, &got);
	assert_true(str_starts(got.data, "n7 scores "));
	assert_non_null(strstr(got.data, "\nn3 scores "));
	assert_null(strstr(got.data, "n2 scores "));
	assert_non_null(strstr(got.data, "(fit 91, balance "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shortfall),
		cmocka_unit_test(single_changes),
		cmocka_unit_test(no_single_change),
		cmocka_unit_test(pinned),
		cmocka_unit_test(candidates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
