/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <unistd.h>

#include "reconciler/git.h"
#include "tests/unit/reconciler/git_fixture.h"

static struct repo *open_ok(const char *path)
{
	struct repo *g = NULL;
	struct err err = { 0 };

	if (repo_open(path, &g, &err) < 0)
		fail_msg("opening %s: %s", path, err.text);
	return g;
}

static int add_change(const struct repo_change *c, void *arg)
{
	static const char *const types[] = { "", "@", "=" };

	buf_addf(arg, "%s%s%s ", c->removed ? "-" : "+", types[c->type], c->path);
	return 0;
}

static void expect_diff(
	struct repo *g, const struct oid *a, const struct oid *b, const char *sub, const char *want)
{
	struct buf out = BUF_INIT;
	struct err err = { 0 };

	if (repo_diff(g, a, b, sub, add_change, &out, &err) < 0)
		fail_msg("diff: %s", err.text);
	assert_string_equal(out.data, want);
	buf_done(&out);
}

static void test_open(void **state)
{
	struct fixture *f = *state;
	struct repo *g = NULL;
	struct err err = { 0 };

	assert_int_equal(repo_open(f->bare, &g, &err), -ENOENT);
	make_bare(f);
	g = open_ok(f->bare);
	assert_true(repo_is_bare(g));
	g = repo_free(g);
	g = open_ok(f->work);
	assert_false(repo_is_bare(g));
	repo_free(g);
	/* No search upwards. */
	_cleanup_(freep) char *below = xasprintf("%s/refs", f->bare);
	assert_int_equal(repo_open(below, &g, &err), -ENOENT);
}

static void test_owned_by_another(void **state)
{
	struct fixture *f = *state;

	if (geteuid() != 0)
		skip();
	make_bare(f);
	run(f, "cd $WORK; git push -q origin main; chown -R 65534:65534 $BARE");
	struct repo *g = open_ok(f->bare);
	struct oid id;
	assert_int_equal(repo_resolve_branch(g, "main", &id, NULL), 0);
	repo_free(g);
}

static void test_create_bare(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(repo_create_bare(f->bare, "prod", NULL), 0);
	struct repo *g = open_ok(f->bare);
	_cleanup_(freep) char *head = NULL;
	struct oid id;
	struct err err = { 0 };

	assert_int_equal(repo_head_branch(g, &head, NULL), 0);
	assert_string_equal(head, "prod");
	assert_int_equal(repo_resolve_branch(g, "prod", &id, &err), -ENOENT);
	assert_string_equal(err.text, "there is no branch prod");
	repo_free(g);
	assert_int_equal(repo_create_bare(f->bare, "other", NULL), 0);
	run(f, "git init -q -b prod $WORK; cd $WORK; echo 1 >a; git add .; git commit -qm 1; git push -q "
	       "$BARE prod");
}

static void test_diff(void **state)
{
	struct fixture *f = *state;

	run(f, "git init -q -b main $WORK; cd $WORK; mkdir -p k/b k/.hidden z; echo 1 >k/a.yaml; echo 1 "
	       ">k/b/c.yaml; "
	       "echo 1 >k/.hidden/x.yaml; echo 1 >k/.dot.yaml; echo 1 >z/z.yaml; git add .; git commit -qm "
	       "1");
	struct oid one = head_of(f);
	run(f, "cd $WORK; echo 2 >k/a.yaml; git rm -q z/z.yaml; ln -s a.yaml k/link.yaml; mv k/b k/d; git "
	       "add .; "
	       "git commit -qm 2");
	struct oid two = head_of(f);
	run(f, "cd $WORK; rm k/a.yaml; mkdir k/a.yaml; echo 1 >k/a.yaml/x.yaml; chmod +x k/d/c.yaml; "
	       "git -c protocol.file.allow=always submodule add -q $WORK k/sub; git add .; git commit -qm 3");
	struct oid three = head_of(f);
	struct repo *g = open_ok(f->work);
	struct err err = { 0 };

	expect_diff(g, NULL, &one, "", "+k/a.yaml +k/b/c.yaml +z/z.yaml ");
	expect_diff(g, &one, &one, "", "");
	expect_diff(g, &one, &two, "", "+k/a.yaml -k/b/c.yaml +k/d/c.yaml +@k/link.yaml -z/z.yaml ");
	expect_diff(g, &one, &two, "k/d", "+k/d/c.yaml ");
	expect_diff(g, NULL, &two, "k/d", "+k/d/c.yaml ");
	expect_diff(g, &two, &three, "k", "-k/a.yaml +k/a.yaml/x.yaml +=k/sub ");
	assert_int_equal(repo_diff(g, &one, &two, "z", add_change, NULL, &err), -ENOENT);
	assert_non_null(strstr(err.text, "no directory z"));
	assert_int_equal(repo_diff(g, NULL, &one, "k/a.yaml", add_change, NULL, &err), -ENOENT);
	repo_free(g);
}

static void test_missing_object_is_an_error_not_an_absence(void **state)
{
	struct fixture *f = *state;

	run(f, "git init -q -b main $WORK; cd $WORK; mkdir k; echo 1 >k/a.yaml; git add .; git commit -qm 1; "
	       "t=$(git rev-parse HEAD:k); rm -f .git/objects/$(echo $t | cut -c1-2)/$(echo $t | cut -c3-)");
	struct oid id = head_of(f);
	struct repo *g = open_ok(f->work);
	struct err err = { 0 };

	assert_int_equal(repo_diff(g, NULL, &id, "", add_change, NULL, &err), -EIO);
	repo_free(g);
}

static void test_too_deep(void **state)
{
	struct fixture *f = *state;

	run(f, "git init -q -b main $WORK; cd $WORK; d=.; for i in $(seq 80); do d=$d/d; done; mkdir -p $d; "
	       "echo 1 >$d/a.yaml; "
	       "git add .; git commit -qm 1");
	struct oid id = head_of(f);
	struct repo *g = open_ok(f->work);
	struct buf out = BUF_INIT;

	assert_int_equal(repo_diff(g, NULL, &id, "", add_change, &out, NULL), -E2BIG);
	buf_done(&out);
	repo_free(g);
}

static void test_blob_bound(void **state)
{
	struct fixture *f = *state;

	make_bare(f);
	run(f, "cd $WORK; head -c 100000 /dev/zero >big.yaml; git add .; git commit -qm big");
	struct oid head = head_of(f), blob;
	struct repo *g = open_ok(f->work);
	struct buf out = BUF_INIT;
	uint64_t size = 0;

	assert_int_equal(repo_find_blob(g, &head, "big.yaml", &blob, NULL), 0);
	assert_int_equal(repo_read_blob(g, &blob, 99999, &out, &size, NULL), -EFBIG);
	assert_int_equal(size, 100000);
	assert_int_equal(out.len, 0);
	assert_int_equal(repo_read_blob(g, &blob, 100000, &out, NULL, NULL), 0);
	assert_int_equal(out.len, 100000);
	assert_int_equal(repo_find_blob(g, &head, "none.yaml", &blob, NULL), -ENOENT);
	assert_int_equal(repo_read_blob(g, &head, 100, &out, NULL, NULL), -EINVAL);
	buf_done(&out);
	repo_free(g);
}

static int count_commits(const struct repo_commit *c, void *arg)
{
	buf_addf(arg, "%s;", c->subject);
	return 0;
}

static void test_commits(void **state)
{
	struct fixture *f = *state;

	make_bare(f);
	struct oid one = head_of(f), found;
	run(f, "cd $WORK; echo 2 >a.txt; GIT_AUTHOR_DATE='1700000000 +0100' git commit -qam 'Second line of "
	       "work\n\nText.\n\n"
	       "Pintle-Suspend: a\npintle-suspend: b'");
	run(f, "cd $WORK; printf 'Subject\\n\\nBody: no\\n\\nKey: v1\\nkey: v2\\n' >m; "
	       "GIT_AUTHOR_DATE='1700000000 +0100' git commit -q "
	       "--allow-empty -F m");
	struct oid head = head_of(f);
	struct repo *g = open_ok(f->work);
	struct repo_commit c;
	struct buf out = BUF_INIT;

	assert_int_equal(repo_commit_read(g, &head, &c, NULL), 0);
	assert_string_equal(c.author_name, "A U Thor");
	assert_string_equal(c.committer_name, "C O Mitter");
	assert_string_equal(c.subject, "Subject");
	assert_int_equal(c.author_time, 1700000000 * NSEC_PER_SEC);
	assert_int_equal(c.parents, 1);
	_cleanup_(freep) char *value = repo_commit_trailer(&c, "KEY");
	assert_string_equal(value, "v2");
	_cleanup_(freep) char *none = repo_commit_trailer(&c, "Body");
	assert_null(none);
	repo_commit_done(&c);
	assert_int_equal(repo_is_ancestor(g, &one, &head, NULL), 1);
	assert_int_equal(repo_is_ancestor(g, &head, &head, NULL), 1);
	assert_int_equal(repo_is_ancestor(g, &head, &one, NULL), 0);
	assert_int_equal(repo_log(g, &head, 10, count_commits, &out, NULL), 0);
	assert_true(str_ends(out.data, ";one;"));
	buf_clear(&out);
	assert_int_equal(repo_log(g, &head, 1, count_commits, &out, NULL), 0);
	assert_string_equal(out.data, "Subject;");
	buf_done(&out);
	assert_int_equal(repo_resolve(g, "HEAD~2", &found, NULL), 0);
	assert_true(oid_equal(&found, &one));
	assert_int_equal(repo_resolve(g, "nonsense", &found, NULL), -ENOENT);
	assert_int_equal(repo_resolve(g, "a:b:c", &found, NULL) < 0, 1);
	repo_free(g);
}

/* What is in force outlives a force-push and gc. */
static void test_pin(void **state)
{
	struct fixture *f = *state;

	make_bare(f);
	run(f, "cd $WORK; git push -q origin main");
	struct oid one = head_of(f), found;
	struct repo *g = open_ok(f->bare);
	struct repo_commit c;

	assert_int_equal(repo_get_ref(g, REPO_REF_IN_FORCE, &found, NULL), -ENOENT);
	assert_int_equal(repo_set_ref(g, REPO_REF_IN_FORCE, &one, NULL), 0);
	assert_int_equal(repo_set_ref(g, REPO_REF_IN_FORCE, &one, NULL), 0);
	run(f, "cd $WORK; git commit -q --amend -m other; git push -q -f origin main; cd $BARE; "
	       "git reflog expire --all --expire=now; git gc -q --prune=now");
	assert_int_equal(repo_get_ref(g, REPO_REF_IN_FORCE, &found, NULL), 0);
	assert_true(oid_equal(&found, &one));
	assert_int_equal(repo_commit_read(g, &one, &c, NULL), 0);
	repo_commit_done(&c);
	repo_free(g);
}

static void test_commit_edits(void **state)
{
	struct fixture *f = *state;
	struct oid first, second;
	struct err err = { 0 };

	assert_int_equal(repo_create_bare(f->bare, "main", NULL), 0);
	struct repo *g = open_ok(f->bare);
	struct repo_edit edits[] = { { "a/x.yaml", "x: 1\n", 5 }, { "b.yaml", "b: 1\n", 5 } };
	struct repo_new_commit c = { .branch = "main",
		.edits = edits,
		.edit_count = 2,
		.author_name = "A",
		.author_email = "a@example.org",
		.message = "first\n",
		.time = 1700000000 * NSEC_PER_SEC };

	assert_int_equal(repo_commit_edits(g, &c, &first, &err), 0);
	assert_int_equal(repo_commit_edits(g, &c, &second, &err), -EALREADY);
	edits[0] = (struct repo_edit){ "a/x.yaml", NULL, 0 };
	edits[1] = (struct repo_edit){ "b.yaml", "b: 2\n", 5 };
	c.expected = &first;
	assert_int_equal(repo_commit_edits(g, &c, &second, &err), 0);
	expect_diff(g, &first, &second, "", "-a/x.yaml +b.yaml ");
	edits[1].data = "b: 3\n";
	assert_int_equal(repo_commit_edits(g, &c, &second, &err), -ESTALE);
	_cleanup_(freep) char *check = sh(f, "cd $BARE; git fsck --strict --no-dangling 2>&1; git log "
					     "--format=%s%an main; git show main:b.yaml");
	assert_string_equal(check, "firstA\nfirstA\nb: 2");
	repo_free(g);
}

/* A commit that is on no branch, and what differs in it as text. */
static void test_commit_aside(void **state)
{
	struct fixture *f = *state;
	_cleanup_(buf_done) struct buf patch = BUF_INIT;
	struct oid first, aside, tip;
	struct err err = { 0 };

	assert_int_equal(repo_create_bare(f->bare, "main", NULL), 0);
	struct repo *g = open_ok(f->bare);
	struct repo_edit edit = { "x.yaml", "x: 1\n", 5 };
	struct repo_new_commit c = { .edits = &edit,
		.edit_count = 1,
		.author_name = "A",
		.author_email = "a@example.org",
		.message = "first\n",
		.time = 1700000000 * NSEC_PER_SEC };

	assert_int_equal(repo_commit_edits(g, &c, &aside, &err), 0);
	assert_int_equal(repo_resolve_branch(g, "main", &tip, NULL), -ENOENT);
	c.branch = "main";
	assert_int_equal(repo_commit_edits(g, &c, &first, &err), 0);
	assert_true(oid_equal(&aside, &first));
	c.branch = NULL;
	c.expected = &first;
	edit.data = "x: 2\n";
	assert_int_equal(repo_commit_edits(g, &c, &aside, &err), 0);
	assert_int_equal(repo_resolve_branch(g, "main", &tip, NULL), 0);
	assert_true(oid_equal(&tip, &first));
	assert_int_equal(repo_patch(g, &first, &aside, &patch, &err), 0);
	assert_non_null(strstr(patch.data, "--- a/x.yaml\n+++ b/x.yaml\n"));
	assert_non_null(strstr(patch.data, "\n-x: 1\n+x: 2\n"));
	buf_clear(&patch);
	assert_int_equal(repo_patch(g, NULL, &first, &patch, &err), 0);
	assert_non_null(strstr(patch.data, "\n+x: 1\n"));
	repo_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_open, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_owned_by_another, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_create_bare, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_diff, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_missing_object_is_an_error_not_an_absence, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_too_deep, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_blob_bound, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_commits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_pin, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_commit_edits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_commit_aside, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
