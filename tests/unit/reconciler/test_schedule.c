/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What turns cost, and what pods ask for. What the scheduler decides, and what is done then, is in golden cases (preempt-*, gang-*, gates-* …). */
#include "reconciler/schedule.h"

#include "tests/unit/reconciler/world_fixture.h"

#define NODE(name) "apiVersion: v1\nkind: Node\nmetadata: {name: " name "}\n---\n"
#define WEB(replicas, cpu)                                                                              \
	"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: " replicas ", " \
	"selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, "              \
	"spec: {containers: [{name: c, image: i, resources: {requests: {cpu: " cpu "}}}]}}}\n---\n"
#define MAP(value) "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {a: " value "}\n---\n"

/* Pods that fit nowhere cost nothing until something comes that could help. */
static void test_those_that_wait_cost_nothing(void **state)
{
	struct fx f;
	uint64_t before;

	(void)state;
	fx_begin(&f, NODE("a") WEB("200", "3") MAP("one"));
	assert_int_equal(fx_node(&f, "a")->pods.count, 1);
	before = f.w.looked;
	fx_commit(&f, NODE("a") WEB("200", "3") MAP("two"));
	fx_step(&f);
	assert_true(f.w.looked - before < 10);
	before = f.w.looked;
	fx_commit(&f, NODE("a") NODE("b") WEB("200", "3") MAP("two"));
	fx_step(&f);
	assert_true(f.w.looked - before >= 199);
	fx_done(&f);
}

/* The scheduler counts those as equal that are: also when the manifest has changed in something else than the template. */
static void test_equal_pods_ask_as_one(void **state)
{
	struct sched_request *request = NULL;
	struct world_pods pods;
	struct fx f;

	(void)state;
	fx_begin(&f, NODE("a") WEB("2", "100m"));
	fx_commit(&f, NODE("a") WEB("4", "100m"));
	fx_settle(&f);
	pods = fx_pods(&f);
	assert_int_equal(pods.count, 4);
	for (size_t i = 0; i < pods.count; i++) {
		struct sched_request *one = world_pod_request(&f.w, pods.items[i]);

		assert_true(!request || one == request);
		request = one;
	}
	free(pods.items);
	fx_done(&f);
}

#define DB(more)                                                                                             \
	"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  replicas: 2\n"               \
	"  podManagementPolicy: Parallel\n  selector: {matchLabels: {app: db}}\n  template:\n"               \
	"    metadata: {labels: {app: db}}\n    spec:\n      containers: [{name: c, image: i}]\n      " more \
	"\n---\n"

static bool ask_alike(struct fx *f)
{
	struct world_pods pods = fx_pods(f);
	bool alike;

	assert_int_equal(pods.count, 2);
	alike = world_pod_request(&f->w, pods.items[0]) == world_pod_request(&f->w, pods.items[1]);
	free(pods.items);
	return alike;
}

/* Numbered pods are told apart only where a rule of theirs does. */
static void test_numbers_that_matter(void **state)
{
	struct fx f;

	(void)state;
	fx_begin(&f, NODE("a") DB("terminationGracePeriodSeconds: 1"));
	assert_true(ask_alike(&f));
	fx_done(&f);
	fx_begin(&f,
		NODE("a") DB("topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, "
			     "whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: db}}, "
			     "matchLabelKeys: [apps.kubernetes.io/pod-index]}]"));
	assert_false(ask_alike(&f));
	fx_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_those_that_wait_cost_nothing),
		cmocka_unit_test(test_equal_pods_ask_as_one),
		cmocka_unit_test(test_numbers_that_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
