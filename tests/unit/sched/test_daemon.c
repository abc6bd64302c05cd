/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What DaemonSets ask of a node: the first column runs there, stays there, or neither. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "sched/sched.h"
#include "tests/unit/sched/load.h"

static const struct {
	enum sched_daemon want;
	const char *name, *node, *pod; /* the inside of the node's and the pod's spec */
} cases[] = {
	{ SCHED_DAEMON_RUNS, "nothing asked", "", "" },
	{ SCHED_DAEMON_RUNS, "no room is asked for", "", "priority: 0, " },
	{ SCHED_DAEMON_RUNS, "its labels", "", "nodeSelector: {disk: ssd}, " },
	{ SCHED_DAEMON_NO, "other labels", "", "nodeSelector: {disk: hdd}, " },
	{ SCHED_DAEMON_RUNS, "its name", "", "nodeName: a, " },
	{ SCHED_DAEMON_NO, "another name", "", "nodeName: b, " },
	{ SCHED_DAEMON_STAYS, "cordoned", "unschedulable: true", "" },
	{ SCHED_DAEMON_RUNS, "cordoned, tolerated", "unschedulable: true",
		"tolerations: [{key: node.kubernetes.io/unschedulable, operator: Exists, effect: "
		"NoSchedule}], " },
	{ SCHED_DAEMON_STAYS, "NoSchedule", "taints: [{key: k, effect: NoSchedule}]", "" },
	{ SCHED_DAEMON_NO, "NoExecute", "taints: [{key: k, effect: NoExecute}]", "" },
	{ SCHED_DAEMON_RUNS, "PreferNoSchedule", "taints: [{key: k, effect: PreferNoSchedule}]", "" },
	{ SCHED_DAEMON_RUNS, "NoExecute, tolerated", "taints: [{key: k, effect: NoExecute}]",
		"tolerations: [{key: k, operator: Exists}], " },
	{ SCHED_DAEMON_STAYS, "both, one tolerated",
		"taints: [{key: k, effect: NoExecute}, {key: l, effect: NoSchedule}]",
		"tolerations: [{key: k, operator: Exists}], " },
	{ SCHED_DAEMON_NO, "a taint and other labels", "taints: [{key: k, effect: NoSchedule}]",
		"nodeSelector: {disk: hdd}, " },
};

static void test_cases(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(freep) char *node = xasprintf(
			"apiVersion: v1\nkind: Node\nmetadata: {name: a, labels: {disk: ssd}}\n"
			"spec: {%s}\nstatus: {allocatable: {cpu: '0', pods: '0'}}\n",
			cases[i].node);
		_cleanup_(freep) char *pod = xasprintf(
			"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
			"spec: {%scontainers: [{name: c, image: i, resources: {requests: {cpu: 1}}}]}\n",
			cases[i].pod);
		_cleanup_(object_unrefp) struct object *n = load(node), *p = load(pod);
		_cleanup_(sched_cluster_freep) struct sched_cluster *c = sched_cluster_new();
		struct sched_request *r = load_request(p);

		sched_cluster_set_node(c, n);
		if (sched_daemon_on(c, "a", r) != cases[i].want) {
			print_error("%s: expected %d, found %d\n", cases[i].name, cases[i].want,
				sched_daemon_on(c, "a", r));
			wrong++;
		}
		assert_int_equal(sched_daemon_on(c, "unknown", r), SCHED_DAEMON_NO);
		sched_request_unref(r);
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
