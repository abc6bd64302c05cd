/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

#include "lib/base/intern.h"

static void test_shared(void **state)
{
	_cleanup_(intern_freep) struct intern *t = intern_new();
	uint32_t a = intern_ref(t, "a"), b = intern_ref(t, "b"), empty = intern_ref(t, "");

	(void)state;
	assert_int_equal(a, 0);
	assert_int_equal(b, 1);
	assert_int_equal(intern_ref(t, "a"), a);
	assert_string_equal(intern_text(t, a), "a");
	assert_string_equal(intern_text(t, empty), "");
	assert_int_equal(intern_count(t), 3);
	assert_null(intern_text(t, 3));
	assert_null(intern_text(t, UINT32_MAX));
}

static void test_last_user_frees(void **state)
{
	_cleanup_(intern_freep) struct intern *t = intern_new();
	uint32_t a = intern_ref(t, "a"), b = intern_ref(t, "b");

	(void)state;
	intern_ref(t, "a");
	intern_unref(t, a);
	assert_string_equal(intern_text(t, a), "a");
	intern_unref(t, a);
	assert_null(intern_text(t, a));
	assert_int_equal(intern_count(t), 1);
	intern_unref(t, a);
	intern_unref(t, 77);
	assert_string_equal(intern_text(t, b), "b");
}

/* What is freed is given out again, so that numbers stay small. */
static void test_numbers_come_back(void **state)
{
	_cleanup_(intern_freep) struct intern *t = intern_new();
	char text[16];

	(void)state;
	for (unsigned round = 0; round < 100; round++) {
		for (unsigned i = 0; i < 20; i++) {
			snprintf(text, sizeof(text), "%u-%u", round, i);
			assert_true(intern_ref(t, text) < 20);
		}
		for (uint32_t i = 0; i < 20; i++)
			intern_unref(t, i);
	}
	assert_int_equal(intern_count(t), 0);
	assert_int_equal(intern_ref(t, "next"), 19);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_last_user_frees),
		cmocka_unit_test(test_numbers_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
