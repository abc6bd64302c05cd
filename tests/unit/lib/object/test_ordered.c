/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Objects in order are found as a look at each would find them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/object/ordered.h"
#include "tests/unit/lib/object/load.h"

/* In no order; one is there twice. */
static const char *const texts[] = {
	"{apiVersion: v1, kind: ConfigMap, metadata: {name: b, namespace: two}}",
	"{apiVersion: v1, kind: Namespace, metadata: {name: one}}",
	"{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: one}}",
	"{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: one}}",
	"{apiVersion: v1, kind: Namespace, metadata: {name: two}}",
	"{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: one}, data: {k: v}}",
	"{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: two}}",
};
enum { COUNT = ARRAY_LEN(texts) };

static int by_object(const void *a, const void *b)
{
	return object_cmp(*(struct object *const *)a, *(struct object *const *)b);
}

static int set_up(void **state)
{
	static struct object *objects[COUNT];

	for (size_t i = 0; i < COUNT; i++)
		objects[i] = load_one(texts[i]);
	qsort(objects, COUNT, sizeof(objects[0]), by_object);
	*state = objects;
	return 0;
}

static int tear_down(void **state)
{
	struct object **objects = *state;

	for (size_t i = 0; i < COUNT; i++)
		object_unref(objects[i]);
	return 0;
}

static void test_find(void **state)
{
	static const struct {
		enum kind_id kind;
		const char *namespace, *name;
		bool there;
	} cases[] = {
		{ KIND_CONFIG_MAP, "one", "a", true },
		{ KIND_CONFIG_MAP, "one", "b", false },
		{ KIND_CONFIG_MAP, "one", "c", true },
		{ KIND_CONFIG_MAP, "two", "a", false },
		{ KIND_CONFIG_MAP, "two", "b", true },
		{ KIND_CONFIG_MAP, "zero", "a", false },
		{ KIND_CONFIG_MAP, NULL, "a", false },
		{ KIND_SECRET, "one", "a", false },
		{ KIND_SECRET, "two", "a", true },
		{ KIND_NODE, NULL, "one", false },
		/* Kinds without namespaces are found whatever is asked. */
		{ KIND_NAMESPACE, NULL, "one", true },
		{ KIND_NAMESPACE, "one", "two", true },
		{ KIND_NAMESPACE, NULL, "three", false },
	};
	struct object **objects = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct object *o = ordered_find(
			objects, COUNT, cases[i].kind, cases[i].namespace, cases[i].name);

		if ((o != NULL) != cases[i].there)
			fail_msg("%s %s/%s: %s", kinds[cases[i].kind].name, str_or_empty(cases[i].namespace),
				cases[i].name, o ? "found" : "not found");
		if (!o)
			continue;
		assert_int_equal(o->kind->id, cases[i].kind);
		assert_string_equal(o->meta->name, cases[i].name);
	}
	assert_null(ordered_find(NULL, 0, KIND_SECRET, "two", "a"));
}

/* As many as a look at each counts, and all in a row. */
static void test_kinds(void **state)
{
	struct object **objects = *state;

	for (int kind = 0; kind < KIND_COUNT; kind++) {
		size_t count, start = ordered_kind(objects, COUNT, (enum kind_id)kind, &count), all = 0;

		for (size_t i = 0; i < COUNT; i++)
			all += (int)objects[i]->kind->id == kind;
		assert_int_equal(count, all);
		for (size_t i = start; i < start + count; i++)
			assert_int_equal(objects[i]->kind->id, kind);
	}
}

/* Of two with one name the first; behind all of a name; before and behind everything. */
static void test_place(void **state)
{
	struct object **objects = *state;
	size_t first = ordered_place(objects, COUNT, KIND_CONFIG_MAP, "one", "c");

	assert_int_equal(object_cmp(objects[first], objects[first + 1]), 0);
	assert_true(object_cmp(objects[first - 1], objects[first]) < 0);
	assert_int_equal(ordered_place(objects, COUNT, KIND_CONFIG_MAP, "one", "c\x01"), first + 2);
	assert_int_equal(ordered_place(objects, COUNT, 0, NULL, NULL), 0);
	assert_int_equal(ordered_place(objects, COUNT, KIND_COUNT, NULL, NULL), COUNT);
	assert_int_equal(ordered_place(NULL, 0, KIND_CONFIG_MAP, "one", "c"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_find, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kinds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_place, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("lib/object/ordered", tests, NULL, NULL);
}
