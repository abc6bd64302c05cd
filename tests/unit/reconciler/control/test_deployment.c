/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Deployments: budgets, conditions with Kubernetes' reasons, deadlines, pauses, history, what is held. */
#include "reconciler/control/deployment.h"
#include "tests/unit/reconciler/world_fixture.h"

#define NODE "apiVersion: v1\nkind: Node\nmetadata: {name: node-a}\n---\n"

/* MORE continues spec:, CONTAINER the container's flow map. */
static void commit_web(struct fx *f, int replicas, const char *image, const char *more, const char *container)
{
	_cleanup_(freep) char *text = xasprintf(NODE
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: %d\n%s"
		"  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n"
		"    spec: {containers: [{name: c, image: '%s'%s}]}\n",
		replicas, more, image, container);

	fx_commit(f, text);
}

static void begin(struct fx *f)
{
	fx_init(f);
	fx_commit(f, NODE);
	fx_step(f);
	fx_hello(f, "node-a", "64", "64Gi");
	fx_step(f);
}

static struct world_deployment *web(struct fx *f)
{
	return world_deployment(world_find(&f->w, KIND_DEPLOYMENT, "default", "web"));
}

static void expect_condition(struct fx *f, const char *type, const char *status, const char *reason)
{
	const struct world_condition *c = world_condition_get(&web(f)->conditions, type);

	if (!c)
		fx_die(type, "is missing");
	if (!str_eq(c->status, status) || !str_eq(c->reason, reason))
		print_error("%s is %s, %s: %s\n", type, c->status, c->reason, c->message);
	assert_string_equal(c->status, status);
	assert_string_equal(c->reason, reason);
}

/* ResolveFenceposts: surge rounds up, unavailable down, never both zero. */
static void test_budgets(void **state)
{
	static const struct {
		int64_t replicas;
		const char *surge, *unavailable; /* percentages, or plain numbers */
		int64_t want_surge, want_unavailable;
	} cases[] = {
		{ 4, "25%", "25%", 1, 1 },
		{ 3, "25%", "25%", 1, 0 },
		{ 1, "25%", "25%", 1, 0 },
		{ 10, "30%", "30%", 3, 3 },
		{ 10, "0%", "0%", 0, 1 },
		{ 5, "0", "0", 0, 1 },
		{ 5, "2", "1", 2, 1 },
		{ 2, "0", "5", 0, 2 },
		{ 0, "25%", "25%", 0, 0 },
		{ 7, "100%", "100%", 7, 7 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rolling_update r = { 0 };
		struct deployment_spec spec = { .replicas = cases[i].replicas,
			.strategy = { .type = "RollingUpdate", .rolling_update = &r } };
		struct rollout_budget b;

		r.max_surge = (struct int_or_string){ .set = true, .integer = atoi(cases[i].surge) };
		r.max_unavailable = (struct int_or_string){ .set = true,
			.integer = atoi(cases[i].unavailable) };
		if (str_ends(cases[i].surge, "%"))
			r.max_surge.string = cases[i].surge;
		if (str_ends(cases[i].unavailable, "%"))
			r.max_unavailable.string = cases[i].unavailable;
		b = rollout_budget(&spec);
		if (b.surge != cases[i].want_surge || b.unavailable != cases[i].want_unavailable)
			print_error("case %zu\n", i);
		assert_int_equal(b.surge, cases[i].want_surge);
		assert_int_equal(b.unavailable, cases[i].want_unavailable);
	}
}

static void test_conditions_of_a_rollout(void **state)
{
	struct fx f;

	(void)state;
	begin(&f);
	commit_web(&f, 2, "i:1", "", "");
	fx_step(&f);
	expect_condition(&f, "Progressing", "True", "NewReplicaSetCreated");
	expect_condition(&f, "Available", "False", "MinimumReplicasUnavailable");
	fx_settle(&f);
	expect_condition(&f, "Progressing", "True", "NewReplicaSetAvailable");
	expect_condition(&f, "Available", "True", "MinimumReplicasAvailable");
	assert_int_equal(web(&f)->observed, web(&f)->o.generation);
	commit_web(&f, 2, "i:2", "", "");
	fx_step(&f);
	expect_condition(&f, "Progressing", "True", "NewReplicaSetCreated");
	expect_condition(&f, "Available", "True", "MinimumReplicasAvailable");
	fx_settle(&f);
	expect_condition(&f, "Progressing", "True", "NewReplicaSetAvailable");
	fx_done(&f);
}

static void test_deadline(void **state)
{
	struct fx f;

	(void)state;
	begin(&f);
	commit_web(&f, 2, "i:1", "  progressDeadlineSeconds: 60\n", "");
	fx_step(&f);
	assert_true(pass_next(&f.w) <= f.now + 60 * NSEC_PER_SEC);
	f.now += 59 * NSEC_PER_SEC;
	fx_step(&f);
	expect_condition(&f, "Progressing", "True", "NewReplicaSetCreated");
	f.now += 2 * NSEC_PER_SEC;
	fx_step(&f);
	expect_condition(&f, "Progressing", "False", "ProgressDeadlineExceeded");
	fx_settle(&f);
	expect_condition(&f, "Progressing", "True", "NewReplicaSetAvailable");
	/* Once it was there, an unready pod is no lack of progress. */
	f.now += 600 * NSEC_PER_SEC;
	fx_step(&f);
	expect_condition(&f, "Progressing", "True", "NewReplicaSetAvailable");
	fx_done(&f);
}

static void test_min_ready_seconds(void **state)
{
	struct fx f;

	(void)state;
	begin(&f);
	commit_web(&f, 1, "i:1", "  minReadySeconds: 30\n", "");
	fx_settle(&f);
	assert_int_equal(web(&f)->ready, 1);
	assert_int_equal(web(&f)->available, 0);
	assert_true(pass_next(&f.w) <= f.now + 30 * NSEC_PER_SEC);
	f.now += 31 * NSEC_PER_SEC;
	fx_step(&f);
	assert_int_equal(web(&f)->available, 1);
	fx_done(&f);
}

static void test_paused(void **state)
{
	struct fx f;

	(void)state;
	begin(&f);
	commit_web(&f, 2, "i:1", "", "");
	fx_settle(&f);
	commit_web(&f, 4, "i:2", "  paused: true\n", "");
	fx_settle(&f);
	expect_condition(&f, "Progressing", "Unknown", "DeploymentPaused");
	assert_int_equal(web(&f)->set_count, 1);
	/* It is scaled while it is paused. */
	assert_int_equal(web(&f)->replicas, 4);
	commit_web(&f, 4, "i:2", "", "");
	fx_settle(&f);
	assert_int_equal(web(&f)->set_count, 2);
	assert_int_equal(web(&f)->updated, 4);
	fx_done(&f);
}

static void test_history_is_kept_within_its_limit(void **state)
{
	struct fx f;
	char image[16];

	(void)state;
	begin(&f);
	for (int i = 1; i <= 6; i++) {
		snprintf(image, sizeof(image), "i:%d", i);
		commit_web(&f, 1, image, "  revisionHistoryLimit: 2\n", "");
		fx_settle(&f);
	}
	assert_int_equal(web(&f)->set_count, 3);
	assert_int_equal(fx_count(&f, "namespaces/default/replicasets/"), 3);
	assert_int_equal(web(&f)->revision_number, 6);
	fx_done(&f);
}

static void test_recreate_never_overlaps(void **state)
{
	struct fx f;

	(void)state;
	begin(&f);
	commit_web(&f, 3, "i:1", "  strategy: {type: Recreate}\n", "");
	fx_settle(&f);
	commit_web(&f, 3, "i:2", "  strategy: {type: Recreate}\n", "");
	fx_step(&f);
	/* Until the last old pod is gone there is no new one. */
	assert_int_equal(f.w.counts[KIND_POD], 3);
	for (unsigned left = 3; left > 0; left--) {
		struct world_pods pods = fx_pods(&f);

		assert_int_equal(pods.count, left);
		assert_true(pods.items[0]->o.deleting > 0);
		fx_report(&f, pods.items[0], "Succeeded", false, true);
		free(pods.items);
		fx_step(&f);
	}
	assert_int_equal(f.w.counts[KIND_POD], 3);
	fx_settle(&f);
	assert_int_equal(web(&f)->updated, 3);
	fx_done(&f);
}

/* A pending feature holds the change: what runs goes on, is kept at its number, and it is said. */
/* What a set can't do is the Deployment's to say, for as long as it can't; the newest set's word goes first. */
static void test_failures_of_sets(void **state)
{
	struct world_conditions *of;
	struct fx f;

	(void)state;
	begin(&f);
	commit_web(&f, 2, "i:1", "", "");
	fx_settle(&f);
	commit_web(&f, 2, "i:2", "", "");
	fx_step(&f);
	assert_int_equal(web(&f)->set_count, 2);
	for (size_t i = 0; i < 2; i++)
		world_condition_set(&web(&f)->sets[i]->conditions, "ReplicaFailure", "True",
			web(&f)->sets[i]->number == 2 ? "New" : "Old", "no room", f.now);
	world_dirty(&f.w, &web(&f)->o);
	fx_step(&f);
	expect_condition(&f, "ReplicaFailure", "True", "New");
	of = &web(&f)->sets[web(&f)->sets[0]->number == 2 ? 0 : 1]->conditions;
	world_condition_remove(of, "ReplicaFailure");
	world_dirty(&f.w, &web(&f)->o);
	fx_step(&f);
	expect_condition(&f, "ReplicaFailure", "True", "Old");
	for (size_t i = 0; i < 2; i++)
		world_condition_remove(&web(&f)->sets[i]->conditions, "ReplicaFailure");
	world_dirty(&f.w, &web(&f)->o);
	fx_step(&f);
	assert_null(world_condition_get(&web(&f)->conditions, "ReplicaFailure"));
	fx_done(&f);
}

static void test_held_change_keeps_what_runs(void **state)
{
	const char *probe = ", livenessProbe: {grpc: {port: 80}}";
	struct fx f;
	struct world_pods pods;

	(void)state;
	begin(&f);
	commit_web(&f, 2, "i:1", "", "");
	fx_settle(&f);
	commit_web(&f, 5, "i:2", "", probe);
	fx_settle(&f);
	assert_non_null(web(&f)->o.origin->held);
	expect_condition(&f, "Progressing", "False", "NotYetSupported");
	assert_int_equal(web(&f)->replicas, 2);
	assert_int_equal(web(&f)->set_count, 1);
	/* Also over a restart that finds no repository; a pod that dies is replaced. */
	fx_crash(&f);
	fx_step(&f);
	fx_hello(&f, "node-a", "64", "64Gi");
	fx_step(&f);
	assert_int_equal(web(&f)->set_count, 1);
	pods = fx_pods(&f);
	assert_int_equal(pods.count, 2);
	fx_report(&f, pods.items[0], "Failed", false, false);
	free(pods.items);
	fx_step(&f);
	assert_int_equal(f.w.counts[KIND_POD], 3);
	commit_web(&f, 3, "i:2", "", "");
	fx_settle(&f);
	assert_int_equal(web(&f)->updated, 3);
	expect_condition(&f, "Progressing", "True", "NewReplicaSetAvailable");
	fx_done(&f);
}

static void test_finished_pods_are_replaced_and_cleaned_up(void **state)
{
	struct fx f;

	(void)state;
	begin(&f);
	commit_web(&f, 1, "i:1", "", "");
	fx_settle(&f);
	for (unsigned i = 0; i < 6; i++) {
		struct world_pods pods = fx_pods(&f);

		for (size_t k = 0; k < pods.count; k++)
			if (set_pod_active(pods.items[k]))
				fx_report(&f, pods.items[k], "Failed", false, false);
		free(pods.items);
		f.now += NSEC_PER_SEC;
		fx_step(&f);
		pods = fx_pods(&f);
		for (size_t k = 0; k < pods.count; k++)
			if (pods.items[k]->o.deleting)
				fx_report(&f, pods.items[k], "Failed", false, true);
		free(pods.items);
		fx_step(&f);
	}
	assert_int_equal(web(&f)->replicas, 1);
	assert_int_equal(f.w.counts[KIND_POD], 3);
	fx_done(&f);
}

/* A set of no pods is written whole at once: nothing is left to be done. */
static void test_recreate_without_pods_is_done_at_once(void **state)
{
	struct fx f;

	(void)state;
	begin(&f);
	commit_web(&f, 0, "i:1", "  strategy: {type: Recreate}\n", "");
	fx_step(&f);
	f.everything = true;
	fx_pass(&f);
	for (size_t i = 0; i < f.plan.record_count; i++)
		print_error(
			"%s %s is recorded again\n", f.plan.records[i].kind->name, f.plan.records[i].name);
	assert_int_equal(f.plan.record_count, 0);
	fx_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recreate_without_pods_is_done_at_once),
		cmocka_unit_test(test_budgets),
		cmocka_unit_test(test_conditions_of_a_rollout),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_min_ready_seconds),
		cmocka_unit_test(test_paused),
		cmocka_unit_test(test_history_is_kept_within_its_limit),
		cmocka_unit_test(test_recreate_never_overlaps),
		cmocka_unit_test(test_failures_of_sets),
		cmocka_unit_test(test_held_change_keeps_what_runs),
		cmocka_unit_test(test_finished_pods_are_replaced_and_cleaned_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
