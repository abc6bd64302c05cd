/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Real repositories, changed by the git program; each test waits on the event, with a bound. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>

#include "reconciler/source.h"
#include "tests/unit/reconciler/git_fixture.h"

struct watcher {
	struct loop *loop;
	struct source *source;
	enum source_state state;
	struct oid commit;
	struct oid told; /* with the newest SOURCE_COMMIT, whatever came after it */
	char *problem;
	unsigned events;
};

static void on_source(const struct source_event *event, void *arg)
{
	struct watcher *w = arg;

	w->state = event->state;
	w->commit = event->commit;
	free(w->problem);
	w->problem = event->problem ? xstrdup(event->problem) : NULL;
	w->events++;
	if (event->state == SOURCE_COMMIT) {
		w->told = event->commit;
		assert_null(event->problem);
	} else {
		assert_non_null(event->problem);
	}
}

static void start(struct watcher *w, const struct source_spec *spec)
{
	*w = (struct watcher){ 0 };
	assert_int_equal(loop_new(&w->loop, NULL), 0);
	assert_int_equal(source_new(w->loop, spec, on_source, w, &w->source, NULL), 0);
	assert_int_equal(w->events, 0);
}

static void start_local(struct watcher *w, const char *repository, const char *branch)
{
	start(w, &(struct source_spec){ .repository = repository, .branch = branch });
}

static void stop(struct watcher *w)
{
	source_free(w->source);
	loop_free(w->loop);
	free(w->problem);
}

/* Turns the loop until WANTED holds; ten seconds are for a machine that is busy: the safety re-check comes after thirty. */
static void wait_until(struct watcher *w, bool (*wanted)(const struct watcher *w, const void *arg),
	const void *arg, const char *what)
{
	nsec_t end = time_monotonic() + 10 * NSEC_PER_SEC;

	while (!wanted(w, arg)) {
		nsec_t left = end - time_monotonic();

		if (left <= 0)
			fail_msg("no event: %s; last: state %d, %s", what, (int)w->state,
				str_or_empty(w->problem));
		assert_true(loop_turn(w->loop, left, NULL) >= 0);
	}
}

static bool has_commit(const struct watcher *w, const void *arg)
{
	return w->events > 0 && w->state == SOURCE_COMMIT && oid_equal(&w->commit, arg);
}

/* One turn of the loop can bring a commit and the failure that follows it. */
static bool was_told(const struct watcher *w, const void *arg)
{
	return oid_equal(&w->told, arg);
}

static bool has_problem(const struct watcher *w, const void *arg)
{
	return w->events > 0 && w->state != SOURCE_COMMIT && strstr(w->problem, arg);
}

static void wait_commit(struct watcher *w, const struct fixture *f)
{
	struct oid id = head_of(f);

	wait_until(w, has_commit, &id, "the new commit");
}

static void wait_problem(struct watcher *w, enum source_state state, const char *text)
{
	wait_until(w, has_problem, text, text);
	assert_int_equal(w->state, state);
}

/* A bare repository whose branch main is known. */
static void start_pushed(struct watcher *w, const struct fixture *f)
{
	make_bare(f);
	run(f, "cd $WORK; git push -q origin main");
	start_local(w, f->bare, "main");
	wait_commit(w, f);
}

static void commit(const struct fixture *f)
{
	run(f, "cd $WORK; echo x >>a.txt; git commit -qam more");
}

static void test_push(void **state)
{
	struct fixture *f = *state;
	_cleanup_(stop) struct watcher w = { 0 };

	start_pushed(&w, f);
	assert_int_equal(w.events, 1);
	for (int i = 0; i < 5; i++) {
		commit(f);
		run(f, "cd $WORK; git push -q origin main");
		wait_commit(&w, f);
	}
	/* Another branch is none of ours. */
	unsigned before = w.events;
	run(f, "cd $WORK; git push -q origin main:other");
	while (loop_turn(w.loop, 0, NULL) == 1)
		;
	assert_int_equal(w.events, before);
}

static void test_repository_created_later(void **state)
{
	struct fixture *f = *state;
	_cleanup_(stop) struct watcher w = { 0 };
	_cleanup_(freep) char *deep = xasprintf("%s/a/b/bare.git", f->top);

	make_bare(f);
	start_local(&w, deep, "main");
	wait_problem(&w, SOURCE_MISSING, "there is no repository");
	run(f, "mkdir a");
	run(f, "mkdir a/b; git init -q --bare a/b/bare.git");
	wait_problem(&w, SOURCE_MISSING, "no branch main");
	run(f, "cd $WORK; git push -q ../a/b/bare.git main");
	wait_commit(&w, f);
}

static void test_branch_created_later(void **state)
{
	struct fixture *f = *state;
	_cleanup_(stop) struct watcher w = { 0 };

	make_bare(f);
	start_local(&w, f->bare, "team/web");
	wait_problem(&w, SOURCE_MISSING, "no branch team/web");
	run(f, "cd $WORK; git push -q origin main:team/web");
	wait_commit(&w, f);
	commit(f);
	run(f, "cd $WORK; git push -q origin main:team/web");
	wait_commit(&w, f);
}

static void test_packed_refs(void **state)
{
	struct fixture *f = *state;
	_cleanup_(stop) struct watcher w = { 0 };

	start_pushed(&w, f);
	run(f, "git -C $BARE pack-refs --all --prune");
	commit(f);
	run(f, "cd $WORK; git push -q origin main");
	wait_commit(&w, f);
	run(f, "git -C $BARE gc -q --prune=now");
	commit(f);
	run(f, "cd $WORK; git push -q origin main; git -C $BARE gc -q");
	wait_commit(&w, f);
	/* None of it looked like a branch that went away. */
	assert_int_equal(w.events, 3);
	/* The ref only ever in packed-refs. */
	commit(f);
	run(f, "cd $WORK; git push -q origin main:tmp; cd $BARE; git pack-refs --all; "
	       "sed \"s/^[0-9a-f]* refs.heads.main/$(git -C $WORK rev-parse HEAD) refs\\/heads\\/main/\" "
	       "packed-refs >p; "
	       "mv p packed-refs");
	wait_commit(&w, f);
}

static void test_force_push(void **state)
{
	struct fixture *f = *state;
	_cleanup_(stop) struct watcher w = { 0 };

	make_bare(f);
	commit(f);
	run(f, "cd $WORK; git push -q origin main");
	start_local(&w, f->bare, "main");
	wait_commit(&w, f);
	run(f, "cd $WORK; git commit -q --amend -m other; git push -q -f origin main");
	wait_commit(&w, f);
	run(f, "cd $WORK; git reset -q --hard HEAD~1; git push -q -f origin main; git -C $BARE gc -q "
	       "--prune=now");
	wait_commit(&w, f);
}

static void test_branch_deleted_and_back(void **state)
{
	struct fixture *f = *state;
	_cleanup_(stop) struct watcher w = { 0 };

	make_bare(f);
	run(f, "cd $WORK; git push -q origin main; git push -q origin main:other");
	start_local(&w, f->bare, "main");
	wait_commit(&w, f);
	run(f, "git -C $BARE update-ref -d refs/heads/main");
	wait_problem(&w, SOURCE_MISSING, "no branch main");
	run(f, "git -C $BARE update-ref refs/heads/main refs/heads/other");
	wait_commit(&w, f);
}

static void test_repository_replaced(void **state)
{
	struct fixture *f = *state;
	_cleanup_(stop) struct watcher w = { 0 };

	start_pushed(&w, f);
	run(f, "rm -rf $BARE");
	wait_problem(&w, SOURCE_MISSING, "no repository");
	commit(f);
	run(f, "git clone -q --bare $WORK new.git; mv new.git $BARE");
	wait_commit(&w, f);
	/* Moved away, another one in its place. */
	commit(f);
	run(f, "git clone -q --bare $WORK newer.git; mv $BARE old.git; mv newer.git $BARE");
	wait_commit(&w, f);
}

static void test_work_tree(void **state)
{
	struct fixture *f = *state;
	_cleanup_(stop) struct watcher w = { 0 };

	make_bare(f);
	start_local(&w, f->work, NULL);
	wait_commit(&w, f);
	commit(f);
	wait_commit(&w, f);
	/* HEAD's branch: another one is checked out. */
	run(f, "cd $WORK; git checkout -q -b feature/x; echo y >b.txt; git add .; git commit -qm b");
	wait_commit(&w, f);
	run(f, "cd $WORK; git checkout -q main");
	wait_commit(&w, f);
	/* Files that are not committed say nothing. */
	unsigned before = w.events;
	run(f, "cd $WORK; echo z >c.txt; git add c.txt");
	while (loop_turn(w.loop, 0, NULL) == 1)
		;
	assert_int_equal(w.events, before);
}

static void test_linked_work_tree(void **state)
{
	struct fixture *f = *state;
	_cleanup_(stop) struct watcher w = { 0 };
	_cleanup_(freep) char *linked = xasprintf("%s/linked", f->top);

	make_bare(f);
	run(f, "cd $WORK; git worktree add -q -b side ../linked");
	start_local(&w, linked, NULL);
	wait_commit(&w, f);
	run(f, "cd linked; echo 2 >a.txt; git commit -qam two; cd $WORK; git merge -q --ff-only side");
	wait_commit(&w, f);
}

/*
 * Pushes while the repository is repacked again and again: each tip is seen, and can be read. Git itself refuses such a push
 * now and then (what it was about to write to has been repacked away), and takes it when it is made again.
 */
static void test_repack_under_load(void **state)
{
	struct fixture *f = *state;
	_cleanup_(stop) struct watcher w = { 0 };

	make_bare(f);
	run(f, "cd $WORK; git push -q origin main");
	start_local(&w, f->bare, "main");
	for (int i = 0; i < 10; i++) {
		struct repo_commit c;
		struct err err = { 0 };

		commit(f);
		run(f, "cd $WORK; push() { for n in 1 2 3 4 5 6 7 8 9; do git push -q origin main 2>push.log "
		       "&& "
		       "return; done; cat push.log >&2; return 1; }; "
		       "push & git -C $BARE repack -adq; git -C $BARE pack-refs --all; wait $!");
		wait_commit(&w, f);
		if (repo_commit_read(source_repo(w.source), &w.commit, &c, &err) < 0)
			fail_msg("the tip can't be read: %s", err.text);
		repo_commit_done(&c);
		assert_int_equal(w.state, SOURCE_COMMIT);
	}
}

/* A push large enough to stay a pack (thin, completed in quarantine): the open repository finds it. */
static void test_large_push(void **state)
{
	struct fixture *f = *state;
	_cleanup_(stop) struct watcher w = { 0 };
	struct repo_commit c;

	make_bare(f);
	run(f, "cd $WORK; git push -q origin main; git -C $BARE config receive.unpackLimit 1");
	start_local(&w, f->bare, "main");
	wait_commit(&w, f);
	run(f, "cd $WORK; for i in $(seq 300); do echo $i >f$i; done; git add .; git commit -qm many; git "
	       "push -q origin main");
	wait_commit(&w, f);
	assert_int_equal(repo_commit_read(source_repo(w.source), &w.commit, &c, NULL), 0);
	assert_string_equal(c.subject, "many");
	repo_commit_done(&c);
}

static void test_no_repository_but_a_directory(void **state)
{
	struct fixture *f = *state;
	_cleanup_(stop) struct watcher w = { 0 };

	start_local(&w, f->top, "main");
	wait_problem(&w, SOURCE_MISSING, "no repository");
}

/* --- remote ----------------------------------------------------------------------------------------- */

static void start_remote(struct watcher *w, const struct fixture *f, char **ret_mirror)
{
	_cleanup_(freep) char *url = xasprintf("file://%s", f->bare);

	*ret_mirror = xasprintf("%s/mirror.git", f->top);
	start(w, &(struct source_spec){ .repository = url,
			 .branch = "main",
			 .mirror = *ret_mirror,
			 .interval = 3600 * NSEC_PER_SEC });
}

static void test_fetch(void **state)
{
	struct fixture *f = *state;
	_cleanup_(stop) struct watcher w = { 0 };
	_cleanup_(freep) char *mirror = NULL;

	make_bare(f);
	run(f, "cd $WORK; git push -q origin main");
	start_remote(&w, f, &mirror);
	wait_commit(&w, f);
	commit(f);
	run(f, "cd $WORK; git commit -q --amend -m other; git push -q origin main");
	source_poke(w.source);
	wait_commit(&w, f);
	run(f, "cd $WORK; git reset -q --hard HEAD~1; git push -q -f origin main");
	source_poke(w.source);
	wait_commit(&w, f);
}

static void test_fetch_fails_and_recovers(void **state)
{
	struct fixture *f = *state;
	_cleanup_(stop) struct watcher w = { 0 };
	_cleanup_(freep) char *mirror = NULL;

	start_remote(&w, f, &mirror);
	wait_problem(&w, SOURCE_FAILED, "does not appear to be a git repository");
	make_bare(f);
	source_poke(w.source);
	wait_problem(&w, SOURCE_MISSING, "couldn't find remote ref");
	run(f, "cd $WORK; git push -q origin main");
	source_poke(w.source);
	wait_commit(&w, f);
	/* It fails again: the commit that is known is still said. */
	struct oid known = w.commit;
	run(f, "mv $BARE away");
	source_poke(w.source);
	wait_problem(&w, SOURCE_FAILED, "fetching");
	assert_true(oid_equal(&w.commit, &known));
	stop(&w);

	/* A new start without the remote: what was fetched earlier counts first. */
	free(TAKE_PTR(mirror));
	start_remote(&w, f, &mirror);
	wait_until(&w, was_told, &known, "the commit in the mirror");
	wait_problem(&w, SOURCE_FAILED, "fetching");
}

static void test_retry_by_itself(void **state)
{
	struct fixture *f = *state;
	_cleanup_(stop) struct watcher w = { 0 };
	_cleanup_(freep) char *mirror = NULL;

	start_remote(&w, f, &mirror);
	wait_problem(&w, SOURCE_FAILED, "fetching");
	make_bare(f);
	run(f, "cd $WORK; git push -q origin main");
	wait_commit(&w, f);
}

static void test_password_is_not_shown(void **state)
{
	struct fixture *f = *state;
	_cleanup_(stop) struct watcher w = { 0 };
	_cleanup_(freep) char *mirror = xasprintf("%s/mirror.git", f->top);

	start(&w, &(struct source_spec){ .repository = "nosuch://user:hunter2@host.invalid/x.git",
			  .branch = "main",
			  .mirror = mirror });
	wait_problem(&w, SOURCE_FAILED, "fetching nosuch://host.invalid/x.git");
	assert_null(strstr(w.problem, "hunter2"));
}

static void test_is_remote(void **state)
{
	(void)state;
	assert_true(source_is_remote("https://example.org/x.git"));
	assert_true(source_is_remote("file:///srv/x.git"));
	assert_true(source_is_remote("git@example.org:x.git"));
	assert_false(source_is_remote("/srv/x.git"));
	assert_false(source_is_remote("/srv/a:b"));
	assert_false(source_is_remote("./a:b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_push, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_repository_created_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_branch_created_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_packed_refs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_force_push, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_branch_deleted_and_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_repository_replaced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_work_tree, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_linked_work_tree, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_repack_under_load, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_large_push, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_repository_but_a_directory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fetch, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fetch_fails_and_recovers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_retry_by_itself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_password_is_not_shown, set_up, tear_down),
		cmocka_unit_test(test_is_remote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
