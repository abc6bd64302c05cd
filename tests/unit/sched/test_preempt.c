/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Who has to go for whom, by the rules of preempt.h one after the other; and room that is kept. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/sched/crowd.h"

/* Each node has 4 CPUs. A pod that runs: its node, CPU in thousandths, priority, start, label. */
struct running {
	const char *name, *node;
	int cpu;
	int32_t priority;
	uint32_t started;
	const char *labels;
};
enum { RUNNING_MAX = 10 };

static const struct {
	const char *title;
	struct running pods[RUNNING_MAX];
	int cpu; /* of the one that comes, with priority 100 */
	const char *spec;
	const char *budget; /* labels of which none may go */
	const char *said;
} cases[] = {
	{ "the only one that is lower goes",
		{ { "a", "n1", 4000, 100, 1, "" }, { "b", "n2", 4000, 99, 1, "" } }, 4000, "", NULL,
		"x nominated n2 for b\n" },
	{ "equal priority stays", { { "a", "n1", 4000, 100, 1, "" }, { "b", "n2", 4000, 100, 1, "" } }, 4000,
		"", NULL, "x nowhere\n" },
	{ "higher priority stays", { { "a", "n1", 4000, 101, 1, "" }, { "b", "n2", 4000, 100, 1, "" } }, 4000,
		"", NULL, "x nowhere\n" },
	{ "preemptionPolicy Never", { { "a", "n1", 4000, 0, 1, "" }, { "b", "n2", 4000, 0, 1, "" } }, 4000,
		"  preemptionPolicy: Never", NULL, "x nowhere\n" },
	{ "no more than needed, the least important goes",
		{ { "a", "n1", 1000, 10, 1, "" }, { "b", "n1", 1000, 5, 1, "" },
			{ "c", "n1", 1000, 20, 1, "" }, { "d", "n1", 1000, 30, 1, "" },
			{ "e", "n2", 4000, 100, 1, "" } },
		2000, "", NULL, "x nominated n1 for b,a\n" },
	{ "a large one that is less important goes rather than small ones",
		{ { "a", "n1", 3000, 5, 1, "" }, { "b", "n1", 1000, 10, 1, "" },
			{ "e", "n2", 4000, 100, 1, "" } },
		2000, "", NULL, "x nominated n1 for a\n" },
	{ "what comes back first is the most important, though others would do",
		{ { "a", "n1", 3000, 10, 1, "" }, { "b", "n1", 1000, 5, 1, "" },
			{ "e", "n2", 4000, 100, 1, "" } },
		1000, "", NULL, "x nominated n1 for b\n" },
	{ "of equal ones the last that started goes",
		{ { "a", "n1", 2000, 10, 5, "" }, { "b", "n1", 2000, 10, 7, "" },
			{ "e", "n2", 4000, 100, 1, "" } },
		2000, "", NULL, "x nominated n1 for b\n" },
	{ "of those that started together the last by name",
		{ { "b", "n1", 2000, 10, 5, "" }, { "a", "n1", 2000, 10, 5, "" },
			{ "e", "n2", 4000, 100, 1, "" } },
		2000, "", NULL, "x nominated n1 for b\n" },
	{ "1: a budget matters more than priority",
		{ { "a", "n1", 4000, 1, 1, "app: a" }, { "b", "n2", 4000, 99, 1, "" } }, 4000, "", "app: a",
		"x nominated n2 for b\n" },
	{ "1: a budget gives way where nothing else does",
		{ { "a", "n1", 4000, 1, 1, "app: a" }, { "b", "n2", 4000, 100, 1, "" } }, 4000, "", "app: a",
		"x nominated n1 for a\n" },
	{ "1: on a node those of a budget come back first",
		{ { "a", "n1", 2000, 1, 1, "app: a" }, { "b", "n1", 2000, 50, 1, "" },
			{ "e", "n2", 4000, 100, 1, "" } },
		2000, "", "app: a", "x nominated n1 for b\n" },
	{ "2: the least priority of the highest",
		{ { "a", "n1", 2000, 50, 1, "" }, { "b", "n1", 2000, 1, 1, "" },
			{ "c", "n2", 2000, 40, 1, "" }, { "d", "n2", 2000, 40, 1, "" } },
		4000, "", NULL, "x nominated n2 for d,c\n" },
	{ "3: the least sum",
		{ { "a", "n1", 2000, 50, 1, "" }, { "b", "n1", 2000, 30, 1, "" },
			{ "c", "n2", 2000, 50, 1, "" }, { "d", "n2", 2000, 20, 1, "" } },
		4000, "", NULL, "x nominated n2 for d,c\n" },
	{ "3: the sum counts below zero too: one of -1 rather than two of -10",
		{ { "a", "n1", 2000, -10, 1, "" }, { "b", "n1", 2000, -1, 1, "" },
			{ "c", "n2", 4000, -1, 1, "" } },
		4000, "", NULL, "x nominated n2 for c\n" },
	{ "4: the fewest",
		{ { "a", "n1", 2000, 9, 1, "" }, { "b", "n1", 2000, 9, 1, "" },
			{ "c", "n2", 4000, 9, 1, "" } },
		4000, "", NULL, "x nominated n2 for c\n" },
	{ "5: the latest start", { { "a", "n1", 4000, 9, 5, "" }, { "b", "n2", 4000, 9, 6, "" } }, 4000, "",
		NULL, "x nominated n2 for b\n" },
	{ "5: of several of the highest priority the earliest counts",
		{ { "a", "n1", 2000, 9, 5, "" }, { "b", "n1", 2000, 9, 9, "" }, { "c", "n2", 2000, 9, 6, "" },
			{ "d", "n2", 2000, 9, 6, "" } },
		4000, "", NULL, "x nominated n2 for d,c\n" },
	{ "6: the first by name", { { "a", "n2", 4000, 9, 5, "" }, { "b", "n1", 4000, 9, 5, "" } }, 4000, "",
		NULL, "x nominated n1 for b\n" },
	{ "a node that it may not be on is none",
		{ { "a", "n1", 4000, 1, 1, "" }, { "b", "n2", 4000, 50, 1, "" } }, 4000,
		"  nodeSelector: {kubernetes.io/hostname: n2}", NULL, "x nominated n2 for b\n" },
	{ "too large for any node: nobody goes",
		{ { "a", "n1", 4000, 1, 1, "" }, { "b", "n2", 4000, 1, 1, "" } }, 5000, "", NULL,
		"x nowhere\n" },
	{ "a pod that names its node asks nobody to go",
		{ { "a", "n1", 4000, 1, 1, "" }, { "b", "n2", 4000, 1, 1, "" } }, 4000, "  nodeName: n1",
		NULL, "x nowhere\n" },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct crowd *b = crowd_new();

		crowd_node(b, "n1", 4, "");
		crowd_node(b, "n2", 4, "");
		for (size_t k = 0; k < RUNNING_MAX && cases[i].pods[k].name; k++) {
			const struct running *p = &cases[i].pods[k];

			crowd_running(b, p->name, p->node, crowd_request(b, p->cpu, p->labels, ""),
				p->priority, p->started);
		}
		if (cases[i].budget)
			crowd_budget(b, "b", cases[i].budget, 0);
		crowd_pod(b, "x", crowd_request(b, cases[i].cpu, "", cases[i].spec), 100);
		if (!str_eq(crowd_place(b), cases[i].said))
			fail_msg("%s: said \"%s\", expected \"%s\"", cases[i].title, b->said.data,
				cases[i].said);
		crowd_free(b);
	}
}

/* One node of 4 CPUs with four pods of one CPU and priority 1. */
static struct crowd *full_node(void)
{
	struct crowd *b = crowd_new();

	crowd_node(b, "n1", 4, "");
	for (uint32_t i = 0; i < 4; i++) {
		char name[8];

		snprintf(name, sizeof(name), "r%u", i);
		crowd_running(b, name, "n1", crowd_request(b, 1000, "", ""), 1, i);
	}
	return b;
}

/* NAME comes, and wants so much. */
static struct crowd_pod *comes(struct crowd *b, const char *name, int cpu, int32_t priority)
{
	return crowd_pod(b, name, crowd_request(b, cpu, "", ""), priority);
}

static void goes(struct crowd *b, const char *name)
{
	crowd_gone(b, crowd_find(b, name));
}

static void test_kept_until_gone(void **state)
{
	struct crowd *b = full_node();
	struct crowd_pod *x = comes(b, "x", 2000, 50);

	(void)state;
	assert_said(b, "x nominated n1 for r3,r2\n");
	assert_string_equal(sched_cluster_nominated(b->c, x), "n1");
	assert_said(b, "x nominated n1\n");
	goes(b, "r3");
	/* One is gone: still not enough; and what is free is kept from one of equal priority. */
	crowd_pod(b, "y", crowd_request(b, 1000, "", "  preemptionPolicy: Never"), 50);
	assert_said(b, "x nominated n1\ny nowhere\n");
	goes(b, "r2");
	assert_said(b, "x placed n1\ny nowhere\n");
	assert_null(sched_cluster_nominated(b->c, x));
	assert_said(b, "y waits\n");
	crowd_free(b);
}

static void test_higher_takes_it(void **state)
{
	struct crowd *b = full_node();
	struct crowd_pod *x = comes(b, "x", 2000, 50);

	(void)state;
	assert_said(b, "x nominated n1 for r3,r2\n");
	goes(b, "r3");
	goes(b, "r2");
	comes(b, "y", 2000, 60);
	assert_said(b, "y placed n1\nx nominated n1 for r1,r0\n");
	assert_string_equal(sched_cluster_nominated(b->c, x), "n1");
	crowd_free(b);
}

static void test_leaving_are_no_harm(void **state)
{
	struct crowd *b = full_node();

	(void)state;
	crowd_leaves(b, crowd_find(b, "r0"));
	comes(b, "x", 1000, 50);
	comes(b, "y", 1000, 40);
	assert_said(b, "x nominated n1\ny nominated n1 for r3\n");
	crowd_free(b);
}

static void test_unnominate(void **state)
{
	struct crowd *b = full_node();
	struct crowd_pod *x = comes(b, "x", 1000, 50);

	(void)state;
	assert_said(b, "x nominated n1 for r3\n");
	goes(b, "r3");
	x->waits = false;
	comes(b, "y", 1000, 1);
	assert_said(b, "y nowhere\n");
	sched_cluster_unnominate(b->c, x);
	assert_null(sched_cluster_nominated(b->c, x));
	assert_said(b, "y placed n1\n");
	crowd_free(b);
}

/* As after a restart. */
static void test_nominate(void **state)
{
	struct crowd *b = full_node();
	struct crowd_pod *x = comes(b, "x", 1000, 50);

	(void)state;
	crowd_leaves(b, crowd_find(b, "r2"));
	sched_cluster_nominate(
		b->c, "n1", &(struct sched_pod){ .id = x, .request = x->request, .priority = 50 });
	sched_cluster_nominate(b->c, "none", &(struct sched_pod){ .id = b, .request = x->request });
	assert_string_equal(sched_cluster_nominated(b->c, x), "n1");
	assert_null(sched_cluster_nominated(b->c, b));
	assert_said(b, "x nominated n1\n");
	sched_cluster_remove_node(b->c, "n1");
	assert_null(sched_cluster_nominated(b->c, x));
	assert_said(b, "x nowhere\n");
	crowd_free(b);
}

/* Another node of the same name is not the one where room was kept; whoever has his turn first may have it. */
static void test_node_comes_again(void **state)
{
	struct crowd *b = full_node();

	(void)state;
	crowd_pod(b, "x", crowd_request(b, 4000, "", ""), 50);
	assert_said(b, "x nominated n1 for r3,r2,r1,r0\n");
	sched_cluster_remove_node(b->c, "n1");
	crowd_node(b, "n1", 4, "");
	/* More important than both, so that what is kept is off the books at its turn. */
	crowd_pod(b, "high", crowd_request(b, 100000, "", ""), 60);
	crowd_pod(b, "a", crowd_request(b, 4000, "", ""), 50);
	assert_said(b, "a placed n1\nhigh nowhere\nx nowhere\n");
	crowd_free(b);
}

/* Nor is it there for the time of a question about affinity. */
static void test_node_comes_again_aside(void **state)
{
	struct crowd *b = full_node();
	struct crowd_pod *x = crowd_pod(b, "x", crowd_request(b, 4000, "", ""), 50);
	struct sched_verdict v;

	(void)state;
	assert_said(b, "x nominated n1 for r3,r2,r1,r0\n");
	sched_cluster_remove_node(b->c, "n1");
	crowd_node(b, "n1", 4, "");
	x->waits = false;
	crowd_pod(b, "a",
		crowd_request(b, 1000, "app: a",
			"  affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
			"[{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: a}}}]}}"),
		50);
	assert_said(b, "a placed n1\n");
	sched_pick(b->c, crowd_request(b, 3000, "", ""), &v);
	assert_non_null(v.node);
	crowd_free(b);
}

/*
 * On n1 B would go for x as long as two may go; when one may, A may and C must; when none may, it is B again, which is less harm. At the second turn n1
 * is thought of first, and not taken.
 */
static void test_cheaper_without_budget(void **state)
{
	struct crowd *b = crowd_new();
	struct sched_request *large = crowd_request(b, 2000, "app: a", ""),
			     *small = crowd_request(b, 250, "app: a", ""),
			     *x = crowd_request(b, 2000, "", "");

	(void)state;
	crowd_node(b, "n1", 4, "");
	crowd_node(b, "n2", 2, "");
	crowd_node(b, "n3", 2, "");
	crowd_node(b, "n4", 2, "");
	crowd_running(b, "a", "n1", small, 1, 9);
	crowd_running(b, "b", "n1", large, 1, 9);
	crowd_running(b, "c", "n1", small, 1, 10);
	crowd_running(b, "d", "n2", large, 1, 11);
	crowd_running(b, "e", "n3", large, 1, 8);
	crowd_running(b, "f", "n4", large, 1, 2);
	crowd_budget(b, "a", "app: a", 2);
	crowd_pod(b, "x1", x, 50);
	crowd_pod(b, "x2", x, 50);
	crowd_pod(b, "x3", x, 50);
	assert_said(b, "x1 nominated n2 for d\nx2 nominated n3 for e\nx3 nominated n1 for b\n");
	crowd_free(b);
}

/* What keeps a node's last volume attached is better there than gone. */
static void test_shares_a_volume(void **state)
{
	struct crowd *b = crowd_new();
	static const char volume[] = "  volumes: [{name: v, persistentVolumeClaim: {claimName: k}}]";

	(void)state;
	sched_cluster_set_object(b->c, crowd_load(b, "{apiVersion: storage.k8s.io/v1, kind: StorageClass, "
						     "metadata: {name: disks}, provisioner: "
						     "disks.example.com}"));
	sched_cluster_set_object(
		b->c, crowd_load(b, "{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: "
				    "{capacity: {storage: "
				    "1Gi}, accessModes: [ReadWriteMany], hostPath: {path: /d}}}"));
	sched_cluster_set_object(b->c, crowd_load(b, "{apiVersion: v1, kind: PersistentVolumeClaim, "
						     "metadata: {name: k}, spec: {accessModes: "
						     "[ReadWriteMany], volumeName: v, storageClassName: "
						     "disks, resources: {requests: {storage: "
						     "1Gi}}}}"));
	sched_cluster_set_node(b->c,
		crowd_load(b,
			"{apiVersion: v1, kind: Node, metadata: {name: n1}, status: {allocatable: {cpu: '4', "
			"memory: 8Gi, pods: '9', attachable-volumes-csi-disks.example.com: '0'}}}"));
	crowd_running(b, "a", "n1", crowd_request(b, 1000, "", volume), 1, 1);
	crowd_running(b, "b", "n1", crowd_request(b, 3000, "", ""), 1, 2);
	crowd_pod(b, "x", crowd_request(b, 2000, "", volume), 50);
	assert_said(b, "x nominated n1 for b\n");
	crowd_free(b);
}

/* A budget that lets two go, in one call. */
static void test_budget_is_used_up(void **state)
{
	struct crowd *b = crowd_new();
	struct sched_request *r, *x;

	(void)state;
	r = crowd_request(b, 4000, "app: a", "");
	x = crowd_request(b, 4000, "", "");
	for (uint32_t i = 0; i < 4; i++) {
		static const char *const names[] = { "n0", "n1", "n2", "n3" };
		static const char *const pods[] = { "a0", "a1", "a2", "b3" };

		crowd_node(b, names[i], 4, "");
		crowd_running(b, pods[i], names[i], i < 3 ? r : crowd_request(b, 4000, "app: b", ""),
			i < 3 ? 1 : 10, 1);
	}
	crowd_budget(b, "a", "app: a", 2);
	for (uint32_t i = 0; i < 4; i++) {
		static const char *const names[] = { "x0", "x1", "x2", "x3" };

		crowd_pod(b, names[i], x, 50);
	}
	assert_said(b, "x0 nominated n0 for a0\nx1 nominated n1 for a1\nx2 nominated n3 for b3\n"
		       "x3 nominated n2 for a2\n");
	crowd_free(b);
}

/* Victims on one node, though what refuses the pod is not room: ports, and pods that it must be apart from. */
static void test_apart(void **state)
{
	struct crowd *b = full_node();
	struct sched_request *apart = crowd_request(b, 100, "app: x",
		"  affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
		"[{topologyKey: "
		"kubernetes.io/hostname, labelSelector: {matchLabels: {app: x}}}]}}");

	(void)state;
	goes(b, "r0");
	crowd_running(b, "old", "n1", apart, 1, 9);
	crowd_pod(b, "x", apart, 50);
	assert_said(b, "x nominated n1 for old\n");
	crowd_free(b);
}

/* Two that stay with a friend and away from a foe: the foe goes for both, the friend for none. */
static void test_shares_a_victim(void **state)
{
	struct crowd *b = crowd_new();
	struct sched_request *r;

	(void)state;
	crowd_node(b, "n1", 4, "");
	r = crowd_request(b, 100, "app: x",
		"  affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
		"[{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: friend}}}]}, "
		"podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
		"[{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: foe}}}]}}");
	crowd_running(b, "foe", "n1", crowd_request(b, 100, "app: foe", ""), 1, 9);
	crowd_running(b, "friend", "n1", crowd_request(b, 100, "app: friend", ""), 1, 1);
	crowd_pod(b, "x", r, 50);
	crowd_pod(b, "y", r, 50);
	assert_said(b, "x nominated n1 for foe\ny nominated n1\n");
	crowd_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_kept_until_gone),
		cmocka_unit_test(test_higher_takes_it),
		cmocka_unit_test(test_leaving_are_no_harm),
		cmocka_unit_test(test_unnominate),
		cmocka_unit_test(test_nominate),
		cmocka_unit_test(test_node_comes_again),
		cmocka_unit_test(test_node_comes_again_aside),
		cmocka_unit_test(test_cheaper_without_budget),
		cmocka_unit_test(test_shares_a_volume),
		cmocka_unit_test(test_budget_is_used_up),
		cmocka_unit_test(test_apart),
		cmocka_unit_test(test_shares_a_victim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
