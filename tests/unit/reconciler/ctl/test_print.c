/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "lib/base/str.h"
#include "reconciler/ctl/print.h"
#include "tests/unit/reconciler/ctl/objects.h"

static void add(struct items *list, const char *json)
{
	struct err err = { 0 };
	if (items_add(list, "x.json", json, strlen(json), &err) < 0)
		fail_msg("%s", err_text(&err));
}

/* 2026-01-01T00:01:00Z: a minute after the objects were made. */
#define NOW ((nsec_t)1767225660 * NSEC_PER_SEC)

static void check(const struct print *p, const struct items *list, bool single, const char *want)
{
	struct buf out = BUF_INIT;
	struct err err = { 0 };
	assert_int_equal(print_items(p, list, single, &out, &err), 0);
	assert_string_equal(out.data, want);
	buf_done(&out);
}

static void tables_have_a_gap_between_kinds(void **state)
{
	(void)state;
	struct items list = ITEMS_INIT;
	struct print p = { .kinds = true, .headers = true, .now = NOW };
	add(&list, POD("web", "n", "Pending", "False"));
	add(&list, DEPLOYMENT("hello", "3", "1"));
	check(&p, &list, false,
		"NAME      READY   STATUS    RESTARTS   AGE\n"
		"pod/web   0/2     Pending   0          60s\n"
		"\n"
		"NAME               READY   UP-TO-DATE   AVAILABLE   AGE\n"
		"deployment/hello   1/3     3            1           60s\n");
	items_done(&list);
}

static void namespaces_come_first(void **state)
{
	(void)state;
	struct items list = ITEMS_INIT;
	struct print p = { .namespaces = true, .headers = true, .now = NOW };
	add(&list, POD("web", "n", "Pending", "False"));
	check(&p, &list, false,
		"NAMESPACE   NAME   READY   STATUS    RESTARTS   AGE\n"
		"default     web    0/2     Pending   0          60s\n");
	p.headers = false;
	check(&p, &list, false, "default   web   0/2   Pending   0     60s\n");
	items_done(&list);
}

static void names_are_kind_and_name(void **state)
{
	(void)state;
	struct items list = ITEMS_INIT;
	struct print p = { .format = PRINT_NAME };
	add(&list, POD("web", "n", "Pending", "False"));
	add(&list, DEPLOYMENT("hello", "3", "1"));
	check(&p, &list, false, "pod/web\ndeployment/hello\n");
	items_done(&list);
}

static void one_named_object_is_no_list(void **state)
{
	(void)state;
	struct items list = ITEMS_INIT;
	struct print p = { .format = PRINT_YAML };
	add(&list, "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"shop\"}}");
	check(&p, &list, true, "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n");
	check(&p, &list, false,
		"apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Namespace\n  metadata:\n    name: shop\n"
		"kind: List\nmetadata:\n  resourceVersion: \"\"\n");
	items_done(&list);
}

static void an_empty_list_is_a_list(void **state)
{
	(void)state;
	struct items list = ITEMS_INIT;
	struct print p = { .format = PRINT_JSON };
	check(&p, &list, false,
		"{\n    \"apiVersion\": \"v1\",\n    \"items\": [],\n    \"kind\": \"List\",\n"
		"    \"metadata\": {\n        \"resourceVersion\": \"\"\n    }\n}\n");
}

static void selectors_filter_what_follows(void **state)
{
	(void)state;
	struct items list = ITEMS_INIT;
	struct label_selector selector = { 0 };
	const char *why;
	struct arena *arena = arena_new(0);
	add(&list, POD("a", "n", "Pending", "False"));
	add(&list, POD("b", "n", "Pending", "False"));
	add(&list, POD("c", "n", "Pending", "False"));
	assert_int_equal(label_selector_parse(arena, "app=c", &selector, &why), 0);
	items_filter(&list, 1, &selector, NULL);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0].object->meta->name, "a");
	assert_string_equal(list.items[1].object->meta->name, "c");
	items_done(&list);
	arena_free(arena);
}

static void what_is_no_object_is_an_error(void **state)
{
	(void)state;
	struct items list = ITEMS_INIT;
	struct err err = { 0 };
	assert_true(items_add(&list, "namespaces/x.json", "{", 1, &err) < 0);
	assert_true(str_starts(err_text(&err), "namespaces/x.json: "));
	items_done(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_have_a_gap_between_kinds),
		cmocka_unit_test(namespaces_come_first),
		cmocka_unit_test(names_are_kind_and_name),
		cmocka_unit_test(one_named_object_is_no_list),
		cmocka_unit_test(an_empty_list_is_a_list),
		cmocka_unit_test(selectors_filter_what_follows),
		cmocka_unit_test(what_is_no_object_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
