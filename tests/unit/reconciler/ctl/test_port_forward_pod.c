/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The pod that is forwarded to: found in a tree, waited for and watched while the tree is written. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "reconciler/actual.h"
#include "reconciler/ctl/port_forward_pod.h"
#include "tests/unit/reconciler/ctl/objects.h"

#define PATH(name) "namespaces/default/pods/" name ".json"
#define DEPLOYMENT_PATH(name) "namespaces/default/deployments/" name ".json"

struct fixture {
	char dir[64];
	char *tree;
	struct home *h;
	struct actual *a;
	struct loop *loop;
	bool gone;
	struct err why;
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	const struct home_options none = { 0 };
	strcpy(f->dir, "/tmp/pintle-forward-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	assert_int_equal(home_create(f->dir, &none, NULL), 0);
	assert_int_equal(home_open(f->dir, &f->h, NULL), 0);
	f->tree = home_path(f->h, "actual");
	assert_int_equal(actual_open(f->tree, &f->a, NULL), 0);
	assert_int_equal(loop_new(&f->loop, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	actual_free(f->a);
	home_free(f->h);
	loop_free(f->loop);
	fs_remove_tree(AT_FDCWD, f->dir, NULL);
	free(f->tree);
	free(f);
	return 0;
}

/* JSON NULL: it is deleted. One commit; the files show it with FLUSH. */
static bool try_put(struct fixture *f, const char *path, const char *json, bool flush)
{
	int r = json ? actual_put(f->a, path, json, strlen(json), NULL) : actual_delete(f->a, path, NULL);
	return r == 0 && actual_commit(f->a, NULL) == 0 && (!flush || actual_flush(f->a, 0, NULL) >= 0);
}

static void put(struct fixture *f, const char *path, const char *json, bool flush)
{
	assert_true(try_put(f, path, json, flush));
}

static void find(struct fixture *f, const char *word, struct forward_target *t)
{
	struct err err = { 0 };
	if (forward_target_wait(f->h, "default", word, 10 * NSEC_PER_SEC, t, &err) < 0)
		fail_msg("%s: %s", word, err_text(&err));
}

static void finds_fails(struct fixture *f, const char *word, int code, const char *text)
{
	struct err err = { 0 };
	struct forward_target t;
	assert_int_equal(forward_target_wait(f->h, "default", word, NSEC_PER_MSEC, &t, &err), code);
	assert_string_equal(err_text(&err), text);
}

/* --- until it runs ------------------------------------------------------------------------------------------- */

static void one_that_runs_is_found_at_once(void **state)
{
	struct fixture *f = *state;
	struct forward_target t;
	put(f, PATH("web"), POD("web", "n", "Running", "True"), true);
	put(f, DEPLOYMENT_PATH("web"), DEPLOYMENT("web", "1", "1"), true);
	find(f, "web", &t);
	assert_string_equal(t.pod->meta.uid, "p-web");
	assert_null(t.service);
	forward_target_done(&t);
	find(f, "deploy/web", &t);
	assert_string_equal(t.pod->meta.name, "web");
	assert_null(t.service);
	forward_target_done(&t);
}

static void what_can_not_run_is_told(void **state)
{
	struct fixture *f = *state;
	put(f, PATH("waits"), POD("waits", "n", "Pending", "False"), true);
	put(f, PATH("ended"), POD("ended", "n", "Failed", "False"), true);
	put(f, DEPLOYMENT_PATH("web"), DEPLOYMENT("web", "1", "1"), true);
	finds_fails(f, "nobody", -ENOENT, "pods \"nobody\" not found in namespace default");
	finds_fails(f, "deploy/nobody", -ENOENT, "deployments \"nobody\" not found in namespace default");
	finds_fails(f, "node/n", -ENOENT, "nodes \"n\" not found in namespace default");
	finds_fails(f, "waits", -ETIME,
		"pod waits is not running, and was not for 1ms: its phase is Pending (pintle why pod/waits "
		"says more)");
	finds_fails(f, "ended", -ESRCH, "pod ended is not running: it has ended, its phase is Failed");
	finds_fails(f, "deploy/web", -ETIME, "deployment/web has no pods, and had none for 1ms");
}

/* Another process writes the tree meanwhile. */
static void one_that_is_to_run_is_waited_for(void **state)
{
	struct fixture *f = *state;
	struct forward_target t;
	int status;
	put(f, DEPLOYMENT_PATH("web"), DEPLOYMENT("web", "1", "1"), true);
	pid_t child = fork();
	if (child == 0)
		_exit(try_put(f, PATH("other"), POD("other", "n", "Running", "True"), true) &&
					try_put(f, PATH("web"), POD("web", "n", "Pending", "False"), true) &&
					try_put(f, PATH("web"), POD("web", "n", "Running", "False"), true)
				? 0
				: 1);
	find(f, "deployment/web", &t);
	assert_string_equal(t.pod->meta.name, "web");
	forward_target_done(&t);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* --- until it is gone ------------------------------------------------------------------------------------------ */

static void on_gone(const struct err *why, void *arg)
{
	struct fixture *f = arg;
	assert_false(f->gone);
	f->gone = true;
	if (why)
		f->why = *why;
}

static struct forward_watch *watch(struct fixture *f)
{
	struct forward_target t;
	struct forward_watch *w = NULL;
	put(f, PATH("web"), POD("web", "n", "Running", "True"), true);
	find(f, "web", &t);
	assert_int_equal(forward_watch_new(f->loop, f->h, &t, on_gone, f, &w, NULL), 0);
	forward_target_done(&t);
	return w;
}

static void turn(struct fixture *f)
{
	struct err err = { 0 };
	while (loop_turn(f->loop, 10 * NSEC_PER_MSEC, &err) > 0)
		;
	assert_int_equal(err.code, 0);
}

static const char same[] = POD("web", "n", "Running", "True");

static void changes_do_not_matter(void **state)
{
	struct fixture *f = *state;
	struct forward_watch *w = watch(f);
	put(f, PATH("web"), POD("web", "n", "Running", "False"), true);
	put(f, PATH("web"), LEAVING_POD("web"), true);
	put(f, PATH("other"), POD("other", "n", "Running", "False"), true);
	put(f, PATH("other"), NULL, true);
	turn(f);
	assert_false(f->gone);
	/* Records that are older than what was seen: the last one counts. */
	put(f, PATH("web"), NULL, false);
	put(f, PATH("web"), same, true);
	turn(f);
	assert_false(f->gone);
	forward_watch_free(w);
}

static void expect_gone(struct fixture *f, const char *json)
{
	struct forward_watch *w = watch(f);
	turn(f);
	assert_false(f->gone);
	put(f, PATH("web"), json, true);
	turn(f);
	assert_true(f->gone);
	assert_int_equal(f->why.code, 0);
	forward_watch_free(w);
}

static void a_pod_that_is_deleted_is_gone(void **state)
{
	expect_gone(*state, NULL);
}

static void a_pod_that_has_ended_is_gone(void **state)
{
	expect_gone(*state, POD("web", "n", "Succeeded", "False"));
}

static void a_pod_that_was_replaced_is_gone(void **state)
{
	_cleanup_(freep) char *json = xstrdup(same);
	char *uid = strstr(json, "p-web");
	assert_non_null(uid);
	uid[0] = 'q';
	expect_gone(*state, json);
}

/* The journal begins anew. */
static void compact(struct fixture *f)
{
	int r;
	while ((r = actual_compact(f->a, 0, NULL)) > 0)
		;
	assert_int_equal(r, 0);
}

static void it_is_watched_beyond_a_compaction(void **state)
{
	struct fixture *f = *state;
	struct forward_watch *w = watch(f);
	put(f, PATH("other"), POD("other", "n", "Running", "False"), true);
	compact(f);
	turn(f);
	assert_false(f->gone);
	put(f, PATH("web"), NULL, true);
	compact(f);
	turn(f);
	assert_true(f->gone);
	forward_watch_free(w);
}

/* Where the journal has lost what comes behind the version that the pod was found in, the files say what is so. */
static void what_was_lost_is_looked_up(void **state)
{
	struct fixture *f = *state;
	struct forward_target t;
	struct forward_watch *w = NULL, *late = NULL;
	put(f, PATH("web"), POD("web", "n", "Running", "True"), true);
	find(f, "web", &t);
	put(f, PATH("other"), POD("other", "n", "Running", "False"), true);
	compact(f);
	assert_int_equal(forward_watch_new(f->loop, f->h, &t, on_gone, f, &w, NULL), 0);
	turn(f);
	assert_false(f->gone);
	put(f, PATH("web"), NULL, true);
	turn(f);
	assert_true(f->gone);
	forward_watch_free(w);
	f->gone = false;
	compact(f);
	assert_int_equal(forward_watch_new(f->loop, f->h, &t, on_gone, f, &late, NULL), 0);
	assert_true(f->gone);
	assert_int_equal(f->why.code, 0);
	forward_watch_free(late);
	forward_target_done(&t);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_that_runs_is_found_at_once),
		TEST(what_can_not_run_is_told),
		TEST(one_that_is_to_run_is_waited_for),
		TEST(changes_do_not_matter),
		TEST(a_pod_that_is_deleted_is_gone),
		TEST(a_pod_that_has_ended_is_gone),
		TEST(a_pod_that_was_replaced_is_gone),
		TEST(it_is_watched_beyond_a_compaction),
		TEST(what_was_lost_is_looked_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
