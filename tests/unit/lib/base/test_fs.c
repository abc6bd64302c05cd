/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/str.h"
#include "tests/unit/lib/base/scratch.h"

/* The directory of the running test. */
static int dir_of(void **state)
{
	struct scratch *s = *state;

	return s->fd;
}

static void put(int dir, const char *path, const char *text)
{
	struct err err = { 0 };

	if (fs_write(dir, path, text, strlen(text), 0644, 0, &err) != 0)
		fail_msg("%s", err_text(&err));
}

static void assert_content(int dir, const char *path, const char *text)
{
	_cleanup_(buf_done) struct buf b = BUF_INIT;

	assert_int_equal(fs_read(dir, path, 1 << 20, &b, NULL), 0);
	assert_string_equal(b.data, text);
}

/* The names in PATH, joined by spaces. */
static void assert_names(int dir, const char *path, const char *expected)
{
	_cleanup_(buf_done) struct buf b = BUF_INIT;
	char **names;
	size_t count;

	assert_int_equal(fs_list(dir, path, &names, &count, NULL), 0);
	for (size_t i = 0; i < count; i++)
		buf_addf(&b, "%s%s", i ? " " : "", names[i]);
	fs_names_free(names, count);
	assert_string_equal(b.data, expected);
}

static mode_t mode_of(int dir, const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_mode & 07777;
}

/* --- reading --------------------------------------------------------------------------------- */

static void test_read_bound(void **state)
{
	int dir = dir_of(state);
	_cleanup_(buf_done) struct buf b = BUF_INIT;
	struct err err = { 0 };

	put(dir, "f", "0123456789");
	buf_adds(&b, "kept ");
	assert_int_equal(fs_read(dir, "f", 9, &b, &err), -EFBIG);
	assert_string_equal(err_text(&err), "reading f: larger than 9 bytes");
	assert_string_equal(b.data, "kept ");
	assert_int_equal(fs_read(dir, "f", 0, &b, NULL), -EFBIG);
	assert_int_equal(fs_read(dir, "f", 10, &b, NULL), 0);
	assert_string_equal(b.data, "kept 0123456789");
	assert_int_equal(fs_read(dir, "f", SIZE_MAX, &b, NULL), 0);
	assert_int_equal(b.len, 25);

	put(dir, "empty", "");
	assert_int_equal(fs_read(dir, "empty", 0, &b, NULL), 0);
	assert_int_equal(b.len, 25);
}

static void test_read_errors(void **state)
{
	int dir = dir_of(state);
	_cleanup_(buf_done) struct buf b = BUF_INIT;
	struct err err = { 0 };

	assert_int_equal(fs_read(dir, "none", 10, &b, &err), -ENOENT);
	assert_string_equal(err_text(&err), "opening none: No such file or directory");
	assert_int_equal(fs_read(dir, ".", 10, &b, &err), -EISDIR);
	assert_string_equal(err_text(&err), "reading .: Is a directory");
}

/* Files without a size, and files that are larger than all the buffers. */
static void test_read_sizes(void **state)
{
	int dir = dir_of(state);
	_cleanup_(buf_done) struct buf proc = BUF_INIT, large = BUF_INIT, back = BUF_INIT;

	assert_int_equal(fs_read(AT_FDCWD, "/proc/self/status", 1 << 16, &proc, NULL), 0);
	assert_true(str_starts(proc.data, "Name:"));

	for (int i = 0; i < 700000; i++)
		buf_addf(&large, "%d,", i);
	assert_int_equal(fs_write(dir, "large", large.data, large.len, 0600, 0, NULL), 0);
	assert_int_equal(fs_read(dir, "large", large.len, &back, NULL), 0);
	assert_int_equal(back.len, large.len);
	assert_memory_equal(back.data, large.data, large.len);
	buf_clear(&back);
	assert_int_equal(fs_read(dir, "large", large.len - 1, &back, NULL), -EFBIG);
}

static void test_read_pipe(void **state)
{
	_cleanup_(buf_done) struct buf b = BUF_INIT;
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(fs_write_fd(fds[1], "pipe", "abc", 3, NULL), 0);
	close(fds[1]);
	assert_int_equal(fs_read_fd(fds[0], "pipe", 3, &b, NULL), 0);
	assert_string_equal(b.data, "abc");
	close(fds[0]);
}

/* --- writing --------------------------------------------------------------------------------- */

static void test_write_replaces(void **state)
{
	int dir = dir_of(state);
	_cleanup_(closep) int old = -1;
	_cleanup_(buf_done) struct buf b = BUF_INIT;

	put(dir, "f", "one");
	old = openat(dir, "f", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fs_write(dir, "f", "two", 3, 0600, FS_SYNC, NULL), 0);
	assert_content(dir, "f", "two");
	/* Who has the old one open goes on reading it, whole. */
	assert_int_equal(fs_read_fd(old, "old", 100, &b, NULL), 0);
	assert_string_equal(b.data, "one");
	assert_names(dir, ".", "f");
}

static void test_write_mode_is_exact(void **state)
{
	int dir = dir_of(state);
	mode_t old = umask(077);

	assert_int_equal(fs_write(dir, "a", "", 0, 0666, 0, NULL), 0);
	umask(0);
	assert_int_equal(fs_write(dir, "b", "", 0, 0640, 0, NULL), 0);
	umask(old);
	assert_int_equal(mode_of(dir, "a"), 0666);
	assert_int_equal(mode_of(dir, "b"), 0640);
}

static void test_write_exclusive(void **state)
{
	int dir = dir_of(state);
	struct err err = { 0 };

	assert_int_equal(fs_write(dir, "f", "one", 3, 0600, FS_EXCLUSIVE, NULL), 0);
	assert_int_equal(fs_write(dir, "f", "two", 3, 0600, FS_EXCLUSIVE | FS_SYNC, &err), -EEXIST);
	assert_string_equal(err_text(&err), "writing f: File exists");
	assert_content(dir, "f", "one");
	assert_int_equal(symlinkat("nowhere", dir, "link"), 0);
	assert_int_equal(fs_write(dir, "link", "x", 1, 0600, FS_EXCLUSIVE, NULL), -EEXIST);
	assert_names(dir, ".", "f link");
}

/* The temporary file is in the same directory and gone after a failure. */
static void test_write_fails_cleanly(void **state)
{
	int dir = dir_of(state);
	struct err err = { 0 };

	assert_int_equal(fs_mkdir_p(dir, "d/full", 0755, NULL), 0);
	put(dir, "d/full/x", "");
	assert_int_equal(fs_write(dir, "d/full", "x", 1, 0600, 0, &err), -EISDIR);
	assert_names(dir, "d", "full");
	assert_int_equal(fs_write(dir, "none/f", "x", 1, 0600, 0, &err), -ENOENT);
	assert_string_equal(err_text(&err), "creating a file beside none/f: No such file or directory");
	assert_names(dir, ".", "d");
}

static void test_write_replaces_link_itself(void **state)
{
	int dir = dir_of(state);

	put(dir, "target", "kept");
	assert_int_equal(symlinkat("target", dir, "link"), 0);
	put(dir, "link", "new");
	assert_content(dir, "target", "kept");
	assert_content(dir, "link", "new");
}

/* What a process that died left under the name we would take is passed over. */
static void test_write_passes_over_leftovers(void **state)
{
	int dir = dir_of(state);
	_cleanup_(freep) char *left = xasprintf(".tmp-%d-0", (int)getpid());

	put(dir, left, "left");
	put(dir, "f", "x");
	assert_content(dir, left, "left");
	assert_content(dir, "f", "x");
}

static void test_write_paths(void **state)
{
	struct scratch *s = *state;
	_cleanup_(freep) char *absolute = xasprintf("%s/abs", s->path);
	char name[256];

	put(-1, absolute, "x");
	assert_content(s->fd, "abs", "x");
	assert_int_equal(fs_mkdir_p(s->fd, "a/b", 0755, NULL), 0);
	put(s->fd, "a//b/c", "y");
	assert_content(s->fd, "a/b/c", "y");
	/* The longest name there can be has room for a temporary one beside it. */
	memset(name, 'n', 255);
	name[255] = '\0';
	put(s->fd, name, "z");
	assert_content(s->fd, name, "z");
}

/* --- directories ----------------------------------------------------------------------------- */

static void test_mkdir_p(void **state)
{
	int dir = dir_of(state);
	struct err err = { 0 };

	assert_int_equal(fs_mkdir_p(dir, "a/b//c/", 0700, NULL), 0);
	assert_int_equal(mode_of(dir, "a"), 0700);
	assert_int_equal(mode_of(dir, "a/b/c"), 0700);
	assert_int_equal(fs_mkdir_p(dir, "a/b", 0755, NULL), 0);
	assert_int_equal(mode_of(dir, "a/b"), 0700);
	assert_int_equal(fs_mkdir_p(dir, ".", 0755, NULL), 0);
	assert_int_equal(fs_mkdir_p(AT_FDCWD, "/", 0755, NULL), 0);
	assert_int_equal(fs_mkdir_p(dir, "", 0755, NULL), -ENOENT);

	put(dir, "f", "");
	assert_int_equal(fs_mkdir_p(dir, "f", 0755, &err), -ENOTDIR);
	assert_string_equal(err_text(&err), "creating directory f: Not a directory");
	assert_int_equal(fs_mkdir_p(dir, "f/x", 0755, NULL), -ENOTDIR);
	/* A link to a directory is a directory that exists. */
	assert_int_equal(symlinkat("a", dir, "link"), 0);
	assert_int_equal(fs_mkdir_p(dir, "link/d", 0755, NULL), 0);
	assert_names(dir, "a", "b d");
}

static void test_mkdir_parents(void **state)
{
	int dir = dir_of(state);

	assert_int_equal(fs_mkdir_parents(dir, "x/y/z", 0755, NULL), 0);
	assert_names(dir, "x/y", "");
	assert_int_equal(fs_mkdir_parents(dir, "p/q/", 0755, NULL), 0);
	assert_names(dir, "p", "");
	assert_int_equal(fs_mkdir_parents(dir, "bare", 0755, NULL), 0);
	assert_int_equal(fs_mkdir_parents(dir, "/etc", 0755, NULL), 0);
	assert_names(dir, ".", "p x");
}

static void test_list(void **state)
{
	int dir = dir_of(state);
	struct err err = { 0 };
	char **names;
	size_t count;

	assert_names(dir, ".", "");
	put(dir, "b", "");
	put(dir, "a", "");
	put(dir, ".hidden", "");
	put(dir, "B", "");
	assert_names(dir, ".", ".hidden B a b");
	assert_int_equal(fs_list(dir, "none", &names, &count, &err), -ENOENT);
	assert_string_equal(err_text(&err), "opening directory none: No such file or directory");
	assert_int_equal(fs_list(dir, "a", &names, &count, NULL), -ENOTDIR);
}

static void test_exists(void **state)
{
	int dir = dir_of(state);

	put(dir, "f", "");
	assert_int_equal(symlinkat("nowhere", dir, "dangling"), 0);
	assert_true(fs_exists(dir, "f"));
	assert_true(fs_exists(dir, "."));
	assert_true(fs_exists(dir, "dangling"));
	assert_false(fs_exists(dir, "none"));
	assert_false(fs_exists(dir, "f/x"));
	assert_true(fs_exists(-1, "f")); /* EBADF: not known to be missing */
}

static void test_lock(void **state)
{
	int dir = dir_of(state);
	struct err err = { 0 };
	int held = fs_lock(dir, "lock", NULL);

	assert_true(held >= 0);
	assert_int_equal(mode_of(dir, "lock"), 0600);
	assert_int_equal(fs_lock(dir, "lock", &err), -EWOULDBLOCK);
	assert_string_equal(err_text(&err), "lock: held by another process");
	close(held);
	held = fs_lock(dir, "lock", NULL);
	assert_true(held >= 0);
	assert_int_equal(fcntl(held, F_GETFD), FD_CLOEXEC);
	close(held);
}

/* --- beneath --------------------------------------------------------------------------------- */

static void test_open_beneath(void **state)
{
	struct scratch *s = *state;
	static const struct {
		const char *path;
		int r;
	} cases[] = {
		{ "in/f", 0 },
		{ "in/../in/f", 0 },
		{ "in/inward", 0 },
		{ "..", -EXDEV },
		{ "../root/in/f", -EXDEV },
		{ "in/../../f", -EXDEV },
		{ "/etc/passwd", -EXDEV },
		{ "in/absolute", -EXDEV },
		{ "in/upward", -EXDEV },
		{ "in/chain", -EXDEV },
		{ "in/none", -ENOENT },
		{ "in/loop", -ELOOP },
	};

	assert_int_equal(fs_mkdir_p(s->fd, "root/in", 0755, NULL), 0);
	put(s->fd, "f", "outside");
	put(s->fd, "root/in/f", "inside");
	assert_int_equal(symlinkat("../in/f", s->fd, "root/in/inward"), 0);
	assert_int_equal(symlinkat("/etc/passwd", s->fd, "root/in/absolute"), 0);
	assert_int_equal(symlinkat("../../f", s->fd, "root/in/upward"), 0);
	assert_int_equal(symlinkat("upward", s->fd, "root/in/chain"), 0);
	assert_int_equal(symlinkat("loop", s->fd, "root/in/loop"), 0);
	_cleanup_(closep) int root = fs_open_dir(s->fd, "root", NULL);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(closep) int fd = fs_open_beneath(root, cases[i].path, O_RDONLY, 0, NULL);

		if (cases[i].r < 0 ? fd != cases[i].r : fd < 0)
			fail_msg("%s: %d, not %d", cases[i].path, fd, cases[i].r);
		if (fd >= 0)
			assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	}
}

static void test_open_beneath_magic_links(void **state)
{
	(void)state;
	_cleanup_(closep) int self = fs_open_dir(AT_FDCWD, "/proc/self", NULL);
	struct err err = { 0 };

	assert_int_equal(fs_open_beneath(self, "exe", O_RDONLY, 0, &err), -ELOOP);
	assert_string_equal(err_text(&err), "opening exe: Too many levels of symbolic links");
	assert_int_equal(fs_open_beneath(self, "root/etc/passwd", O_RDONLY, 0, NULL), -ELOOP);
	_cleanup_(closep) int plain = fs_open_beneath(self, "status", O_RDONLY, 0, NULL);
	assert_true(plain >= 0);
}

static void test_open_beneath_creates(void **state)
{
	int dir = dir_of(state);
	mode_t old = umask(0);
	_cleanup_(closep) int fd = fs_open_beneath(dir, "new", O_WRONLY | O_CREAT | O_EXCL, 0640, NULL);

	umask(old);
	assert_true(fd >= 0);
	assert_int_equal(mode_of(dir, "new"), 0640);
	assert_int_equal(fs_open_beneath(dir, "new", O_WRONLY | O_CREAT | O_EXCL, 0640, NULL), -EEXIST);
	/* A mode without O_CREAT is not the kernel's EINVAL. */
	_cleanup_(closep) int again = fs_open_beneath(dir, "new", O_RDONLY, 0640, NULL);
	assert_true(again >= 0);
}

/* The flags of directory PATH, or -1 where its file system has none. */
static int flags_of(int dir, const char *path)
{
	_cleanup_(closep) int fd = fs_open_dir(dir, path, NULL);
	int flags = 0;

	return ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0 ? -1 : flags;
}

static void test_spread(void **state)
{
	int dir = ((struct scratch *)*state)->fd;

	assert_int_equal(fs_mkdir_p(dir, "d", 0700, NULL), 0);
	int before = flags_of(dir, "d");
	fs_spread(dir, "d");
	fs_spread(dir, "d");
	int after = flags_of(dir, "d");
	/* Not all file systems have the flag; no other one may change. */
	if (before >= 0)
		assert_int_equal(after & ~FS_TOPDIR_FL, before & ~FS_TOPDIR_FL);
	assert_int_equal(fs_mkdir_p(dir, "d/e", 0700, NULL), 0);
	fs_spread(dir, "missing");
	assert_false(fs_exists(dir, "missing"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_read_bound),
		TEST(test_read_errors),
		TEST(test_read_sizes),
		TEST(test_read_pipe),
		TEST(test_write_replaces),
		TEST(test_write_mode_is_exact),
		TEST(test_write_exclusive),
		TEST(test_write_fails_cleanly),
		TEST(test_write_replaces_link_itself),
		TEST(test_write_passes_over_leftovers),
		TEST(test_write_paths),
		TEST(test_mkdir_p),
		TEST(test_mkdir_parents),
		TEST(test_list),
		TEST(test_exists),
		TEST(test_lock),
		TEST(test_spread),
		TEST(test_open_beneath),
		TEST(test_open_beneath_magic_links),
		TEST(test_open_beneath_creates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
