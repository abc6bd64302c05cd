/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of queue.h: what failed is tried again when what could help has happened, and not before. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "sched/event.h"
#include "tests/unit/sched/crowd.h"

/* n1 is full of "old", n2 isn't for anybody. */
static struct crowd *start(void)
{
	struct crowd *b = crowd_new();

	crowd_node(b, "n1", 4, "");
	crowd_node(b, "n2", 4, "spec: {taints: [{key: k, value: v, effect: NoSchedule}]}");
	crowd_running(b, "old", "n1", crowd_request(b, 1500, "app: old", ""), 0, 1);
	crowd_running(b, "big", "n1", crowd_request(b, 2000, "app: big", ""), 0, 1);
	return b;
}

static const char nowhere[] =
	"  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: "
	"[{matchExpressions: [{key: none, operator: Exists}]}]}}}";
#define TERM(labels)                                                       \
	"{requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: " \
	"kubernetes.io/hostname, labelSelector: {matchLabels: {" labels "}}}]}"
static const char with_new[] = "  affinity: {podAffinity: " TERM("app: new") "}";
static const char not_with_old[] = "  affinity: {podAntiAffinity: " TERM("app: old") "}";

enum what { NOTHING, POD_CAME, POD_WENT, POD_LEAVES, NODE_CHANGED, NAMESPACE, BUDGET, CLAIM };

/* What is done between two calls, and whether the pod is tried again (though it fails again). */
static const struct {
	const char *title;
	int cpu;
	const char *spec;
	enum what what;
	bool tried;
} cases[] = {
	{ "room: nothing", 9000, "", NOTHING, false },
	{ "room: a pod came", 9000, "", POD_CAME, false },
	{ "room: a pod leaves", 9000, "", POD_LEAVES, false },
	{ "room: a pod went", 9000, "", POD_WENT, true },
	{ "room: a node changed", 9000, "", NODE_CHANGED, true },
	{ "room: a namespace", 9000, "", NAMESPACE, false },
	{ "room: a budget", 9000, "", BUDGET, false },
	{ "room: a claim", 9000, "", CLAIM, false },
	{ "node affinity: a pod went", 100, nowhere, POD_WENT, false },
	{ "node affinity: a pod came", 100, nowhere, POD_CAME, false },
	{ "node affinity: a node changed", 100, nowhere, NODE_CHANGED, true },
	{ "affinity: a pod came", 100, with_new, POD_CAME, true },
	{ "affinity: a pod went", 100, with_new, POD_WENT, true },
	{ "affinity: a namespace", 100, with_new, NAMESPACE, true },
	{ "affinity: a node changed", 100, with_new, NODE_CHANGED, true },
	{ "anti-affinity: a pod came", 100, not_with_old, POD_CAME, false },
	{ "anti-affinity: a pod went", 100, not_with_old, POD_WENT, true },
	{ "anti-affinity: a pod leaves", 100, not_with_old, POD_LEAVES, false },
	{ "anti-affinity: a namespace", 100, not_with_old, NAMESPACE, true },
};

static void happen(struct crowd *b, enum what what)
{
	switch (what) {
	case NOTHING:
		break;
	case POD_CAME:
		crowd_running(b, "another", "n1", crowd_request(b, 100, "app: other", ""), 0, 1);
		break;
	case POD_WENT:
		crowd_gone(b, crowd_find(b, "big"));
		break;
	case POD_LEAVES:
		crowd_leaves(b, crowd_find(b, "big"));
		break;
	case NODE_CHANGED:
		crowd_node(b, "n2", 5, "spec: {taints: [{key: k, value: v, effect: NoSchedule}]}");
		break;
	case NAMESPACE:
		sched_cluster_set_object(b->c,
			crowd_load(
				b, "apiVersion: v1\nkind: Namespace\nmetadata: {name: d, labels: {a: b}}\n"));
		break;
	case BUDGET:
		crowd_budget(b, "old", "app: old", 1);
		break;
	case CLAIM:
		sched_cluster_set_object(b->c,
			crowd_load(b, "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\n"
				      "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: "
				      "1Gi}}}\n"));
		break;
	}
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct crowd *b = start();
		const char *said;

		crowd_pod(b, "x", crowd_request(b, cases[i].cpu, "app: x", cases[i].spec), 0);
		assert_said(b, "x nowhere\n");
		assert_said(b, "x waits\n");
		happen(b, cases[i].what);
		said = crowd_place(b);
		if (!str_eq(said, cases[i].tried ? "x nowhere\n" : "x waits\n"))
			fail_msg("%s: %s", cases[i].title, said);
		assert_said(b, "x waits\n");
		crowd_free(b);
	}
}

/* Another pod of the same name, or one that is new, hears why. */
static void test_who_waits(void **state)
{
	struct crowd *b = start();
	struct sched_request *r = crowd_request(b, 9000, "", "");

	(void)state;
	crowd_pod(b, "x", r, 0);
	assert_said(b, "x nowhere\n");
	crowd_pod(b, "y", r, 0);
	assert_said(b, "x waits\ny nowhere\n");
	crowd_find(b, "x")->waits = false;
	snprintf(crowd_pod(b, "z", r, 0)->key, sizeof(b->pods[0].key), "d/x");
	assert_said(b, "z nowhere\ny waits\n");
	/* Who isn't listed is forgotten. */
	crowd_find(b, "y")->waits = false;
	assert_said(b, "z waits\n");
	crowd_find(b, "y")->waits = true;
	assert_said(b, "z waits\ny nowhere\n");
	crowd_free(b);
}

/* The first needs the second's pod beside it, whose turn comes later. */
static void test_again_in_the_same_call(void **state)
{
	struct crowd *b = start();
	struct sched_request *r = crowd_request(b, 100, "app: x", with_new);

	(void)state;
	crowd_pod(b, "x1", r, 9);
	crowd_pod(b, "x2", r, 9);
	crowd_pod(b, "new", crowd_request(b, 100, "app: new", ""), 1);
	crowd_pod(b, "large", crowd_request(b, 9000, "", ""), 0);
	assert_said(b, "new placed n1\nx1 placed n1\nx2 placed n1\nlarge nowhere\n");
	crowd_free(b);
}

static void hear_reasons(const struct sched_decision *d, void *arg)
{
	struct buf *out = arg;

	if (d->verdict)
		sched_verdict_explain(d->verdict, out);
	buf_addc(out, '\n');
}

static void test_reasons(void **state)
{
	struct crowd *b = start();
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct sched_request *r = crowd_request(b, 9000, "", "");
	struct sched_pending pods[] = {
		{ .id = b, .request = r, .key = "d/a" },
		{ .id = &out, .request = r, .key = "d/b" },
		{ .id = pods, .request = r, .key = "d/c", .pinned = "n2" },
	};

	(void)state;
	sched_place(b->c, pods, ARRAY_LEN(pods), hear_reasons, &out);
	assert_string_equal(out.data,
		"0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {k: v}.\n"
		"0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {k: v}.\n"
		"0/1 nodes are available: 1 node(s) had untolerated taint {k: v}.\n");
	crowd_free(b);
}

/* A pod that may be at others' expense isn't answered as one that may not. */
static void test_policy_matters(void **state)
{
	struct crowd *b = start();
	struct sched_request *r = crowd_request(b, 2000, "", "");
	struct crowd_pod *x = crowd_pod(b, "x", r, 5);

	(void)state;
	x->pending.no_preemption = true;
	crowd_pod(b, "y", r, 5);
	crowd_pod(b, "z", r, 0);
	assert_said(b, "y nominated n1 for old\nx nowhere\nz nowhere\n");
	crowd_free(b);
}

static void test_words(void **state)
{
	(void)state;
	assert_int_equal(
		sched_events_for_reason("Insufficient example.com/gpu"), SCHED_EVENT_NODE | SCHED_EVENT_ROOM);
	assert_int_equal(sched_events_for_reason("node(s) were unschedulable"), SCHED_EVENT_NODE);
	assert_int_equal(
		sched_events_for_reason("node(s) didn't match pod topology spread constraints (missing "
					"required label)"),
		SCHED_EVENT_NODE);
	assert_int_equal(sched_events_for_reason("node(s) didn't match pod topology spread constraints"),
		SCHED_EVENT_NODE | SCHED_EVENT_ROOM | SCHED_EVENT_PODS);
	assert_int_equal(sched_events_for_reason("something new"), SCHED_EVENT_ANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_who_waits),
		cmocka_unit_test(test_again_in_the_same_call),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_policy_matters),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
