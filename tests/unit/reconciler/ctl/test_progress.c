/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "reconciler/ctl/progress.h"
#include "reconciler/ctl/status_text.h"
#include "tests/unit/reconciler/ctl/objects.h"

#define NOW ((nsec_t)1767225660 * NSEC_PER_SEC)

static void take(struct progress *p, const char *path, const char *json)
{
	struct err err = { 0 };
	assert_int_equal(progress_take(p, path, json, json ? strlen(json) : 0, &err), 0);
}

static void a_commit_comes_into_force(void **state)
{
	(void)state;
	struct progress p;
	progress_init(&p);
	p.target = COMMIT_A;
	assert_int_equal(progress_judge(&p, NULL), PROGRESS_GOING);
	take(&p, "sync.json", SYNCED);
	assert_int_equal(progress_judge(&p, NULL), PROGRESS_DONE);
	take(&p, "sync.json", REFUSED);
	assert_int_equal(progress_judge(&p, NULL), PROGRESS_DONE);
	progress_done(&p);
}

static void a_refused_commit_ends_the_wait(void **state)
{
	(void)state;
	struct progress p;
	progress_init(&p);
	p.target = COMMIT_B;
	p.wait = true;
	take(&p, "sync.json", SYNCED);
	assert_int_equal(progress_judge(&p, NULL), PROGRESS_GOING);
	take(&p, "sync.json", REFUSED);
	assert_int_equal(progress_judge(&p, NULL), PROGRESS_REFUSED);
	assert_int_equal(p.sync.problems.errors, 1);
	progress_done(&p);
}

static void waiting_ends_when_all_are_healthy(void **state)
{
	(void)state;
	struct progress p;
	struct buf line = BUF_INIT, why = BUF_INIT;
	const char *path = "namespaces/default/deployments/hello.json";
	progress_init(&p);
	p.target = COMMIT_A;
	p.wait = true;
	take(&p, "sync.json", SYNCED);
	take(&p, path, DEPLOYMENT("hello", "3", "1"));
	take(&p, "namespaces/default/configmaps/page.json", "{}");
	assert_int_equal(progress_judge(&p, &line), PROGRESS_GOING);
	assert_string_equal(
		line.data, "0 of 1 workloads healthy; deployment/hello: 1 of 3 pods are available");
	progress_obstacles(&p, &why);
	assert_string_equal(why.data, "  deployment/hello: 1 of 3 pods are available\n");
	take(&p, path, DEPLOYMENT("hello", "3", "3"));
	assert_int_equal(progress_judge(&p, NULL), PROGRESS_DONE);
	take(&p, path, DEPLOYMENT("hello", "3", "2"));
	assert_int_equal(progress_judge(&p, NULL), PROGRESS_GOING);
	take(&p, path, NULL);
	assert_int_equal(progress_judge(&p, NULL), PROGRESS_DONE);
	progress_done(&p);
	buf_done(&line);
	buf_done(&why);
}

static void what_is_not_there_yet_is_waited_for(void **state)
{
	(void)state;
	struct items list = ITEMS_INIT;
	struct err err = { 0 };
	struct progress p;
	struct buf why = BUF_INIT;
	const char *json = DEPLOYMENT("hello", "3", "3");
	assert_int_equal(items_add(&list, "x.json", json, strlen(json), &err), 0);
	struct snapshot wanted = { .objects = &list.items[0].object, .object_count = 1 };
	progress_init(&p);
	p.target = COMMIT_A;
	p.wait = true;
	p.wanted = &wanted;
	take(&p, "sync.json", SYNCED);
	assert_int_equal(progress_judge(&p, NULL), PROGRESS_GOING);
	progress_obstacles(&p, &why);
	assert_string_equal(why.data, "  deployment/hello: not taken up yet\n");
	take(&p, "namespaces/default/deployments/hello.json", json);
	assert_int_equal(progress_judge(&p, NULL), PROGRESS_DONE);
	progress_done(&p);
	items_done(&list);
	buf_done(&why);
}

/* --- what pintle status makes of it -------------------------------------------------------------------- */

static void status_shows_why(void **state)
{
	(void)state;
	struct sync_view v;
	struct err err = { 0 };
	struct workloads w = { 0 };
	struct buf out = BUF_INIT;
	sync_view_init(&v);
	assert_int_equal(sync_view_parse(&v, REFUSED, strlen(REFUSED), &err), 0);
	struct status s = { .home = "/h", .sync = &v, .workloads = &w, .pintled = 7, .now = NOW };
	assert_false(status_in_sync(&s));
	status_write_text(&s, &out);
	assert_string_equal(out.data, "commit in force aaaaaaaaaa\n"
				      "commit seen     bbbbbbbbbb\n"
				      "state           Refused: it has errors (for 60s)\n"
				      "  a.yaml:6:3: error: Pod/default/x: spec: wrong\n"
				      "workloads       0 of 0 healthy\n"
				      "nodes           0 of 0 ready\n"
				      "pintled         running (pid 7)\n");
	buf_done(&out);
	sync_view_done(&v);
}

static void a_commit_that_nobody_looks_at_is_not_in_sync(void **state)
{
	(void)state;
	struct sync_view v;
	struct err err = { 0 };
	struct workloads w = { 0 };
	sync_view_init(&v);
	assert_int_equal(sync_view_parse(&v, SYNCED, strlen(SYNCED), &err), 0);
	struct status s = { .home = "/h", .sync = &v, .workloads = &w, .newest = COMMIT_A, .now = NOW };
	assert_true(status_good(&s));
	s.newest = COMMIT_B;
	assert_false(status_good(&s));
	s.pintled = 7;
	assert_true(status_good(&s));
	sync_view_done(&v);
}

static void an_empty_home_is_not_in_sync(void **state)
{
	(void)state;
	struct sync_view v;
	struct workloads w = { 0 };
	sync_view_init(&v);
	struct status s = { .home = "/h", .sync = &v, .workloads = &w, .pintled = 7, .now = NOW };
	assert_false(status_in_sync(&s));
	sync_view_done(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_commit_comes_into_force),
		cmocka_unit_test(a_refused_commit_ends_the_wait),
		cmocka_unit_test(waiting_ends_when_all_are_healthy),
		cmocka_unit_test(what_is_not_there_yet_is_waited_for),
		cmocka_unit_test(status_shows_why),
		cmocka_unit_test(a_commit_that_nobody_looks_at_is_not_in_sync),
		cmocka_unit_test(an_empty_home_is_not_in_sync),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
