/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* sync.unit: Directory, over commits and restarts. */
#include "tests/unit/reconciler/commits_fixture.h"

#define CM(name) "namespaces/default/configmaps/" name ".json"

/* Runs `sh -c SCRIPT` in a clone, and pushes what comes of it as the newest commit. `cm FILE NAME VALUE` writes a ConfigMap. */
static void push(struct fixture *f, const char *script)
{
	_cleanup_(freep) char *text = xasprintf("cd %s; [ -d work ] || git clone -q home/desired.git work "
						"2>/dev/null; cd work; git checkout -q -B main; "
						"cm() { mkdir -p $(dirname $1); printf 'apiVersion: "
						"v1\\nkind: ConfigMap\\nmetadata: {name: %%s}\\n"
						"data: {k: %%s}\\n' $2 $3 >$1; }; "
						"cluster() { printf 'apiVersion: pintle.dev/v1\\nkind: "
						"Cluster\\nmetadata: {name: cluster}\\nspec: {sync: "
						"{unit: %%s}}\\n' $1 >cluster.yaml; }; %s; git add -A; git "
						"diff --quiet --cached || git commit -qm x; "
						"git push -q -f origin HEAD:main",
		f->top, script);
	const char *const argv[] = { "sh", "-ec", text, NULL };
	const char *const env[] = { "GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t@example.org",
		"GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@example.org", "GIT_CONFIG_GLOBAL=/dev/null",
		NULL };
	const struct proc_spec spec = { .argv = argv, .env = env };
	struct err err = { 0 };

	if (proc_check(&spec, NULL, &err) < 0)
		fail_msg("%s: %s", script, err.text);
}

static void git(struct fixture *f, const char *script, char *ret, size_t size)
{
	_cleanup_(freep) char *text = xasprintf("cd %s/home/desired.git; %s", f->top, script);
	const char *const argv[] = { "sh", "-ec", text, NULL };
	const struct proc_spec spec = { .argv = argv };
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct err err = { 0 };

	if (proc_check(&spec, &out, &err) < 0)
		fail_msg("%s: %s", script, err.text);
	snprintf(ret, size, "%.*s", (int)strcspn(out.data, "\n"), out.data);
}

#define BEGIN "cluster Directory; cm a/1.yaml a1 one; cm b/1.yaml b1 one; cm c/1.yaml c1 one"

/* A mistake of one holds back nobody else; what is in force of each is restored after a restart, also without the old history. */
static void test_mix_over_restarts(void **state)
{
	struct fixture *f = *state;
	char force[64], pinned[64], head[64];

	start(f);
	push(f, BEGIN);
	await_file(f, CM("c1"), "one");
	await_file(f, "sync.json", "{\"name\":\"b\",\"commitInForce\":");
	git(f, "git rev-parse main", force, sizeof(force));
	push(f, "cm a/1.yaml a1 two; cm b/1.yaml b1 two; echo 'kind: [' >b/x.yaml");
	await_file(f, CM("a1"), "two");
	await_file(f, "sync.json", "\"state\":\"Refused\"");
	assert_true(file_has(f, CM("b1"), "one"));
	assert_true(file_has(f, "sync.json",
		"\"message\":\"1of4directoriesisheld,andtheothersgoahead;b:1error;"
		"whatisinforceofitstaysso\""));
	assert_true(file_has(f, "sync.json", "\"path\":\"b/x.yaml\""));
	git(f, "git rev-parse refs/pintle/in-force", pinned, sizeof(pinned));
	_cleanup_(freep) char *in_force = xasprintf("\"commitInForce\":\"%s\"", pinned);
	_cleanup_(freep) char *of_b = xasprintf("{\"name\":\"b\",\"commitInForce\":\"%s\"", force);
	assert_true(file_has(f, "sync.json", in_force));
	assert_true(file_has(f, "sync.json", of_b));
	/* Objects say whose they are: not a commit that nobody has made. */
	git(f, "git rev-parse main", head, sizeof(head));
	_cleanup_(freep) char *commit = xasprintf("\"pintle.dev/commit\":\"%s\"", head);
	assert_true(file_has(f, CM("a1"), commit));
	stop(f);
	/* Another history, in which b never was without errors; the old one is gone. */
	push(f, "git checkout -q --orphan new; cm a/1.yaml a1 three");
	git(f, "git reflog expire --expire=now --all; git gc -q --prune=now; echo", head, sizeof(head));
	start(f);
	await_file(f, CM("a1"), "three");
	assert_true(file_has(f, CM("b1"), "one"));
	await_file(f, "sync.json", of_b);
	stop(f);
	start(f);
	await_file(f, "sync.json", of_b);
	push(f, "rm b/x.yaml");
	await_file(f, CM("b1"), "two");
	await_file(f, "sync.json", "\"state\":\"Synced\"");
	stop(f);
}

/* A directory that goes waits for a word of its own, while the others move on. */
static void test_directory_goes(void **state)
{
	struct fixture *f = *state;

	start(f);
	push(f, BEGIN);
	await_file(f, CM("c1"), "one");
	push(f, "rm -r b; cm a/1.yaml a1 two");
	await_file(f, CM("a1"), "two");
	await_file(f, "sync.json", "\"state\":\"Guarded\"");
	assert_true(there(f, CM("b1")));
	stop(f);
	start(f);
	push(f, "cm a/1.yaml a1 three");
	await_file(f, CM("a1"), "three");
	assert_true(there(f, CM("b1")));
	push(f, "git commit -q --allow-empty -m yes --trailer 'Pintle-Allow-Prune: yes'");
	await_gone(f, CM("b1"));
	await_file(f, "sync.json", "\"state\":\"Synced\"");
	assert_false(file_has(f, "sync.json", "\"name\":\"b\""));
}

/* The mode is the Cluster's that is taken: where that has errors and none is in force, the commit is one as a whole. */
static void test_mode(void **state)
{
	struct fixture *f = *state;

	start(f);
	push(f, BEGIN "; echo 'kind: [' >bad.yaml");
	await_file(f, "sync.json", "\"state\":\"Refused\"");
	assert_true(file_has(f, "sync.json", "\"commitInForce\":\"\""));
	assert_false(there(f, CM("a1")));
	/* With the Cluster fine, the first commit may be a part already. */
	push(f, "rm bad.yaml; echo 'kind: [' >b/bad.yaml");
	await_file(f, CM("a1"), "one");
	assert_false(there(f, CM("b1")));
	await_file(f, "sync.json", "{\"name\":\"b\",\"commitInForce\":\"\"");
	/* Back to one whole: what is in force stays a mix until all is well. */
	push(f, "cluster Repository; cm a/1.yaml a1 two");
	await_file(f, "sync.json", "\"message\":\"thecommithaserrors");
	assert_true(file_has(f, CM("a1"), "one"));
	push(f, "rm b/bad.yaml");
	await_file(f, CM("a1"), "two");
	await_file(f, CM("b1"), "one");
	await_file(f, "sync.json", "\"state\":\"Synced\"");
	assert_false(file_has(f, "sync.json", "\"units\""));
	push(f, "cluster Directory; cm b/1.yaml b1 two; echo 'kind: [' >a/bad.yaml");
	await_file(f, CM("b1"), "two");
	await_file(f, "sync.json", "\"state\":\"Refused\"");
}

/* What is built is of the directory that it stands in. */
static void test_kustomizations(void **state)
{
	struct fixture *f = *state;
	const char *out =
		"out() { printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: k}\\ndata: {k: "
		"%s}\\n' $1 >k/out; }; ";
	_cleanup_(freep) char *first = xasprintf(
		"%s mkdir k; echo '{}' >k/kustomization.yaml; out one; " BEGIN, out);
	_cleanup_(freep) char *bad = xasprintf("%s out bad; cm a/1.yaml a1 two", out);
	_cleanup_(freep) char *good = xasprintf("%s out good", out);

	stand_in(f, "if grep -q bad $2/out; then echo 'Error: it is bad' >&2; exit 1; fi; cat $2/out");
	start(f);
	push(f, first);
	await_file(f, CM("k"), "one");
	push(f, bad);
	await_file(f, CM("a1"), "two");
	await_file(f, "sync.json", "{\"name\":\"k\",\"commitInForce\":");
	await_file(f, "sync.json", "\"state\":\"Refused\"");
	assert_true(file_has(f, "sync.json", "itisbad"));
	assert_true(file_has(f, CM("k"), "one"));
	stop(f);
	start(f);
	push(f, "cm a/1.yaml a1 three");
	await_file(f, CM("a1"), "three");
	assert_true(file_has(f, CM("k"), "one"));
	push(f, good);
	await_file(f, CM("k"), "good");
	await_file(f, "sync.json", "\"state\":\"Synced\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_mix_over_restarts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_directory_goes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_mode, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kustomizations, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
