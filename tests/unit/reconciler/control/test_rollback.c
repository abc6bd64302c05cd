/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Walks of a Deployment that goes back when it fails: commits good and bad, pods that come up or don't, kills of the reconciler,
 * all at random with a seed. Whatever happens:
 *
 *   - no pass takes pods that serve so that fewer than replicas - maxUnavailable are left
 *   - no pass makes more pods wanted than replicas + maxSurge, unless there were more before
 *   - what is distrusted gets no pods
 *   - in the end, when all that can come up does, one set has all pods: the manifest's, or the one gone back to
 */
#include "reconciler/control/deployment.h"
#include "tests/share/random.h"
#include "tests/unit/reconciler/world_fixture.h"

enum { SEEDS = 60, STEPS = 250, GOOD_IMAGES = 3, IMAGES = 6 };

struct walk {
	struct fx f;
	struct rng random;
	/* the manifest */
	unsigned image, replicas, surge, unavailable, history;
	bool recreate, paused;
	unsigned back; /* how often it went back */
};

static unsigned draw(struct walk *k, unsigned below)
{
	return (unsigned)rng_below(&k->random, below);
}

static void commit(struct walk *k)
{
	_cleanup_(freep) char *rolling = xasprintf(
		"{rollingUpdate: {maxSurge: %u, maxUnavailable: %u}}", k->surge, k->unavailable);
	_cleanup_(freep) char *text = xasprintf(
		"apiVersion: v1\nkind: Node\nmetadata: {name: node-a}\n---\n"
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, annotations: "
		"{pintle.dev/rollback: OnFailure}}\nspec:\n  replicas: %u\n  revisionHistoryLimit: %u\n"
		"  progressDeadlineSeconds: 30\n  paused: %s\n  strategy: %s\n"
		"  selector: {matchLabels: {app: web}}\n  template: {metadata: {labels: {app: web}}, spec: "
		"{containers: [{name: c, image: \"%u\"}]}}\n",
		k->replicas, k->history, k->paused ? "true" : "false",
		k->recreate ? "{type: Recreate}" : rolling, k->image);

	fx_commit(&k->f, text);
}

static struct world_deployment *web(struct walk *k)
{
	return world_deployment(world_find(&k->f.w, KIND_DEPLOYMENT, "default", "web"));
}

/* Some other manifest. */
static void change(struct walk *k)
{
	switch (draw(k, 6)) {
	case 0:
		k->replicas = draw(k, 6);
		break;
	case 1:
		k->surge = draw(k, 3);
		k->unavailable = k->surge == 0 ? 1 : draw(k, 3);
		break;
	case 2:
		k->paused = !k->paused && draw(k, 2) == 0;
		k->recreate = !k->recreate && draw(k, 3) == 0;
		k->history = draw(k, 3);
		break;
	default:
		k->image = draw(k, IMAGES);
	}
	commit(k);
}

static bool is_good(const struct world_pod *p)
{
	return atoi(p->revision->template.spec.containers.items[0].image) < GOOD_IMAGES;
}

/* The agent does a little of what it is to do; ALL: everything. */
static void agent(struct walk *k, bool all)
{
	struct world_pods pods = fx_pods(&k->f);

	for (size_t i = 0; i < pods.count; i++) {
		struct world_pod *p = pods.items[i];

		if (!p->node || (!all && draw(k, 2) == 0))
			continue;
		if (p->o.deleting)
			fx_report(&k->f, p, "Succeeded", false, true);
		else if (!p->ready)
			fx_report(&k->f, p, "Running", is_good(p), false);
		else if (!all && draw(k, 40) == 0)
			fx_report(&k->f, p, "Running", false, false);
	}
	free(pods.items);
}

static void hello(struct walk *k)
{
	struct world_node *n = fx_node(&k->f, "node-a");
	size_t count = n->pods.count;
	struct wire_held_pod *held = fx_held(n);

	fx_hello_with(&k->f, "node-a", "64", "64Gi", held, count);
	fx_held_free(held, count);
}

/* --- what must hold ---------------------------------------------------------------------------------- */

struct sight {
	int64_t serving, wanted, distrusted;
	bool back;
};

static struct sight look(struct walk *k)
{
	const struct world_deployment *d = web(k);
	struct sight s = { .back = d->distrusted != NULL };

	for (size_t i = 0; i < d->set_count; i++) {
		const struct world_set *set = d->sets[i];

		s.wanted += set->wanted;
		if (d->revision && memcmp(set->revision->hash, d->revision->hash, 32) == 0)
			s.distrusted = set->wanted;
		for (size_t n = 0; n < set->pods.count; n++)
			s.serving += set_pod_active(set->pods.items[n]) && set->pods.items[n]->ready;
	}
	return s;
}

static void expect(bool holds, const struct walk *k, unsigned seed, unsigned step, const char *what)
{
	if (!holds)
		print_error("seed %u, step %u, %u replicas, surge %u, unavailable %u: %s\n", seed, step,
			k->replicas, k->surge, k->unavailable, what);
	assert_true(holds);
}

static void pass(struct walk *k, unsigned seed, unsigned step)
{
	const struct sight before = look(k);
	struct sight after;
	const struct rollout_budget b = rollout_budget(deployment_spec_of(web(k)));
	const int64_t replicas = deployment_spec_of(web(k))->replicas;

	fx_step(&k->f);
	after = look(k);
	k->back += after.back && !before.back;
	if (!k->recreate)
		expect(after.serving >= before.serving || after.serving >= replicas - b.unavailable, k, seed,
			step, "too few serve");
	expect(after.wanted <= before.wanted || after.wanted <= replicas + b.surge, k, seed, step,
		"too many are wanted");
	if (before.back && after.back)
		expect(after.distrusted <= before.distrusted, k, seed, step, "what is distrusted grows");
}

/* A commit's own pass may take away pods: other replicas, other budgets. */
static void step(struct walk *k, unsigned seed, unsigned n)
{
	k->f.now += draw(k, 6) * NSEC_PER_SEC;
	switch (draw(k, 12)) {
	case 0:
		change(k);
		fx_step(&k->f);
		return;
	case 1:
		fx_crash(&k->f);
		fx_step(&k->f);
		hello(k);
		return;
	default:
		agent(k, false);
		pass(k, seed, n);
	}
}

/* Until all that happens has happened. */
static void come_to_rest(struct walk *k)
{
	k->paused = false;
	commit(k);
	for (unsigned i = 0; i < 200; i++) {
		fx_step(&k->f);
		agent(k, true);
		k->f.now += NSEC_PER_SEC;
	}
}

/* A rollout of no pods is complete at once; what is scaled up from there has no deadline, and so does not fail. */
static bool is_unproven(const struct world_deployment *d, const struct world_set *newest)
{
	const struct world_condition *c = world_condition_get(&d->conditions, "Progressing");

	return c && str_eq(c->reason, "NewReplicaSetAvailable") && newest && !newest->was_complete;
}

static void expect_rest(struct walk *k, unsigned seed)
{
	const struct world_deployment *d = web(k);
	const struct world_set *all = NULL;
	bool stuck = world_condition_get(&d->conditions, "RolledBack") && !d->distrusted;

	for (size_t i = 0; i < d->set_count; i++) {
		if (d->sets[i]->wanted == 0)
			continue;
		/* Without anything to go back to, two sets may share the pods for ever. */
		expect(!all || stuck, k, seed, STEPS, "two sets have pods");
		all = d->sets[i];
	}
	expect(k->image >= GOOD_IMAGES || !d->distrusted, k, seed, STEPS, "a good commit is distrusted");
	if (stuck || k->replicas == 0 || is_unproven(d, all))
		return;
	expect(all && all->available == (int64_t)k->replicas, k, seed, STEPS, "not all pods are available");
	expect(k->image < GOOD_IMAGES || d->distrusted, k, seed, STEPS, "a bad commit is trusted");
}

static unsigned walk(unsigned seed)
{
	struct walk k = { .random = { seed }, .replicas = 3, .surge = 1, .history = 2 };

	fx_init(&k.f);
	commit(&k);
	fx_step(&k.f);
	fx_hello(&k.f, "node-a", "64", "64Gi");
	for (unsigned n = 0; n < STEPS; n++)
		step(&k, seed, n);
	come_to_rest(&k);
	expect_rest(&k, seed);
	fx_done(&k.f);
	return k.back;
}

static void test_walks(void **state)
{
	unsigned back = 0;

	(void)state;
	for (unsigned seed = 1; seed <= SEEDS; seed++)
		back += walk(seed);
	/* It is about going back. */
	assert_true(back > SEEDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
