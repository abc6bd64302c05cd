/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The runtime with programs in the place of conmon and crun that do as they do. What is wanted stands in the container's
 * id: "fifo…" and "stay…" wait for their start as crun's do, "other…" as those of a runtime would whose fifo we don't
 * know; "bad…" can't be created.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/runtime.h"
#include "tests/unit/lib/base/scratch.h"

enum { EVENTS_MAX = 8, TURNS_MAX = 100, EXIT_CODE = 7 };

static const char conmon[] = "#!/bin/sh\n"
			     "while [ $# -gt 0 ]; do\n"
			     "  case $1 in -c) id=$2;; --runtime-arg) root=${2#--root=};; --exit-dir) "
			     "exits=$2;; -p) pidfile=$2;; esac\n"
			     "  shift\n"
			     "done\n"
			     "mkdir -p \"$root/$id\"\n"
			     "case $id in\n"
			     "bad*) echo '{\"data\": -1, \"message\": \"no such thing\"}' >&3; exit 0;;\n"
			     "fifo*|stay*) fifo=$root/$id/exec.fifo;;\n"
			     "other*) fifo=$root/$id/go;;\n"
			     "esac\n"
			     "mkfifo \"$fifo\"; exec 4<>\"$fifo\"\n"
			     "(head -c 1 <&4 >/dev/null; echo ran >>\"$exits/../ran-$id\"; case $id in "
			     "stay*) exec tail -f /dev/null;; esac; exit 7) &\n"
			     "echo $! >\"$pidfile\"\n"
			     "echo \"{\\\"data\\\": $!}\" >&3; exec 3>&-\n"
			     "wait $!; echo -n $? >\"$exits/.$id\"; mv \"$exits/.$id\" \"$exits/$id\"\n";

static const char crun[] = "#!/bin/sh\n"
			   "root=${1#--root=}; verb=$2; shift 2; for id; do :; done\n"
			   "echo \"$verb\" >>\"$root/../calls-$id\"\n"
			   "case $verb in\n"
			   "start) printf x >\"$root/$id/go\";;\n"
			   "delete) rm -rf \"$root/$id\";;\n"
			   "esac\n";

struct run {
	struct scratch *s;
	struct loop *loop;
	struct runtime *rt;
	enum runtime_event_type events[EVENTS_MAX];
	size_t count;
	int exit_code;
	char message[64];
};

static void on_event(const struct runtime_event *ev, void *arg)
{
	struct run *r = arg;

	assert_true(r->count < EVENTS_MAX);
	r->events[r->count++] = ev->type;
	if (ev->type == RUNTIME_ENDED)
		r->exit_code = ev->exit_code;
	if (ev->type == RUNTIME_FAILED)
		snprintf(r->message, sizeof(r->message), "%s", ev->message);
}

/* The directories, programs and PATH; then the runtime. */
static struct run run_open(struct scratch *s)
{
	struct run r = { .s = s };
	_cleanup_(freep) char *run_dir = xasprintf("%s/run", s->path);
	_cleanup_(freep) char *program = xasprintf("%s/bin/crun", s->path);
	_cleanup_(freep) char *path = xasprintf("%s/bin:/usr/bin:/bin", s->path);

	assert_int_equal(fs_mkdir_p(s->fd, "bin", 0755, NULL), 0);
	assert_int_equal(fs_write(s->fd, "bin/conmon", conmon, strlen(conmon), 0755, 0, NULL), 0);
	assert_int_equal(fs_write(s->fd, "bin/crun", crun, strlen(crun), 0755, 0, NULL), 0);
	assert_int_equal(setenv("PATH", path, 1), 0);
	assert_int_equal(loop_new(&r.loop, NULL), 0);
	assert_int_equal(runtime_open(r.loop, run_dir, program, &r.rt, NULL), 0);
	return r;
}

static void run_close(struct run *r)
{
	runtime_close(r->rt);
	loop_free(r->loop);
}

/* Until COUNT events have come; they must be WANT. */
static void expect_events(struct run *r, const enum runtime_event_type *want, size_t count)
{
	for (int i = 0; i < TURNS_MAX && r->count < count; i++)
		assert_int_equal(loop_turn(r->loop, 10 * NSEC_PER_SEC, NULL), 1);
	assert_int_equal(r->count, count);
	for (size_t i = 0; i < count; i++)
		if (r->events[i] != want[i])
			fail_msg("event %zu: %d instead of %d", i, (int)r->events[i], (int)want[i]);
}

static struct runtime_container *start(struct run *r, const char *id)
{
	_cleanup_(freep) char *bundle = runtime_bundle(r->rt, id);
	struct runtime_spec spec = { .id = id, .log = "/dev/null" };
	struct runtime_container *c = NULL;

	assert_int_equal(fs_mkdir_p(AT_FDCWD, bundle, 0700, NULL), 0);
	assert_int_equal(runtime_start(r->rt, &spec, on_event, r, &c, NULL), 0);
	assert_int_equal(r->count, 0);
	return c;
}

/* The calls of the program for ID so far; TEXT "": none. */
static void expect_file(struct run *r, const char *path, const char *text)
{
	_cleanup_(buf_done) struct buf got = BUF_INIT;

	fs_read(r->s->fd, path, 4096, &got, NULL);
	assert_string_equal(got.len ? got.data : "", text);
}

static const enum runtime_event_type whole[] = { RUNTIME_CREATED, RUNTIME_STARTED, RUNTIME_ENDED,
	RUNTIME_DELETED };

static void without_the_program(void **state)
{
	struct run r = run_open(*state);
	struct runtime_container *c = start(&r, "fifo-1");

	expect_events(&r, whole, 3);
	assert_int_equal(r.exit_code, EXIT_CODE);
	expect_file(&r, "run/ran-fifo-1", "ran\n");
	assert_false(fs_exists(r.s->fd, "run/crun/fifo-1/exec.fifo"));
	assert_true(fs_exists(r.s->fd, "run/exits/fifo-1"));
	runtime_delete(c, true);
	assert_int_equal(r.count, 3);
	expect_events(&r, whole, 4);
	assert_false(fs_exists(r.s->fd, "run/crun/fifo-1"));
	assert_false(fs_exists(r.s->fd, "run/exits/fifo-1"));
	expect_file(&r, "run/calls-fifo-1", "");
	run_close(&r);
}

/* A group that can't be removed has processes: the program is to see to them. */
static void delete_with_groups(void **state)
{
	struct run r = run_open(*state);
	struct runtime_container *c = start(&r, "fifo-1");

	expect_events(&r, whole, 3);
	runtime_delete(c, false);
	expect_events(&r, whole, 4);
	assert_false(fs_exists(r.s->fd, "run/crun/fifo-1"));
	expect_file(&r, "run/calls-fifo-1", "delete\n");
	run_close(&r);
}

static void another_runtime(void **state)
{
	struct run r = run_open(*state);
	struct runtime_container *c = start(&r, "other-1");

	expect_events(&r, whole, 3);
	assert_int_equal(r.exit_code, EXIT_CODE);
	expect_file(&r, "run/ran-other-1", "ran\n");
	expect_file(&r, "run/calls-other-1", "start\n");
	runtime_delete(c, false);
	expect_events(&r, whole, 4);
	expect_file(&r, "run/calls-other-1", "start\ndelete\n");
	run_close(&r);
}

static void not_created(void **state)
{
	static const enum runtime_event_type want[] = { RUNTIME_FAILED, RUNTIME_DELETED };
	struct run r = run_open(*state);
	struct runtime_container *c = start(&r, "bad-1");

	expect_events(&r, want, 1);
	assert_string_equal(r.message, "no such thing");
	/* It never ended: what there is of it, only the program knows. */
	runtime_delete(c, true);
	expect_events(&r, want, 2);
	expect_file(&r, "run/calls-bad-1", "delete\n");
	run_close(&r);
}

static void adopt(struct run *r, const char *id, enum runtime_found want)
{
	struct runtime_container *c = NULL;
	struct runtime_known known = { 0 };
	pid_t monitor;

	assert_int_equal(runtime_adopt(r->rt, id, &known, on_event, r, &c, &monitor), want);
	assert_int_equal(r->count, 0);
}

/* Killed when the container had run and ended, and then before it had cleared anything away. */
static void ended_meanwhile(void **state)
{
	static const enum runtime_event_type want[] = { RUNTIME_ENDED };
	struct run r = run_open(*state);

	start(&r, "fifo-1");
	expect_events(&r, whole, 3);
	run_close(&r);
	r = run_open(*state);
	adopt(&r, "fifo-1", RUNTIME_FOUND_ENDED);
	expect_events(&r, want, 1);
	assert_int_equal(r.exit_code, EXIT_CODE);
	expect_file(&r, "run/ran-fifo-1", "ran\n");
	run_close(&r);
}

/* Until file NAME of the run directory, which WATCH watches, has been written. */
static void wait_file(struct run *r, int watch, const char *name)
{
	_cleanup_(freep) char *path = xasprintf("run/%s", name);
	struct pollfd p = { .fd = watch, .events = POLLIN };
	struct stat st;
	char events[4096];

	while (fstatat(r->s->fd, path, &st, 0) < 0 || st.st_size == 0) {
		assert_int_equal(poll(&p, 1, 10000), 1);
		assert_true(read(watch, events, sizeof(events)) > 0);
	}
}

/* Killed right after it had let the container run, before it could take the fifo away: it does not run twice. */
static void started_already(void **state)
{
	static const enum runtime_event_type want[] = { RUNTIME_STARTED, RUNTIME_ENDED, RUNTIME_DELETED };
	struct run r = run_open(*state);
	struct runtime_known known = { 0 };
	struct runtime_container *c = NULL;
	pid_t monitor = 0;
	_cleanup_(freep) char *run_dir = xasprintf("%s/run", r.s->path);
	_cleanup_(closep) int watch = inotify_init1(IN_CLOEXEC);

	assert_true(inotify_add_watch(watch, run_dir, IN_CLOSE_WRITE) >= 0);
	start(&r, "stay-1");
	expect_events(&r, whole, 2);
	wait_file(&r, watch, "ran-stay-1");
	assert_int_equal(mkfifoat(r.s->fd, "run/crun/stay-1/exec.fifo", 0600), 0);
	run_close(&r);
	r = run_open(*state);
	assert_int_equal(
		runtime_adopt(r.rt, "stay-1", &known, on_event, &r, &c, &monitor), RUNTIME_FOUND_CREATED);
	assert_true(known.pid > 0 && monitor > 0);
	expect_events(&r, want, 1);
	assert_false(fs_exists(r.s->fd, "run/crun/stay-1/exec.fifo"));
	runtime_signal(c, SIGKILL);
	expect_events(&r, want, 2);
	assert_int_equal(r.exit_code, 128 + SIGKILL);
	expect_file(&r, "run/ran-stay-1", "ran\n");
	runtime_delete(c, true);
	expect_events(&r, want, 3);
	run_close(&r);
}

static void nothing_there(void **state)
{
	struct run r = run_open(*state);

	adopt(&r, "fifo-2", RUNTIME_FOUND_NOTHING);
	expect_file(&r, "run/calls-fifo-2", "delete\n");
	run_close(&r);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_the_program),
		TEST(delete_with_groups),
		TEST(another_runtime),
		TEST(not_created),
		TEST(ended_meanwhile),
		TEST(started_already),
		TEST(nothing_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
