/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* loop.c: children, and signals. */
#include "tests/unit/lib/base/loop_probe.h"

#include <errno.h>
#include <sys/wait.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_child),
		cmocka_unit_test(test_reap),
		cmocka_unit_test(test_end_group),
		cmocka_unit_test(test_signal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
