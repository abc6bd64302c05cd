/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/object/json.h"
#include "lib/object/value.h"

static struct value *parsed(struct arena *a, const char *json)
{
	struct err err = { 0 };
	struct value *v = NULL;

	if (json_parse(a, json, strlen(json), &v, &err) < 0)
		fail_msg("%s: %s", json, err_text(&err));
	return v;
}

static void test_asking(void **state)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	const struct value *v = parsed(a, "{\"s\":\"x\",\"i\":7,\"b\":true,\"l\":[1],\"n\":null,\"\":1}");

	(void)state;
	assert_string_equal(value_get_string(v, "s"), "x");
	assert_null(value_get_string(v, "i"));
	assert_null(value_get_string(v, "none"));
	assert_null(value_get(NULL, "s"));
	assert_null(value_get(value_get(v, "l"), "s"));
	assert_int_equal(value_get_int(v, "i", 3), 7);
	assert_int_equal(value_get_int(v, "s", 3), 3);
	assert_int_equal(value_get_int(v, "", 3), 1);
	assert_true(value_get_bool(v, "b", false));
	assert_true(value_get_bool(v, "n", true));
	assert_null(value_string(NULL));
	assert_string_equal(value_type_name(VALUE_MAP), "map");
}

static void test_equality(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} cases[] = {
		{ "null", "null", true },
		{ "null", "false", false },
		{ "1", "1.0", true },
		{ "1", "1.5", false },
		{ "1", "\"1\"", false },
		{ "\"a\"", "\"a\"", true },
		{ "\"a\"", "\"ab\"", false },
		{ "[1,2]", "[1,2]", true },
		{ "[1,2]", "[2,1]", false },
		{ "[1]", "[1,2]", false },
		{ "{\"a\":1,\"b\":[2]}", "{\"b\":[2],\"a\":1}", true },
		{ "{\"a\":1}", "{\"b\":1}", false },
		{ "{\"a\":1}", "{\"a\":2}", false },
		{ "{\"a\":1}", "{}", false },
		{ "{}", "[]", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(arena_freep) struct arena *a = arena_new(0);

		if (value_equal(parsed(a, cases[i].a), parsed(a, cases[i].b)) != cases[i].equal)
			fail_msg("%s and %s should %sbe equal", cases[i].a, cases[i].b,
				cases[i].equal ? "" : "not ");
	}
}

static void test_building(void **state)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	struct value *map = value_map_new(a), *list = value_list_new(a);
	char key[16];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		value_set_int(a, map, key, i);
		value_append(a, list, value_int_new(a, i));
	}
	assert_int_equal(map->map.count, 1000);
	assert_int_equal(list->list.count, 1000);
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		assert_int_equal(value_get_int(map, key, -1), i);
		assert_int_equal(list->list.items[i]->integer, i);
	}
	value_set_string(a, map, "k3", "three");
	value_set_bool(a, map, "k4", true);
	assert_int_equal(map->map.count, 1000);
	assert_string_equal(value_get_string(map, "k3"), "three");
	assert_true(value_get_bool(map, "k4", false));
}

/* What a parser or value_copy made may grow as well. */
static void test_growing_what_was_parsed(void **state)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);

	(void)state;
	for (size_t n = 0; n < 20; n++) {
		_cleanup_(buf_done) struct buf text = BUF_INIT;
		struct value *v, *copy;

		buf_addc(&text, '[');
		for (size_t i = 0; i < n; i++)
			buf_addf(&text, "%s%zu", i ? "," : "", i);
		buf_addc(&text, ']');
		v = parsed(a, text.data);
		copy = value_copy(a, v);
		assert_true(value_equal(v, copy));
		for (size_t i = 0; i < 20; i++) {
			value_append(a, v, value_null_new(a));
			value_append(a, copy, value_null_new(a));
		}
		assert_int_equal(v->list.count, n + 20);
		assert_true(value_equal(v, copy));
	}
}

static void test_copies_are_deep(void **state)
{
	struct arena *first = arena_new(0);
	_cleanup_(arena_freep) struct arena *second = arena_new(0);
	static const char json[] = "{\"a\":[\"x\",{\"b\":1.5}],\"c\":null,\"d\":true}";
	struct value *copy = value_copy(second, parsed(first, json));

	(void)state;
	arena_free(first);
	assert_true(value_equal(copy, parsed(second, json)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asking),
		cmocka_unit_test(test_equality),
		cmocka_unit_test(test_building),
		cmocka_unit_test(test_growing_what_was_parsed),
		cmocka_unit_test(test_copies_are_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
