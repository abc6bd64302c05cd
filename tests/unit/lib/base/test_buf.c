/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/base/buf.h"

static void test_empty(void **state)
{
	(void)state;
	_cleanup_(buf_done) struct buf b = BUF_INIT;

	assert_string_equal(b.data, "");
	assert_int_equal(b.len, 0);
	buf_clear(&b);
	buf_truncate(&b, 0);
	buf_consume(&b, 0);
	buf_adds(&b, "");
	buf_add(&b, NULL, 0);
	buf_addf(&b, "%s", "");
	assert_string_equal(b.data, "");
	assert_int_equal(b.len, 0);
	assert_int_equal(buf_empty[0], 0);
}

static void test_append(void **state)
{
	(void)state;
	_cleanup_(buf_done) struct buf b = BUF_INIT;

	buf_adds(&b, "pod");
	buf_addc(&b, '-');
	buf_addf(&b, "%03d", 7);
	buf_add(&b, "\0x", 2);
	assert_int_equal(b.len, 9);
	assert_memory_equal(b.data, "pod-007\0x", 10);
}

/* Texts of all lengths around each doubling, so that both ways through buf_addf are taken with exact fits. */
static void test_addf_lengths(void **state)
{
	(void)state;

	for (int start = 0; start < 70; start++) {
		for (int n = 0; n < 70; n++) {
			_cleanup_(buf_done) struct buf b = BUF_INIT;

			buf_addf(&b, "%*s", start, "");
			buf_addf(&b, "%*s", n, "");
			assert_int_equal(b.len, start + n);
			assert_int_equal(strlen(b.data), start + n);
			assert_true(b.cap > b.len || b.len == 0);
		}
	}
}

static void test_reserve_extend(void **state)
{
	(void)state;
	_cleanup_(buf_done) struct buf b = BUF_INIT;

	buf_adds(&b, "ab");
	char *to = buf_reserve(&b, 1000);
	assert_ptr_equal(to, b.data + 2);
	assert_string_equal(b.data, "ab");
	memset(to, 'z', 1000);
	buf_extend(&b, 3);
	assert_string_equal(b.data, "abzzz");
}

static void test_truncate_consume(void **state)
{
	(void)state;
	_cleanup_(buf_done) struct buf b = BUF_INIT;

	buf_adds(&b, "one\ntwo\nthree");
	buf_consume(&b, 4);
	assert_string_equal(b.data, "two\nthree");
	buf_truncate(&b, 3);
	assert_string_equal(b.data, "two");
	buf_truncate(&b, 10);
	assert_string_equal(b.data, "two");
	buf_consume(&b, 3);
	assert_string_equal(b.data, "");
	assert_int_equal(b.len, 0);
}

static void test_clear_keeps_memory(void **state)
{
	(void)state;
	_cleanup_(buf_done) struct buf b = BUF_INIT;

	buf_addf(&b, "%100s", "");
	size_t cap = b.cap;
	buf_clear(&b);
	assert_int_equal(b.cap, cap);
	assert_string_equal(b.data, "");
}

/* What was written into reserved room and is not wanted is not there. */
static void test_extend_by_nothing(void **state)
{
	(void)state;
	_cleanup_(buf_done) struct buf b = BUF_INIT;

	buf_extend(&b, 0);
	assert_string_equal(b.data, "");
	strcpy(buf_reserve(&b, 8), "unwanted");
	buf_extend(&b, 0);
	assert_string_equal(b.data, "");
	buf_adds(&b, "kept");
	strcpy(buf_reserve(&b, 8), "unwanted");
	buf_extend(&b, 0);
	assert_string_equal(b.data, "kept");
}

static void test_take(void **state)
{
	(void)state;
	struct buf b = BUF_INIT;

	_cleanup_(freep) char *none = buf_take(&b);
	assert_string_equal(none, "");
	buf_adds(&b, "x");
	_cleanup_(freep) char *x = buf_take(&b);
	assert_string_equal(x, "x");
	assert_int_equal(b.len, 0);
	assert_string_equal(b.data, "");
	buf_adds(&b, "again");
	assert_string_equal(b.data, "again");
	assert_string_equal(x, "x");
	buf_done(&b);
	buf_done(&b);
	assert_string_equal(b.data, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_addf_lengths),
		cmocka_unit_test(test_reserve_extend),
		cmocka_unit_test(test_truncate_consume),
		cmocka_unit_test(test_clear_keeps_memory),
		cmocka_unit_test(test_extend_by_nothing),
		cmocka_unit_test(test_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
