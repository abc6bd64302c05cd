/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/mem.h"

/* Runs FN in a child; it must abort, having written one line. */
static void assert_dies(void (*fn)(void))
{
	char text[64] = "";
	int fds[2], status;

	assert_int_equal(pipe(fds), 0);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		fn();
		_exit(0);
	}
	close(fds[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	ssize_t n = read(fds[0], text, sizeof(text) - 1);
	close(fds[0]);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_int_equal(n, strlen("out of memory\n"));
	assert_string_equal(text, "out of memory\n");
}

static void grow_overflow(void)
{
	size_t cap = 0;
	volatile size_t need = SIZE_MAX / 2;

	grow(NULL, &cap, need, 16);
}

static void realloc_overflow(void)
{
	volatile size_t count = SIZE_MAX;

	xreallocarray(NULL, count, 2);
}

static void test_overflow_aborts(void **state)
{
	(void)state;
	assert_dies(mem_exhausted);
#ifndef __SANITIZE_ADDRESS__ /* which makes a report of its own of the two */
	assert_dies(grow_overflow);
	assert_dies(realloc_overflow);
#else
	(void)grow_overflow;
	(void)realloc_overflow;
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overflow_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
