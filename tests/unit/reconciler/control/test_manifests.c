/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What git has no more, and stays. */
#include "tests/unit/reconciler/world_fixture.h"

#define NODE "apiVersion: v1\nkind: Node\nmetadata: {name: node}\n"
#define WEB(image, app)                                                                                      \
	"---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, annotations: {pintle.dev/prune: " \
	"Never}}\n"                                                                                          \
	"spec:\n  replicas: 2\n  selector: {matchLabels: {app: " app "}}\n  template:\n"                     \
	"    metadata: {labels: {app: " app "}}\n    spec: {containers: [{name: c, image: " image "}]}\n"
#define LIMITS                                                                                        \
	"---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: l, annotations: {pintle.dev/prune: " \
	"Never}}\n"                                                                                   \
	"spec: {limits: [{type: Container, default: {cpu: 1}}]}\n"
#define CLUSTER                                                                                  \
	"---\napiVersion: pintle.dev/v1\nkind: Cluster\nmetadata: {name: cluster, annotations: " \
	"{pintle.dev/prune: "                                                                    \
	"Never}}\nspec: {dnsDomain: corp}\n"
#define FILE "namespaces/default/deployments/web.json"

static void begin(struct fx *f, const char *text)
{
	fx_init(f);
	fx_commit(f, NODE);
	fx_step(f);
	fx_hello(f, "node", "8", "8Gi");
	fx_commit(f, text);
	fx_settle(f);
}

static const struct world_origin *origin(struct fx *f)
{
	struct world_object *o = world_find(&f->w, KIND_DEPLOYMENT, "default", "web");

	assert_non_null(o);
	return o->origin;
}

static void expect_pods(struct fx *f, size_t count, const char *image)
{
	struct world_pods pods = fx_pods(f);

	assert_int_equal(pods.count, count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(pods.items[i]->revision->template.spec.containers.items[0].image, image);
	free(pods.items);
}

/* It stays over restarts, with its pods, and is taken over again by what git has then. */
static void test_leaves_and_returns(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE WEB("i:1", "web"));
	fx_commit(&f, NODE);
	fx_settle(&f);
	assert_string_equal(origin(&f)->left, f.w.commit);
	assert_non_null(strstr(fx_file(&f, FILE), "\"pintle.dev/left-git\":\""));
	for (unsigned i = 0; i < 2; i++) {
		fx_crash(&f);
		fx_hello(&f, "node", "8", "8Gi");
		fx_settle(&f);
		assert_non_null(origin(&f)->left);
		expect_pods(&f, 2, "i:1");
	}
	fx_commit(&f, NODE WEB("i:2", "web"));
	fx_settle(&f);
	assert_null(origin(&f)->left);
	assert_null(strstr(fx_file(&f, FILE), "left-git"));
	expect_pods(&f, 2, "i:2");
	fx_commit(&f, NODE);
	fx_settle(&f);
	assert_non_null(origin(&f)->left);
	/* The same as it was. */
	fx_commit(&f, NODE WEB("i:2", "web"));
	fx_settle(&f);
	assert_null(origin(&f)->left);
	assert_null(strstr(fx_file(&f, FILE), "left-git"));
	fx_done(&f);
}

/* What comes back with another selector is no version of it. */
static void test_returns_as_another(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE WEB("i:1", "web"));
	fx_commit(&f, NODE);
	fx_settle(&f);
	fx_commit(&f, NODE WEB("i:2", "other"));
	fx_settle(&f);
	assert_non_null(origin(&f)->left);
	expect_pods(&f, 2, "i:1");
	assert_int_equal(fx_count(&f, "namespaces/default/events/web."), 2 + 1);
	fx_done(&f);
}

/* Without the annotation in the version in force it goes; a commit that takes the annotation away first is the way to delete it. */
static void test_no_longer_never(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE WEB("i:1", "web"));
	fx_commit(&f, NODE
		"---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
		"  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n"
		"    spec: {containers: [{name: c, image: i:1}]}\n");
	fx_settle(&f);
	fx_commit(&f, NODE);
	fx_settle(&f);
	assert_null(world_find(&f.w, KIND_DEPLOYMENT, "default", "web"));
	expect_pods(&f, 0, "");
	fx_done(&f);
}

/* Settings that have left git hold on, as long as git has no others. */
static void test_settings_stay(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE LIMITS CLUSTER);
	for (unsigned i = 0; i < 3; i++) {
		fx_commit(&f,
			i % 2 ? NODE "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n" : NODE);
		if (i == 1)
			fx_crash(&f);
		fx_settle(&f);
		assert_int_equal(f.w.limits.count, 1);
		assert_string_equal(f.w.dns_domain, "corp");
	}
	fx_commit(&f, NODE "---\napiVersion: pintle.dev/v1\nkind: Cluster\nmetadata: {name: cluster}\n");
	fx_settle(&f);
	assert_string_equal(f.w.dns_domain, "cluster.local");
	fx_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leaves_and_returns),
		cmocka_unit_test(test_returns_as_another),
		cmocka_unit_test(test_no_longer_never),
		cmocka_unit_test(test_settings_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
