/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/arena.h"

static bool is_zero(const char *p, size_t n)
{
	while (n > 0 && p[n - 1] == 0)
		n--;
	return n == 0;
}

static void test_aligned_zeroed_distinct(void **state)
{
	(void)state;
	_cleanup_(arena_freep) struct arena *a = arena_new(64);

	for (size_t size = 0; size < 600; size++) {
		arena_strdup(a, "odd"); /* leaves the arena unaligned */
		char *p = arena_alloc(a, size);

		assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
		assert_true(is_zero(p, size));
		memset(p, 0xff, size ? size : 1);
	}
}

static void test_nothing_moves(void **state)
{
	enum { N = 5000 };
	static char *kept[N];

	(void)state;
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	for (int i = 0; i < N; i++)
		kept[i] = arena_printf(a, "%d", i);
	for (int i = 0; i < N; i++) {
		char expected[16];

		snprintf(expected, sizeof(expected), "%d", i);
		assert_string_equal(kept[i], expected);
	}
}

static void test_large_blocks(void **state)
{
	(void)state;
	_cleanup_(arena_freep) struct arena *a = arena_new(128);
	char *small = arena_alloc(a, 16);
	char *large = arena_alloc(a, 1024 * 1024);
	char *next = arena_alloc(a, 16);

	assert_true(is_zero(large, 1024 * 1024));
	memset(large, 1, 1024 * 1024);
	/* The chunk in use is not given up for the large block. */
	assert_ptr_equal(next, small + 16);
	assert_true(is_zero(next, 16));
	assert_in_range(arena_size(a), 1024 * 1024, 1024 * 1024 + 1024);
}

static void test_exact_fit(void **state)
{
	(void)state;
	_cleanup_(arena_freep) struct arena *a = arena_new(64);
	size_t size = arena_size(a);
	char *p = arena_alloc(a, 64);

	memset(p, 1, 64);
	assert_int_equal(arena_size(a), size);
	memset(arena_alloc(a, 1), 1, 1);
	assert_true(arena_size(a) > size);
}

static void test_size_of_small_arena(void **state)
{
	(void)state;
	_cleanup_(arena_freep) struct arena *a = arena_new(100);

	assert_in_range(arena_size(a), 100, 256);
}

/* What it was too small for by little doesn't double it. */
static void test_second_chunk(void **state)
{
	(void)state;
	_cleanup_(arena_freep) struct arena *a = arena_new(4000);

	arena_alloc(a, 4000);
	arena_alloc(a, 100);
	assert_in_range(arena_size(a), 6000, 6200);
}

static void test_strings(void **state)
{
	char long_text[1000];

	(void)state;
	memset(long_text, 'y', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	_cleanup_(arena_freep) struct arena *a = arena_new(64);

	assert_string_equal(arena_strdup(a, ""), "");
	assert_string_equal(arena_strdup(a, "web"), "web");
	assert_string_equal(arena_strndup(a, "website", 3), "web");
	assert_string_equal(arena_strndup(a, "web", 30), "web");
	assert_string_equal(arena_printf(a, "%s-%d", "web", 1), "web-1");
	assert_string_equal(arena_printf(a, "%s", long_text), long_text);
	assert_string_equal(arena_strdup(a, "end"), "end");
	assert_memory_equal(arena_memdup(a, "a\0b", 4), "a\0b", 4);
	assert_non_null(arena_memdup(a, NULL, 0));
}

static void test_array(void **state)
{
	(void)state;
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	uint64_t *v = arena_array(a, 100, sizeof(*v));

	assert_true(is_zero((const char *)v, 100 * sizeof(*v)));
	assert_non_null(arena_array(a, 0, 8));
}

static void test_free_takes_null(void **state)
{
	(void)state;
	assert_null(arena_free(NULL));
	assert_null(arena_free(arena_new(0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aligned_zeroed_distinct),
		cmocka_unit_test(test_nothing_moves),
		cmocka_unit_test(test_large_blocks),
		cmocka_unit_test(test_exact_fit),
		cmocka_unit_test(test_size_of_small_arena),
		cmocka_unit_test(test_second_chunk),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_array),
		cmocka_unit_test(test_free_takes_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
