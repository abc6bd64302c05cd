/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* With a program in the place of the runtime's that runs the command as that does: in a session of its own, its PID in a file. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/exec.h"
#include "tests/unit/lib/base/scratch.h"

#define BOUND (20 * NSEC_PER_SEC)

static const char program[] = "#!/bin/sh\n"
			      "[ \"$2\" = exec ] && [ \"$4\" = id-1 ] || exit 99\n"
			      "pidfile=${3#--pid-file=}; shift 4\n"
			      "export pidfile\n"
			      /* As crun: the session's leader is a process between. */
			      "exec setsid -w sh -c 'sh -c \"echo \\$\\$ >\\\"\\$pidfile\\\"; exec "
			      "\\\"\\$@\\\"\" sh \"$@\"; exit $?' sh "
			      "\"$@\"\n";

struct bench {
	struct scratch *s;
	struct loop *loop;
	struct node_env env;
	struct node_services node;
	bool done;
	struct exec_result result;
	char *output;
};

static void on_done(const struct exec_result *result, void *arg)
{
	struct bench *b = arg;

	assert_false(b->done);
	b->done = true;
	b->result = *result;
	b->output = xstrdup(result->output);
}

static struct bench bench_open(struct scratch *s)
{
	struct bench b = { .s = s };
	_cleanup_(freep) char *path = xasprintf("%s/crun", s->path);

	b.env.run_dir = xasprintf("%s/run", s->path);
	assert_int_equal(fs_write(s->fd, "crun", program, strlen(program), 0755, 0, NULL), 0);
	assert_int_equal(loop_new(&b.loop, NULL), 0);
	assert_int_equal(runtime_open(b.loop, b.env.run_dir, path, &b.node.runtime, NULL), 0);
	b.node.loop = b.loop;
	return b;
}

static void bench_close(struct bench *b)
{
	runtime_close(b->node.runtime);
	loop_free(b->loop);
	free(b->env.run_dir);
	free(b->output);
}

static struct exec_run *begin(struct bench *b, const char *script, nsec_t timeout)
{
	const char *words[] = { "sh", "-c", script };
	struct strings command = { words, ARRAY_LEN(words) };
	struct exec_run *x = NULL;
	struct err err = { 0 };

	b->node.env = &b->env;
	if (exec_start(&b->node, "id-1", &command, timeout, on_done, b, &x, &err) < 0)
		fail_msg("%s", err_text(&err));
	return x;
}

static void finish(struct bench *b)
{
	while (!b->done)
		assert_int_equal(loop_turn(b->loop, BOUND, NULL), 1);
}

static void tells_status_and_output(void **state)
{
	static const struct {
		const char *script, *output;
		int status;
	} cases[] = {
		{ "echo out; echo err >&2", "out\nerr", 0 },
		{ "echo 'no such thing' >&2; exit 3", "no such thing", 3 },
		{ "printf 'a\\r\\n \\n'", "a", 0 },
		{ "", "", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct bench b = bench_open(*state);

		begin(&b, cases[i].script, BOUND);
		finish(&b);
		assert_int_equal(b.result.status, cases[i].status);
		assert_false(b.result.timed_out);
		assert_string_equal(b.output, cases[i].output);
		bench_close(&b);
	}
}

static void keeps_no_more_than_the_bound(void **state)
{
	struct bench b = bench_open(*state);

	begin(&b, "head -c 100000 /dev/zero | tr '\\0' x; head -c 100000 /dev/zero | tr '\\0' y >&2", 0);
	finish(&b);
	assert_int_equal(b.result.status, 0);
	assert_int_equal(strlen(b.output), EXEC_OUTPUT_MAX);
	bench_close(&b);
}

/* Descriptors of the two processes that write their PIDs to the fifo, opened while they live. */
static void processes(int fifo, int pidfds[2])
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct pollfd p = { .fd = fifo, .events = POLLIN };
	char *next;

	while (text.len == 0 || strchr(text.data, '\n') == strrchr(text.data, '\n')) {
		char bytes[64];
		ssize_t n = poll(&p, 1, 20000) > 0 ? read(fifo, bytes, sizeof(bytes)) : 0;

		assert_true(n > 0);
		buf_add(&text, bytes, (size_t)n);
	}
	close(fifo);
	next = text.data;
	for (int i = 0; i < 2; i++) {
		pidfds[i] = pidfd_open((pid_t)strtol(next, &next, 10), 0);
		assert_true(pidfds[i] >= 0);
	}
}

static void expect_dead(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	assert_int_equal(poll(&p, 1, 20000), 1);
	close(pidfd);
}

/* A command that never ends, and a child of it; *RET_FIFO tells their PIDs. */
static struct exec_run *begin_endless(struct bench *b, nsec_t timeout, int *ret_fifo)
{
	_cleanup_(freep) char *fifo = xasprintf("%s/fifo", b->s->path);
	_cleanup_(freep) char *script = xasprintf(
		"sh -c 'echo $$ >%s; exec tail -f /dev/null' & echo $$ >%s; wait", fifo, fifo);

	assert_int_equal(mkfifo(fifo, 0600), 0);
	*ret_fifo = open(fifo, O_RDWR | O_CLOEXEC);
	return begin(b, script, timeout);
}

static void what_takes_too_long_is_killed(void **state)
{
	struct bench b = bench_open(*state);
	int fifo, both[2];

	begin_endless(&b, NSEC_PER_SEC / 2, &fifo);
	processes(fifo, both);
	finish(&b);
	assert_true(b.result.timed_out);
	expect_dead(both[0]);
	expect_dead(both[1]);
	bench_close(&b);
}

static void what_nobody_wants_is_killed(void **state)
{
	struct bench b = bench_open(*state);
	int fifo, both[2];
	struct exec_run *x = begin_endless(&b, 0, &fifo);

	processes(fifo, both);
	assert_null(exec_cancel(x));
	assert_null(exec_cancel(NULL));
	expect_dead(both[0]);
	expect_dead(both[1]);
	assert_false(b.done);
	bench_close(&b);
}

static void a_runtime_that_is_not_there(void **state)
{
	struct bench b = bench_open(*state);
	const char *words[] = { "true" };
	struct strings command = { words, 1 };
	struct exec_run *x;
	struct err err = { 0 };

	b.node.env = &b.env;
	assert_int_equal(unlinkat(b.s->fd, "crun", 0), 0);
	assert_int_equal(exec_start(&b.node, "id-1", &command, BOUND, on_done, &b, &x, &err), -ENOENT);
	assert_false(b.done);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tells_status_and_output, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(
			keeps_no_more_than_the_bound, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(
			what_takes_too_long_is_killed, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(what_nobody_wants_is_killed, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(a_runtime_that_is_not_there, scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
