/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What the golden cases can't say of Jobs: with pods that fail and succeed by chance, reports that come twice, a node that is
 * lost and comes back, and a reconciler that is killed between any two of its steps, each end of a pod counts once and each
 * index is done once; it runs again only where its pod was lost with the node before anybody heard of its end.
 */
#include "tests/share/random.h"
#include "tests/unit/reconciler/world_fixture.h"

enum { SEEDS = 60, STEPS = 600, TRUTHS = 1024, COMPLETIONS = 12 };

/* What the agent knows of a pod, whatever the reconciler has forgotten. */
struct truth {
	char uid[NAMES_UID];
	int64_t index;
	const char *phase;
};
struct trial {
	struct fx f;
	const char *job; /* its manifest */
	bool second;     /* node-b is there */
	struct rng random;
	struct truth truths[TRUTHS];
	size_t count;
};

static uint64_t draw(struct trial *t, uint64_t below)
{
	return rng_below(&t->random, below);
}

static struct truth *truth_of(struct trial *t, const struct world_pod *p)
{
	for (size_t i = 0; i < t->count; i++)
		if (str_eq(t->truths[i].uid, p->o.uid))
			return &t->truths[i];
	assert_true(t->count < TRUTHS);
	t->truths[t->count] = (struct truth){ .index = p->ordinal, .phase = "Running" };
	snprintf(t->truths[t->count].uid, NAMES_UID, "%s", p->o.uid);
	return &t->truths[t->count++];
}

/* Some of what runs ends; some of what is known is reported, maybe again. */
static void agents(struct trial *t)
{
	struct world_pods pods = fx_pods(&t->f);

	for (size_t i = 0; i < pods.count; i++) {
		struct truth *truth;

		if (!pods.items[i]->node)
			continue;
		truth = truth_of(t, pods.items[i]);
		if (str_eq(truth->phase, "Running") && draw(t, 4) == 0)
			truth->phase = draw(t, 3) == 0 ? "Failed" : "Succeeded";
		if (draw(t, 2) == 0)
			fx_report(&t->f, pods.items[i], truth->phase, str_eq(truth->phase, "Running"), false);
	}
	free(pods.items);
}

static int64_t ends(const struct trial *t, const char *phase, int64_t index)
{
	int64_t n = 0;

	for (size_t i = 0; i < t->count; i++)
		n += str_eq(t->truths[i].phase, phase) && (index < 0 || t->truths[i].index == index);
	return n;
}

/* What is lost has failed, whatever became of it: those whose end nobody has heard of. */
static void lose_pods(struct trial *t)
{
	struct world_pods pods = fx_pods(&t->f);

	for (size_t i = 0; i < pods.count; i++) {
		const struct world_pod *p = pods.items[i];

		if (p->node && str_eq(p->node->o.name, "node-b"))
			truth_of(t, p)->phase = p->phase == PHASE_SUCCEEDED ? "Succeeded" : "Failed";
	}
	free(pods.items);
}

static void commit(struct trial *t, bool second)
{
	_cleanup_(freep) char *text = xasprintf(
		"apiVersion: v1\nkind: Node\nmetadata: {name: node-a}\n---\n%s%s",
		second ? "apiVersion: v1\nkind: Node\nmetadata: {name: node-b}\n---\n" : "", t->job);

	if (t->second && !second)
		lose_pods(t);
	t->second = second;
	fx_commit(&t->f, text);
}

static void greet(struct trial *t, const char *name)
{
	struct world_object *o = world_find(&t->f.w, KIND_NODE, NULL, name);

	if (o && !world_node(o)->connected)
		fx_hello(&t->f, name, "64", "64Gi");
}

static void step(struct trial *t)
{
	agents(t);
	if (draw(t, 5) == 0)
		fx_crash(&t->f);
	if (draw(t, 12) == 0)
		commit(t, !t->second);
	t->f.now += (nsec_t)draw(t, 30) * NSEC_PER_SEC;
	fx_step(&t->f);
	greet(t, "node-a");
	greet(t, "node-b");
}

static const char indexed[] =
	"apiVersion: batch/v1\nkind: Job\nmetadata: {name: work}\n"
	"spec:\n"
	"  completionMode: Indexed\n"
	"  completions: 12\n"
	"  parallelism: 5\n"
	"  backoffLimitPerIndex: 1000\n"
	"  template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}\n";
static const char plain[] = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: work}\n"
			    "spec:\n"
			    "  completions: 12\n"
			    "  parallelism: 5\n"
			    "  backoffLimit: 1000\n"
			    "  template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}\n";

static struct world_job *the_job(struct trial *t)
{
	return world_job(world_find(&t->f.w, KIND_JOB, "default", "work"));
}

static void run_trial(const char *manifests, uint64_t seed)
{
	struct trial *t = xcalloc(1, sizeof(*t));
	const struct world_job *j;

	t->random = (struct rng){ seed };
	fx_init(&t->f);
	t->job = manifests;
	commit(t, true);
	fx_step(&t->f);
	greet(t, "node-a");
	greet(t, "node-b");
	for (unsigned i = 0; i < STEPS && !world_job_end(the_job(t)); i++)
		step(t);
	j = the_job(t);
	if (!world_job_end(j) || j->failed != ends(t, "Failed", -1))
		print_error("seed %llu: %lld failures counted of %lld\n", (unsigned long long)seed,
			(long long)j->failed, (long long)ends(t, "Failed", -1));
	assert_non_null(world_job_end(j));
	assert_string_equal(world_job_end(j)->type, "Complete");
	assert_int_equal(j->succeeded, COMPLETIONS);
	assert_int_equal(j->failed, ends(t, "Failed", -1));
	assert_int_equal(ends(t, "Succeeded", -1), COMPLETIONS);
	for (int64_t i = 0; manifests == indexed && i < COMPLETIONS; i++)
		assert_int_equal(ends(t, "Succeeded", i), 1);
	fx_done(&t->f);
	free(t);
}

static void test_indexes_are_done_once(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run_trial(indexed, seed);
}

static void test_ends_count_once(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run_trial(plain, seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_indexes_are_done_once),
		cmocka_unit_test(test_ends_count_once) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
