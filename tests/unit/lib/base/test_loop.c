/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/loop.h"
#include "lib/base/proc.h"

/* No test waits longer for something that should come. */
#define BOUND (10 * NSEC_PER_SEC)

/* A handler's side of a test: what it is to do and what came. */
struct probe {
	struct loop *loop;
	struct loop_source *source, *other;
	int fd, calls, result;
	uint32_t events;
	siginfo_t info;
	struct buf *trace;
	char letter;
};

static struct loop *make_loop(void)
{
	struct loop *l;

	assert_int_equal(loop_new(&l, NULL), 0);
	return l;
}

static void make_pipe(int *ret_in, int *ret_out)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	*ret_in = fds[0];
	*ret_out = fds[1];
}

/* Turns until *CALLS is at least COUNT. */
static void turn_until(struct loop *l, const int *calls, int count)
{
	nsec_t deadline = time_monotonic() + BOUND;

	while (*calls < count) {
		assert_true(loop_turn(l, deadline - time_monotonic(), NULL) >= 0);
		assert_true(time_monotonic() < deadline);
	}
}

static int on_plain(void *arg)
{
	struct probe *p = arg;

	p->calls++;
	if (p->trace)
		buf_addc(p->trace, p->letter);
	return p->result;
}

static int on_readable(int fd, uint32_t events, void *arg)
{
	struct probe *p = arg;
	char bytes[64];

	p->calls++;
	p->events |= events;
	if (p->trace)
		buf_addc(p->trace, p->letter);
	assert_true(read(fd, bytes, sizeof(bytes)) >= 0);
	return p->result;
}

/* --- descriptors ----------------------------------------------------------------------------- */

static void test_io(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(closep) int in = -1;
	_cleanup_(closep) int out = -1;
	_cleanup_(loop_source_freep) struct loop_source *s = NULL;
	struct probe p = { 0 };

	make_pipe(&in, &out);
	assert_int_equal(loop_io(l, in, EPOLLIN, on_readable, &p, &s, NULL), 0);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	assert_int_equal(write(out, "x", 1), 1);
	assert_int_equal(loop_turn(l, BOUND, NULL), 1);
	assert_int_equal(p.calls, 1);
	assert_int_equal(p.events, EPOLLIN);
	assert_int_equal(loop_turn(l, 0, NULL), 0);

	assert_int_equal(loop_io_set_events(s, 0), 0);
	assert_int_equal(write(out, "x", 1), 1);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	assert_int_equal(loop_io_set_events(s, EPOLLIN), 0);
	assert_int_equal(loop_turn(l, BOUND, NULL), 1);
	assert_int_equal(p.calls, 2);

	s = loop_source_free(s);
	assert_int_equal(write(out, "x", 1), 1);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	assert_int_equal(p.calls, 2);
}

static void test_io_error(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	struct loop_source *s = NULL;
	struct err err = { 0 };

	/* epoll does not take regular files. */
	_cleanup_(closep) int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	assert_int_equal(loop_io(l, fd, EPOLLIN, on_readable, NULL, &s, &err), -EPERM);
	assert_string_equal(err_text(&err), "watching a descriptor: Operation not permitted");
	assert_null(s);
}

static int on_io_free_both(int fd, uint32_t events, void *arg)
{
	struct probe *p = arg;

	(void)fd;
	(void)events;
	p->calls++;
	p->source = loop_source_free(p->source);
	p->other = loop_source_free(p->other);
	return 0;
}

/* Two are ready; whichever runs first frees both. */
static void test_free_within_handler(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(closep) int in = -1;
	_cleanup_(closep) int out = -1;
	struct probe p = { 0 };

	make_pipe(&in, &out);
	_cleanup_(closep) int in2 = fcntl(in, F_DUPFD_CLOEXEC, 3);
	assert_int_equal(loop_io(l, in, EPOLLIN, on_io_free_both, &p, &p.source, NULL), 0);
	assert_int_equal(loop_io(l, in2, EPOLLIN, on_io_free_both, &p, &p.other, NULL), 0);
	assert_int_equal(write(out, "x", 1), 1);
	turn_until(l, &p.calls, 1);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	assert_int_equal(p.calls, 1);
}

static int on_always(int fd, uint32_t events, void *arg)
{
	struct probe *p = arg;

	(void)fd;
	(void)events;
	p->calls++;
	loop_defer_arm(p->other);
	return 0;
}

static int on_io_asks_less(int fd, uint32_t events, void *arg)
{
	struct probe *p = arg;

	(void)fd;
	(void)events;
	p->calls++;
	return loop_io_set_events(p->source, 0) + loop_io_set_events(p->other, 0);
}

/* Two are ready; whichever runs first asks for nothing more of either. */
static void test_less_within_handler(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(closep) int in = -1;
	_cleanup_(closep) int out = -1;
	struct probe p = { 0 };

	make_pipe(&in, &out);
	_cleanup_(closep) int in2 = fcntl(in, F_DUPFD_CLOEXEC, 3);
	assert_int_equal(loop_io(l, in, EPOLLIN, on_io_asks_less, &p, &p.source, NULL), 0);
	assert_int_equal(loop_io(l, in2, EPOLLIN, on_io_asks_less, &p, &p.other, NULL), 0);
	assert_int_equal(write(out, "x", 1), 1);
	turn_until(l, &p.calls, 1);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	assert_int_equal(p.calls, 1);
	/* And it is told of again where that is asked for. */
	assert_int_equal(loop_io_set_events(p.source, EPOLLIN), 0);
	turn_until(l, &p.calls, 2);
	loop_source_free(p.source);
	loop_source_free(p.other);
}

/* A crowd that is always ready: a turn runs many of them, not all; each has its turn before any has its third. */
static void test_crowd(void **state)
{
	(void)state;
	enum { CROWD = 800 };
	struct probe *p = calloc(CROWD, sizeof(*p));
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(loop_source_freep) struct loop_source *drain = NULL;
	struct probe d = { 0 };
	int called = 0;

	assert_int_equal(loop_defer(l, on_plain, &d, &drain, NULL), 0);
	for (size_t i = 0; i < CROWD; i++) {
		p[i].fd = eventfd(1, EFD_CLOEXEC);
		p[i].other = drain;
		assert_int_equal(loop_io(l, p[i].fd, EPOLLIN, on_always, &p[i], &p[i].source, NULL), 0);
	}
	assert_int_equal(loop_turn(l, BOUND, NULL), 1);
	assert_int_equal(d.calls, 1);
	for (size_t i = 0; i < CROWD; i++)
		called += p[i].calls > 0;
	assert_in_range(called, 256, CROWD - 1);
	assert_int_equal(loop_turn(l, BOUND, NULL), 1);
	assert_int_equal(d.calls, 2);
	for (size_t i = 0; i < CROWD; i++) {
		assert_in_range(p[i].calls, 1, 2);
		loop_source_free(p[i].source);
		close(p[i].fd);
	}
	free(p);
}

/* --- timers ---------------------------------------------------------------------------------- */

static void test_timer(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(loop_source_freep) struct loop_source *s = NULL;
	struct probe p = { 0 };
	nsec_t when = time_monotonic() + 2 * NSEC_PER_MSEC;

	assert_int_equal(loop_timer(l, when, on_plain, &p, &s, NULL), 0);
	turn_until(l, &p.calls, 1);
	assert_true(time_monotonic() >= when);
	/* Once. */
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	assert_int_equal(p.calls, 1);

	assert_int_equal(loop_timer_set(s, time_monotonic()), 0);
	turn_until(l, &p.calls, 2);
	/* What is past comes at once. */
	assert_int_equal(loop_timer_set(s, 0), 0);
	turn_until(l, &p.calls, 3);
}

static void test_timer_never(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(loop_source_freep) struct loop_source *s = NULL;
	struct probe p = { 0 };

	assert_int_equal(loop_timer(l, NSEC_NEVER, on_plain, &p, &s, NULL), 0);
	assert_int_equal(loop_turn(l, NSEC_PER_MSEC, NULL), 0);
	assert_int_equal(loop_timer_set(s, 1), 0);
	assert_int_equal(loop_timer_set(s, NSEC_NEVER), 0);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	assert_int_equal(p.calls, 0);
}

/* Only what is due comes, in whatever order the timers were set: a busy machine makes nothing due that is an hour away. */
static void test_timers_only_when_due(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(buf_done) struct buf trace = BUF_INIT;
	_cleanup_(loop_source_freep) struct loop_source *a = NULL;
	_cleanup_(loop_source_freep) struct loop_source *b = NULL;
	_cleanup_(loop_source_freep) struct loop_source *c = NULL;
	struct probe p[3];
	nsec_t now = time_monotonic();

	for (int i = 0; i < 3; i++)
		p[i] = (struct probe){ .trace = &trace, .letter = (char)('a' + i) };
	assert_int_equal(loop_timer(l, now + 7200 * NSEC_PER_SEC, on_plain, &p[2], &c, NULL), 0);
	assert_int_equal(loop_timer(l, now + 1 * NSEC_PER_MSEC, on_plain, &p[0], &a, NULL), 0);
	assert_int_equal(loop_timer(l, now + 3600 * NSEC_PER_SEC, on_plain, &p[1], &b, NULL), 0);
	turn_until(l, &p[0].calls, 1);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	assert_string_equal(trace.data, "a");
	assert_int_equal(loop_timer_set(c, time_monotonic() + 1 * NSEC_PER_MSEC), 0);
	turn_until(l, &p[2].calls, 1);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	assert_string_equal(trace.data, "ac");
}

static int on_timer_free(void *arg)
{
	struct probe *p = arg;

	p->calls++;
	p->source = loop_source_free(p->source);
	return 0;
}

static void test_timer_frees_itself(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	struct probe p = { 0 };

	assert_int_equal(loop_timer(l, 0, on_timer_free, &p, &p.source, NULL), 0);
	turn_until(l, &p.calls, 1);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	assert_null(p.source);
}

/* --- children -------------------------------------------------------------------------------- */

static int on_child_exit(const siginfo_t *info, void *arg)
{
	struct probe *p = arg;

	p->calls++;
	p->info = *info;
	/* It is reaped already. */
	assert_int_equal(waitpid(info->si_pid, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	p->source = loop_source_free(p->source);
	return 0;
}

static void check_child(const char *script, int code, int status)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	_cleanup_(loop_freep) struct loop *l = make_loop();
	struct probe p = { 0 };
	pid_t pid;
	_cleanup_(closep) int pidfd = proc_spawn(&(struct proc_spec){ .argv = argv }, &pid, NULL);

	assert_true(pidfd >= 0);
	assert_int_equal(loop_child(l, pidfd, on_child_exit, &p, &p.source, NULL), 0);
	turn_until(l, &p.calls, 1);
	assert_int_equal(p.info.si_pid, pid);
	assert_int_equal(p.info.si_code, code);
	assert_int_equal(p.info.si_status, status);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	assert_int_equal(p.calls, 1);
}

static void test_child(void **state)
{
	(void)state;
	check_child("exit 7", CLD_EXITED, 7);
	check_child("kill -KILL $$", CLD_KILLED, SIGKILL);
}

static void test_reap(void **state)
{
	static const char *const argv[] = { "true", NULL };

	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	pid_t pids[3];
	int gone = 0;

	for (size_t i = 0; i < ARRAY_LEN(pids); i++) {
		int pidfd = proc_spawn(&(struct proc_spec){ .argv = argv }, &pids[i], NULL);

		assert_int_equal(loop_reap(l, pidfd), 0);
	}
	while (gone < 3) {
		assert_int_equal(loop_turn(l, BOUND, NULL), 1);
		gone = 0;
		for (size_t i = 0; i < ARRAY_LEN(pids); i++)
			gone += kill(pids[i], 0) < 0 && errno == ESRCH;
	}
	/* A child that outlives the loop costs it nothing. */
	static const char *const waits[] = { "cat", NULL };
	_cleanup_(closep) int in = -1;
	_cleanup_(closep) int out = -1;
	make_pipe(&in, &out);
	struct proc_fd fd = { .from = in, .to = 0 };
	pid_t pid;
	int pidfd = proc_spawn(&(struct proc_spec){ .argv = waits, .fds = &fd, .fd_count = 1 }, &pid, NULL);
	assert_true(pidfd >= 0);
	assert_int_equal(loop_reap(l, pidfd), 0);
	l = loop_free(l);
	out = fd_close(out);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* A child with a group of its own that runs SCRIPT, which has begun: it wrote. */
static int begin_group(const char *script, pid_t *ret_pid)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	_cleanup_(closep) int in = -1;
	_cleanup_(closep) int out = -1;
	struct proc_fd fd = { .to = 1 };
	char byte;
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	in = fds[0];
	fd.from = out = fds[1];
	int pidfd = proc_spawn(
		&(struct proc_spec){ .argv = argv, .fds = &fd, .fd_count = 1, .new_session = true }, ret_pid,
		NULL);
	assert_true(pidfd >= 0);
	assert_int_equal(read(in, &byte, 1), 1);
	return pidfd;
}

/* With the group of a shell and its child, of which one or both hear no SIGTERM. */
static void check_end(const char *script, nsec_t grace)
{
	_cleanup_(loop_freep) struct loop *l = make_loop();
	pid_t pid;
	int pidfd = begin_group(script, &pid);

	assert_int_equal(loop_end_group(l, pidfd, pid, grace), 0);
	while (kill(pid, 0) == 0)
		assert_int_equal(loop_turn(l, BOUND, NULL), 1);
	assert_int_equal(errno, ESRCH);
}

static void test_end_group(void **state)
{
	(void)state;
	check_end("echo; sleep 1000", 3600 * NSEC_PER_SEC);
	check_end("trap '' TERM; echo; sleep 1000", 10 * NSEC_PER_MSEC);
	/* The loop's end is that of the grace. */
	_cleanup_(loop_freep) struct loop *l = make_loop();
	siginfo_t info = { 0 };
	pid_t pid;
	int pidfd = begin_group("trap '' TERM; echo; sleep 1000", &pid);

	assert_int_equal(loop_end_group(l, pidfd, pid, 3600 * NSEC_PER_SEC), 0);
	l = loop_free(l);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED), 0);
	assert_int_equal(info.si_code, CLD_KILLED);
	assert_int_equal(info.si_status, SIGKILL);
}

/* --- signals --------------------------------------------------------------------------------- */

static int on_signal_seen(int signo, void *arg)
{
	struct probe *p = arg;

	p->calls++;
	p->fd = signo;
	return 0;
}

static void test_signal(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(loop_source_freep) struct loop_source *s = NULL;
	struct probe p = { 0 };

	assert_int_equal(loop_signal(l, SIGUSR1, on_signal_seen, &p, &s, NULL), 0);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	kill(getpid(), SIGUSR1);
	turn_until(l, &p.calls, 1);
	assert_int_equal(p.fd, SIGUSR1);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
}

/* --- deferred work --------------------------------------------------------------------------- */

static int on_readable_arm(int fd, uint32_t events, void *arg)
{
	struct probe *p = arg;

	on_readable(fd, events, arg);
	loop_defer_arm(p->other);
	loop_defer_arm(p->other);
	return 0;
}

/* All that is ready is handled before the drain runs, once. */
static void test_defer_runs_last(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(buf_done) struct buf trace = BUF_INIT;
	_cleanup_(loop_source_freep) struct loop_source *drain = NULL;
	struct probe d = { .trace = &trace, .letter = 'D' }, p[3];
	int in[3], out[3];

	assert_int_equal(loop_defer(l, on_plain, &d, &drain, NULL), 0);
	for (int i = 0; i < 3; i++) {
		make_pipe(&in[i], &out[i]);
		p[i] = (struct probe){ .trace = &trace, .letter = 'r', .other = drain };
		assert_int_equal(loop_io(l, in[i], EPOLLIN, on_readable_arm, &p[i], &p[i].source, NULL), 0);
		assert_int_equal(write(out[i], "x", 1), 1);
	}
	assert_int_equal(loop_turn(l, BOUND, NULL), 1);
	assert_string_equal(trace.data, "rrrD");
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	assert_int_equal(write(out[1], "x", 1), 1);
	assert_int_equal(loop_turn(l, BOUND, NULL), 1);
	assert_string_equal(trace.data, "rrrDrD");
	for (int i = 0; i < 3; i++) {
		loop_source_free(p[i].source);
		close(in[i]);
		close(out[i]);
	}
}

/* Armed between turns, it does not wait for an event. */
static void test_defer_without_events(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(loop_source_freep) struct loop_source *s = NULL;
	struct probe p = { 0 };

	assert_int_equal(loop_defer(l, on_plain, &p, &s, NULL), 0);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	loop_defer_arm(s);
	assert_int_equal(loop_turn(l, NSEC_NEVER, NULL), 1);
	assert_int_equal(p.calls, 1);
}

static int on_defer_rearm(void *arg)
{
	struct probe *p = arg;

	p->calls++;
	loop_defer_arm(p->source);
	return 0;
}

/* Work that arms itself has its turn again in the next one: events get between. */
static void test_defer_rearms(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	struct probe p = { 0 };

	assert_int_equal(loop_defer(l, on_defer_rearm, &p, &p.source, NULL), 0);
	loop_defer_arm(p.source);
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(loop_turn(l, BOUND, NULL), 1);
		assert_int_equal(p.calls, i);
	}
	p.source = loop_source_free(p.source);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
}

static int on_defer_free_all(void *arg)
{
	struct probe *p = arg;

	p->calls++;
	p->source = loop_source_free(p->source);
	p->other = loop_source_free(p->other);
	return 0;
}

static void test_defer_frees(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(loop_source_freep) struct loop_source *third = NULL;
	struct probe p = { 0 }, q = { 0 };

	assert_int_equal(loop_defer(l, on_defer_free_all, &p, &p.source, NULL), 0);
	assert_int_equal(loop_defer(l, on_defer_free_all, &p, &p.other, NULL), 0);
	assert_int_equal(loop_defer(l, on_plain, &q, &third, NULL), 0);
	loop_defer_arm(p.source);
	loop_defer_arm(p.other);
	loop_defer_arm(third);
	assert_int_equal(loop_turn(l, BOUND, NULL), 1);
	assert_int_equal(p.calls, 1);
	assert_int_equal(q.calls, 1);
	/* The list is whole: it can be armed again. */
	loop_defer_arm(third);
	assert_int_equal(loop_turn(l, BOUND, NULL), 1);
	assert_int_equal(q.calls, 2);
}

/* A descriptor that is always ready does not keep the drain from running. */
static void test_defer_is_not_starved(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(closep) int in = -1;
	_cleanup_(closep) int out = -1;
	_cleanup_(loop_source_freep) struct loop_source *drain = NULL;
	struct probe d = { 0 }, p = { 0 };

	make_pipe(&in, &out);
	assert_int_equal(loop_defer(l, on_plain, &d, &drain, NULL), 0);
	p.other = drain;
	assert_int_equal(loop_io(l, out, EPOLLOUT, on_always, &p, &p.source, NULL), 0);
	assert_int_equal(loop_turn(l, BOUND, NULL), 1);
	assert_int_equal(d.calls, 1);
	loop_source_free(p.source);
}

/* --- running --------------------------------------------------------------------------------- */

static int on_stop(void *arg)
{
	struct probe *p = arg;

	loop_stop(p->loop, p->result);
	return 0;
}

static void test_run_until_stop(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(loop_source_freep) struct loop_source *s = NULL;
	struct probe p = { .loop = l, .result = 7 };
	struct err err = { 0 };

	assert_int_equal(loop_timer(l, 0, on_stop, &p, &s, NULL), 0);
	assert_int_equal(loop_run(l, &err), 7);
	assert_int_equal(err.code, 0);
	/* Stopped before it ran: returns at once; and it may run again. */
	loop_stop(l, 3);
	assert_int_equal(loop_run(l, NULL), 3);
	assert_int_equal(loop_timer_set(s, 0), 0);
	assert_int_equal(loop_run(l, NULL), 7);
}

static void test_handlers_error_ends_run(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(loop_source_freep) struct loop_source *s = NULL;
	_cleanup_(loop_source_freep) struct loop_source *d = NULL;
	struct probe p = { .result = -EPROTO }, q = { .result = -EBADMSG };
	struct err err = { 0 };

	assert_int_equal(loop_timer(l, 0, on_plain, &p, &s, NULL), 0);
	assert_int_equal(loop_run(l, &err), -EPROTO);
	assert_string_equal(err_text(&err), "an event's handler failed: Protocol error");
	assert_int_equal(loop_defer(l, on_plain, &q, &d, NULL), 0);
	loop_defer_arm(d);
	assert_int_equal(loop_run(l, NULL), -EBADMSG);
}

/* Sources may outlive their loop. */
static void test_free_order(void **state)
{
	(void)state;
	struct loop *l = make_loop();
	struct loop_source *timer, *defer;

	assert_int_equal(loop_timer(l, 0, on_plain, NULL, &timer, NULL), 0);
	assert_int_equal(loop_defer(l, on_plain, NULL, &defer, NULL), 0);
	loop_defer_arm(defer);
	assert_null(loop_free(l));
	assert_null(loop_source_free(timer));
	assert_null(loop_source_free(defer));
	assert_null(loop_free(NULL));
	assert_null(loop_source_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_io),
		cmocka_unit_test(test_io_error),
		cmocka_unit_test(test_free_within_handler),
		cmocka_unit_test(test_less_within_handler),
		cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_timer),
		cmocka_unit_test(test_timer_never),
		cmocka_unit_test(test_timers_only_when_due),
		cmocka_unit_test(test_timer_frees_itself),
		cmocka_unit_test(test_child),
		cmocka_unit_test(test_reap),
		cmocka_unit_test(test_end_group),
		cmocka_unit_test(test_signal),
		cmocka_unit_test(test_defer_runs_last),
		cmocka_unit_test(test_defer_without_events),
		cmocka_unit_test(test_defer_rearms),
		cmocka_unit_test(test_defer_frees),
		cmocka_unit_test(test_defer_is_not_starved),
		cmocka_unit_test(test_run_until_stop),
		cmocka_unit_test(test_handlers_error_ends_run),
		cmocka_unit_test(test_free_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
