/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/base/str.h"
#include "tests/unit/lib/object/thing.h"

static void test_find(void **state)
{
	static const struct {
		const char *path, *name;
	} cases[] = {
		{ "name", "name" },
		{ "ports.number", "number" },
		{ "ports[0].number", "number" },
		{ "ports[*].number", "number" },
		{ "ports[0]", "ports" },
		{ "limits.others", "others" },
		{ "extra.flag", "flag" },
		{ "kind", "kind" },
		{ "", NULL },
		{ "nam", NULL },
		{ "names", NULL },
		{ "name.x", NULL },
		{ "ports.", NULL },
		{ ".ports", NULL },
		{ "ports[0", NULL },
		{ "ports[0]x", NULL },
		{ "ports..number", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct field *f = schema_find(&schema_thing, cases[i].path);

		if (!str_eq(f ? f->name : NULL, cases[i].name))
			fail_msg("\"%s\" finds %s, expected %s", cases[i].path, f ? f->name : "nothing",
				cases[i].name ? cases[i].name : "nothing");
	}
}

static void test_maps(void **state)
{
	struct string_pair a[] = { { "a", "1" }, { "b", "2" }, { "d", "3" } };
	struct string_pair b[] = { { "a", "1" }, { "b", "2" }, { "d", "4" } };
	const struct string_map x = { a, 3 }, y = { b, 3 }, z = { a, 2 }, none = { 0 };

	(void)state;
	assert_string_equal(string_map_get(&x, "a"), "1");
	assert_string_equal(string_map_get(&x, "d"), "3");
	assert_null(string_map_get(&x, "c"));
	assert_null(string_map_get(&none, "a"));
	assert_true(string_map_equal(&x, &x));
	assert_false(string_map_equal(&x, &y));
	assert_false(string_map_equal(&x, &z));
	assert_true(string_map_equal(&none, &none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
