/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A pass costs what changed, not what exists: the objects that it looks at are counted (times are noisy), and the count is the same
 * in a world ten times as large.
 */
#include "tests/unit/reconciler/world_fixture.h"

enum { NODES = 24, APPS = 4, REPLICAS = 4, PASSES = 64 };

struct counts {
	uint64_t looked[PASSES];
	size_t passes;
};

static void add_node(struct buf *out, unsigned i)
{
	buf_addf(out, "---\napiVersion: v1\nkind: Node\nmetadata: {name: node-%03u}\n", i);
}

static void add_app(struct buf *out, const char *name, unsigned version)
{
	buf_addf(out,
		"---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s}\nspec:\n  replicas: %d\n"
		"  selector: {matchLabels: {app: %s}}\n  template:\n    metadata: {labels: {app: %s}}\n"
		"    spec: {containers: [{name: c, image: 'web:%u'}]}\n",
		name, REPLICAS, name, name, version);
}

/* SIZE times as many nodes and Deployments, and one Deployment more, of which VERSION counts. */
static void commit(struct fx *f, unsigned size, unsigned version)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	char name[32];

	buf_adds(&text, "apiVersion: pintle.dev/v1\nkind: Cluster\nmetadata: {name: cluster}\n"
			"spec: {podCIDR: 10.128.0.0/9, nodePrefix: 24}\n");
	for (unsigned i = 0; i < NODES * size; i++)
		add_node(&text, i);
	for (unsigned i = 0; i < APPS * size; i++) {
		snprintf(name, sizeof(name), "app-%u", i);
		add_app(&text, name, 1);
	}
	add_app(&text, "one", version);
	fx_commit(f, text.data);
}

static void hello_all(struct fx *f, unsigned size)
{
	char name[32];

	for (unsigned i = 0; i < NODES * size; i++) {
		snprintf(name, sizeof(name), "node-%03u", i);
		fx_hello(f, name, "64", "64Gi");
	}
}

static void begin(struct fx *f, unsigned size)
{
	fx_init(f);
	commit(f, size, 1);
	fx_step(f);
	hello_all(f, size);
	fx_settle(f);
	/* The events of the beginning are forgotten: their time would come in the middle. */
	f->now += 7200 * NSEC_PER_SEC;
	fx_step(f);
	fx_step(f);
}

static uint64_t counted_step(struct fx *f)
{
	uint64_t before = f->w.looked;

	f->now += NSEC_PER_SEC;
	fx_step(f);
	return f->w.looked - before;
}

static void roll(struct fx *f, unsigned size, struct counts *ret)
{
	commit(f, size, 2);
	ret->passes = 0;
	do {
		assert_in_range(ret->passes, 0, PASSES - 1);
		ret->looked[ret->passes++] = counted_step(f);
	} while (fx_agents_catch_up(f) > 0);
}

static struct counts rollout_of(unsigned size)
{
	struct counts counts;
	struct fx f;

	begin(&f, size);
	assert_int_equal(f.w.counts[KIND_POD], (APPS * size + 1) * REPLICAS);
	assert_int_equal(counted_step(&f), 0);
	roll(&f, size, &counts);
	assert_int_equal(f.w.counts[KIND_REPLICA_SET], APPS * size + 2);
	fx_done(&f);
	return counts;
}

static void test_rollout(void **state)
{
	struct counts small = rollout_of(1), large = rollout_of(10);

	(void)state;
	assert_int_equal(small.passes, large.passes);
	for (size_t i = 0; i < small.passes; i++) {
		if (small.looked[i] != large.looked[i])
			fail_msg("pass %zu looks at %llu objects in a small world, at %llu in a large one", i,
				(unsigned long long)small.looked[i], (unsigned long long)large.looked[i]);
		assert_in_range(small.looked[i], 0, 100);
	}
}

/* What a report that says nothing new, the time and a pod that comes and goes cost. */
static void test_small_things(void **state)
{
	uint64_t looked[2][3];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct world_pods pods;
		struct fx f;

		begin(&f, i == 0 ? 1 : 10);
		pods = fx_pods(&f);
		fx_report(&f, pods.items[0], "Running", false, false);
		looked[i][0] = counted_step(&f);
		fx_report(&f, pods.items[0], "Running", false, false);
		looked[i][1] = counted_step(&f);
		fx_report(&f, pods.items[0], "Failed", false, true);
		looked[i][2] = counted_step(&f);
		free(pods.items);
		fx_done(&f);
	}
	for (size_t k = 0; k < 3; k++)
		assert_int_equal(looked[0][k], looked[1][k]);
	assert_true(looked[0][0] > 0 && looked[0][2] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rollout),
		cmocka_unit_test(test_small_things),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
