/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/base/str.h"
#include "lib/object/depends_on.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text, *namespace, *result;
	} cases[] = {
		{ "Deployment/db", "shop", "Deployment/shop/db" },
		{ "Deployment/db", NULL, "Deployment/default/db" },
		{ " Job/migrate ,\n\tSecret/other/keys", "shop", "Job/shop/migrate Secret/other/keys" },
		{ "Namespace/shop", "shop", "Namespace/shop" },
		{ "ClusterRole/system:a", NULL, "ClusterRole/system:a" },
		{ "", NULL, "must name what it depends on: Kind/name, and more behind commas" },
		{ "Job/a,", NULL, "must name what it depends on: Kind/name, and more behind commas" },
		{ "Job/a,,Job/b", NULL, "must name what it depends on: Kind/name, and more behind commas" },
		{ "Deployment", NULL, "`Deployment` must be Kind/name or Kind/namespace/name" },
		{ "Deployment/a/b/c", NULL, "`Deployment/a/b/c` must be Kind/name or Kind/namespace/name" },
		{ "Deploymen/db", NULL, "`Deploymen` is no kind; did you mean `Deployment`?" },
		{ "Event/x", NULL, "`Event` is no kind" },
		{ "Node/a/b", NULL, "`Node/a/b`: a Node is in no namespace" },
		{ "Deployment/A", NULL, "`Deployment/A`: " },
		{ "Deployment/db db2", NULL, "`Deployment/db db2`: " },
		{ "Deployment/", NULL, "`Deployment/`: " },
		{ "Deployment/Up/db", NULL, "`Deployment/Up/db`: " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(arena_freep) struct arena *a = arena_new(0);
		_cleanup_(buf_done) struct buf got = BUF_INIT;
		struct depends_on_list list;
		const char *wrong = depends_on_parse(a, cases[i].text, cases[i].namespace, &list);

		for (size_t k = 0; !wrong && k < list.count; k++)
			buf_addf(&got, "%s%s", k ? " " : "",
				object_key(
					a, list.items[k].kind, list.items[k].namespace, list.items[k].name));
		buf_adds(&got, str_or_empty(wrong));
		/* What a name must be is the kind's rule to say. */
		if (str_ends(cases[i].result, "`: ") ? !str_starts(got.data, cases[i].result)
						     : !str_eq(got.data, cases[i].result))
			fail_msg("\"%s\": %s, expected %s", cases[i].text, got.data, cases[i].result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
