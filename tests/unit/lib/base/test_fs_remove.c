/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "tests/unit/lib/base/scratch.h"

static int dir_of(void **state)
{
	struct scratch *s = *state;

	return s->fd;
}

static void put(int dir, const char *path)
{
	assert_int_equal(fs_mkdir_parents(dir, path, 0755, NULL), 0);
	assert_int_equal(fs_write(dir, path, "x", 1, 0644, 0, NULL), 0);
}

static void test_tree(void **state)
{
	int dir = dir_of(state);

	put(dir, "t/a/b/c/f");
	put(dir, "t/a/g");
	put(dir, "t/.hidden/h");
	put(dir, "beside/f");
	assert_int_equal(fs_mkdir_p(dir, "t/empty", 0755, NULL), 0);
	assert_int_equal(mkfifoat(dir, "t/fifo", 0600), 0);
	assert_int_equal(fs_remove_tree(dir, "t/", NULL), 0);
	assert_false(fs_exists(dir, "t"));
	assert_true(fs_exists(dir, "beside/f"));
}

static void test_single_things(void **state)
{
	int dir = dir_of(state);

	put(dir, "f");
	assert_int_equal(fs_remove_tree(dir, "f", NULL), 0);
	assert_false(fs_exists(dir, "f"));
	assert_int_equal(fs_remove_tree(dir, "f", NULL), 0);
	assert_int_equal(fs_remove_tree(dir, "none/f", NULL), 0);
	assert_int_equal(fs_mkdir_p(dir, "d", 0755, NULL), 0);
	assert_int_equal(fs_remove_tree(dir, "d", NULL), 0);
	assert_false(fs_exists(dir, "d"));
}

static void test_refuses_what_is_no_name(void **state)
{
	static const char *const paths[] = { ".", "..", "a/.", "a/..", "/", "", "a/../" };
	int dir = dir_of(state);

	put(dir, "a/f");
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		assert_int_equal(fs_remove_tree(dir, paths[i], NULL), -EINVAL);
	assert_true(fs_exists(dir, "a/f"));
}

static void test_links_are_not_followed(void **state)
{
	int dir = dir_of(state);

	put(dir, "kept/f");
	assert_int_equal(fs_mkdir_p(dir, "t/d", 0755, NULL), 0);
	assert_int_equal(symlinkat("../kept", dir, "t/link"), 0);
	assert_int_equal(symlinkat("../../kept/f", dir, "t/d/link"), 0);
	assert_int_equal(symlinkat("kept", dir, "link"), 0);
	assert_int_equal(fs_remove_tree(dir, "t", NULL), 0);
	assert_int_equal(fs_remove_tree(dir, "link", NULL), 0);
	assert_false(fs_exists(dir, "t"));
	assert_false(fs_exists(dir, "link"));
	assert_true(fs_exists(dir, "kept/f"));
}

static void test_many_entries(void **state)
{
	int dir = dir_of(state);

	assert_int_equal(fs_mkdir_p(dir, "t", 0755, NULL), 0);
	/* More than the kernel names in one go (32 KiB of names). */
	for (int i = 0; i < 1800; i++) {
		char path[32];

		snprintf(path, sizeof(path), "t/%d", i);
		if (i % 3 == 0) {
			assert_int_equal(mkdirat(dir, path, 0755), 0);
			strcat(path, "/f");
		}
		int fd = openat(dir, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		assert_true(fd >= 0);
		close(fd);
	}
	assert_int_equal(fs_remove_tree(dir, "t", NULL), 0);
	assert_false(fs_exists(dir, "t"));
}

/* Deeper than a path can name, and than there are descriptors. */
static void test_deep_tree(void **state)
{
	struct rlimit old, few = { 80, 80 };
	int dir = dir_of(state);
	int at = fcntl(dir, F_DUPFD_CLOEXEC, 3);

	/* "deep/" a thousand times are 5000 bytes: PATH_MAX is 4096. */
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(mkdirat(at, i ? "deep" : "t", 0755), 0);
		int next = openat(at, i ? "deep" : "t", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = next;
		if (i % 100 == 99)
			close(openat(at, "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	}
	close(at);
	/* A name that the removal would use itself. */
	assert_int_equal(mkdirat(dir, "t/.raised-0", 0755), 0);

	getrlimit(RLIMIT_NOFILE, &old);
	few.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_NOFILE, &few);
	struct err err = { 0 };
	int r = fs_remove_tree(dir, "t", &err);
	setrlimit(RLIMIT_NOFILE, &old);
	if (r != 0)
		fail_msg("%s", err_text(&err));
	assert_false(fs_exists(dir, "t"));
}

/* In a mount namespace of its own: 0 when all is as it should be, 77 when it may not have one. */
static int mounts_in_child(const char *path, int dir)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return 77;

	char point[128], kept[128];
	snprintf(point, sizeof(point), "%s/t/mnt", path);
	snprintf(kept, sizeof(kept), "%s/kept", path);
	/* A bind mount of the same file system: the device number is the same. */
	if (mount(kept, point, NULL, MS_BIND, NULL) < 0)
		return 77;
	if (fs_remove_tree(dir, "t", NULL) != -EBUSY)
		return 1;
	if (!fs_exists(dir, "kept/f"))
		return 2;
	if (fs_remove_tree(dir, "t/mnt", NULL) != -EBUSY)
		return 3;
	if (!fs_exists(dir, "kept/f"))
		return 4;
	if (umount2(point, MNT_DETACH) < 0 || fs_remove_tree(dir, "t", NULL) != 0)
		return 5;
	return fs_exists(dir, "t") ? 6 : 0;
}

static void test_mounts_are_not_crossed(void **state)
{
	struct scratch *s = *state;
	int status;

	put(s->fd, "kept/f");
	put(s->fd, "t/mnt/under");
	pid_t pid = fork();
	if (pid == 0)
		_exit(mounts_in_child(s->path, s->fd));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_error_names_the_path(void **state)
{
	int dir = dir_of(state);
	struct err err = { 0 };

	put(dir, "f");
	assert_int_equal(fs_remove_tree(dir, "f/x", &err), -ENOTDIR);
	assert_string_equal(err_text(&err), "removing f/x: Not a directory");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_tree),
		TEST(test_single_things),
		TEST(test_refuses_what_is_no_name),
		TEST(test_links_are_not_followed),
		TEST(test_many_entries),
		TEST(test_deep_tree),
		TEST(test_mounts_are_not_crossed),
		TEST(test_error_names_the_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
