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
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/proc.h"

#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define SH(script) ARGV("sh", "-c", script)
#define RESULT ((struct proc_result){ .out = BUF_INIT, .errs = BUF_INIT })

/* Runs SPEC, which must start. */
static struct proc_result run(const struct proc_spec *spec)
{
	struct proc_result result = RESULT;
	struct err err = { 0 };

	if (proc_run(spec, &result, &err) != 0)
		fail_msg("%s", err_text(&err));
	return result;
}

static void test_output_and_status(void **state)
{
	(void)state;
	_cleanup_(proc_result_done) struct proc_result r = run(
		&(struct proc_spec){ .argv = SH("echo out; echo errs >&2; exit 3") });

	assert_string_equal(r.out.data, "out\n");
	assert_string_equal(r.errs.data, "errs\n");
	assert_int_equal(r.status, 3);
	assert_false(r.timed_out);
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
		proc_run(&(struct proc_spec){ .argv = ARGV("no-such-program-anywhere") }, &result, &err),
		-ENOENT);
	assert_string_equal(err_text(&err), "starting no-such-program-anywhere: No such file or directory");
	assert_int_equal(proc_run(&(struct proc_spec){ .argv = ARGV("/dev/null") }, &result, &err), -EACCES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output_and_status),
		cmocka_unit_test(test_signal_status),
		cmocka_unit_test(test_no_such_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
