/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Priorities: whence a pod has its own, and who is placed first. */
#include "tests/unit/reconciler/world_fixture.h"

#define NODE "apiVersion: v1\nkind: Node\nmetadata: {name: a}\n---\n"
#define CLASS(name, value, more)                                                                           \
	"apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: " name "}\nvalue: " value \
	"\n" more "---\n"
#define POD(name, more)                                     \
	"apiVersion: v1\nkind: Pod\nmetadata: {name: " name \
	"}\nspec: {containers: [{name: c, image: i, resources: {requests: {cpu: '3'}}}]" more "}\n---\n"

static struct world_pod *pod(struct fx *f, const char *name)
{
	struct world_object *o = world_find(&f->w, KIND_POD, "default", name);

	if (!o)
		fx_die("no pod", name);
	return world_pod(o);
}

static void begin(struct fx *f, const char *text)
{
	fx_init(f);
	fx_commit(f, text);
	fx_step(f);
	fx_hello(f, "a", "4", "8Gi");
	fx_step(f);
}

static void test_of_the_class(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE CLASS("high", "1000", "") CLASS("usual", "10", "globalDefault: true\n")
			  POD("p", ", priorityClassName: high") POD("q", "")
				  POD("r", ", priorityClassName: system-node-critical"));
	assert_int_equal(pod(&f, "p")->priority, 1000);
	assert_int_equal(pod(&f, "q")->priority, 10);
	assert_int_equal(pod(&f, "r")->priority, 2000001000);
	assert_non_null(strstr(fx_file(&f, "namespaces/default/pods/p.json"), "\"priority\":1000"));
	/* There is room for one. */
	assert_non_null(pod(&f, "r")->node);
	assert_null(pod(&f, "p")->node);
	/* A class that changes changes no pod that is there. */
	fx_commit(&f, NODE CLASS("usual", "11", "globalDefault: true\n") POD("p", ", priorityClassName: high")
			      POD("q", "") POD("r", ", priorityClassName: system-node-critical"));
	fx_crash(&f);
	fx_step(&f);
	assert_int_equal(pod(&f, "p")->priority, 1000);
	assert_int_equal(pod(&f, "q")->priority, 10);
	fx_done(&f);
}

/* Of what waits, the most important comes first, though it came last. */
static void test_order(void **state)
{
	struct fx f;

	(void)state;
	fx_init(&f);
	fx_commit(&f, NODE CLASS("high", "1000", "") POD("a", ""));
	fx_step(&f);
	f.now += NSEC_PER_SEC;
	fx_commit(&f, NODE CLASS("high", "1000", "") POD("a", "") POD("z", ", priorityClassName: high"));
	fx_step(&f);
	fx_hello(&f, "a", "4", "8Gi");
	fx_step(&f);
	assert_non_null(pod(&f, "z")->node);
	assert_null(pod(&f, "a")->node);
	fx_done(&f);
}

static void test_no_such_class(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE POD("p", ", priorityClassName: high"));
	assert_null(pod(&f, "p")->node);
	assert_string_equal(pod(&f, "p")->waiting, "no PriorityClass with name high was found");
	fx_crash(&f);
	fx_hello(&f, "a", "4", "8Gi");
	fx_step(&f);
	assert_null(pod(&f, "p")->node);
	fx_commit(&f, NODE CLASS("high", "-5", "") POD("p", ", priorityClassName: high"));
	fx_step(&f);
	assert_non_null(pod(&f, "p")->node);
	assert_int_equal(pod(&f, "p")->priority, -5);
	fx_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_the_class),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_no_such_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
