/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static void test_references(void **state)
{
	struct object *o = load_one("{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}");

	(void)state;
	assert_ptr_equal(object_ref(o), o);
	assert_int_equal(o->refs, 2);
	assert_null(object_unref(o));
	assert_null(object_unref(o));
	assert_null(object_unref(NULL));
}

static void test_keys_and_order(void **state)
{
	struct object *a = load_one("{apiVersion: v1, kind: Pod, metadata: {name: b}, "
				    "spec: {containers: [{name: c, image: i}]}}");
	struct object *b = load_one("{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: e}, "
				    "spec: {containers: [{name: c, image: i}]}}");
	struct object *n = load_one("{apiVersion: v1, kind: Namespace, metadata: {name: z}}");

	(void)state;
	assert_true(object_cmp(a, b) < 0);
	assert_true(object_cmp(b, a) > 0);
	assert_true(object_cmp(n, a) < 0);
	assert_string_equal(object_key(a->arena, a->kind, "e", "a"), "Pod/e/a");
	assert_string_equal(object_key(n->arena, n->kind, NULL, "z"), "Namespace/z");
	object_unref(a);
	object_unref(b);
	object_unref(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_keys_and_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
