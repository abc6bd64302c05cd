/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* LimitRanges give new pods their defaults; templates, and pods that are there, stay as they are. */
#include "tests/unit/reconciler/world_fixture.h"

#define NODE "apiVersion: v1\nkind: Node\nmetadata: {name: node-a}\n---\n"

/* REQUEST: what the LimitRange gives; NULL: there is none. */
static void commit_all(struct fx *f, const char *request, int replicas)
{
	_cleanup_(freep) char *range = request ? xasprintf("apiVersion: v1\nkind: LimitRange\nmetadata: "
							   "{name: l}\nspec: {limits: [{type: "
							   "Container, defaultRequest: {cpu: %s}}]}\n---\n",
							 request)
					       : xstrdup("");
	_cleanup_(freep) char *text = xasprintf(NODE
		"%sapiVersion: v1\nkind: Pod\nmetadata: {name: alone}\nspec: {containers: [{name: c, image: "
		"i}]}\n---\n"
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: %d\n"
		"  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n"
		"    spec: {containers: [{name: c, image: i}]}\n",
		range, replicas);

	fx_commit(f, text);
}

static const char *request_of(const struct world_pod *p, char text[QUANTITY_TEXT_MAX])
{
	const struct resources *r = &p->revision->template.spec.containers.items[0].resources;
	const struct quantity *q = quantity_map_get(&r->requests, "cpu");

	return q ? quantity_format(q, text) : "none";
}

/* "alone=100m web=100m web=200m", by name; names of a set's pods are cut to that of the Deployment. */
static char *requests(struct fx *f)
{
	struct world_pods pods = fx_pods(f);
	struct buf out = BUF_INIT;
	size_t alone = 0, some = 0, more = 0, none = 0;

	for (size_t i = 0; i < pods.count; i++) {
		char text[QUANTITY_TEXT_MAX];
		const char *request = request_of(pods.items[i], text);

		if (!pods.items[i]->set) {
			buf_addf(&out, "alone=%s", request);
			alone++;
		} else {
			some += str_eq(request, "100m");
			more += str_eq(request, "200m");
			none += str_eq(request, "none");
		}
	}
	assert_int_equal(alone, 1);
	buf_addf(&out, " web: %zu none, %zu with 100m, %zu with 200m", none, some, more);
	free(pods.items);
	return buf_take(&out);
}

static void expect(struct fx *f, const char *want)
{
	_cleanup_(freep) char *have = requests(f);

	assert_string_equal(have, want);
}

static void begin(struct fx *f)
{
	fx_init(f);
	fx_commit(f, NODE);
	fx_step(f);
	fx_hello(f, "node-a", "64", "64Gi");
	fx_step(f);
}

/* The range and what it is for may come with one commit, in any order. */
static void test_defaults(void **state)
{
	struct fx f;

	(void)state;
	begin(&f);
	commit_all(&f, "100m", 2);
	fx_settle(&f);
	expect(&f, "alone=100m web: 0 none, 2 with 100m, 0 with 200m");
	assert_null(strstr(fx_file(&f, "namespaces/default/deployments/web.json"), "100m"));
	assert_non_null(strstr(fx_file(&f, "namespaces/default/pods/alone.json"), "100m"));
	/* Another range is for pods to come. */
	commit_all(&f, "200m", 3);
	fx_settle(&f);
	expect(&f, "alone=100m web: 0 none, 2 with 100m, 1 with 200m");
	commit_all(&f, NULL, 4);
	fx_settle(&f);
	expect(&f, "alone=100m web: 1 none, 2 with 100m, 1 with 200m");
	fx_done(&f);
}

/* After a crash the same pods are there, and nothing is planned for them. */
static void test_restart(void **state)
{
	struct fx f;

	(void)state;
	begin(&f);
	commit_all(&f, "100m", 2);
	fx_settle(&f);
	commit_all(&f, "200m", 3);
	fx_settle(&f);
	fx_crash(&f);
	fx_pass(&f);
	for (size_t i = 0; i < f.plan.step_count; i++)
		fail_msg("%s %s", plan_verb_name(f.plan.steps[i].verb), f.plan.steps[i].key);
	fx_sweep(&f);
	fx_settle(&f);
	expect(&f, "alone=100m web: 0 none, 2 with 100m, 1 with 200m");
	/* What was known of LimitRanges is known again. */
	commit_all(&f, "200m", 4);
	fx_settle(&f);
	expect(&f, "alone=100m web: 0 none, 2 with 100m, 2 with 200m");
	fx_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
