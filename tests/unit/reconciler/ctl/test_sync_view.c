/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "reconciler/ctl/sync_view.h"

static const char tree[] = "{\"commitInForce\":\"aa\",\"commitSeen\":\"aa\",\"state\":\"Synced\","
			   "\"since\":\"2026-01-01T00:00:00Z\",\"message\":null,\"problems\":[]}";

static void overlay(struct sync_view *v, const char *live, bool want)
{
	struct err err = { 0 };

	sync_view_init(v);
	assert_int_equal(sync_view_parse(v, tree, strlen(tree), &err), 0);
	assert_int_equal(sync_view_overlay(v, live, strlen(live)), want);
}

/* What pintled has in memory and can't record is not in force. */
static void a_stuck_disk_is_seen(void **state)
{
	struct sync_view v;

	(void)state;
	overlay(&v,
		"{\"commitInForce\":\"bb\",\"commitSeen\":\"bb\",\"state\":\"Stuck\",\"message\":\"No space "
		"left\"}",
		true);
	assert_string_equal(v.in_force, "aa");
	assert_string_equal(v.seen, "bb");
	assert_string_equal(v.state, "Stuck");
	assert_string_equal(v.message, "No space left");
	assert_false(sync_view_in_sync(&v));
	sync_view_done(&v);
}

static void anything_else_the_tree_says_itself(void **state)
{
	static const char *const lives[] = {
		"{\"commitInForce\":\"bb\",\"commitSeen\":\"bb\",\"state\":\"Synced\"}",
		"{\"state\":\"Refused\",\"message\":\"x\"}", "{}", "[]", "", "{\"state\":"
	};
	struct sync_view v;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lives); i++) {
		overlay(&v, lives[i], false);
		assert_string_equal(v.in_force, "aa");
		assert_true(sync_view_in_sync(&v));
		sync_view_done(&v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stuck_disk_is_seen),
		cmocka_unit_test(anything_else_the_tree_says_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
