/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* pintle.dev/depends-on, over passes, commits and restarts. */
#include "reconciler/health.h"
#include "reconciler/world_waits.h"
#include "tests/unit/reconciler/world_fixture.h"

#define NODE "apiVersion: v1\nkind: Node\nmetadata: {name: node}\n"
#define DEPLOYMENT(name, image, on)                                                                          \
	"---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " name on "}\nspec:\n"                 \
	"  selector: {matchLabels: {app: " name "}}\n  template:\n    metadata: {labels: {app: " name "}}\n" \
	"    spec: {containers: [{name: c, image: '" image "'}]}\n"
#define ON(what) ", annotations: {pintle.dev/depends-on: " what "}"
#define WEB(image) DEPLOYMENT("web", image, ON("Deployment/db"))
#define DB(image) DEPLOYMENT("db", image, "")
#define FILE(name) "namespaces/default/deployments/" name ".json"

static void begin(struct fx *f)
{
	fx_init(f);
	fx_commit(f, NODE);
	fx_step(f);
	fx_hello(f, "node", "8", "8Gi");
	fx_step(f);
}

static void commit(struct fx *f, const char *text)
{
	fx_commit(f, text);
	f->now += NSEC_PER_SEC;
	fx_step(f);
}

/* kill -9, and the agent is back with what it had. */
static void restart(struct fx *f)
{
	fx_crash(f);
	fx_step(f);
}

static size_t pods_with(struct fx *f, const char *image)
{
	struct world_pods pods = fx_pods(f);
	size_t n = 0;

	for (size_t i = 0; i < pods.count; i++)
		n += str_eq(pods.items[i]->revision->template.spec.containers.items[0].image, image);
	free(pods.items);
	return n;
}

static void expect_note(struct fx *f, const char *file, const char *note)
{
	const char *text = fx_file(f, file);

	assert_non_null(text);
	if (note && !strstr(text, note))
		fail_msg("%s does not say %s: %s", file, note, text);
	if (!note && strstr(text, "waits-for"))
		fail_msg("%s waits: %s", file, text);
}

/* It is there, says what it waits for, once, and begins by itself; a restart changes nothing. */
static void test_begins_when_healthy(void **state)
{
	struct fx f;

	(void)state;
	begin(&f);
	commit(&f, NODE DB("db:1") WEB("web:1"));
	for (unsigned i = 0; i < 3; i++) {
		expect_note(&f, FILE("web"), "\"pintle.dev/waits-for\":\"Deployment/default/db\"");
		assert_int_equal(pods_with(&f, "web:1"), 0);
		assert_int_equal(fx_count(&f, "namespaces/default/events/web."), 1);
		if (i < 2)
			restart(&f);
	}
	fx_settle(&f);
	expect_note(&f, FILE("web"), NULL);
	assert_int_equal(pods_with(&f, "web:1"), 1);
	assert_int_equal(world_waits_count(&f.w), 0);
	fx_done(&f);
}

/* What runs goes on, and is kept running, while a change waits; the newest change is taken in the end. */
static void test_change_waits(void **state)
{
	struct fx f;

	(void)state;
	begin(&f);
	fx_commit(&f, NODE DB("db:1") WEB("web:1"));
	fx_settle(&f);
	commit(&f, NODE DB("db:2") WEB("web:2"));
	expect_note(&f, FILE("web"), "\"pintle.dev/change-waits-for\":\"Deployment/default/db\"");
	assert_int_equal(pods_with(&f, "web:1"), 1);
	struct world_pods pods = fx_pods(&f);

	for (size_t i = 0; i < pods.count; i++)
		if (str_starts(pods.items[i]->o.name, "web-"))
			fx_report(&f, pods.items[i], "Failed", false, false);
	free(pods.items);
	f.now += NSEC_PER_SEC;
	fx_step(&f);
	assert_int_equal(pods_with(&f, "web:1"), 2); /* the one that failed, and the one in its place */
	restart(&f);
	expect_note(&f, FILE("web"), "\"pintle.dev/change-waits-for\":\"Deployment/default/db\"");
	assert_int_equal(pods_with(&f, "web:2"), 0);
	/* One more, which brings the image that is to stay. */
	commit(&f, NODE DB("db:2") WEB("web:3"));
	assert_int_equal(world_waits_count(&f.w), 1);
	fx_hello(&f, "node", "8", "8Gi");
	fx_settle(&f);
	expect_note(&f, FILE("web"), NULL);
	assert_int_equal(pods_with(&f, "web:2"), 0);
	assert_true(pods_with(&f, "web:3") == 1);
	fx_done(&f);
}

/* What has begun is not held again when what it once waited for falls ill. */
static void test_never_held_again(void **state)
{
	struct fx f;

	(void)state;
	begin(&f);
	fx_commit(&f, NODE DB("db:1") WEB("web:1"));
	fx_settle(&f);
	struct world_pods pods = fx_pods(&f);

	for (size_t i = 0; i < pods.count; i++)
		if (str_starts(pods.items[i]->o.name, "db-"))
			fx_report(&f, pods.items[i], "Running", false, false);
	free(pods.items);
	f.now += NSEC_PER_SEC;
	fx_step(&f);
	expect_note(&f, FILE("web"), NULL);
	/* Another object of the commit does not touch it; a change of its own does. */
	commit(&f,
		NODE DB("db:1") WEB("web:1") "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n");
	expect_note(&f, FILE("web"), NULL);
	restart(&f);
	expect_note(&f, FILE("web"), NULL);
	commit(&f, NODE DB("db:1") WEB("web:2"));
	expect_note(&f, FILE("web"), "change-waits-for");
	/* Taken back, nothing waits. */
	commit(&f, NODE DB("db:1") WEB("web:1"));
	expect_note(&f, FILE("web"), NULL);
	assert_int_equal(world_waits_count(&f.w), 0);
	commit(&f, NODE DB("db:1") WEB("web:2"));
	/* Without the annotation it goes on at once: nobody waits for a time-out. */
	commit(&f, NODE DB("db:1") DEPLOYMENT("web", "web:2", ""));
	expect_note(&f, FILE("web"), NULL);
	assert_int_equal(pods_with(&f, "web:2"), 1);
	fx_done(&f);
}

/* What is missing may come later; what git drops waits no more. Kinds without pods are there when they begin. */
static void test_missing(void **state)
{
#define CONFIG "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: late" ON("Deployment/web") "}\n"
#define POD                                                         \
	"---\napiVersion: v1\nkind: Pod\nmetadata: {name: bare" ON( \
		"ConfigMap/late") "}\nspec: {containers: [{name: c, image: i}]}\n"
	struct fx f;

	(void)state;
	begin(&f);
	commit(&f, NODE WEB("web:1") CONFIG POD);
	expect_note(&f, FILE("web"), "\"Deployment/default/db (which is not there)\"");
	assert_null(fx_file(&f, "namespaces/default/configmaps/late.json"));
	expect_note(&f, "namespaces/default/pods/bare.json", "\"reason\":\"DependencyNotReady\"");
	assert_int_equal(world_waits_count(&f.w), 3);
	restart(&f);
	assert_int_equal(world_waits_count(&f.w), 3);
	assert_int_equal(f.w.waiting.count, 0);
	commit(&f, NODE DB("db:1") WEB("web:1") CONFIG POD);
	fx_hello(&f, "node", "8", "8Gi");
	fx_settle(&f);
	expect_note(&f, FILE("web"), NULL);
	assert_non_null(fx_file(&f, "namespaces/default/configmaps/late.json"));
	assert_int_equal(pods_with(&f, "i"), 1);
	assert_true(world_pod(world_find(&f.w, KIND_POD, "default", "bare"))->ready);
	fx_done(&f);

	begin(&f);
	commit(&f, NODE WEB("web:1") CONFIG POD);
	commit(&f, NODE);
	assert_int_equal(world_waits_count(&f.w), 0);
	assert_null(fx_file(&f, FILE("web")));
	commit(&f, NODE DB("db:1"));
	fx_settle(&f);
	assert_null(fx_file(&f, "namespaces/default/configmaps/late.json"));
	fx_done(&f);
}

/* One that is ill holds back those that name it, and nobody else; what puts it right is taken at once. */
static void test_others_go_on(void **state)
{
	struct fx f;
	_cleanup_(buf_done) struct buf why = BUF_INIT;
	_cleanup_(object_unrefp) struct object *o = NULL;

	(void)state;
	begin(&f);
	commit(&f, NODE DB("db:bad") WEB("web:1") DEPLOYMENT("other", "other:1", ""));
	struct world_pods pods = fx_pods(&f);

	assert_int_equal(pods.count, 2);
	for (size_t i = 0; i < pods.count; i++)
		fx_report(&f, pods.items[i], "Running", str_starts(pods.items[i]->o.name, "other-"), false);
	free(pods.items);
	f.now += NSEC_PER_SEC;
	fx_step(&f);
	expect_note(&f, FILE("other"), "\"availableReplicas\":1");
	expect_note(&f, FILE("web"), "waits-for");
	assert_int_equal(
		object_load_json(fx_file(&f, FILE("web")), strlen(fx_file(&f, FILE("web"))), &o, NULL), 0);
	assert_int_equal(health_of(o, &why), HEALTH_COMING);
	assert_string_equal(why.data, "DependencyNotReady: waits for Deployment/default/db");
	commit(&f, NODE DB("db:good") WEB("web:1") DEPLOYMENT("other", "other:2", ""));
	assert_int_equal(pods_with(&f, "db:good"), 1);
	fx_settle(&f);
	expect_note(&f, FILE("web"), NULL);
	assert_int_equal(pods_with(&f, "web:1"), 1);
	fx_done(&f);
}

/* A Job is well when it is complete, and not while it runs, nor when it has failed. */
static void test_job(void **state)
{
#define JOB                                                                                             \
	"---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate}\nspec:\n  backoffLimit: 0\n  " \
	"template:\n"                                                                                   \
	"    spec: {restartPolicy: Never, containers: [{name: c, image: 'job:1'}]}\n"
	static const struct {
		const char *phase;
		size_t begun;
	} cases[] = { { "Running", 0 }, { "Failed", 0 }, { "Succeeded", 1 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fx f;

		begin(&f);
		commit(&f, NODE JOB DEPLOYMENT("web", "web:1", ON("Job/migrate")));
		assert_int_equal(pods_with(&f, "web:1"), 0);
		struct world_pods pods = fx_pods(&f);

		assert_int_equal(pods.count, 1);
		fx_report(&f, pods.items[0], cases[i].phase, false, false);
		free(pods.items);
		for (unsigned k = 0; k < 3; k++) {
			f.now += NSEC_PER_SEC;
			fx_step(&f);
		}
		assert_int_equal(pods_with(&f, "web:1"), cases[i].begun);
		fx_done(&f);
	}
}

/* A pass over everything finds nothing to do that the others did not. */
static void test_everything(void **state)
{
	struct fx f;

	(void)state;
	begin(&f);
	commit(&f, NODE DB("db:1") WEB("web:1"));
	f.everything = true;
	fx_pass(&f);
	assert_int_equal(f.plan.step_count, 0);
	assert_int_equal(f.plan.record_count, 0);
	fx_sweep(&f);
	fx_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begins_when_healthy),
		cmocka_unit_test(test_change_waits),
		cmocka_unit_test(test_never_held_again),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_others_go_on),
		cmocka_unit_test(test_job),
		cmocka_unit_test(test_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
