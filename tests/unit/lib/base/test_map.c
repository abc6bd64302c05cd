/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/map.h"

enum { N = 2000 };

struct item {
	char key[16];
	bool present;
};

static int values[8];

static void test_empty(void **state)
{
	(void)state;
	struct map m = { 0 };

	assert_null(map_get(&m, "a"));
	assert_false(map_has(&m, "a"));
	assert_null(map_remove(&m, "a"));
	_cleanup_(freep) struct map_entry *sorted = map_sorted(&m);
	assert_non_null(sorted);
	map_clear(&m);
	map_done(&m);
}

static void test_put_replaces(void **state)
{
	(void)state;
	_cleanup_(map_done) struct map m = { 0 };
	char key[] = "a";

	assert_null(map_put(&m, "a", &values[0]));
	assert_null(map_put(&m, "b", &values[1]));
	assert_ptr_equal(map_put(&m, key, &values[2]), &values[0]);
	assert_int_equal(m.count, 2);
	assert_ptr_equal(m.entries[0].key, key);
	assert_ptr_equal(map_get(&m, "a"), &values[2]);
	assert_ptr_equal(map_get(&m, "b"), &values[1]);
}

static void test_null_values(void **state)
{
	(void)state;
	_cleanup_(map_done) struct map m = { 0 };

	map_put(&m, "", NULL);
	assert_true(map_has(&m, ""));
	assert_null(map_get(&m, ""));
	assert_false(map_has(&m, "x"));
}

/* Iteration is in insertion order; the last entry takes a removed one's place. */
static void test_order(void **state)
{
	static const char *const keys[] = { "d", "b", "e", "a", "c" };
	static const char *const left[] = { "d", "c", "e", "a" };

	(void)state;
	_cleanup_(map_done) struct map m = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		map_put(&m, keys[i], &values[i]);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		assert_string_equal(m.entries[i].key, keys[i]);

	assert_ptr_equal(map_remove(&m, "b"), &values[1]);
	assert_int_equal(m.count, ARRAY_LEN(left));
	for (size_t i = 0; i < ARRAY_LEN(left); i++)
		assert_string_equal(m.entries[i].key, left[i]);
	assert_ptr_equal(map_get(&m, "c"), &values[4]);

	/* The last one leaves without a move. */
	assert_ptr_equal(map_remove(&m, "a"), &values[3]);
	assert_int_equal(m.count, 3);
	assert_string_equal(m.entries[2].key, "e");
}

static void test_sorted(void **state)
{
	(void)state;
	_cleanup_(map_done) struct map m = { 0 };

	map_put(&m, "b", &values[1]);
	map_put(&m, "a", &values[0]);
	map_put(&m, "B", &values[2]);
	_cleanup_(freep) struct map_entry *sorted = map_sorted(&m);
	assert_string_equal(sorted[0].key, "B");
	assert_string_equal(sorted[1].key, "a");
	assert_string_equal(sorted[2].key, "b");
	assert_ptr_equal(sorted[1].value, &values[0]);
	assert_string_equal(m.entries[0].key, "b");
}

static void check_all(const struct map *m, struct item *items)
{
	size_t count = 0;

	for (int i = 0; i < N; i++) {
		assert_ptr_equal(map_get(m, items[i].key), items[i].present ? &items[i] : NULL);
		count += items[i].present;
	}
	assert_int_equal(m->count, count);
}

/* A long random life against an array: runs of collisions are opened and closed in every order. */
static void test_against_model(void **state)
{
	static struct item items[N];
	uint32_t seed = 1;

	(void)state;
	_cleanup_(map_done) struct map m = { 0 };
	for (int i = 0; i < N; i++)
		snprintf(items[i].key, sizeof(items[i].key), "pod-%d", i);
	for (int step = 0; step < 50000; step++) {
		seed = seed * 1664525 + 1013904223;
		struct item *it = &items[(seed >> 8) % N];
		bool put = (seed >> 24) % 16 < (step / 10000 % 2 ? 5 : 11);

		if (put)
			assert_ptr_equal(map_put(&m, it->key, it), it->present ? it : NULL);
		else
			assert_ptr_equal(map_remove(&m, it->key), it->present ? it : NULL);
		it->present = put;
		if (step % 5000 == 0)
			check_all(&m, items);
	}
	check_all(&m, items);

	map_clear(&m);
	for (int i = 0; i < N; i++)
		items[i].present = false;
	check_all(&m, items);
	map_put(&m, items[5].key, &items[5]);
	assert_ptr_equal(map_get(&m, "pod-5"), &items[5]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_put_replaces),
		cmocka_unit_test(test_null_values),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_sorted),
		cmocka_unit_test(test_against_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
