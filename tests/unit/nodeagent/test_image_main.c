/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "nodeagent/image_main.h"

enum { MAX = 6 };

/* Runs the mode in an empty home, with its output going nowhere. */
static int run(const char *const *words)
{
	char home[] = "/tmp/pintle-image-main-XXXXXX", text[MAX][32], *argv[MAX];
	int argc = 0;
	assert_non_null(mkdtemp(home));
	for (; words[argc]; argc++) {
		snprintf(text[argc], sizeof(text[argc]), "%s", words[argc]);
		argv[argc] = text[argc];
	}
	fflush(NULL);
	int out = dup(STDOUT_FILENO), errors = dup(STDERR_FILENO),
	    none = open("/dev/null", O_WRONLY | O_CLOEXEC);
	dup2(none, STDOUT_FILENO);
	dup2(none, STDERR_FILENO);
	int code = image_main(home, argc, argv);
	fflush(NULL);
	dup2(out, STDOUT_FILENO);
	dup2(errors, STDERR_FILENO);
	close(out);
	close(errors);
	close(none);
	assert_int_equal(fs_remove_tree(AT_FDCWD, home, NULL), 0);
	return code;
}
#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void an_empty_store_can_be_listed(void **state)
{
	(void)state;
	assert_int_equal(run(WORDS("list")), 0);
	assert_int_equal(run(WORDS("list", "--json")), 0);
}

static void wrong_usage_and_failures_are_2(void **state)
{
	(void)state;
	assert_int_equal(run(WORDS(NULL)), 2);
	assert_int_equal(run(WORDS("explode")), 2);
	assert_int_equal(run(WORDS("list", "--xml")), 2);
	assert_int_equal(run(WORDS("list", "word")), 2);
	assert_int_equal(run(WORDS("import")), 2);
	assert_int_equal(run(WORDS("import", "--name")), 2);
	assert_int_equal(run(WORDS("import", "/nowhere/at/all")), 2);
	assert_int_equal(run(WORDS("remove")), 2);
	assert_int_equal(run(WORDS("remove", "--", "nginx")), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_store_can_be_listed),
		cmocka_unit_test(wrong_usage_and_failures_are_2),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
