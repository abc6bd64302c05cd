/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* StatefulSets beyond their golden cases: walks at random, and what the tree is read back to. */
#include "reconciler/control/stateful_set.h"
#include "tests/unit/reconciler/control/walk.h"

static int replicas, image;

static char *workload(struct walk *w)
{
	static const char *const policies[] = { "OrderedReady", "Parallel" };

	replicas = (int)walk_draw(w, 6);
	image = (int)walk_draw(w, 3);
	return xasprintf(
		"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  replicas: %d\n"
		"  selector: {matchLabels: {app: db}}\n  podManagementPolicy: %s\n"
		"  minReadySeconds: %d\n  updateStrategy: {rollingUpdate: {maxUnavailable: %d}}\n"
		"  template:\n    metadata: {labels: {app: db}}\n"
		"    spec: {containers: [{name: c, image: 'i:%d'}]}\n",
		replicas, policies[walk_draw(w, 2)], (int)walk_draw(w, 2) * 10, 1 + (int)walk_draw(w, 2),
		image);
}

static struct world_stateful_set *db(struct walk *w)
{
	return world_stateful_set(world_find(&w->f.w, KIND_STATEFUL_SET, "default", "db"));
}

/* A pod's name, label and number belong together, and each number is there once. */
static void check(struct walk *w, uint64_t seed, unsigned step)
{
	const struct world_pods *pods = &db(w)->r.set.pods;
	uint64_t seen = 0;

	for (size_t i = 0; i < pods->count; i++) {
		const struct world_pod *p = pods->items[i];
		char name[16];

		snprintf(name, sizeof(name), "db-%d", p->ordinal);
		if (!str_eq(name, p->o.name) || seen & (uint64_t)1 << p->ordinal || !p->revision->label)
			print_error("seed %llu, step %u: %s has the number %d\n", (unsigned long long)seed,
				step, p->o.name, p->ordinal);
		assert_string_equal(p->o.name, name);
		assert_false(seen & (uint64_t)1 << p->ordinal);
		assert_non_null(p->revision->label);
		seen |= (uint64_t)1 << p->ordinal;
	}
}

static void expect_end(struct walk *w, uint64_t seed)
{
	const struct world_stateful_set *s = db(w);
	char want[8];

	snprintf(want, sizeof(want), "i:%d", image);
	if (s->r.set.available != replicas || s->updated != replicas)
		print_error("seed %llu: %lld of %d are available, %lld are new\n", (unsigned long long)seed,
			(long long)s->r.set.available, replicas, (long long)s->updated);
	assert_int_equal(s->r.set.pods.count, replicas);
	assert_int_equal(s->r.set.available, replicas);
	assert_int_equal(s->updated, replicas);
	assert_ptr_equal(s->current, s->r.update);
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

#define NODE "apiVersion: v1\nkind: Node\nmetadata: {name: node-a}\n---\n"
#define MAP(colour)                                                                            \
	"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: old}\ndata: {colour: " colour "}\n" \
	"---\n"
#define LIMITS                                                                                     \
	"apiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\nspec: {limits: [{type: Container," \
	" defaultRequest: {cpu: 100m}}]}\n---\n"
#define SET(strategy, from)                                                                                 \
	"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  replicas: 2\n"              \
	"  serviceName: db\n  selector: {matchLabels: {app: db}}\n  updateStrategy: {type: " strategy "}\n" \
	"  template:\n    metadata: {labels: {app: db}, annotations: {a: b}}\n"                             \
	"    spec: {containers: [{name: c, image: i" from "}]}\n"

static void begin(struct fx *f, const char *text)
{
	fx_init(f);
	fx_commit(f, NODE);
	fx_step(f);
	fx_hello(f, "node-a", "64", "64Gi");
	fx_commit(f, text);
	fx_settle(f);
}

static struct world_pod *pod(struct fx *f, const char *name)
{
	struct world_object *o = world_find(&f->w, KIND_POD, "default", name);

	assert_non_null(o);
	return world_pod(o);
}

/* Pods share their template again, and nothing is sent to agents anew. */
static void test_shares_after_a_crash(void **state)
{
	char digest[WORLD_DIGEST];
	struct fx f;

	(void)state;
	begin(&f, NODE LIMITS SET("RollingUpdate", ""));
	world_pod_digest(pod(&f, "db-1"), digest);
	fx_crash(&f);
	fx_step(&f);
	assert_ptr_equal(pod(&f, "db-0")->revision, pod(&f, "db-1")->revision);
	assert_int_equal(pod(&f, "db-1")->ordinal, 1);
	{
		char now[WORLD_DIGEST];

		world_pod_digest(pod(&f, "db-1"), now);
		assert_string_equal(now, digest);
	}
	fx_done(&f);
}

/* A ConfigMap that only an old template names still reaches the pods that have that. */
static void test_configuration_of_old_pods(void **state)
{
	char before[WORLD_DIGEST];
	struct fx f;

	(void)state;
	begin(&f, NODE MAP("red") SET("OnDelete", ", envFrom: [{configMapRef: {name: old}}]"));
	fx_commit(&f, NODE MAP("red") SET("OnDelete", ""));
	fx_settle(&f);
	world_pod_digest(pod(&f, "db-0"), before);
	fx_commit(&f, NODE MAP("blue") SET("OnDelete", ""));
	fx_settle(&f);
	{
		char now[WORLD_DIGEST];

		world_pod_digest(pod(&f, "db-0"), now);
		assert_string_not_equal(now, before);
	}
	world_pod_digest(pod(&f, "db-0"), before);
	fx_crash(&f);
	fx_step(&f);
	fx_commit(&f, NODE MAP("green") SET("OnDelete", ""));
	fx_step(&f);
	{
		char now[WORLD_DIGEST];

		world_pod_digest(pod(&f, "db-0"), now);
		assert_string_not_equal(now, before);
	}
	fx_done(&f);
}

/* A pod that outlives its set is in the tree as it was, but for its owner. */
static void test_pods_keep_their_looks(void **state)
{
	const char *path = "namespaces/default/pods/db-1.json", *json;
	struct fx f;

	(void)state;
	begin(&f, NODE SET("RollingUpdate", ""));
	fx_commit(&f, NODE);
	fx_step(&f);
	json = fx_file(&f, path);
	assert_non_null(json);
	assert_non_null(strstr(json, "\"hostname\":\"db-1\""));
	assert_non_null(strstr(json, "\"statefulset.kubernetes.io/pod-name\":\"db-1\""));
	assert_non_null(strstr(json, "\"deletionTimestamp\""));
	assert_null(strstr(json, "ownerReferences"));
	fx_crash(&f);
	fx_settle(&f);
	assert_null(fx_file(&f, path));
	fx_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walks),
		cmocka_unit_test(test_walks_with_kills),
		cmocka_unit_test(test_everything_plans_what_dirty_plans),
		cmocka_unit_test(test_shares_after_a_crash),
		cmocka_unit_test(test_configuration_of_old_pods),
		cmocka_unit_test(test_pods_keep_their_looks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
