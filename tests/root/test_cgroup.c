/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Control groups of the kernel that runs. Version 2 proper is tested on whatever cgroup2 mount there is; where that has
 * no controllers (a hybrid host), files bound over its cgroup.controllers and cgroup.subtree_control pretend them, so
 * that groups, processes, kill and removal are the kernel's, and only limits are not.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/cgroup.h"
#include "nodeagent/mountns.h"
#include "nodeagent/mounts.h"

static struct node_env env_make(void)
{
	struct node_env env;
	char id[16];

	snprintf(id, sizeof(id), "%08x", 0xfc000000U + (unsigned)getpid() % 0xffffff);
	assert_int_equal(node_env_init(&env, "/nonexistent", id, NULL), 0);
	return env;
}

/* Runs FN in a process of its own, since it changes namespaces; 0 expected. */
static void apart(void (*fn)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* In such a process, what cmocka's asserts are elsewhere. */
static void check(bool ok, const char *what, const struct err *err)
{
	if (ok)
		return;
	fprintf(stderr, "not so: %s: %s\n", what, err_text(err));
	_exit(1);
}

/* A process with a child, both waiting for ever; returns once both are there. */
static pid_t start_two(void)
{
	int fds[2];
	char c;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		_exit(2);
	pid = fork();
	if (pid == 0) {
		if (fork() == 0 && write(fds[1], "x", 1) != 1)
			_exit(3);
		for (;;)
			pause();
	}
	close(fds[1]);
	if (read(fds[0], &c, 1) != 1)
		_exit(4);
	close(fds[0]);
	return pid;
}

static void expect_file(
	const char *root, const char *tree, const char *path, const char *file, const char *text)
{
	_cleanup_(freep) char *full = xasprintf("%s%s%s/%s", root, tree, path, file);
	_cleanup_(buf_done) struct buf got = BUF_INIT;
	struct err err = { 0 };

	check(fs_read(AT_FDCWD, full, 4096, &got, &err) == 0, full, &err);
	if (!str_eq(got.data, text))
		fprintf(stderr, "%s: \"%s\", expected \"%s\"\n", full, got.data, text);
	check(str_eq(got.data, text), full, NULL);
}

/* Processes in a container's group: counted, not removable, killed, then removable. */
static void lifecycle(struct cgroups *cg, const char *root)
{
	_cleanup_(freep) char *pod = cgroup_pod_path(cg, "u1");
	_cleanup_(freep) char *path = cgroup_container_path(cg, "u1", "main", 3);
	static const char *const trees[] = { "/cpu", "/memory", "/pids", "/freezer" };
	struct err err = { 0 };
	char **uids;
	size_t count;
	pid_t pid;

	for (size_t i = 0; i < ARRAY_LEN(trees); i++) {
		_cleanup_(freep) char *dir = xasprintf(
			"%s%s%s", root, cgroup_mode(cg) == CGROUP_V2 ? "" : trees[i], path);

		check(fs_mkdir_p(AT_FDCWD, dir, 0755, &err) == 0, "the container's group", &err);
	}
	pid = fork();
	if (pid == 0) {
		check(cgroup_attach(cg, path, getpid(), &err) == 0, "attach", &err);
		_exit(start_two() > 0 ? (pause(), 0) : 1);
	}
	/* The child is there when its own two are; three processes in all. */
	for (struct cgroup_stats s = { 0 }; s.pids < 3;) {
		_cleanup_(freep) char *procs = xasprintf(
			"%s%s%s/cgroup.procs", root, cgroup_mode(cg) == CGROUP_V2 ? "" : "/memory", path);
		_cleanup_(buf_done) struct buf text = BUF_INIT;

		check(fs_read(AT_FDCWD, procs, 4096, &text, &err) == 0, "cgroup.procs", &err);
		s.pids = 0;
		for (size_t i = 0; i < text.len; i++)
			s.pids += text.data[i] == '\n';
		sched_yield();
	}
	check(cgroup_pod_remove(cg, "u1", &err) == -EBUSY, "a group with processes is busy", &err);
	err_clear(&err);
	check(cgroup_pod_list(cg, &uids, &count, &err) == 0 && count == 1 && str_eq(uids[0], "u1"), "list",
		&err);
	fs_names_free(uids, count);
	check(cgroup_kill(cg, pod, &err) == 3, "three are killed", &err);
	check(waitpid(pid, NULL, 0) == pid, "the first is dead", NULL);
	while (cgroup_kill(cg, pod, &err) > 0)
		sched_yield();
	while (cgroup_pod_remove(cg, "u1", &err) == -EBUSY)
		sched_yield();
	check(cgroup_pod_list(cg, &uids, &count, &err) == 0 && count == 0, "none is left", &err);
	fs_names_free(uids, count);
	check(cgroup_pod_remove(cg, "u1", &err) == 0, "removing again", &err);
	check(cgroup_kill(cg, pod, &err) == 0, "killing in what isn't there", &err);
	check(cgroup_remove_all(cg, &err) == 0, "removing all", &err);
}

static void v1_limits(void)
{
	static const char root[] = "/sys/fs/cgroup";
	const struct cgroup_resources limits = { .memory_limit = 64 << 20,
		.cpu_shares = 512,
		.cpu_quota = 50000,
		.cpu_period = 100000,
		.pids_limit = 99 };
	const struct cgroup_resources none = { .cpu_shares = 2 };
	struct node_env env = env_make();
	_cleanup_(cgroup_closep) struct cgroups *cg = NULL;
	_cleanup_(freep) char *path = NULL;
	struct cgroup_stats s;
	struct err err = { 0 };

	check(cgroup_open_at(root, CGROUP_V1, &env, &cg, &err) == 0, "open", &err);
	path = cgroup_pod_path(cg, "u1");
	check(cgroup_pod_create(cg, "u1", &limits, &err) == 0, "create", &err);
	expect_file(root, "/cpu", path, "cpu.shares", "512\n");
	expect_file(root, "/cpu", path, "cpu.cfs_quota_us", "50000\n");
	expect_file(root, "/memory", path, "memory.limit_in_bytes", "67108864\n");
	expect_file(root, "/pids", path, "pids.max", "99\n");
	check(cgroup_pod_create(cg, "u1", &none, &err) == 0, "update", &err);
	expect_file(root, "/cpu", path, "cpu.cfs_quota_us", "-1\n");
	expect_file(root, "/pids", path, "pids.max", "max\n");
	check(cgroup_read_stats(cg, path, &s, &err) == 0 && s.oom_kills == 0, "stats", &err);
	lifecycle(cg, root);
	node_env_done(&env);
}

static void test_v1(void **state)
{
	enum cgroup_mode mode;

	(void)state;
	assert_int_equal(cgroup_detect("/sys/fs/cgroup", &mode, NULL), 0);
	if (mode == CGROUP_V2)
		skip();
	apart(v1_limits);
}

/* --- version 2 --- */

static void bind_text(const char *at, const char *text)
{
	char path[] = "/tmp/pintle-test-XXXXXX";
	int fd = mkstemp(path);

	check(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "a temporary file", NULL);
	check(mount(path, at, NULL, MS_BIND, NULL) == 0, at, NULL);
	close(fd);
	unlink(path);
}

static void pretend_controllers(const char *group)
{
	_cleanup_(freep) char *has = xasprintf("%s/cgroup.controllers", group);
	_cleanup_(freep) char *gives = xasprintf("%s/cgroup.subtree_control", group);

	check(mkdir(group, 0755) == 0 || errno == EEXIST, group, NULL);
	bind_text(has, "cpu memory pids\n");
	bind_text(gives, "cpu memory pids\n");
}

static void v2_lifecycle(void)
{
	struct node_env env = env_make();
	_cleanup_(cgroup_closep) struct cgroups *cg = NULL;
	_cleanup_(freep) char *top = NULL, *pod = NULL;
	struct err err = { 0 };
	enum cgroup_mode mode;
	const char *root;

	check(cgroup_detect("/sys/fs/cgroup", &mode, &err) == 0, "detect", &err);
	root = mode == CGROUP_V2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified";
	top = xasprintf("%s/pintle-%s", root, env.short_id);
	pod = xasprintf("%s/pod-u1", top);
	if (mode != CGROUP_V2) {
		check(unshare(CLONE_NEWNS) == 0, "unshare", NULL);
		check(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "private", NULL);
		check(cgroup_open_at(root, CGROUP_V2, &env, &cg, &err) == -EOPNOTSUPP, "no controllers",
			&err);
		pretend_controllers(root);
		pretend_controllers(top);
		pretend_controllers(pod);
	}
	check(cgroup_open_at(root, CGROUP_V2, &env, &cg, &err) == 0, "open", &err);
	check(cgroup_pod_create(cg, "u1", NULL, &err) == 0, "create", &err);
	mounts_unmount_beneath(pod, NULL);
	lifecycle(cg, root);
	node_env_done(&env);
}

static void test_v2(void **state)
{
	enum cgroup_mode mode;

	(void)state;
	assert_int_equal(cgroup_detect("/sys/fs/cgroup", &mode, NULL), 0);
	if (mode == CGROUP_V1)
		skip();
	apart(v2_lifecycle);
}

/* --- the mount namespace --- */

static ino_t mount_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/mnt", &st) == 0 ? st.st_ino : 0;
}

/* Enters, looks around, and mounts something; entering again (the second call) finds it. */
static void enter(const struct node_env *env, bool first)
{
	_cleanup_(freep) char *dir = xasprintf("%s/seen", env->run_dir);
	ino_t before = mount_namespace();
	enum cgroup_mode mode;
	struct err err = { 0 };

	check(mountns_enter(env, &err) == 1, "enter", &err);
	check(mount_namespace() != before, "another mount namespace", NULL);
	check(cgroup_detect("/sys/fs/cgroup", &mode, &err) == 0 && mode == CGROUP_V1, "unified is gone",
		&err);
	check(first || mounts_is_point(dir), "the mount of the first is there", NULL);
	if (first)
		check(fs_mkdir_p(AT_FDCWD, dir, 0700, &err) == 0 &&
				mount("tmpfs", dir, "tmpfs", 0, NULL) == 0,
			"mount", &err);
}

static void enter_twice(bool shared)
{
	struct node_env env = env_make();
	_cleanup_(freep) char *seen = xasprintf("%s/seen", env.run_dir);
	enum cgroup_mode mode;
	struct err err = { 0 };
	int status;

	if (shared) {
		check(unshare(CLONE_NEWNS) == 0, "unshare", NULL);
		check(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) == 0, "shared", NULL);
	}
	for (int i = 0; i < 2; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			enter(&env, i == 0);
			_exit(0);
		}
		check(waitpid(pid, &status, 0) == pid && status == 0, "a child enters", NULL);
	}
	check(!mounts_is_point(seen), "what is mounted inside stays inside", NULL);
	check(cgroup_detect("/sys/fs/cgroup", &mode, &err) == 0 && mode == CGROUP_HYBRID,
		"the host is untouched", &err);
	check(mountns_remove(&env, &err) == 0, "remove", &err);
	check(mountns_remove(&env, &err) == 0, "remove again", &err);
	check(fs_remove_tree(AT_FDCWD, env.run_dir, &err) == 0, "nothing is mounted there any more", &err);
	rmdir("/run/pintle");
	node_env_done(&env);
}

static void enter_twice_private(void)
{
	enter_twice(false);
}

static void enter_twice_shared(void)
{
	enter_twice(true);
}

static bool is_hybrid(void)
{
	enum cgroup_mode mode;

	return cgroup_detect("/sys/fs/cgroup", &mode, NULL) == 0 && mode == CGROUP_HYBRID;
}

static void test_mountns(void **state)
{
	(void)state;
	if (!is_hybrid())
		skip();
	apart(enter_twice_private);
}

/* systemd makes all mounts shared at boot. */
static void test_mountns_on_shared_mounts(void **state)
{
	(void)state;
	if (!is_hybrid())
		skip();
	apart(enter_twice_shared);
}

static void need_none(void)
{
	struct node_env env = env_make();
	struct err err = { 0 };
	ino_t before = mount_namespace();

	check(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "unshare",
		NULL);
	before = mount_namespace();
	if (is_hybrid())
		check(umount2("/sys/fs/cgroup/unified", MNT_DETACH) == 0, "unmount", NULL);
	check(mountns_enter(&env, &err) == 0, "none is needed", &err);
	check(mount_namespace() == before, "we stay where we are", NULL);
	check(fs_remove_tree(AT_FDCWD, env.run_dir, &err) == 0, "remove", &err);
	rmdir("/run/pintle");
	node_env_done(&env);
}

static void test_mountns_not_needed(void **state)
{
	(void)state;
	apart(need_none);
}

/* An ordinary file where the pin was, as after a boot of a host whose /run outlives it. */
static void stale_pin(void)
{
	struct node_env env = env_make();
	_cleanup_(freep) char *pin = xasprintf("%s/mnt", env.run_dir);
	struct err err = { 0 };

	check(fs_mkdir_p(AT_FDCWD, env.run_dir, 0700, &err) == 0, "mkdir", &err);
	check(fs_write(AT_FDCWD, pin, "", 0, 0600, 0, &err) == 0, "write", &err);
	enter_twice(false);
	node_env_done(&env);
}

static void test_mountns_stale_pin(void **state)
{
	(void)state;
	if (!is_hybrid())
		skip();
	apart(stale_pin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v1),
		cmocka_unit_test(test_v2),
		cmocka_unit_test(test_mountns),
		cmocka_unit_test(test_mountns_on_shared_mounts),
		cmocka_unit_test(test_mountns_not_needed),
		cmocka_unit_test(test_mountns_stale_pin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
