/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What agents say that pods use: rates of two answers. */
#include "reconciler/measures.h"

#include "tests/unit/reconciler/world_fixture.h"

static struct world_pod *begin(struct fx *f)
{
	fx_init(f);
	fx_commit(f, "apiVersion: v1\nkind: Node\nmetadata: {name: a}\n---\n"
		     "apiVersion: v1\nkind: Node\nmetadata: {name: b}\n---\n"
		     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {nodeSelector: "
		     "{kubernetes.io/hostname: a}, "
		     "containers: [{name: c, image: i}]}\n");
	fx_step(f);
	fx_hello(f, "a", "4", "8Gi");
	fx_settle(f);
	return world_pod(world_find(&f->w, KIND_POD, "default", "p"));
}

static int take(struct fx *f, const char *node, const char *uid, int64_t cpu, int64_t memory)
{
	struct control c = fx_control(f);
	_cleanup_(freep) char *text = xasprintf(
		"{\"pods\":[{\"uid\":\"%s\",\"containers\":[{\"name\":\"c\","
		"\"cpuNanoseconds\":%lld,\"memoryBytes\":1,\"memoryWorkingSet\":%lld}]},"
		"{\"uid\":\"unknown\",\"containers\":[]}]}",
		uid, (long long)cpu, (long long)memory);

	return measures_take(&c, fx_node(f, node), text, strlen(text), NULL);
}

static void test_rate(void **state)
{
	struct fx f;
	struct world_pod *p = begin(&f);

	(void)state;
	assert_int_equal(take(&f, "a", p->o.uid, 5000000000, 100), 0);
	assert_int_equal(p->usage->count, 1);
	assert_int_equal(p->usage->containers[0].cpu_milli, -1);
	assert_int_equal(p->usage->containers[0].memory, 100);
	f.now += 15 * NSEC_PER_SEC;
	take(&f, "a", p->o.uid, 5000000000 + 15 * 250000000LL, 200);
	assert_int_equal(p->usage->containers[0].cpu_milli, 250);
	assert_int_equal(p->usage->containers[0].memory, 200);
	assert_true(p->usage->window == 15 * NSEC_PER_SEC);
	/* Started anew: what it used since is not known. */
	f.now += 15 * NSEC_PER_SEC;
	take(&f, "a", p->o.uid, 1000, 200);
	assert_int_equal(p->usage->containers[0].cpu_milli, -1);
	/* After a long silence neither. */
	f.now += 120 * NSEC_PER_SEC;
	take(&f, "a", p->o.uid, 5000, 200);
	assert_int_equal(p->usage->containers[0].cpu_milli, -1);
	fx_done(&f);
}

static void test_others(void **state)
{
	struct fx f;
	struct world_pod *p = begin(&f);
	struct control c = fx_control(&f);
	struct err err = { 0 };
	const char *bad[] = { "", "{", "[]", "{\"pods\":3}", "{\"pods\":{}}" };
	const char *empty[] = { "{\"pods\":[]}", "{\"pods\":[3,null,{\"uid\":7}]}",
		"{\"pods\":[{\"uid\":\"x\",\"containers\":7}]}" };

	(void)state;
	assert_int_equal(take(&f, "b", p->o.uid, 1, 1), 0);
	assert_null(p->usage);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_true(measures_take(&c, fx_node(&f, "a"), bad[i], strlen(bad[i]), &err) < 0);
	for (size_t i = 0; i < ARRAY_LEN(empty); i++)
		assert_int_equal(measures_take(&c, fx_node(&f, "a"), empty[i], strlen(empty[i]), &err), 0);
	fx_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rate), cmocka_unit_test(test_others) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
