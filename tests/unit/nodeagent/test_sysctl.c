/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nodeagent/sysctl.h"

static const struct {
	const char *name, *path; /* path NULL: refused */
	enum sysctl_namespace ns;
	int code;
} cases[] = {
	{ "net.core.somaxconn", "net/core/somaxconn", SYSCTL_NET, 0 },
	{ "net/core/somaxconn", "net/core/somaxconn", SYSCTL_NET, 0 },
	{ "net.ipv4.conf.eth0/100.rp_filter", "net/ipv4/conf/eth0.100/rp_filter", SYSCTL_NET, 0 },
	{ "net/ipv4/conf/eth0.100/rp_filter", "net/ipv4/conf/eth0.100/rp_filter", SYSCTL_NET, 0 },
	{ "kernel.shmmax", "kernel/shmmax", SYSCTL_IPC, 0 },
	{ "kernel.shm_rmid_forced", "kernel/shm_rmid_forced", SYSCTL_IPC, 0 },
	{ "kernel.msgmax", "kernel/msgmax", SYSCTL_IPC, 0 },
	{ "kernel.sem", "kernel/sem", SYSCTL_IPC, 0 },
	{ "fs.mqueue.msg_max", "fs/mqueue/msg_max", SYSCTL_IPC, 0 },
	{ "kernel.hostname", NULL, 0, -EPERM },
	{ "vm.overcommit_memory", NULL, 0, -EPERM },
	{ "network.foo", NULL, 0, -EPERM },
	{ "net", NULL, 0, -EINVAL },
	{ "", NULL, 0, -EINVAL },
	{ "net/../kernel/core_pattern", NULL, 0, -EINVAL },
	{ "net.//.kernel.core_pattern", NULL, 0, -EINVAL },
	{ "net/ipv4/..", NULL, 0, -EINVAL },
	{ "net/./x", NULL, 0, -EINVAL },
	{ "net..x", NULL, 0, -EINVAL },
	{ "net.x.", NULL, 0, -EINVAL },
	{ "/net/x", NULL, 0, -EINVAL },
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char path[SYSCTL_PATH_MAX];
		enum sysctl_namespace ns = SYSCTL_NET;
		struct err err = { 0 };
		int r = sysctl_path(cases[i].name, path, &ns, &err);

		if (r != cases[i].code)
			fail_msg("\"%s\": %d, expected %d", cases[i].name, r, cases[i].code);
		if (r < 0)
			continue;
		assert_string_equal(path, cases[i].path);
		assert_int_equal(ns, cases[i].ns);
	}
}

static void test_long(void **state)
{
	char name[400], path[SYSCTL_PATH_MAX];
	enum sysctl_namespace ns;

	(void)state;
	memset(name, 'a', sizeof(name));
	memcpy(name, "net.", 4);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(sysctl_path(name, path, &ns, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
