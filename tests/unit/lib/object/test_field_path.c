/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/object/field_path.h"
#include "tests/unit/lib/object/load.h"

static const char pod_yaml[] = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  namespace: shop\n"
			       "  labels: {app: web}\n"
			       "spec:\n  nodeName: n1\n  restartPolicy: Never\n  containers:\n  - name: c\n"
			       "    image: a/b:1\n";

static void test_selectors(void **state)
{
	static const struct {
		const char *text;
		bool matches;
		const char *form; /* NULL: TEXT itself */
	} cases[] = {
		{ "", true, NULL },
		{ "metadata.name=p", true, NULL },
		{ "metadata.name==p", true, "metadata.name=p" },
		{ "metadata.name=q", false, NULL },
		{ "metadata.name!=q", true, NULL },
		{ "metadata.namespace=shop,spec.nodeName=n1", true, NULL },
		{ "metadata.namespace=shop,spec.nodeName!=n1", false, NULL },
		{ ",metadata.name=p,,", true, "metadata.name=p" },
		{ "spec.restartPolicy=Never", true, NULL },
		{ "spec.schedulerName=default-scheduler", true, NULL },
		{ "spec.hostNetwork=false", true, NULL },
		{ "spec.hostNetwork!=true", true, NULL },
		{ "spec.terminationGracePeriodSeconds=30", true, NULL },
		{ "spec.activeDeadlineSeconds=0", true, NULL },
		{ "status.phase=", true, NULL },
		{ "status.podIP!=", false, NULL },
		{ "spec.securityContext.runAsUser=0", true, NULL },
		{ "metadata.name=a\\,b\\=c\\\\", false, NULL },
		{ "metadata.name= p", false, NULL },
	};
	struct object *o = load_one(pod_yaml);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(arena_freep) struct arena *a = arena_new(0);
		_cleanup_(buf_done) struct buf form = BUF_INIT;
		struct field_selector s;
		const char *why = NULL;

		if (field_selector_parse(a, cases[i].text, o->kind->schema, &s, &why) < 0)
			fail_msg("\"%s\": %s", cases[i].text, why);
		if (field_selector_matches(&s, o->kind->schema, o->body) != cases[i].matches)
			fail_msg("\"%s\": expected %d", cases[i].text, cases[i].matches);
		field_selector_format(&s, &form);
		assert_string_equal(form.data, cases[i].form ? cases[i].form : cases[i].text);
	}
	object_unref(o);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "metadata.name", "`metadata.name` is neither FIELD=VALUE nor FIELD!=VALUE" },
		{ "a=1,!", "Pod has no field `a`" },
		{ "metadata.name=a=b", "`a=b`: write `\\` before each `\\`, `,` and `=` in a value" },
		{ "metadata.name=a\\b", "`a\\b`: write `\\` before each `\\`, `,` and `=` in a value" },
		{ "metadata.name=a\\", "`a\\`: write `\\` before each `\\`, `,` and `=` in a value" },
		{ "status.phas=Running", "Pod has no field `status.phas`, did you mean `status.phase`?" },
		{ "metadata.name.x=1", "Pod has no field `metadata.name.x`" },
		{ "spec.containers=1", "`spec.containers` is not a single value" },
		{ "spec.containers.name=1", "Pod has no field `spec.containers.name`" },
		{ "=x", "Pod has no field ``" },
		{ "metadata.labels=x", "`metadata.labels` is not a single value" },
		{ "metadata..name=x", "Pod has no field `metadata..name`, did you mean `metadata.name`?" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(arena_freep) struct arena *a = arena_new(0);
		struct field_selector s;
		const char *why = NULL;

		if (field_selector_parse(a, cases[i].text, kinds[KIND_POD].schema, &s, &why) == 0)
			fail_msg("\"%s\" was taken", cases[i].text);
		if (!str_eq(why, cases[i].why))
			fail_msg("\"%s\": %s\nexpected: %s", cases[i].text, why, cases[i].why);
	}
}

static void test_keys(void **state)
{
	static const struct {
		const char *path, *map, *key;
	} cases[] = {
		{ "metadata.labels['app']", "metadata.labels", "app" },
		{ "metadata.labels['a.b/c']", "metadata.labels", "a.b/c" },
		{ "metadata.labels['']", "metadata.labels", "" },
		{ "metadata.labels[']", "metadata.labels", NULL },
		{ "metadata.labels['app'", "metadata.labels", NULL },
		{ "metadata.labels", "metadata.labels", NULL },
		{ "metadata.labels['it's']", "metadata.labels", "it's" },
		{ "metadata.annotations['app']", "metadata.labels", NULL },
	};
	_cleanup_(arena_freep) struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (!str_eq(field_path_key(a, cases[i].path, cases[i].map), cases[i].key))
			fail_msg("%s", cases[i].path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_selectors),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
