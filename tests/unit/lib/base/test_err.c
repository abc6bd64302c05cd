/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/str.h"

static void test_set(void **state)
{
	(void)state;
	struct err err = { 0 };

	assert_int_equal(err_set(&err, -EINVAL, "bad %s %d", "port", 70000), -EINVAL);
	assert_int_equal(err.code, -EINVAL);
	assert_string_equal(err.text, "bad port 70000");
	assert_string_equal(err_text(&err), "bad port 70000");
}

static void test_null_is_allowed(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, -EINVAL, "x"), -EINVAL);
	assert_int_equal(err_errno(NULL, -ENOENT, "x"), -ENOENT);
	assert_int_equal(err_wrap(NULL, -EIO, "x"), -EIO);
	assert_string_equal(err_text(NULL), "no error");
	err_clear(NULL);
}

static void test_wrap_chain(void **state)
{
	(void)state;
	struct err err = { 0 };

	err_errno(&err, -ENOSPC, "mounting layer %s", "sha256:1");
	err_wrap(&err, -ENOSPC, "starting pod %s", "web-1");
	assert_string_equal(
		err_text(&err), "starting pod web-1: mounting layer sha256:1: No space left on device");
	assert_int_equal(err.code, -ENOSPC);
}

static void test_wrap_without_text(void **state)
{
	(void)state;
	struct err err = { 0 };

	assert_int_equal(err_wrap(&err, -EPERM, "opening"), -EPERM);
	assert_string_equal(err_text(&err), "opening: Operation not permitted");
}

static void test_text_without_text(void **state)
{
	(void)state;
	struct err none = { 0 }, code = { .code = -EACCES }, odd = { .code = -9999 };

	assert_string_equal(err_text(&none), "no error");
	assert_string_equal(err_text(&code), "Permission denied");
	assert_string_equal(err_text(&odd), "unknown error");
}

static void test_clear(void **state)
{
	(void)state;
	struct err err = { 0 };

	err_set(&err, -EIO, "x");
	err_clear(&err);
	assert_int_equal(err.code, 0);
	assert_string_equal(err_text(&err), "no error");
}

/* An argument may point into the text that it replaces. */
static void test_own_text_as_argument(void **state)
{
	(void)state;
	struct err err = { 0 };

	err_set(&err, -EIO, "inner");
	err_set(&err, -EIO, "outer: %s", err.text);
	assert_string_equal(err.text, "outer: inner");
	err_wrap(&err, -EIO, "[%s]", err.text);
	assert_string_equal(err.text, "[outer: inner]: outer: inner");
}

/* ERR_TEXT_MAX - 1 bytes fit exactly; from one more on the text ends in "…". */
static void test_truncation(void **state)
{
	(void)state;
	struct err err = { 0 };
	char text[ERR_TEXT_MAX + 100];

	memset(text, 'x', sizeof(text));
	text[ERR_TEXT_MAX - 1] = '\0';
	err_set(&err, -EIO, "%s", text);
	assert_string_equal(err.text, text);

	text[ERR_TEXT_MAX - 1] = 'x';
	text[ERR_TEXT_MAX] = '\0';
	err_set(&err, -EIO, "%s", text);
	assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
	assert_true(str_ends(err.text, "x…"));

	err_wrap(&err, -EIO, "outer");
	assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
	assert_true(str_starts(err.text, "outer: xxx"));
	assert_true(str_ends(err.text, "x…"));

	err_errno(&err, -EIO, "%s", text);
	assert_true(str_ends(err.text, "x…"));
}

/* Wherever the cut falls in multi-byte characters, what is left is UTF-8. */
static void test_truncation_keeps_utf8(void **state)
{
	(void)state;

	for (int shift = 0; shift < 4; shift++) {
		struct err err = { 0 };
		char text[2 * ERR_TEXT_MAX] = "";

		memset(text, 'x', (size_t)shift);
		while (strlen(text) < ERR_TEXT_MAX + 8)
			strcat(text, "🚢");
		err_set(&err, -EIO, "%s", text);
		assert_true(str_is_utf8(err.text, strlen(err.text), NULL));
		assert_true(str_ends(err.text, "🚢…"));
		assert_true(strlen(err.text) >= ERR_TEXT_MAX - 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_null_is_allowed),
		cmocka_unit_test(test_wrap_chain),
		cmocka_unit_test(test_wrap_without_text),
		cmocka_unit_test(test_text_without_text),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_own_text_as_argument),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_truncation_keeps_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
