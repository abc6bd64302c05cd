/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "reconciler/tree_path.h"

static void expect(const char *kind, const char *ns, const char *name, const char *want)
{
	struct buf out = BUF_INIT;

	tree_path_add(&out, kind, ns, name);
	assert_string_equal(out.data, want);
	assert_true(tree_path_valid(out.data));
	buf_done(&out);
}

static void test_names(void **state)
{
	(void)state;
	expect("nodes", NULL, "a", "cluster/nodes/a.json");
	expect("nodes", "", "a", "cluster/nodes/a.json");
	expect("pods", "default", "web-1", "namespaces/default/pods/web-1.json");
	expect("roles", "x", "system:node", "namespaces/x/roles/system:node.json");
	expect("roles", "x", "../../etc/passwd", "namespaces/x/roles/%2E.%2F..%2Fetc%2Fpasswd.json");
	expect("roles", "..", "50%", "namespaces/%2E./roles/50%25.json");
}

static void test_long_names(void **state)
{
	char a[254], b[254];
	struct buf pa = BUF_INIT, pb = BUF_INIT;

	(void)state;
	memset(a, 'a', 253);
	a[253] = '\0';
	memcpy(b, a, 254);
	b[252] = 'b';
	tree_path_add(&pa, "pods", "default", a);
	tree_path_add(&pb, "pods", "default", b);
	assert_true(tree_path_valid(pa.data));
	assert_string_not_equal(pa.data, pb.data);
	assert_int_equal(strlen(strrchr(pa.data, '/') + 1), 200 + 1 + 16 + 5);
	/* The longest that fits is left as it is. */
	a[250] = '\0';
	buf_clear(&pa);
	tree_path_add(&pa, "pods", "default", a);
	assert_int_equal(strlen(strrchr(pa.data, '/') + 1), 255);
	assert_null(strchr(pa.data, '~'));
	buf_done(&pa);
	buf_done(&pb);
}

static void test_valid(void **state)
{
	static const char *const good[] = { "sync.json", "cluster/nodes/a.json", "namespaces/n/pods/p.json" };
	static const char *const bad[] = { "", "sync", "/a.json", "a/../b.json", ".a.json", "a//b.json",
		"a/.b/c.json", "a b.json", "a\nb.json", "a/b/c/d/e.json", "a/b.json/" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!tree_path_valid(good[i]))
			fail_msg("expected valid: %s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (tree_path_valid(bad[i]))
			fail_msg("expected invalid: %s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
