/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/names.h"

static void test_uids_never_repeat(void **state)
{
	struct names n = { .cluster_id = "c", .term = 1 };
	struct map seen = { 0 };
	char uid[NAMES_UID], *copy;

	(void)state;
	for (n.term = 1; n.term <= 20; n.term++) {
		n.sequence = 0;
		for (unsigned i = 0; i < 500; i++) {
			names_uid(&n, "Pod", "default", "web", uid);
			assert_int_equal(strlen(uid), 36);
			assert_int_equal(uid[14], '8');
			assert_non_null(strchr("89ab", uid[19]));
			assert_false(map_has(&seen, uid));
			copy = xstrdup(uid);
			map_put(&seen, copy, copy);
		}
	}
	for (size_t i = 0; i < seen.count; i++)
		free(seen.entries[i].value);
	map_done(&seen);
}

static void test_uids_depend_on_all_parts(void **state)
{
	struct names a = { .cluster_id = "c", .term = 1 };
	const struct {
		const char *kind, *namespace, *name;
	} parts[] = { { "Pod", "ab", "c" }, { "Pod", "a", "bc" }, { "Podab", NULL, "c" },
		{ "Pod", NULL, "abc" } };
	char uids[4][NAMES_UID];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		a.sequence = 0;
		names_uid(&a, parts[i].kind, parts[i].namespace, parts[i].name, uids[i]);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(uids[i], uids[k]);
	}
}

static void test_hashes_and_suffixes(void **state)
{
	uint8_t hash[32] = { 1, 2, 3 };
	char a[NAMES_HASH], b[NAMES_HASH], s[NAMES_SUFFIX], t[NAMES_SUFFIX];

	(void)state;
	names_template_hash(hash, 0, a);
	names_template_hash(hash, 1, b);
	assert_int_equal(strlen(a), 10);
	assert_string_not_equal(a, b);
	assert_int_equal(strspn(a, "bcdfghjklmnpqrstvwxz2456789"), 10);
	names_pod_suffix("uid", 0, s);
	names_pod_suffix("uid", 1, t);
	assert_int_equal(strlen(s), 5);
	assert_string_not_equal(s, t);
}

static void test_join_cuts(void **state)
{
	char name[NAMES_OBJECT_MAX], long_name[200];

	(void)state;
	names_join("web", "abcde", name);
	assert_string_equal(name, "web-abcde");
	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	names_join(long_name, "abcde", name);
	assert_int_equal(strlen(name), 63);
	assert_true(str_ends(name, "-abcde"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uids_never_repeat),
		cmocka_unit_test(test_uids_depend_on_all_parts),
		cmocka_unit_test(test_hashes_and_suffixes),
		cmocka_unit_test(test_join_cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
