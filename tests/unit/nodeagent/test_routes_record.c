/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/base/fs.h"
#include "lib/base/str.h"
#include "nodeagent/routes_record.h"
#include "tests/unit/lib/base/scratch.h"

/* What is read of the record TEXT, as it would be written. */
static void reads_as(struct scratch *dir, const char *text, const char *want)
{
	_cleanup_(freep) char *run = xasprintf("%s/run", dir->path);
	const struct node_env env = { .run_dir = run };
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(buf_done) struct buf in = BUF_INIT;
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct route_list list;

	buf_add(&in, text, strlen(text));
	assert_int_equal(routes_record_write(&env, &in, NULL), 0);
	list = routes_record_read(&env, arena);
	routes_record_add(&out, &list);
	if (!str_eq(str_or_empty(out.data), want))
		fail_msg("of \"%s\" \"%s\" was read, expected \"%s\"", text, str_or_empty(out.data), want);
	assert_int_equal(routes_record_remove(&env), 0);
}

static void a_line_a_route(void **state)
{
	static const char two[] = "10.1.1.0/24 192.0.2.1\n10.1.2.0/24 192.0.2.2\n";

	reads_as(*state, two, two);
	reads_as(*state, "", "");
}

static void other_lines_are_passed_over(void **state)
{
	reads_as(*state,
		"\n10.1.1.0/24\n10.1.1.0 192.0.2.1\nx 192.0.2.1\n10.1.3.0/24 x\n10.1.2.0/24 192.0.2.2\n",
		"10.1.2.0/24 192.0.2.2\n");
	/* A line that was not written to its end. */
	reads_as(*state, "10.1.2.0/24 192.0.2.2\n10.1.3.0/24 192.0.2", "10.1.2.0/24 192.0.2.2\n");
}

static void none_is_none(void **state)
{
	struct scratch *dir = *state;
	const struct node_env env = { .run_dir = dir->path };
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);

	assert_int_equal(routes_record_read(&env, arena).count, 0);
	assert_int_equal(routes_record_remove(&env), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_line_a_route, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(other_lines_are_passed_over, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(none_is_none, scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
