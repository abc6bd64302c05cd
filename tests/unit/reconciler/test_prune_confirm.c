/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Who confirms a removal, in real histories. In force is the commit tagged `force`, with the ConfigMaps a to t, each a file;
 * HEAD is the new commit.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "reconciler/desired.h"
#include "reconciler/prune_confirm.h"
#include "tests/unit/reconciler/git_fixture.h"

#define LETTERS "a b c d e f g h i j k l m n o p q r s t"

static void begin(const struct fixture *f)
{
	run(f, "git init -q -b main $WORK; cd $WORK; for n in " LETTERS "; do "
	       "printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: c-%s}\\n' $n >$n.yaml; done; "
	       "git add .; git commit -qm force; git tag force");
}

static struct oid resolve(struct repo *g, const char *name)
{
	struct oid id;

	assert_int_equal(repo_resolve(g, name, &id, NULL), 0);
	return id;
}

static struct snapshot *load(struct repo *g, const struct oid *commit)
{
	struct snapshot *s = NULL;
	struct err err = { 0 };
	struct diags diags;

	diags_init(&diags);
	if (desired_load(g, commit, "", NULL, NULL, &s, &diags, &err) < 0)
		fail_msg("%s", err_text(&err));
	diags_done(&diags);
	return s;
}

/* Must HEAD wait, where IN_FORCE (a revision; NULL: not known) is in force? */
static bool waits(const struct fixture *f, const char *in_force, struct buf *why)
{
	_cleanup_(repo_freep) struct repo *g = NULL;
	_cleanup_(snapshot_unrefp) struct snapshot *before = NULL, *after = NULL;
	struct oid force;

	assert_int_equal(repo_open(f->work, &g, NULL), 0);
	force = resolve(g, "force");
	struct prune_question q = {
		.max_percent = 25, .repo = g, .commit = resolve(g, "HEAD"), .subpath = ""
	};
	before = load(g, &force);
	after = load(g, &q.commit);
	if (in_force)
		q.in_force = resolve(g, in_force);
	q.before = before->objects;
	q.before_count = before->object_count;
	q.after = after;
	return prune_must_wait(&q, why);
}

#define HALF "git rm -q a.yaml b.yaml c.yaml d.yaml e.yaml f.yaml g.yaml h.yaml i.yaml j.yaml k.yaml l.yaml; "
#define YES "--trailer 'Pintle-Allow-Prune: yes'"

static void test_histories(void **state)
{
	static const struct {
		const char *script;
		bool waits;
	} cases[] = {
		{ HALF "git commit -qm half", true },
		{ HALF "git commit -qm half " YES, false },
		/* on a commit after it, with more between and behind */
		{ HALF "git commit -qm half; git commit -q --allow-empty -m yes " YES, false },
		{ HALF "git commit -qm half; git commit -q --allow-empty -m x; git commit -q --allow-empty "
		       "-m yes " YES "; git commit -q --allow-empty -m y",
			false },
		/* on a commit before it */
		{ "git commit -q --allow-empty -m yes " YES "; " HALF "git commit -qm half", true },
		/* what was confirmed, and more */
		{ HALF "git commit -qm half " YES "; git rm -q m.yaml n.yaml; git commit -qm more", false },
		{ HALF "git commit -qm half " YES "; git rm -q m.yaml n.yaml o.yaml p.yaml q.yaml r.yaml "
		       "s.yaml t.yaml; git commit -qm all",
			true },
		/* the commit in force and what is before it have been heard */
		{ "git commit -q --allow-empty -m yes " YES "; git tag -f force; " HALF "git commit -qm half",
			true },
		/* taken back */
		{ HALF "git commit -qm half; git revert -n HEAD; git commit -qm back", false },
		{ HALF "git commit -qm half; git reset -q --hard force", false },
		/* merged */
		{ "git checkout -q -b side; " HALF "git commit -qm half " YES
		  "; git checkout -q main; git commit -q --allow-empty -m x; git merge -q --no-ff -m merge "
		  "side",
			false },
		{ "git checkout -q -b side; " HALF
		  "git commit -qm half; git checkout -q main; git merge -q --no-ff -m merge side",
			true },
		/* a commit that never was in force for its errors, put right later */
		{ HALF "echo 'x: [' >z.yaml; git add .; git commit -qm bad " YES
		       "; git rm -q z.yaml; git commit -qm good",
			false },
		/* said otherwise */
		{ HALF "git commit -qm half --trailer 'Pintle-Allow-Prune: no'", true },
		{ HALF "git commit -qm half --trailer 'Pintle-Allow-Prune: yes, please'", true },
		{ HALF "git commit -qm half --trailer 'Other: yes'", true },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(freep) char *script = xasprintf("cd $WORK; %s", cases[i].script);

		run(f, "rm -rf $WORK");
		begin(f);
		run(f, script);
		if (waits(f, "force", NULL) != cases[i].waits)
			fail_msg("%s: should %s", cases[i].script, cases[i].waits ? "wait" : "go through");
	}
}

/* A trailer stands where git interpret-trailers finds it. */
static void test_trailers(void **state)
{
	static const struct {
		const char *message;
		bool waits;
	} cases[] = {
		{ "half\\n\\nPintle-Allow-Prune: yes\\n", false },
		{ "half\\n\\npintle-allow-prune: YES\\n", false },
		{ "half\\n\\nPintle-Allow-Prune:yes\\nSigned-off-by: A <a@example.org>\\n", false },
		{ "half\\n\\nPintle-Allow-Prune:\\n  yes\\n", false },
		{ "half\\n\\nPintle-Allow-Prune: yes\\n\\nAnother paragraph.\\n", true },
		{ "Pintle-Allow-Prune: yes\\n", true }, /* the subject is no trailer */
		{ "half\\nPintle-Allow-Prune: yes\\n", true },
		{ "half\\n\\nMuch is said here,\\nand in several\\nlines of prose:\\nPintle-Allow-Prune: "
		  "yes\\n",
			true },
		{ "half\\n\\nPintle-Allow-Prune: yes\\nPintle-Allow-Prune: no\\n", true },
	};
	struct fixture *f = *state;

	begin(f);
	run(f, "cd $WORK; " HALF "git commit -qm half");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(freep) char *script = xasprintf(
			"cd $WORK; printf '%s' | git commit -q --amend --cleanup=verbatim -F -",
			cases[i].message);
		_cleanup_(freep) char *heard = NULL;

		run(f, script);
		if (waits(f, "force", NULL) != cases[i].waits)
			fail_msg("%s: should %s", cases[i].message, cases[i].waits ? "wait" : "go through");
		heard = sh(f, "cd $WORK; git log -1 "
			      "--format='%(trailers:key=Pintle-Allow-Prune,valueonly,unfold)'");
		if (cases[i].waits != (strcasecmp(heard, "yes") != 0) && !strstr(heard, "no"))
			fail_msg("%s: git reads %s", cases[i].message, heard);
	}
}

/* With nothing known of what is in force, or no history in common, the new commit's own word counts and no other. */
static void test_strangers(void **state)
{
	struct fixture *f = *state;
	_cleanup_(buf_done) struct buf why = BUF_INIT;

	begin(f);
	run(f, "cd $WORK; " HALF "git commit -qm half " YES);
	assert_false(waits(f, NULL, NULL));
	run(f, "cd $WORK; git commit -q --allow-empty -m later");
	assert_true(waits(f, NULL, &why));
	assert_true(str_starts(why.data, "it would delete 12 of the 20 objects in force, more than"));
	run(f, "cd $WORK; git checkout -q --orphan other; git commit -qm other; git commit -q --allow-empty "
	       "-m y");
	assert_true(waits(f, "force", NULL));
	run(f, "cd $WORK; git commit -q --amend --allow-empty -m y " YES);
	assert_false(waits(f, "force", NULL));
}

/* A branch that is set back behind the commit in force says nothing new, whatever its last commit once said. */
static void test_set_back(void **state)
{
	struct fixture *f = *state;

	begin(f);
	run(f, "cd $WORK; mkdir keep; cp a.yaml keep/; " HALF "git commit -qm half " YES
	       "; git tag half; git checkout -q force -- .; git commit -qm again; git tag -f force; "
	       "git reset -q --hard half");
	assert_true(waits(f, "force", NULL));
	run(f, "cd $WORK; git commit -q --allow-empty -m yes " YES);
	assert_false(waits(f, "force", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_histories, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_trailers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_strangers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_set_back, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
