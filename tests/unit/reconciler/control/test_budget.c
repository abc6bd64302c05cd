/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* PodDisruptionBudgets: the cases of budget.h by their numbers, and drains that ask them. */
#include "reconciler/control/budget.h"

#include "reconciler/control/node_lifecycle.h"
#include "tests/unit/reconciler/world_fixture.h"

#define NODE(name) "apiVersion: v1\nkind: Node\nmetadata: {name: " name "}\n---\n"
#define DRAINED(name)                                        \
	"apiVersion: v1\nkind: Node\nmetadata: {name: " name \
	", annotations: {pintle.dev/drain: 'true'}}\n---\n"
#define WEB(replicas)                                                                                   \
	"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: " replicas ", " \
	"selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, "              \
	"spec: {containers: [{name: c, image: i}]}}}\n---\n"
#define BUDGET(name, spec)                                                               \
	"apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: " name "}\n" \
	"spec: {selector: {matchLabels: {app: web}}, " spec "}\n---\n"
#define BARE(name, app)                                                            \
	"apiVersion: v1\nkind: Pod\nmetadata: {name: " name ", labels: {app: " app \
	"}}\nspec: {containers: [{name: c, image: i}]}\n---\n"

static void say_hello(struct fx *f)
{
	struct world_entry_list all = world_entries(&f->w);

	for (size_t i = 0; i < all.count; i++)
		if (all.items[i]->kind->id == KIND_NODE)
			fx_hello(f, all.items[i]->name, "4", "8Gi");
	free(all.items);
}

static void begin(struct fx *f, const char *text)
{
	fx_init(f);
	fx_commit(f, text);
	fx_step(f);
	say_hello(f);
	fx_settle(f);
}

static struct world_budget *budget(struct fx *f, const char *name)
{
	struct world_object *o = world_find(&f->w, KIND_DISRUPTION_BUDGET, "default", name);

	if (!o)
		fx_die("no budget", name);
	return world_budget(o);
}

/* A pod of the Deployment that is ready and not being deleted. */
static struct world_pod *any(struct fx *f)
{
	struct world_pods pods = fx_pods(f);
	struct world_pod *found = NULL;

	for (size_t i = 0; i < pods.count && !found; i++)
		if (pods.items[i]->set && pods.items[i]->ready && !pods.items[i]->o.deleting)
			found = pods.items[i];
	free(pods.items);
	if (!found)
		fx_die("any", "no ready pod");
	return found;
}

static const char *evict(struct fx *f, struct world_pod *p)
{
	struct control c = fx_control(f);

	return pod_evict(&c, p, "a test wants it");
}

/* FORMAT with "%d" replaced, a node before it and a budget behind it. */
static char *text_with(const char *format, const char *number)
{
	const char *at = strstr(format, "%d");

	return xasprintf("%s%.*s%s%s%s", NODE("a"), (int)(at - format), format, number, at + 2,
		BUDGET("b", "maxUnavailable: 1"));
}

/* Cases 1, 2, 5 and 6: what is allowed, of 4 replicas unless said. */
static void test_allowed(void **state)
{
	static const struct {
		const char *text;
		int64_t expected, desired, allowed;
	} cases[] = {
		{ WEB("4") BUDGET("b", "minAvailable: 3"), 4, 3, 1 },
		{ WEB("4") BUDGET("b", "minAvailable: 4"), 4, 4, 0 },
		{ WEB("4") BUDGET("b", "minAvailable: 9"), 4, 9, 0 },
		{ WEB("4") BUDGET("b", "minAvailable: 0"), 4, 0, 4 },
		{ WEB("4") BUDGET("b", "minAvailable: 50%"), 4, 2, 2 },
		{ WEB("3") BUDGET("b", "minAvailable: 50%"), 3, 2, 1 },
		{ WEB("4") BUDGET("b", "maxUnavailable: 1"), 4, 3, 1 },
		{ WEB("4") BUDGET("b", "maxUnavailable: 0"), 4, 4, 0 },
		{ WEB("3") BUDGET("b", "maxUnavailable: 50%"), 3, 1, 2 },
		{ WEB("4") BUDGET("b", "maxUnavailable: 9"), 4, 0, 4 },
		{ WEB("0") BUDGET("b", "maxUnavailable: 1"), 0, 0, 0 },
		{ BUDGET("b", "minAvailable: 0"), 0, 0, 0 },
		/* Case 4: the bare pod counts where numbers are absolute, else not. */
		{ WEB("4") BARE("p", "web") BUDGET("b", "minAvailable: 3"), 5, 3, 2 },
		{ WEB("4") BARE("p", "web") BUDGET("b", "maxUnavailable: 1"), 4, 3, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(freep) char *text = xasprintf("%s%s", NODE("a"), cases[i].text);
		struct fx f;
		const struct world_budget *b;

		begin(&f, text);
		b = budget(&f, "b");
		if (b->expected != cases[i].expected || b->desired != cases[i].desired ||
			b->allowed != cases[i].allowed)
			print_error("case %zu: expected %lld, desired %lld, allowed %lld\n", i,
				(long long)b->expected, (long long)b->desired, (long long)b->allowed);
		assert_int_equal(b->expected, cases[i].expected);
		assert_int_equal(b->desired, cases[i].desired);
		assert_int_equal(b->allowed, cases[i].allowed);
		assert_int_equal(b->observed, b->o.generation);
		fx_done(&f);
	}
}

/* Case 6: two at once of a budget of one; the second once the first has its replacement. */
static void test_one_after_the_other(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE("a") WEB("4") BUDGET("b", "maxUnavailable: 1"));
	assert_null(evict(&f, any(&f)));
	assert_string_equal(evict(&f, any(&f)), "PodDisruptionBudget/default/b");
	fx_step(&f);
	assert_string_equal(evict(&f, any(&f)), "PodDisruptionBudget/default/b");
	assert_int_equal(budget(&f, "b")->allowed, 0);
	assert_non_null(strstr(
		fx_file(&f, "namespaces/default/poddisruptionbudgets/b.json"), "\"InsufficientPods\""));
	fx_settle(&f);
	assert_int_equal(budget(&f, "b")->allowed, 1);
	assert_null(evict(&f, any(&f)));
	fx_done(&f);
}

/* Cases 7 and 8. */
static void test_pods_that_are_no_loss(void **state)
{
	struct fx f;
	struct world_pod *sick;

	(void)state;
	begin(&f, NODE("a") WEB("4") BUDGET("b", "minAvailable: 4"));
	sick = any(&f);
	fx_report(&f, sick, "Running", false, false);
	fx_step(&f);
	/* Three are healthy, four are desired. */
	assert_non_null(evict(&f, sick));
	fx_report(&f, sick, "Pending", false, false);
	assert_null(evict(&f, sick));
	fx_done(&f);
	begin(&f, NODE("a") WEB("4") BUDGET("b", "minAvailable: 4, unhealthyPodEvictionPolicy: AlwaysAllow"));
	sick = any(&f);
	fx_report(&f, sick, "Running", false, false);
	fx_step(&f);
	assert_null(evict(&f, sick));
	fx_done(&f);
	begin(&f, NODE("a") WEB("4") BUDGET("b", "minAvailable: 3"));
	sick = any(&f);
	fx_report(&f, sick, "Running", false, false);
	fx_step(&f);
	/* Three are healthy, as desired: the sick one may go, and then no other. */
	assert_int_equal(budget(&f, "b")->allowed, 0);
	assert_null(evict(&f, sick));
	assert_non_null(evict(&f, any(&f)));
	fx_done(&f);
}

/* Case 9; and a pod of none. */
static void test_several_and_none(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE("a") WEB("4") BUDGET("b", "maxUnavailable: 2") BUDGET("a", "maxUnavailable: 2")
			  BARE("p", "other"));
	assert_string_equal(evict(&f, any(&f)), "PodDisruptionBudget/default/a");
	assert_null(evict(&f, world_pod(world_find(&f.w, KIND_POD, "default", "p"))));
	/* One of the two goes: the other speaks for it. */
	fx_commit(&f, NODE("a") WEB("4") BUDGET("b", "maxUnavailable: 2") BARE("p", "other"));
	fx_step(&f);
	assert_null(evict(&f, any(&f)));
	fx_done(&f);
}

/* Cases 7 and 9: what is no loss asks nobody, also where two budgets are about it. */
static void test_no_loss_to_several(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE("a") WEB("4") BUDGET("b", "maxUnavailable: 0") BUDGET("a", "maxUnavailable: 0"));
	fx_report(&f, any(&f), "Succeeded", false, false);
	struct world_pods pods = fx_pods(&f);
	for (size_t i = 0; i < pods.count; i++)
		if (pods.items[i]->phase == PHASE_SUCCEEDED)
			assert_null(evict(&f, pods.items[i]));
		else
			assert_non_null(evict(&f, pods.items[i]));
	free(pods.items);
	fx_done(&f);
}

/* A bare pod that gets another label is another budget's. */
static void test_labels_change(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE("a") BARE("p", "other") BUDGET("b", "minAvailable: 1"));
	assert_int_equal(budget(&f, "b")->expected, 0);
	fx_commit(&f, NODE("a") BARE("p", "web") BUDGET("b", "minAvailable: 1"));
	fx_settle(&f);
	assert_int_equal(budget(&f, "b")->expected, 1);
	assert_int_equal(budget(&f, "b")->healthy, 1);
	fx_crash(&f);
	fx_step(&f);
	assert_int_equal(budget(&f, "b")->expected, 1);
	fx_commit(&f, NODE("a") BUDGET("b", "minAvailable: 1"));
	fx_settle(&f);
	assert_int_equal(budget(&f, "b")->expected, 0);
	fx_done(&f);
}

/* The budget knows in the same pass: a drain of that very commit must not go by the old number. */
static void test_scaled(void **state)
{
	static const char *const sets[] = {
		WEB("%d"),
		"apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: web}\nspec: {replicas: %d, "
		"selector: "
		"{matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: "
		"[{name: c, "
		"image: i}]}}}\n---\n",
		"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web}\nspec: {replicas: %d, "
		"selector: "
		"{matchLabels: {app: web}}, template: {metadata: {labels: "
		"{app: web}}, "
		"spec: {containers: [{name: c, image: i}]}}}\n---\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		_cleanup_(freep) char *before = text_with(sets[i], "4"), *after = text_with(sets[i], "8");
		struct fx f;

		begin(&f, before);
		assert_int_equal(budget(&f, "b")->desired, 3);
		/* Not even that a pod comes tells it: a StatefulSet makes none while this one isn't ready. */
		fx_report(&f, any(&f), "Running", false, false);
		fx_step(&f);
		fx_commit(&f, after);
		fx_step(&f);
		assert_int_equal(budget(&f, "b")->expected, 8);
		assert_int_equal(budget(&f, "b")->desired, 7);
		fx_done(&f);
	}
}

/* --- drains ---------------------------------------------------------------------------------------------- */

static size_t ready_now(struct fx *f)
{
	struct world_pods pods = fx_pods(f);
	size_t n = 0;

	for (size_t i = 0; i < pods.count; i++)
		n += pods.items[i]->ready && !pods.items[i]->o.deleting;
	free(pods.items);
	return n;
}

static void test_drain_keeps_the_budget(void **state)
{
	struct fx f;
	bool gone = false;

	(void)state;
	begin(&f, NODE("a") WEB("4") BUDGET("b", "maxUnavailable: 1") BARE("p", "other"));
	assert_int_equal(fx_node(&f, "a")->pods.count, 5);
	fx_commit(&f, DRAINED("a") NODE("b") WEB("4") BUDGET("b", "maxUnavailable: 1") BARE("p", "other"));
	fx_step(&f);
	fx_hello(&f, "b", "4", "8Gi");
	assert_non_null(strstr(fx_file(&f, "cluster/nodes/a.json"), "\"WaitsForBudget\""));
	for (unsigned i = 0; i < 100 && !gone; i++) {
		f.now += NSEC_PER_SEC;
		fx_step(&f);
		/* Three of the Deployment's are ready whenever one looks. */
		assert_true(ready_now(&f) >= 3);
		fx_agents_catch_up(&f);
		gone = fx_node(&f, "a")->pods.count == 0;
	}
	assert_true(gone);
	fx_settle(&f);
	assert_int_equal(fx_node(&f, "b")->pods.count, 5);
	assert_non_null(strstr(fx_file(&f, "cluster/nodes/a.json"), "\"NoPodsLeft\""));
	/* It is taken back into use. */
	fx_commit(&f, NODE("a") NODE("b") WEB("6") BUDGET("b", "maxUnavailable: 1") BARE("p", "other"));
	fx_settle(&f);
	assert_null(strstr(fx_file(&f, "cluster/nodes/a.json"), "\"Drained\""));
	assert_int_equal(fx_node(&f, "a")->pods.count, 2);
	fx_done(&f);
}

/* A budget that never allows: the drain says so and waits, until the budget is gone. */
static void test_drain_waits(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE("a") NODE("b") WEB("1") BUDGET("b", "maxUnavailable: 0"));
	fx_commit(&f, DRAINED("a") DRAINED("b") NODE("c") WEB("1") BUDGET("b", "maxUnavailable: 0"));
	fx_step(&f);
	fx_hello(&f, "c", "4", "8Gi");
	f.now += 3600 * NSEC_PER_SEC;
	fx_settle(&f);
	assert_int_equal(fx_node(&f, "c")->pods.count, 0);
	fx_commit(&f, DRAINED("a") DRAINED("b") NODE("c") WEB("1"));
	fx_settle(&f);
	assert_int_equal(fx_node(&f, "c")->pods.count, 1);
	fx_done(&f);
}

/* One that starts anew looks at nodes before it looks at budgets. */
static void test_restart_keeps_the_budget(void **state)
{
	const char *text = DRAINED("a") WEB("2") BUDGET("b", "minAvailable: 2");
	struct fx f;
	struct world_pods pods;

	(void)state;
	begin(&f, NODE("a") WEB("2") BUDGET("b", "minAvailable: 2"));
	fx_commit(&f, text);
	fx_settle(&f);
	fx_crash(&f);
	fx_pass(&f);
	for (size_t i = 0; i < f.plan.record_count; i++)
		print_error(
			"%s %s is recorded again\n", f.plan.records[i].kind->name, f.plan.records[i].name);
	assert_int_equal(f.plan.record_count, 0);
	pods = fx_pods(&f);
	for (size_t i = 0; i < pods.count; i++)
		assert_int_equal(pods.items[i]->o.deleting, 0);
	free(pods.items);
	fx_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restart_keeps_the_budget),
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_one_after_the_other),
		cmocka_unit_test(test_pods_that_are_no_loss),
		cmocka_unit_test(test_several_and_none),
		cmocka_unit_test(test_no_loss_to_several),
		cmocka_unit_test(test_labels_change),
		cmocka_unit_test(test_scaled),
		cmocka_unit_test(test_drain_keeps_the_budget),
		cmocka_unit_test(test_drain_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
