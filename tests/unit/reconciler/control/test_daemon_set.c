/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* DaemonSets beyond their golden cases: walks at random, what the tree is read back to, and what changes of nodes cost. */
#include "reconciler/control/daemon_set.h"
#include "tests/unit/reconciler/control/walk.h"

static int image;
static bool on_delete, odd_only;

static char *workload(struct walk *w)
{
	static const char *const strategies[] = { "{type: OnDelete}", "{rollingUpdate: {maxUnavailable: 1}}",
		"{rollingUpdate: {maxUnavailable: 2}}", "{rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}",
		"{rollingUpdate: {maxUnavailable: 0, maxSurge: 50%}}" };
	size_t strategy = (size_t)walk_draw(w, ARRAY_LEN(strategies));

	on_delete = strategy == 0;
	odd_only = walk_draw(w, 3) == 0;
	image = (int)walk_draw(w, 3);
	return xasprintf("apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: log}\nspec:\n"
			 "  selector: {matchLabels: {app: log}}\n  updateStrategy: %s\n"
			 "  minReadySeconds: %d\n"
			 "  template:\n    metadata: {labels: {app: log}}\n"
			 "    spec: {%scontainers: [{name: c, image: 'i:%d'}]}\n",
		strategies[strategy], (int)walk_draw(w, 2) * 10, odd_only ? "nodeSelector: {odd: '1'}, " : "",
		image);
}

static struct world_daemon_set *daemons(struct walk *w)
{
	return world_daemon_set(world_find(&w->f.w, KIND_DAEMON_SET, "default", "log"));
}

/* Each pod is for a node, and on no other; none has more than two that are to stay. */
static void check(struct walk *w, uint64_t seed, unsigned step)
{
	const struct world_pods *pods = &daemons(w)->r.set.pods;
	size_t on[WALK_NODES] = { 0 };

	for (size_t i = 0; i < pods->count; i++) {
		const struct world_pod *p = pods->items[i];

		assert_non_null(p->pinned);
		assert_non_null(p->revision->label);
		if (p->node && !str_eq(p->node->o.name, p->pinned))
			print_error("seed %llu, step %u: %s is on %s\n", (unsigned long long)seed, step,
				p->o.name, p->node->o.name);
		assert_true(!p->node || str_eq(p->node->o.name, p->pinned));
		if (set_pod_active(p))
			on[p->pinned[1] - '0']++;
	}
	for (size_t i = 0; i < WALK_NODES; i++) {
		if (on[i] > 2)
			print_error("seed %llu, step %u: %zu pods are on n%zu\n", (unsigned long long)seed,
				step, on[i], i);
		assert_true(on[i] <= 2);
	}
}

static void expect_end(struct walk *w, uint64_t seed)
{
	const struct world_daemon_set *s = daemons(w);
	int64_t wanted = odd_only ? WALK_NODES / 2 : WALK_NODES;
	char want[8];

	snprintf(want, sizeof(want), "i:%d", image);
	if (s->desired != wanted || s->r.set.available != wanted || (int64_t)s->r.set.pods.count != wanted)
		print_error("seed %llu: %lld wanted, %lld desired, %lld available, %zu there\n",
			(unsigned long long)seed, (long long)wanted, (long long)s->desired,
			(long long)s->r.set.available, s->r.set.pods.count);
	assert_int_equal(s->desired, wanted);
	assert_int_equal(s->r.set.available, wanted);
	assert_int_equal(s->r.set.pods.count, wanted);
	if (on_delete)
		return;
	assert_int_equal(s->updated, wanted);
	for (size_t i = 0; i < s->r.set.pods.count; i++)
		assert_string_equal(
			s->r.set.pods.items[i]->revision->template.spec.containers.items[0].image, want);
}

static void test_walks(void **state)
{
	const struct walk w = { .workload = workload, .check = check };

	(void)state;
	walk_all(&w, 40, 150, expect_end);
}

static void test_walks_with_kills(void **state)
{
	const struct walk w = { .workload = workload, .check = check, .crashes = true };

	(void)state;
	walk_all(&w, 40, 150, expect_end);
}

static void test_everything_plans_what_dirty_plans(void **state)
{
	const struct walk w = { .workload = workload, .check = check };

	(void)state;
	walk_twice(&w, 15, 100);
}

/* --- from the tree ------------------------------------------------------------------------------------- */

#define NODE(labels) "apiVersion: v1\nkind: Node\nmetadata: {name: node-a, labels: {" labels "}}\n---\n"
#define SET                                                                    \
	"apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: log}\nspec:\n" \
	"  selector: {matchLabels: {app: log}}\n"                              \
	"  template:\n    metadata: {labels: {app: log}}\n"                    \
	"    spec: {hostNetwork: true, containers: [{name: c, image: i}]}\n"

static void begin(struct fx *f)
{
	fx_init(f);
	fx_commit(f, NODE("a: b") SET);
	fx_step(f);
	fx_hello(f, "node-a", "64", "64Gi");
	fx_settle(f);
}

static struct world_pod *only_pod(struct fx *f)
{
	struct world_pods pods = fx_pods(f);
	struct world_pod *p = pods.items[0];

	assert_int_equal(pods.count, 1);
	free(pods.items);
	return p;
}

/* The pod shares the template with its tolerations again, knows its node, and is not sent anew. */
static void test_shares_after_a_crash(void **state)
{
	char digest[WORLD_DIGEST];
	struct world_daemon_set *s;
	struct world_revision *r;
	struct fx f;

	(void)state;
	begin(&f);
	world_pod_digest(only_pod(&f), digest);
	fx_crash(&f);
	fx_step(&f);
	s = world_daemon_set(world_find(&f.w, KIND_DAEMON_SET, "default", "log"));
	r = world_history_admitted(&f.w, s->r.update);
	assert_ptr_equal(only_pod(&f)->revision, r);
	assert_int_equal(r->template.spec.tolerations.count, 7);
	world_revision_unref(r);
	assert_string_equal(only_pod(&f)->pinned, "node-a");
	{
		char now[WORLD_DIGEST];

		world_pod_digest(only_pod(&f), now);
		assert_string_equal(now, digest);
	}
	fx_done(&f);
}

/* --- what nodes cost ------------------------------------------------------------------------------------ */

static bool is_dirty_after_sync(struct fx *f)
{
	struct control c = fx_control(f);
	struct world_object *o = world_find(&f->w, KIND_DAEMON_SET, "default", "log");
	bool dirty;

	control_node_sync(&c, fx_node(f, "node-a"));
	dirty = o->dirty;
	fx_step(f);
	return dirty;
}

/* An agent that says again how its node is moves no DaemonSet; labels, taints and readiness do. */
static void test_only_what_matters_is_looked_at(void **state)
{
	struct fx f;

	(void)state;
	begin(&f);
	fx_hello(&f, "node-a", "32", "32Gi");
	assert_false(is_dirty_after_sync(&f));
	fx_commit(&f, NODE("a: c") SET);
	fx_pass(&f);
	fx_sweep(&f);
	assert_false(is_dirty_after_sync(&f));
	struct control c = fx_control(&f);
	collect_goodbye(&c, fx_node(&f, "node-a"));
	fx_step(&f);
	f.now += 60 * NSEC_PER_SEC;
	assert_true(is_dirty_after_sync(&f));
	fx_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walks),
		cmocka_unit_test(test_walks_with_kills),
		cmocka_unit_test(test_everything_plans_what_dirty_plans),
		cmocka_unit_test(test_shares_after_a_crash),
		cmocka_unit_test(test_only_what_matters_is_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
