/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Which nodes a constraint counts; equal conditions have equal texts; they outlive the pod. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "sched/eligible.h"
#include "tests/unit/sched/books.h"

#define DB "  nodeSelector: {disk: ssd}\n"
#define ZONES(values)                                                                         \
	"  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "        \
	"{nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: In, values: [" values \
	"]}]}, {matchFields: [{key: metadata.name, operator: In, values: [c]}]}]}}}\n"
#define TOLERATES "  tolerations: [{key: t, operator: Exists}]\n"

/* Three nodes: a (zone one, ssd), b (zone two, taint t), c (neither; taint p, PreferNoSchedule). */
static const struct {
	const char *spec;
	bool affinity, taints;
	const char *nodes; /* those that count; NULL: no conditions */
} cases[] = {
	{ "", true, false, NULL },
	{ DB, false, false, NULL },
	{ DB, true, false, "a" },
	{ ZONES("one, two"), true, false, "abc" },
	{ ZONES("two"), true, false, "bc" },
	{ DB ZONES("two"), true, false, "" },
	{ "", true, true, "ac" },
	{ TOLERATES, true, true, "abc" },
	{ DB TOLERATES, false, true, "abc" },
	{ DB, true, true, "a" },
};

static void test_nodes(void **state)
{
	struct sched_cluster *c = sched_cluster_new();
	char nodes[4];

	(void)state;
	books_node(c, "a", "zone: one, disk: ssd", "");
	books_node(c, "b", "zone: two", "spec: {taints: [{key: t, effect: NoExecute}]}\n");
	books_node(c, "c", "", "spec: {taints: [{key: p, effect: PreferNoSchedule}]}\n");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct books_pod p = books_pod("default", "", cases[i].spec);
		struct sched_eligible *e = sched_eligible_new(
			&object_pod(p.object)->spec, cases[i].affinity, cases[i].taints);
		size_t n = 0;

		books_pod_done(&p);
		if (!e != !cases[i].nodes)
			fail_msg("case %zu: conditions are%s expected", i, cases[i].nodes ? "" : " not");
		if (!e)
			continue;
		for (char name[] = "a"; name[0] <= 'c'; name[0]++)
			if (sched_eligible_has(e, sched_node_find(c, name)))
				nodes[n++] = name[0];
		nodes[n] = '\0';
		if (!str_eq(nodes, cases[i].nodes))
			fail_msg("case %zu: \"%s\", expected \"%s\"", i, nodes, cases[i].nodes);
		sched_eligible_free(e);
	}
	sched_cluster_free(c);
}

static void test_equal(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} pairs[] = {
		{ DB, DB, true },
		{ DB TOLERATES, DB, false },
		{ ZONES("one"), ZONES("one"), true },
		{ ZONES("one"), ZONES("one, two"), false },
		{ ZONES("one"), DB, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		struct books_pod a = books_pod("x", "", pairs[i].a), b = books_pod("default", "", pairs[i].b);
		struct sched_eligible *x = sched_eligible_new(&object_pod(a.object)->spec, true, true);
		struct sched_eligible *z = sched_eligible_new(&object_pod(b.object)->spec, true, true);

		if (str_eq(x->text, z->text) != pairs[i].equal)
			fail_msg("pair %zu: %s, %s: expected %d", i, x->text, z->text, pairs[i].equal);
		sched_eligible_free(x);
		sched_eligible_free(z);
		books_pod_done(&a);
		books_pod_done(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_equal),
	};

	return cmocka_run_group_tests_name("sched/eligible", tests, NULL, NULL);
}
