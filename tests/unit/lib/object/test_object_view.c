/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static void test_template(void **state)
{
	struct object *o = load_one("apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {a: b}}\n"
				    "spec: {containers: [{name: c, image: i}]}\n");
	struct template_view t = object_template(o);

	(void)state;
	assert_string_equal(string_map_get(t.labels, "a"), "b");
	assert_string_equal(t.spec->containers.items[0].name, "c");
	object_unref(o);
	o = load_one("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: p}\n");
	assert_null(object_template(o).labels);
	object_unref(o);
	o = load_one("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: p}\nspec:\n"
		     "  selector: {matchLabels: {a: b}}\n"
		     "  template:\n"
		     "    metadata: {labels: {a: b}}\n"
		     "    spec: {containers: [{name: c, image: i}]}\n");
	t = object_template(o);
	assert_string_equal(string_map_get(t.labels, "a"), "b");
	assert_string_equal(t.spec->containers.items[0].name, "c");
	object_unref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_template),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
