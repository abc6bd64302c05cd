/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "reconciler/ctl/target.h"
#include "tests/unit/reconciler/ctl/objects.h"

static void add(struct items *list, const char *json)
{
	struct err err = { 0 };
	if (items_add(list, "x.json", json, strlen(json), &err) < 0)
		fail_msg("%s", err_text(&err));
}

static void ready_pods_come_first(void **state)
{
	(void)state;
	static const char *const want[] = { "ready", "running", "placed", "waiting" };
	struct items list = ITEMS_INIT;
	add(&list, POD("waiting", "", "Pending", "False"));
	add(&list, POD("running", "n", "Running", "False"));
	add(&list, POD("placed", "n", "Pending", "False"));
	add(&list, POD("ready", "n", "Running", "True"));
	target_sort(&list);
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		assert_string_equal(list.items[i].object->meta->name, want[i]);
	items_done(&list);
}

static void one_that_runs_is_found(void **state)
{
	(void)state;
	struct items list = ITEMS_INIT;
	add(&list, POD("waiting", "n", "Pending", "False"));
	add(&list, POD("done", "n", "Succeeded", "False"));
	target_sort(&list);
	assert_null(target_running(&list));
	assert_true(target_has_ended(object_pod(list.items[0].object)));
	assert_false(target_has_ended(object_pod(list.items[1].object)));
	add(&list, LEAVING_POD("leaving"));
	target_sort(&list);
	assert_string_equal(target_running(&list)->meta.name, "leaving");
	add(&list, POD("runs", "n", "Running", "False"));
	target_sort(&list);
	assert_string_equal(list.items[0].object->meta->name, "leaving"); /* it is ready */
	assert_string_equal(target_running(&list)->meta.name, "runs");
	items_done(&list);
}

static void containers_are_found_or_listed(void **state)
{
	(void)state;
	struct items list = ITEMS_INIT;
	struct err err = { 0 };
	const char *name;
	bool chosen;
	add(&list, POD("p", "n", "Running", "True"));
	const struct pod *pod = object_pod(list.items[0].object);
	assert_int_equal(target_container(pod, NULL, false, &name, &chosen, &err), 0);
	assert_string_equal(name, "a");
	assert_true(chosen);
	assert_int_equal(target_container(pod, "b", false, &name, &chosen, &err), 0);
	assert_string_equal(name, "b");
	assert_false(chosen);
	assert_int_equal(target_container(pod, "first", true, &name, &chosen, &err), 0);
	assert_int_equal(target_container(pod, "first", false, &name, &chosen, &err), -ENOENT);
	assert_string_equal(err_text(&err), "pod p has no container \"first\"; it has a, b, first (init)");
	items_done(&list);
}

static void workloads_have_selectors(void **state)
{
	(void)state;
	struct items list = ITEMS_INIT;
	struct label_selector scratch;
	add(&list, DEPLOYMENT("hello", "1", "1"));
	add(&list, NODE("n", "True"));
	const struct label_selector *s = target_selector(list.items[0].object, &scratch);
	assert_non_null(s);
	assert_string_equal(string_map_get(&s->match_labels, "app"), "hello");
	assert_null(target_selector(list.items[1].object, &scratch));
	items_done(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ready_pods_come_first),
		cmocka_unit_test(one_that_runs_is_found),
		cmocka_unit_test(containers_are_found_or_listed),
		cmocka_unit_test(workloads_have_selectors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
