/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Commits with kustomizations, as the daemon takes them. A stand-in for kustomize waits at a gate (a FIFO) until the test
 * lets it go on.
 */
#include "tests/unit/reconciler/commits_fixture.h"

#define CONFIG_MAP(name) "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " name "}\n"

/* The branch's tip becomes a commit with a kustomization, which the stand-in builds to OUT, and PLAIN beside it. */
static void commit_kustomization(struct fixture *f, const char *out, const char *plain)
{
	_cleanup_(freep) char *text = xasprintf("%s\nM 644 inline k/kustomization.yaml\ndata 0\n\n"
						"M 644 inline k/out\ndata %zu\n%s",
		plain, strlen(out), out);
	_cleanup_(freep) char *dir = xasprintf("%s/desired.git", f->dir);
	_cleanup_(freep) char *input = xasprintf(
		"commit refs/heads/main\ncommitter t <t@example.com> 1700000000 +0000\ndata 1\nm\ndeleteall\n"
		"M 644 inline a.yaml\ndata %zu\n%s\n",
		strlen(plain), text);
	const char *const argv[] = { "git", "--git-dir", dir, "fast-import", "--quiet", "--force", NULL };
	const struct proc_spec spec = { .argv = argv, .input = input, .input_len = strlen(input) };
	struct err err = { 0 };

	if (proc_check(&spec, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

/* Lets the stand-in go on that waits at the gate. */
static void open_gate(struct fixture *f, const char *gate)
{
	nsec_t end = time_monotonic() + PATIENCE;
	int fd;

	while ((fd = open(gate, O_WRONLY | O_NONBLOCK | O_CLOEXEC)) < 0) {
		if (time_monotonic() > end)
			fail_msg("nothing is built");
		assert_true(loop_turn(f->loop, NSEC_PER_SEC / 100, NULL) >= 0);
	}
	close(fd);
}

/* What is in force stays so while a commit is built; a newer commit ends that; a restart builds nothing again. */
static void test_kustomizations(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *gate = xasprintf("%s/gate", f->top);
	_cleanup_(freep) char *script = xasprintf("cat %s; cat $2/out", gate);

	stand_in(f, script);
	assert_int_equal(mkfifo(gate, 0600), 0);
	start(f);
	commit(f->dir, CONFIG_MAP("one"));
	await_file(f, "namespaces/default/configmaps/one.json", "\"name\":\"one\"");
	commit_kustomization(f, CONFIG_MAP("two"), CONFIG_MAP("plain"));
	await_file(f, "sync.json", "\"state\":\"Building\"");
	await_file(f, "sync.json", "\"message\":\"building1kustomization\"");
	assert_true(file_has(f, "namespaces/default/configmaps/one.json", "\"name\":\"one\""));
	/* Nobody opens the gate for this one. */
	commit(f->dir, CONFIG_MAP("three"));
	await_file(f, "namespaces/default/configmaps/three.json", "\"name\":\"three\"");
	await_file(f, "sync.json", "\"state\":\"Synced\"");
	commit_kustomization(f, CONFIG_MAP("two"), CONFIG_MAP("plain"));
	await_file(f, "sync.json", "\"state\":\"Building\"");
	open_gate(f, gate);
	await_file(f, "namespaces/default/configmaps/two.json",
		"\"pintle.dev/source\":\"k/kustomization.yaml\"");
	await_file(f, "sync.json", "\"state\":\"Synced\"");
	stop(f);
	start(f);
	commit_kustomization(f, CONFIG_MAP("two"), CONFIG_MAP("four"));
	await_file(f, "namespaces/default/configmaps/four.json", "\"name\":\"four\"");
	assert_true(file_has(f, "namespaces/default/configmaps/two.json", "\"name\":\"two\""));
}

/* A build that fails is the commit's error. */
static void test_kustomization_fails(void **state)
{
	struct fixture *f = *state;

	stand_in(f, "echo 'Error: no such base' >&2; exit 1");

	start(f);
	commit(f->dir, CONFIG_MAP("one"));
	await_file(f, "sync.json", "\"state\":\"Synced\"");
	commit_kustomization(f, "", CONFIG_MAP("plain"));
	await_file(f, "sync.json", "\"state\":\"Refused\"");
	assert_true(file_has(f, "sync.json", "\"path\":\"k/kustomization.yaml\""));
	assert_true(file_has(f, "sync.json", "\"message\":\"nosuchbase\""));
	assert_true(file_has(f, "namespaces/default/configmaps/one.json", "\"name\":\"one\""));
}

/* --- the guard before deletions --------------------------------------------------------------------------------- */

/* The branch's tip becomes a commit with message MESSAGE and the ConfigMaps c0 to c(COUNT-1), and MORE. */
static void commit_many(struct fixture *f, const char *message, unsigned count, const char *more)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT, input = BUF_INIT;
	_cleanup_(freep) char *dir = xasprintf("%s/desired.git", f->dir);
	const char *const argv[] = { "git", "--git-dir", dir, "fast-import", "--quiet", "--force", NULL };
	struct proc_spec spec = { .argv = argv };
	struct err err = { 0 };

	for (unsigned i = 0; i < count; i++)
		buf_addf(&text, "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%u}\n", i);
	buf_addf(&text, "---\n%s", more);
	buf_addf(&input,
		"commit refs/heads/main\ncommitter t <t@example.com> 1700000000 +0000\ndata %zu\n%s\n"
		"%sdeleteall\nM 644 inline a.yaml\ndata %zu\n%s\n",
		strlen(message), message, f->commits++ ? "from refs/heads/main^0\n" : "", text.len,
		text.data);
	spec.input = input.data;
	spec.input_len = input.len;
	if (proc_check(&spec, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

#define CM(name) "namespaces/default/configmaps/" name ".json"
#define PERCENT(n)                                                                                           \
	"apiVersion: pintle.dev/v1\nkind: Cluster\nmetadata: {name: cluster}\nspec: {prune: {maxPercent: " n \
	"}}\n"

/* Waits, also over a restart, and says so, until a later commit confirms it. */
static void test_guard_waits_for_word(void **state)
{
	struct fixture *f = *state;

	start(f);
	commit_many(f, "all", 30, "");
	await_file(f, CM("c29"), "\"c29\"");
	commit_many(f, "fewer", 15, "");
	await_file(f, "sync.json", "\"state\":\"Guarded\"");
	assert_true(file_has(f, "sync.json",
		"\"message\":\"itwoulddelete15ofthe30objectsinforce,morethanprune.maxPercent(25%):ConfigMap/"
		"default/c15,"));
	assert_true(file_has(f, "sync.json", "--trailer'Pintle-Allow-Prune:yes'"));
	assert_true(there(f, CM("c29")));
	stop(f);
	start(f);
	await_file(f, "sync.json", "\"state\":\"Guarded\"");
	assert_true(there(f, CM("c29")));
	commit_many(f, "yes\n\nPintle-Allow-Prune: yes\n", 15, "");
	await_gone(f, CM("c29"));
	await_file(f, "sync.json", "\"state\":\"Synced\"");
	/* What was confirmed is done: the next removal is another one. */
	commit_many(f, "fewer still", 2, "");
	await_file(f, "sync.json", "\"state\":\"Guarded\"");
	assert_true(there(f, CM("c14")));
	stop(f);
}

/* A revert goes through; what counts is the Cluster in force, not the commit's own. */
static void test_guard_and_reverts(void **state)
{
	struct fixture *f = *state;

	start(f);
	commit_many(f, "all", 30, PERCENT("10"));
	await_file(f, CM("c29"), "\"c29\"");
	commit_many(f, "fewer", 15, PERCENT("100"));
	await_file(f, "sync.json", "\"state\":\"Guarded\"");
	assert_true(file_has(f, "sync.json", "prune.maxPercent(10%)"));
	commit_many(f, "back", 31, PERCENT("100"));
	await_file(f, CM("c30"), "\"c30\"");
	commit_many(f, "fewer", 15, PERCENT("100"));
	await_gone(f, CM("c29"));
	commit_many(f, "none", 0, "");
	await_file(f, "sync.json", "\"state\":\"Guarded\"");
	assert_true(there(f, CM("c14")));
}

/* Other settings read other files: what these lack is not deleted for that. */
static void test_guard_and_settings(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *conf = xasprintf("%s/pintle.conf", f->dir);
	_cleanup_(buf_done) struct buf all = BUF_INIT;

	for (unsigned i = 0; i < 30; i++)
		buf_addf(&all, "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%u}\n", i);
	start(f);
	/* k/out is no manifest; what stands in k is built. */
	stand_in(f, "cat $2/out");
	commit_kustomization(f, CONFIG_MAP("one"), all.data);
	await_file(f, CM("c29"), "\"c29\"");
	stop(f);
	assert_int_equal(fs_write(AT_FDCWD, conf, "path: k\n", 8, 0644, 0, NULL), 0);
	start(f);
	await_file(f, "sync.json", "\"state\":\"Guarded\"");
	assert_true(file_has(f, "sync.json", "30ofthe31objects"));
	assert_true(there(f, CM("c29")));
	commit_kustomization(f, "kind: [", "");
	await_file(f, "sync.json", "\"state\":\"Refused\"");
	stop(f);
	start(f);
	await_file(f, "sync.json", "\"state\":\"Refused\"");
	assert_true(there(f, CM("c29")));
}

/* pintle.dev/prune: Never is listed as long as git has it not. */
static void test_kept_is_listed(void **state)
{
	struct fixture *f = *state;
	const char *never = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: k, annotations: "
			    "{pintle.dev/prune: Never}}\n";

	start(f);
	commit_many(f, "all", 2, never);
	await_file(f, CM("k"), "Never");
	commit_many(f, "without", 2, "");
	await_file(f, CM("k"), "left-git");
	await_file(f, "sync.json", "\"kept\":[\"ConfigMap/default/k\"]");
	stop(f);
	start(f);
	await_file(f, "sync.json", "\"kept\":[\"ConfigMap/default/k\"]");
	commit_many(f, "with", 3, never);
	await_file(f, CM("c2"), "c2");
	await_file(f, "sync.json", "\"problems\":[]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kustomizations, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kustomization_fails, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_guard_waits_for_word, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_guard_and_reverts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_guard_and_settings, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kept_is_listed, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
