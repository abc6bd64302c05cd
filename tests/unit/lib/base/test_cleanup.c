/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/mem.h"

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void test_close_keeps_errno(void **state)
{
	(void)state;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	errno = E2BIG;
	assert_int_equal(fd_close(fd), -1);
	assert_int_equal(errno, E2BIG);
	assert_false(is_open(fd));
	errno = E2BIG;
	assert_int_equal(fd_close(12345), -1);
	assert_int_equal(errno, E2BIG);
	assert_int_equal(fd_close(-1), -1);
	assert_int_equal(errno, E2BIG);
}

static void test_scope_closes(void **state)
{
	int seen;

	(void)state;
	{
		_cleanup_(closep) int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

		seen = fd;
		assert_true(is_open(seen));
	}
	assert_false(is_open(seen));
}

static int open_and_pass(void)
{
	_cleanup_(closep) int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	return TAKE_FD(fd);
}

static void test_take(void **state)
{
	(void)state;
	_cleanup_(closep) int fd = open_and_pass();
	assert_true(is_open(fd));

	_cleanup_(freep) char *s = xstrdup("x");
	_cleanup_(freep) char *t = TAKE_PTR(s);
	assert_null(s);
	assert_string_equal(t, "x");

	int gone = TAKE_FD(fd);
	assert_int_equal(fd, -1);
	fd = gone;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_close_keeps_errno),
		cmocka_unit_test(test_scope_closes),
		cmocka_unit_test(test_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
