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
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/str.h"
#include "tests/unit/lib/base/scratch.h"

#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define SH(script) ARGV("sh", "-c", script)

/* What SPEC's child writes to its descriptor 1, which is put in front of SPEC's own. */
static char *output_of(struct proc_spec spec)
{
	_cleanup_(freep) struct proc_fd *fds = xcalloc(spec.fd_count + 1, sizeof(*fds));
	struct buf b = BUF_INIT;
	struct err err = { 0 };
	int pipe_fds[2];
	pid_t pid;

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	fds[0] = (struct proc_fd){ .from = pipe_fds[1], .to = 1 };
	for (size_t i = 0; i < spec.fd_count; i++)
		fds[i + 1] = spec.fds[i];
	spec.fds = fds;
	spec.fd_count++;
	int pidfd = proc_spawn(&spec, &pid, &err);
	close(pipe_fds[1]);
	if (pidfd < 0)
		fail_msg("%s", err_text(&err));
	assert_int_equal(fs_read_fd(pipe_fds[0], "pipe", 1 << 16, &b, NULL), 0);
	close(pipe_fds[0]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
	close(pidfd);
	return buf_take(&b);
}

/* Starting SPEC must fail with CODE and TEXT, and leave no child behind. */
static void assert_refused(struct proc_spec spec, int code, const char *text)
{
	struct err err = { 0 };
	pid_t pid = 42;

	assert_int_equal(proc_spawn(&spec, &pid, &err), code);
	assert_string_equal(err_text(&err), text);
	assert_int_equal(pid, 42);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void test_refusals(void **state)
{
	struct scratch *s = *state;
	const char *const none[] = { NULL };
	_cleanup_(freep) char *script = xasprintf("%s/no-interpreter", s->path);
	struct proc_fd bad = { .from = 12345, .to = 5 };

	assert_refused((struct proc_spec){ .argv = none }, -EINVAL, "starting a program: no name given");
	assert_refused((struct proc_spec){ .argv = ARGV("no-such-program") }, -ENOENT,
		"starting no-such-program: No such file or directory");
	assert_refused(
		(struct proc_spec){ .argv = ARGV("") }, -ENOENT, "starting : No such file or directory");
	assert_refused((struct proc_spec){ .argv = ARGV("/etc/passwd") }, -EACCES,
		"starting /etc/passwd: Permission denied");
	assert_refused((struct proc_spec){ .argv = ARGV("true"), .cwd = "/no/such/place" }, -ENOENT,
		"starting true: entering its directory: No such file or directory");
	assert_refused((struct proc_spec){ .argv = ARGV("true"), .fds = &bad, .fd_count = 1 }, -EBADF,
		"starting true: copying a descriptor: Bad file descriptor");

	/* Never a shell, not even for what execvp would give to one. */
	assert_int_equal(fs_write(AT_FDCWD, script, "echo hello\n", 11, 0755, 0, NULL), 0);
	_cleanup_(freep) char *text = xasprintf("starting %s: Exec format error", script);
	assert_refused((struct proc_spec){ .argv = ARGV(script) }, -ENOEXEC, text);
}

/* As in a shell: a file that may not be executed is passed over for one that may, and remembered. */
static void test_path(void **state)
{
	struct scratch *s = *state;
	_cleanup_(freep) char *path = xasprintf("PATH=:%s/none:%s/a::%s/b", s->path, s->path, s->path);
	_cleanup_(freep) char *only_a = xasprintf("PATH=%s/a", s->path);

	assert_int_equal(fs_mkdir_p(s->fd, "a", 0755, NULL), 0);
	assert_int_equal(fs_mkdir_p(s->fd, "b", 0755, NULL), 0);
	assert_int_equal(fs_write(s->fd, "a/prog", "", 0, 0644, 0, NULL), 0);
	const char *script = "#!/bin/sh\necho b\n";
	assert_int_equal(fs_write(s->fd, "b/prog", script, strlen(script), 0755, 0, NULL), 0);

	_cleanup_(freep) char *out = output_of((struct proc_spec){ .argv = ARGV("prog"), .env = ARGV(path) });
	assert_string_equal(out, "b\n");
	assert_refused((struct proc_spec){ .argv = ARGV("prog"), .env = ARGV(only_a) }, -EACCES,
		"starting prog: Permission denied");
	assert_refused((struct proc_spec){ .argv = ARGV("prog"), .env = ARGV("PATH=") }, -ENOENT,
		"starting prog: No such file or directory");
}

static void test_environment(void **state)
{
	(void)state;
	setenv("PINTLE_A", "old", 1);
	setenv("PINTLE_B", "kept", 1);
	const char *const *env = ARGV("PINTLE_A=new", "PINTLE_C=more", "PINTLE_C=most");
	const char *const *show = SH("echo ${PINTLE_A-none} ${PINTLE_B-none} ${PINTLE_C-none}");

	_cleanup_(freep) char *added = output_of((struct proc_spec){ .argv = show, .env = env });
	assert_string_equal(added, "new kept most\n");
	_cleanup_(freep) char *same = output_of((struct proc_spec){ .argv = show });
	assert_string_equal(same, "old kept none\n");
	_cleanup_(freep) char *only = output_of(
		(struct proc_spec){ .argv = show, .env = env, .env_clear = true });
	assert_string_equal(only, "new none most\n");

	/* PATH is all that is left. */
	_cleanup_(freep) char *bare = output_of((struct proc_spec){ .argv = ARGV("env"), .env_clear = true });
	_cleanup_(freep) char *expected = xasprintf("PATH=%s\n", getenv("PATH"));
	assert_string_equal(bare, expected);
	unsetenv("PINTLE_A");
	unsetenv("PINTLE_B");
}

static void test_directory(void **state)
{
	struct scratch *s = *state;
	_cleanup_(freep) char *out = output_of((struct proc_spec){ .argv = ARGV("pwd"), .cwd = s->path });
	_cleanup_(freep) char *expected = xasprintf("%s\n", s->path);

	assert_string_equal(out, expected);
}

static void test_stdin_is_null(void **state)
{
	(void)state;
	_cleanup_(freep) char *out = output_of((struct proc_spec){ .argv = SH("cat; echo end") });

	assert_string_equal(out, "end\n");
}

/* No descriptor gets through but those named, even where close-on-exec was forgotten. */
static void test_descriptors_are_closed(void **state)
{
	(void)state;
	int leak = open("/dev/null", O_RDONLY), high = fcntl(leak, F_DUPFD, 500);
	struct proc_fd fd = { .from = leak, .to = 7 };
	_cleanup_(freep) char *out = output_of(
		(struct proc_spec){ .argv = SH("cd /proc/self/fd; for f in 3 4 5 6 7 8 9 10 11 12 13 500; do "
					       "[ ! -e $f ] || echo $f; done"),
			.fds = &fd,
			.fd_count = 1 });

	assert_string_equal(out, "7\n");
	close(leak);
	close(high);
}

/* Targets that are each other's sources. */
static void test_descriptors_swap(void **state)
{
	struct scratch *s = *state;

	assert_int_equal(fs_write(s->fd, "a", "A", 1, 0600, 0, NULL), 0);
	assert_int_equal(fs_write(s->fd, "b", "B", 1, 0600, 0, NULL), 0);
	_cleanup_(closep) int a = openat(s->fd, "a", O_RDONLY | O_CLOEXEC);
	_cleanup_(closep) int b = openat(s->fd, "b", O_RDONLY | O_CLOEXEC);
	const struct proc_fd fds[] = { { a, b }, { b, a }, { a, 0 } };
	_cleanup_(freep) char *script = xasprintf("cat /proc/self/fd/%d /proc/self/fd/%d; cat", a, b);
	_cleanup_(freep) char *out = output_of(
		(struct proc_spec){ .argv = SH(script), .fds = fds, .fd_count = ARRAY_LEN(fds) });
	assert_string_equal(out, "BAA");
}

static void ignore(int signo)
{
	(void)signo;
}

/* The set at NAME in a /proc/PID/status, without 32 and 33, which are the C library's and cannot be set. */
static unsigned long long signal_set(const char *status, const char *name)
{
	const char *at = strstr(status, name);

	assert_non_null(at);
	return strtoull(at + strlen(name), NULL, 16) & ~0x180000000ULL;
}

static void test_signals_are_default(void **state)
{
	sigset_t set, old;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &old);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, ignore);
	_cleanup_(freep) char *out = output_of(
		(struct proc_spec){ .argv = ARGV("cat", "/proc/self/status") });
	signal(SIGPIPE, SIG_DFL);
	assert_ptr_equal(signal(SIGHUP, SIG_DFL), ignore);
	assert_int_equal(signal_set(out, "SigBlk:"), 0);
	assert_int_equal(signal_set(out, "SigIgn:"), 0);
	assert_int_equal(signal_set(out, "SigCgt:"), 0);

	/* Ours are as they were. */
	sigset_t now;
	sigprocmask(SIG_SETMASK, &old, &now);
	assert_true(sigismember(&now, SIGTERM));
	assert_false(sigismember(&now, SIGUSR2));
}

static void test_session(void **state)
{
	(void)state;
	/* In /proc/PID/stat: pid (comm) state ppid pgrp session. */
	const char *const *show = SH("read pid comm state ppid pgrp sid rest </proc/$$/stat; "
				     "[ $pid = $sid ] && echo own || echo shared");
	_cleanup_(freep) char *own = output_of((struct proc_spec){ .argv = show, .new_session = true });
	_cleanup_(freep) char *shared = output_of((struct proc_spec){ .argv = show });

	assert_string_equal(own, "own\n");
	assert_string_equal(shared, "shared\n");
}

/* Of a parent that is killed: its child holds a pipe open until it dies too. */
static void test_dies_with_parent(void **state)
{
	int fds[2], hold[2];
	char byte;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
	pid_t parent = fork();
	if (parent == 0) {
		struct proc_fd child_fds[] = { { hold[0], 0 }, { fds[1], 1 } };
		int r = proc_spawn(&(struct proc_spec){ .argv = ARGV("cat"),
					   .fds = child_fds,
					   .fd_count = 2,
					   .die_with_parent = true },
			NULL, NULL);

		kill(getpid(), r < 0 ? SIGTERM : SIGKILL);
	}
	close(fds[1]);
	int status;
	assert_int_equal(waitpid(parent, &status, 0), parent);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	alarm(10);
	assert_int_equal(read(fds[0], &byte, 1), 0);
	alarm(0);
	close(fds[0]);
	close(hold[0]);
	close(hold[1]);
}

/* An empty namespace: a loopback interface that is down. */
static void test_no_network(void **state)
{
	(void)state;
	_cleanup_(freep) char *out = output_of((struct proc_spec){
		.argv = SH("sed -nE 's/^ *([^ ]*):.*/\\1/p' /proc/net/dev"), .no_network = true });
	_cleanup_(freep) char *namespace = output_of(
		(struct proc_spec){ .argv = ARGV("readlink", "/proc/self/ns/net"), .no_network = true });
	char own[64] = "";

	assert_string_equal(out, "lo\n");
	assert_true(readlink("/proc/self/ns/net", own, sizeof(own) - 1) > 0);
	assert_false(str_starts(namespace, own));
}

static void test_limits(void **state)
{
	static const struct proc_limit limits[] = { { RLIMIT_DATA, 64 << 20 }, { RLIMIT_CPU, 7 } };
	struct rlimit before, after;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_CPU, &before), 0);
	_cleanup_(freep) char *out = output_of((struct proc_spec){
		.argv = SH("ulimit -d; ulimit -H -t"), .limits = limits, .limit_count = ARRAY_LEN(limits) });
	assert_string_equal(out, "65536\n7\n");
	assert_int_equal(getrlimit(RLIMIT_CPU, &after), 0);
	assert_int_equal(before.rlim_cur, after.rlim_cur);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_refusals),
		TEST(test_path),
		TEST(test_environment),
		TEST(test_directory),
		TEST(test_stdin_is_null),
		TEST(test_descriptors_are_closed),
		TEST(test_descriptors_swap),
		TEST(test_signals_are_default),
		TEST(test_session),
		TEST(test_dies_with_parent),
		TEST(test_no_network),
		TEST(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
