/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Control groups against plain directories that look like a hierarchy: what is written where.
 * (What only a kernel can do is tested in tests/root/test_cgroup.c.)
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "nodeagent/cgroup.h"

struct fake {
	char root[64];
	struct node_env env;
};

static void put(const struct fake *f, const char *path, const char *text)
{
	_cleanup_(freep) char *full = xasprintf("%s/%s", f->root, path);

	assert_int_equal(fs_mkdir_parents(AT_FDCWD, full, 0755, NULL), 0);
	assert_int_equal(fs_write(AT_FDCWD, full, text, strlen(text), 0644, 0, NULL), 0);
}

static void expect(const struct fake *f, const char *path, const char *text)
{
	_cleanup_(freep) char *full = xasprintf("%s/%s", f->root, path);
	_cleanup_(buf_done) struct buf got = BUF_INIT;

	if (fs_read(AT_FDCWD, full, 4096, &got, NULL) < 0)
		fail_msg("%s is not there", path);
	if (strcmp(got.data, text) != 0)
		fail_msg("%s: \"%s\", expected \"%s\"", path, got.data, text);
}

static int setup(void **state)
{
	struct fake *f = xcalloc(1, sizeof(*f));

	strcpy(f->root, "/tmp/pintle-cgroup-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	assert_int_equal(node_env_init(&f->env, "/home", "0123abcd", NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fake *f = *state;

	fs_remove_tree(AT_FDCWD, f->root, NULL);
	node_env_done(&f->env);
	free(f);
	return 0;
}

static const struct cgroup_resources limits = {
	.memory_limit = 1048576,
	.cpu_shares = 1024,
	.cpu_quota = 50000,
	.cpu_period = 100000,
	.pids_limit = 10,
};
static const struct cgroup_resources none = { .cpu_shares = 2 };

/* --- version 2 --- */

static void put_group_v2(const struct fake *f, const char *group, const char *controllers)
{
	static const char *const files[] = { "cgroup.subtree_control", "cpu.weight", "cpu.max", "memory.max",
		"pids.max" };
	_cleanup_(freep) char *first = xasprintf("%s/cgroup.controllers", group);

	put(f, first, controllers);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		_cleanup_(freep) char *path = xasprintf("%s/%s", group, files[i]);

		put(f, path, "");
	}
}

static void put_v2(const struct fake *f)
{
	put_group_v2(f, ".", "cpuset cpu io memory hugetlb pids rdma\n");
	put_group_v2(f, "pintle-0123abcd", "cpuset cpu io memory hugetlb pids\n");
	put_group_v2(f, "pintle-0123abcd/pod-u1", "cpu memory pids\n");
}

static void test_v2_limits(void **state)
{
	struct fake *f = *state;
	_cleanup_(cgroup_closep) struct cgroups *cg = NULL;
	struct err err = { 0 };

	put_v2(f);
	put(f, "cgroup.subtree_control", "cpu memory");
	assert_int_equal(cgroup_open_at(f->root, CGROUP_V2, &f->env, &cg, &err), 0);
	assert_int_equal(cgroup_mode(cg), CGROUP_V2);
	expect(f, "cgroup.subtree_control", "+pids +io +cpuset +hugetlb");
	expect(f, "pintle-0123abcd/cgroup.subtree_control", "+cpu +memory +pids +io +cpuset +hugetlb");
	assert_int_equal(cgroup_pod_create(cg, "u1", &limits, &err), 0);
	expect(f, "pintle-0123abcd/pod-u1/cgroup.subtree_control", "+cpu +memory +pids");
	expect(f, "pintle-0123abcd/pod-u1/cpu.weight", "39");
	expect(f, "pintle-0123abcd/pod-u1/cpu.max", "50000 100000");
	expect(f, "pintle-0123abcd/pod-u1/memory.max", "1048576");
	expect(f, "pintle-0123abcd/pod-u1/pids.max", "10");
}

static void test_v2_no_limits(void **state)
{
	struct fake *f = *state;
	_cleanup_(cgroup_closep) struct cgroups *cg = NULL;

	put_v2(f);
	assert_int_equal(cgroup_open_at(f->root, CGROUP_V2, &f->env, &cg, NULL), 0);
	assert_int_equal(cgroup_pod_create(cg, "u1", &none, NULL), 0);
	expect(f, "pintle-0123abcd/pod-u1/cpu.weight", "1");
	expect(f, "pintle-0123abcd/pod-u1/cpu.max", "max 100000");
	expect(f, "pintle-0123abcd/pod-u1/memory.max", "max");
	expect(f, "pintle-0123abcd/pod-u1/pids.max", "max");
}

static void test_v2_missing_controller(void **state)
{
	struct fake *f = *state;
	struct cgroups *cg = NULL;
	struct err err = { 0 };

	put_group_v2(f, ".", "cpuset cpu io pids\n");
	assert_int_equal(cgroup_open_at(f->root, CGROUP_V2, &f->env, &cg, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err_text(&err), "no memory controller"));
	assert_null(cg);
}

static void test_v2_stats(void **state)
{
	struct fake *f = *state;
	_cleanup_(cgroup_closep) struct cgroups *cg = NULL;
	_cleanup_(freep) char *path = NULL;
	struct cgroup_stats s;
	struct err err = { 0 };

	put_v2(f);
	put(f, "pintle-0123abcd/pod-u1/c-0/cpu.stat", "usage_usec 2500\nuser_usec 1\n");
	put(f, "pintle-0123abcd/pod-u1/c-0/memory.current", "1000000\n");
	put(f, "pintle-0123abcd/pod-u1/c-0/memory.stat",
		"anon 5\nfile 6\nactive_file 7\ninactive_file 300000\n");
	put(f, "pintle-0123abcd/pod-u1/c-0/memory.events", "low 0\nhigh 0\nmax 3\noom 1\noom_kill 2\n");
	assert_int_equal(cgroup_open_at(f->root, CGROUP_V2, &f->env, &cg, NULL), 0);
	path = cgroup_container_path(cg, "u1", "c", 0);
	assert_string_equal(path, "/pintle-0123abcd/pod-u1/c-0");
	assert_int_equal(cgroup_read_stats(cg, path, &s, &err), 0);
	assert_int_equal(s.cpu_nsec, 2500000);
	assert_int_equal(s.memory_bytes, 1000000);
	assert_int_equal(s.memory_working_set, 700000);
	assert_int_equal(s.oom_kills, 2);
	assert_int_equal(s.pids, 0);
	assert_int_equal(cgroup_read_stats(cg, "/pintle-0123abcd/pod-u2", &s, &err), -ENOENT);
}

static void test_list(void **state)
{
	struct fake *f = *state;
	_cleanup_(cgroup_closep) struct cgroups *cg = NULL;
	char **uids;
	size_t count;

	put_v2(f);
	put_group_v2(f, "pintle-0123abcd/pod-u2", "");
	put_group_v2(f, "pintle-0123abcd/other", "");
	assert_int_equal(cgroup_open_at(f->root, CGROUP_V2, &f->env, &cg, NULL), 0);
	assert_int_equal(cgroup_pod_list(cg, &uids, &count, NULL), 0);
	assert_int_equal(count, 2);
	assert_string_equal(uids[0], "u1");
	assert_string_equal(uids[1], "u2");
	fs_names_free(uids, count);
}

/* --- version 1 --- */

static void put_v1(const struct fake *f)
{
	static const char *const files[] = { "cpu,cpuacct/pintle-0123abcd/pod-u1/cpu.shares",
		"cpu,cpuacct/pintle-0123abcd/pod-u1/cpu.cfs_period_us",
		"cpu,cpuacct/pintle-0123abcd/pod-u1/cpu.cfs_quota_us",
		"memory/pintle-0123abcd/pod-u1/memory.limit_in_bytes", "pids/pintle-0123abcd/pod-u1/pids.max",
		"freezer/x" };
	_cleanup_(freep) char *cpu = xasprintf("%s/cpu", f->root);
	_cleanup_(freep) char *cpuacct = xasprintf("%s/cpuacct", f->root);

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		put(f, files[i], "");
	assert_int_equal(symlink("cpu,cpuacct", cpu), 0);
	assert_int_equal(symlink("cpu,cpuacct", cpuacct), 0);
}

static void test_v1_limits(void **state)
{
	struct fake *f = *state;
	_cleanup_(cgroup_closep) struct cgroups *cg = NULL;

	put_v1(f);
	assert_int_equal(cgroup_open_at(f->root, CGROUP_HYBRID, &f->env, &cg, NULL), 0);
	assert_int_equal(cgroup_mode(cg), CGROUP_V1);
	assert_int_equal(cgroup_pod_create(cg, "u1", &limits, NULL), 0);
	expect(f, "cpu/pintle-0123abcd/pod-u1/cpu.shares", "1024");
	expect(f, "cpu/pintle-0123abcd/pod-u1/cpu.cfs_quota_us", "50000");
	expect(f, "cpu/pintle-0123abcd/pod-u1/cpu.cfs_period_us", "100000");
	expect(f, "memory/pintle-0123abcd/pod-u1/memory.limit_in_bytes", "1048576");
	expect(f, "pids/pintle-0123abcd/pod-u1/pids.max", "10");
}

static void test_v1_no_limits(void **state)
{
	struct fake *f = *state;
	_cleanup_(cgroup_closep) struct cgroups *cg = NULL;

	put_v1(f);
	assert_int_equal(cgroup_open_at(f->root, CGROUP_V1, &f->env, &cg, NULL), 0);
	assert_int_equal(cgroup_pod_create(cg, "u1", &none, NULL), 0);
	expect(f, "cpu/pintle-0123abcd/pod-u1/cpu.shares", "2");
	expect(f, "cpu/pintle-0123abcd/pod-u1/cpu.cfs_quota_us", "-1");
	expect(f, "cpu/pintle-0123abcd/pod-u1/cpu.cfs_period_us", "");
	expect(f, "memory/pintle-0123abcd/pod-u1/memory.limit_in_bytes", "-1");
	expect(f, "pids/pintle-0123abcd/pod-u1/pids.max", "max");
}

static void test_v1_missing_controller(void **state)
{
	struct fake *f = *state;
	struct cgroups *cg = NULL;
	struct err err = { 0 };

	put(f, "cpu/x", "");
	put(f, "memory/x", "");
	assert_int_equal(cgroup_open_at(f->root, CGROUP_V1, &f->env, &cg, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err_text(&err), "no pids controller"));
}

static void test_v1_stats(void **state)
{
	struct fake *f = *state;
	_cleanup_(cgroup_closep) struct cgroups *cg = NULL;
	struct cgroup_stats s;

	put_v1(f);
	put(f, "cpu,cpuacct/pintle-0123abcd/pod-u1/cpuacct.usage", "77\n");
	put(f, "memory/pintle-0123abcd/pod-u1/memory.usage_in_bytes", "10\n");
	put(f, "memory/pintle-0123abcd/pod-u1/memory.stat", "inactive_file 1\ntotal_inactive_file 50\n");
	put(f, "memory/pintle-0123abcd/pod-u1/memory.oom_control",
		"oom_kill_disable 0\nunder_oom 0\noom_kill 4\n");
	put(f, "pids/pintle-0123abcd/pod-u1/pids.current", "3\n");
	assert_int_equal(cgroup_open_at(f->root, CGROUP_V1, &f->env, &cg, NULL), 0);
	assert_int_equal(cgroup_read_stats(cg, "/pintle-0123abcd/pod-u1", &s, NULL), 0);
	assert_int_equal(s.cpu_nsec, 77);
	assert_int_equal(s.memory_bytes, 10);
	assert_int_equal(s.memory_working_set, 0);
	assert_int_equal(s.oom_kills, 4);
	assert_int_equal(s.pids, 3);
}

static void test_detect(void **state)
{
	struct fake *f = *state;
	enum cgroup_mode mode;
	struct err err = { 0 };

	assert_int_equal(cgroup_detect(f->root, &mode, &err), -ENOENT);
	put_v1(f);
	assert_int_equal(cgroup_detect(f->root, &mode, &err), 0);
	assert_string_equal(cgroup_mode_name(mode), "v1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_v2_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_v2_no_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_v2_missing_controller, setup, teardown),
		cmocka_unit_test_setup_teardown(test_v2_stats, setup, teardown),
		cmocka_unit_test_setup_teardown(test_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_v1_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_v1_no_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_v1_missing_controller, setup, teardown),
		cmocka_unit_test_setup_teardown(test_v1_stats, setup, teardown),
		cmocka_unit_test_setup_teardown(test_detect, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
