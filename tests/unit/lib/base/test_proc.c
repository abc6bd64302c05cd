/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"

#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define SH(script) ARGV("sh", "-c", script)
#define RESULT ((struct proc_result){ .out = BUF_INIT, .errs = BUF_INIT })
#define BOUND (20 * NSEC_PER_SEC)

/* Runs SPEC, which must start. */
static struct proc_result run(const struct proc_spec *spec)
{
	struct proc_result result = RESULT;
	struct err err = { 0 };

	if (proc_run(spec, &result, &err) != 0)
		fail_msg("%s", err_text(&err));
	return result;
}

static void assert_no_children(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* --- proc_run -------------------------------------------------------------------------------- */

static void test_output_and_status(void **state)
{
	(void)state;
	_cleanup_(proc_result_done) struct proc_result r = run(
		&(struct proc_spec){ .argv = SH("echo out; echo errs >&2; exit 3") });

	assert_string_equal(r.out.data, "out\n");
	assert_string_equal(r.errs.data, "errs\n");
	assert_int_equal(r.status, 3);
	assert_false(r.timed_out);
	assert_no_children();
}

static void test_signal_status(void **state)
{
	(void)state;
	_cleanup_(proc_result_done) struct proc_result r = run(
		&(struct proc_spec){ .argv = SH("kill -TERM $$") });

	assert_int_equal(r.status, 128 + SIGTERM);
}

static void test_no_such_program(void **state)
{
	(void)state;
	struct proc_result result = RESULT;
	struct err err = { 0 };

	assert_int_equal(
		proc_run(&(struct proc_spec){ .argv = ARGV("no-such-program") }, &result, &err), -ENOENT);
	assert_string_equal(err_text(&err), "starting no-such-program: No such file or directory");
	assert_int_equal(proc_run(&(struct proc_spec){ .argv = ARGV("/dev/null") }, &result, &err), -EACCES);
	proc_result_done(&result);
	assert_no_children();
}

/* More than a pipe holds, in and out. */
static void test_large_input(void **state)
{
	_cleanup_(buf_done) struct buf input = BUF_INIT;

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_addf(&input, "%d\n", i);
	_cleanup_(proc_result_done) struct proc_result r = run(&(struct proc_spec){
		.argv = ARGV("cat"), .input = input.data, .input_len = input.len, .output_max = 1 << 20 });
	assert_int_equal(r.status, 0);
	assert_int_equal(r.out.len, input.len);
	assert_memory_equal(r.out.data, input.data, input.len);
}

/* A child that does not read its input, or that gets an empty one. */
static void test_unread_input(void **state)
{
	static char input[1 << 20];

	(void)state;
	_cleanup_(proc_result_done) struct proc_result r = run(
		&(struct proc_spec){ .argv = ARGV("true"), .input = input, .input_len = sizeof(input) });
	assert_int_equal(r.status, 0);
	_cleanup_(proc_result_done) struct proc_result e = run(
		&(struct proc_spec){ .argv = ARGV("cat"), .input = "", .input_len = 0 });
	assert_int_equal(e.status, 0);
	assert_int_equal(e.out.len, 0);
	_cleanup_(proc_result_done) struct proc_result n = run(&(struct proc_spec){ .argv = ARGV("cat") });
	assert_int_equal(n.status, 0);
	assert_int_equal(n.out.len, 0);
}

/* What is above the bound is read and dropped: the child is never blocked, nor killed by SIGPIPE. */
static void test_output_bound(void **state)
{
	(void)state;
	_cleanup_(proc_result_done) struct proc_result r = run(&(struct proc_spec){
		.argv = SH("head -c 3000000 /dev/zero; head -c 500000 /dev/zero >&2; exit 5"),
		.output_max = 1000 });
	assert_int_equal(r.status, 5);
	assert_int_equal(r.out.len, 1000);
	assert_int_equal(r.errs.len, 1000);
	_cleanup_(proc_result_done) struct proc_result d = run(
		&(struct proc_spec){ .argv = SH("head -c 100000 /dev/zero") });
	assert_int_equal(d.status, 0);
	assert_int_equal(d.out.len, 64 * 1024);
}

/* A grandchild that keeps the pipes open is not waited for. */
/* Output without end is the end of its writer, where that is asked for. */
static void test_output_ends(void **state)
{
	(void)state;
	_cleanup_(proc_result_done) struct proc_result r = run(&(struct proc_spec){
		.argv = SH("yes"), .output_max = 100000, .output_ends = true, .timeout = BOUND });

	assert_true(r.overflowed);
	assert_false(r.timed_out);
	assert_int_equal(r.status, 128 + SIGKILL);
	assert_int_equal(r.out.len, 100000);
	_cleanup_(proc_result_done) struct proc_result exact = run(
		&(struct proc_spec){ .argv = SH("printf 123"), .output_max = 3, .output_ends = true });
	assert_false(exact.overflowed);
	assert_string_equal(exact.out.data, "123");
	assert_no_children();
}

static void test_grandchild_keeps_pipes(void **state)
{
	int hold[2];

	(void)state;
	assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
	struct proc_fd fd = { .from = hold[0], .to = 3 };
	nsec_t before = time_monotonic();
	_cleanup_(proc_result_done) struct proc_result r = run(
		&(struct proc_spec){ .argv = SH("cat <&3 & echo done"), .fds = &fd, .fd_count = 1 });
	assert_true(time_monotonic() - before < BOUND);
	assert_string_equal(r.out.data, "done\n");
	close(hold[0]);
	close(hold[1]);
}

/* The whole group is killed: a grandchild's copy of a pipe closes too. */
static void test_timeout_kills_group(void **state)
{
	int hold[2], seen[2];
	char byte;

	(void)state;
	assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
	assert_int_equal(pipe2(seen, O_CLOEXEC), 0);
	struct proc_fd fds[] = { { hold[0], 3 }, { seen[1], 4 } };
	_cleanup_(proc_result_done) struct proc_result r = run(
		&(struct proc_spec){ .argv = SH("cat <&3 >&4 & cat <&3 >&4; echo never"),
			.fds = fds,
			.fd_count = 2,
			.timeout = 300 * NSEC_PER_MSEC });
	assert_true(r.timed_out);
	assert_int_equal(r.status, 128 + SIGKILL);
	close(seen[1]);
	alarm(20);
	assert_int_equal(read(seen[0], &byte, 1), 0);
	alarm(0);
	close(seen[0]);
	close(hold[0]);
	close(hold[1]);
}

static void test_timeout_not_reached(void **state)
{
	(void)state;
	_cleanup_(proc_result_done) struct proc_result r = run(
		&(struct proc_spec){ .argv = SH("exit 4"), .timeout = BOUND });

	assert_int_equal(r.status, 4);
	assert_false(r.timed_out);
}

static void test_fds(void **state)
{
	int fds[2];
	char text[8] = "";

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	struct proc_fd fd = { .from = fds[1], .to = 5 }, taken = { .from = fds[1], .to = 2 };
	_cleanup_(proc_result_done) struct proc_result r = run(
		&(struct proc_spec){ .argv = SH("echo five >&5"), .fds = &fd, .fd_count = 1 });
	assert_int_equal(r.status, 0);
	assert_int_equal(read(fds[0], text, sizeof(text) - 1), 5);
	assert_string_equal(text, "five\n");

	struct proc_result none = RESULT;
	struct err err = { 0 };
	assert_int_equal(proc_run(&(struct proc_spec){ .argv = ARGV("true"), .fds = &taken, .fd_count = 1 },
				 &none, &err),
		-EINVAL);
	assert_string_equal(err_text(&err), "starting true: descriptor 2 is taken");
	close(fds[0]);
	close(fds[1]);
}

/* --- proc_check ------------------------------------------------------------------------------ */

static void test_check(void **state)
{
	static const struct {
		const char *script, *text;
		nsec_t timeout;
	} cases[] = {
		{ "echo first >&2; echo 'it broke' >&2; echo >&2; exit 1", "sh: it broke", 0 },
		{ "printf 'no newline' >&2; exit 1", "sh: no newline", 0 },
		{ "echo out; exit 9", "sh: exit status 9", 0 },
		{ "kill -KILL $$", "sh: killed by signal 9", 0 },
		{ "echo said >&2; read x <&3", "sh: timed out", 100 * NSEC_PER_MSEC },
	};
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	int hold[2];

	(void)state;
	assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
	struct proc_fd fd = { .from = hold[0], .to = 3 };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = { 0 };
		struct proc_spec spec = {
			.argv = SH(cases[i].script), .timeout = cases[i].timeout, .fds = &fd, .fd_count = 1
		};

		assert_int_equal(proc_check(&spec, &out, &err), -EIO);
		assert_string_equal(err_text(&err), cases[i].text);
		assert_int_equal(out.len, 0);
	}
	buf_adds(&out, "kept ");
	assert_int_equal(proc_check(&(struct proc_spec){ .argv = ARGV("echo", "hi") }, &out, NULL), 0);
	assert_string_equal(out.data, "kept hi\n");
	assert_int_equal(proc_check(&(struct proc_spec){ .argv = ARGV("true") }, NULL, NULL), 0);
	assert_int_equal(
		proc_check(&(struct proc_spec){ .argv = ARGV("no-such-program") }, NULL, NULL), -ENOENT);
	close(hold[0]);
	close(hold[1]);
}

/* --- proc_start ------------------------------------------------------------------------------ */

struct seen {
	int calls, status;
	bool error;
	char out[32];
};

static void on_done(const struct proc_result *result, const struct err *err, void *arg)
{
	struct seen *s = arg;

	s->calls++;
	s->status = result->status;
	s->error = err && err->code;
	strncpy(s->out, result->out.data, sizeof(s->out) - 1);
}

static void turn_until(struct loop *l, const int *calls, int count)
{
	nsec_t deadline = time_monotonic() + BOUND;

	while (*calls < count) {
		assert_true(loop_turn(l, deadline - time_monotonic(), NULL) >= 0);
		assert_true(time_monotonic() < deadline);
	}
}

/* Many at once, their specs gone by the time they run. */
static void test_start_many(void **state)
{
	enum { N = 20 };
	struct seen seen[N] = { 0 };
	struct loop *l;

	(void)state;
	assert_int_equal(loop_new(&l, NULL), 0);
	for (int i = 0; i < N; i++) {
		char *input = xasprintf("child %d", i);
		char *script = xasprintf("cat; exit %d", i);
		struct proc_spec spec = { .argv = SH(script), .input = input, .input_len = strlen(input) };

		assert_int_equal(proc_start(l, &spec, on_done, &seen[i], NULL, NULL), 0);
		memset(input, 'x', strlen(input));
		memset(script, 'x', strlen(script));
		free(input);
		free(script);
	}
	for (int i = 0; i < N; i++) {
		_cleanup_(freep) char *expected = xasprintf("child %d", i);

		turn_until(l, &seen[i].calls, 1);
		assert_int_equal(seen[i].status, i);
		assert_false(seen[i].error);
		assert_string_equal(seen[i].out, expected);
	}
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	for (int i = 0; i < N; i++)
		assert_int_equal(seen[i].calls, 1);
	loop_free(l);
	assert_no_children();
}

static void test_start_fails(void **state)
{
	struct seen seen = { 0 };
	struct proc *p = NULL;
	struct loop *l;

	(void)state;
	assert_int_equal(loop_new(&l, NULL), 0);
	assert_int_equal(proc_start(l, &(struct proc_spec){ .argv = ARGV("no-such-program") }, on_done, &seen,
				 &p, NULL),
		-ENOENT);
	assert_null(p);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	assert_int_equal(seen.calls, 0);
	loop_free(l);
}

/* The group dies, the child is reaped, nobody is called. */
static void test_cancel(void **state)
{
	struct seen seen = { 0 };
	struct proc *p;
	struct loop *l;
	siginfo_t info;
	int hold[2], gone[2];
	char byte;

	(void)state;
	assert_int_equal(loop_new(&l, NULL), 0);
	assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
	assert_int_equal(pipe2(gone, O_CLOEXEC), 0);
	struct proc_fd fds[] = { { hold[0], 3 }, { gone[1], 4 } };
	struct proc_spec spec = { .argv = SH("cat <&3 >&4 & cat <&3 >&4"), .fds = fds, .fd_count = 2 };
	assert_int_equal(proc_start(l, &spec, on_done, &seen, &p, NULL), 0);
	close(gone[1]);
	assert_null(proc_cancel(p));
	alarm(20);
	assert_int_equal(read(gone[0], &byte, 1), 0);
	alarm(0);
	nsec_t deadline = time_monotonic() + BOUND;
	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0) {
		assert_true(loop_turn(l, deadline - time_monotonic(), NULL) >= 0);
		assert_true(time_monotonic() < deadline);
	}
	assert_int_equal(seen.calls, 0);
	assert_null(proc_cancel(NULL));
	close(gone[0]);
	close(hold[0]);
	close(hold[1]);
	loop_free(l);
}

struct chain {
	struct loop *loop;
	int left;
};

static void on_link(const struct proc_result *result, const struct err *err, void *arg)
{
	struct chain *c = arg;

	(void)err;
	assert_int_equal(result->status, 0);
	if (--c->left == 0)
		loop_stop(c->loop, 0);
	else
		assert_int_equal(proc_start(c->loop, &(struct proc_spec){ .argv = ARGV("true") }, on_link, c,
					 NULL, NULL),
			0);
}

/* A callback may start the next one. */
static void test_start_from_callback(void **state)
{
	struct chain c = { .left = 5 };

	(void)state;
	assert_int_equal(loop_new(&c.loop, NULL), 0);
	assert_int_equal(
		proc_start(c.loop, &(struct proc_spec){ .argv = ARGV("true") }, on_link, &c, NULL, NULL), 0);
	assert_int_equal(loop_run(c.loop, NULL), 0);
	assert_int_equal(c.left, 0);
	loop_free(c.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output_and_status),
		cmocka_unit_test(test_signal_status),
		cmocka_unit_test(test_no_such_program),
		cmocka_unit_test(test_large_input),
		cmocka_unit_test(test_unread_input),
		cmocka_unit_test(test_output_bound),
		cmocka_unit_test(test_output_ends),
		cmocka_unit_test(test_grandchild_keeps_pipes),
		cmocka_unit_test(test_timeout_kills_group),
		cmocka_unit_test(test_timeout_not_reached),
		cmocka_unit_test(test_fds),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_start_many),
		cmocka_unit_test(test_start_fails),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_start_from_callback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
