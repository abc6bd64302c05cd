/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>

#include "nodeagent/env.h"

static void test_paths(void **state)
{
	struct node_env env;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(node_env_init(&env, "/srv/home", "0123abcd4567ef890123abcd4567ef89", &err), 0);
	assert_string_equal(env.short_id, "0123abcd");
	assert_string_equal(env.state_dir, "/srv/home/agent");
	assert_string_equal(env.run_dir, "/run/pintle/0123abcd");
	node_env_done(&env);
	assert_null(env.home);
}

static void test_refused(void **state)
{
	struct node_env env;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(node_env_init(&env, "home", "0123abcd", &err), -EINVAL);
	assert_string_equal(err_text(&err), "the home home is not an absolute path");
	assert_int_equal(node_env_init(&env, "/home", "0123abc", &err), -EINVAL);
	assert_int_equal(node_env_init(&env, "/home", "0123ABCD", &err), -EINVAL);
	assert_int_equal(node_env_init(&env, "/home", "../../..", &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
