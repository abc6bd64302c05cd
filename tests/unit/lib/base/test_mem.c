/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/mem.h"

static void test_zero_sizes(void **state)
{
	(void)state;
	_cleanup_(freep) void *a = xcalloc(0, 0);
	_cleanup_(freep) void *b = xreallocarray(NULL, 0, 16);
	_cleanup_(freep) void *c = xmemdup(NULL, 0);

	assert_non_null(a);
	assert_non_null(b);
	assert_non_null(c);
}

static void test_calloc_zeroes(void **state)
{
	static const char zero[300];

	(void)state;
	_cleanup_(freep) char *p = xcalloc(100, 3);
	assert_memory_equal(p, zero, sizeof(zero));
}

static void test_strings(void **state)
{
	(void)state;
	_cleanup_(freep) char *a = xstrdup("pintle");
	_cleanup_(freep) char *b = xstrndup("pintle", 3);
	_cleanup_(freep) char *c = xstrndup("pintle", 100);
	_cleanup_(freep) char *d = xasprintf("%s-%d", "web", 7);
	_cleanup_(freep) char *e = xmemdup("a\0b", 4);

	assert_string_equal(a, "pintle");
	assert_string_equal(b, "pin");
	assert_string_equal(c, "pintle");
	assert_string_equal(d, "web-7");
	assert_memory_equal(e, "a\0b", 4);
}

/* xstrndup must not look behind N bytes. */
static void test_strndup_unterminated(void **state)
{
	static const char bytes[3] = { 'a', 'b', 'c' };

	(void)state;
	_cleanup_(freep) char *s = xstrndup(bytes, sizeof(bytes));
	assert_string_equal(s, "abc");
}

static void test_grow(void **state)
{
	(void)state;
	_cleanup_(freep) int *v = NULL;
	size_t cap = 0, moves = 0;

	for (int i = 0; i < 1000; i++) {
		size_t before = cap;

		v = grow(v, &cap, (size_t)i + 1, sizeof(v[0]));
		moves += cap != before;
		assert_true(cap > (size_t)i);
		v[i] = i;
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(v[i], i);
	assert_true(moves <= 8);

	v = grow(v, &cap, 100000, sizeof(v[0]));
	assert_true(cap >= 100000);
	assert_int_equal(v[999], 999);
}

/* Of a large array at most a fifth is empty. */
static void test_grow_large(void **state)
{
	(void)state;
	_cleanup_(freep) int *v = NULL;
	size_t cap = 0, moves = 0;

	for (size_t i = 0; i < 300000; i++) {
		size_t before = cap;

		v = grow(v, &cap, i + 1, sizeof(v[0]));
		moves += cap != before;
		v[i] = (int)i;
		assert_true(i < 40000 || (cap - i) * 5 <= cap + 5);
	}
	for (size_t i = 0; i < 300000; i++)
		assert_int_equal(v[i], i);
	assert_true(moves <= 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zero_sizes),
		cmocka_unit_test(test_calloc_zeroes),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_strndup_unterminated),
		cmocka_unit_test(test_grow),
		cmocka_unit_test(test_grow_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
