/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/sandbox_net.h"

static void test_shape(void **state)
{
	char name[SANDBOX_IFNAME_MAX], again[SANDBOX_IFNAME_MAX], other[SANDBOX_IFNAME_MAX];

	(void)state;
	sandbox_net_ifname("0123abcd", "0f0e4b2c-uid", 0, name);
	assert_int_equal(strlen(name), 15);
	assert_true(str_starts(name, "p0123abcd"));
	assert_int_equal(strspn(name, "0123456789abcdefghijklmnopqrstuvwxyz"), 15);
	sandbox_net_ifname("0123abcd", "0f0e4b2c-uid", 0, again);
	assert_string_equal(name, again);
	sandbox_net_ifname("0123abcd", "0f0e4b2c-uid", 1, other);
	assert_string_not_equal(name, other);
	sandbox_net_ifname("0123abce", "0f0e4b2c-uid", 0, other);
	assert_string_not_equal(name, other);
}

/* A thousand ids in a row meet hardly ever (2^30 names). */
static void test_spread(void **state)
{
	enum { COUNT = 1000 };
	struct map seen = { 0 };
	char names[COUNT][SANDBOX_IFNAME_MAX];
	int same = 0;

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		char id[16];

		snprintf(id, sizeof(id), "pod-%d", i);
		sandbox_net_ifname("0123abcd", id, 0, names[i]);
		same += map_put(&seen, names[i], names[i]) != NULL;
	}
	map_done(&seen);
	assert_in_range(same, 0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
