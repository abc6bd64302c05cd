/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Volumes on the host: mounts, owners, atomic swaps, and paths that want to leave. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/mounts.h"
#include "nodeagent/volume.h"

struct fixture {
	char *dir, *state, *run, *subpaths;
	struct volume_dirs dirs;
	struct string_pair data[3]; /* of ConfigMap cm, sorted */
	struct bytes_pair hidden;   /* of Secret sec */
	struct config_map config_map;
	struct secret secret;
	struct pod pod;
	struct pod_security_context security;
	struct volume_sources sources;
	struct err err;
};

static const struct config_map *get_config_map(void *arg, const char *name)
{
	struct fixture *f = arg;

	return str_eq(name, "cm") ? &f->config_map : NULL;
}

static const struct secret *get_secret(void *arg, const char *name)
{
	struct fixture *f = arg;

	return str_eq(name, "sec") ? &f->secret : NULL;
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	char template[] = "/tmp/pintle-volume-XXXXXX";

	if (!mkdtemp(template))
		return -1;
	f->dir = xstrdup(template);
	f->state = xasprintf("%s/state", template);
	f->run = xasprintf("%s/run/uid", template);
	f->subpaths = xasprintf("%s/subpaths", template);
	f->dirs = (struct volume_dirs){ f->state, f->run };
	f->data[0] = (struct string_pair){ "a", "one" };
	f->data[1] = (struct string_pair){ "b", "two" };
	f->config_map.data.items = f->data;
	f->config_map.data.count = 2;
	f->hidden = (struct bytes_pair){ "password", { (const uint8_t *)"s3cret", 6 } };
	f->secret.data.items = &f->hidden;
	f->secret.data.count = 1;
	f->pod.meta.name = "p";
	f->sources = (struct volume_sources){
		.pod = &f->pod, .config_map = get_config_map, .secret = get_secret, .arg = f
	};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int r = mounts_unmount_beneath(f->dir, &f->err);

	if (r == 0)
		r = fs_remove_tree(AT_FDCWD, f->dir, &f->err);
	free(f->dir);
	free(f->state);
	free(f->run);
	free(f->subpaths);
	free(f);
	return r;
}

static char *set_up(struct fixture *f, const struct volume *v, bool *ret_changed)
{
	char *path = NULL;

	if (volume_setup(&f->dirs, v, &f->sources, &path, ret_changed, &f->err) < 0)
		fail_msg("%s", err_text(&f->err));
	return path;
}

static void expect_error(struct fixture *f, int r, int expected, const char *text)
{
	if (r != expected)
		fail_msg("expected %s, got %d: %s", strerror(-expected), r, err_text(&f->err));
	if (!strstr(err_text(&f->err), text))
		fail_msg("expected \"%s\" in: %s", text, err_text(&f->err));
}

static void expect_setup_error(struct fixture *f, const struct volume *v, int expected, const char *text)
{
	char *path = NULL;

	err_clear(&f->err);
	expect_error(f, volume_setup(&f->dirs, v, &f->sources, &path, NULL, &f->err), expected, text);
}

static void assert_file(const char *dir, const char *name, const char *expected)
{
	_cleanup_(freep) char *path = xasprintf("%s/%s", dir, name);
	struct buf b = BUF_INIT;
	struct err err = { 0 };

	if (fs_read(AT_FDCWD, path, 4096, &b, &err) < 0)
		fail_msg("%s", err_text(&err));
	assert_string_equal(b.data, expected);
	buf_done(&b);
}

static struct stat stat_of(const char *dir, const char *name)
{
	_cleanup_(freep) char *path = xasprintf("%s/%s", dir, name);
	struct stat st;

	if (stat(path, &st) < 0)
		fail_msg("%s: %s", path, strerror(errno));
	return st;
}

static char *link_of(const char *dir, const char *name)
{
	_cleanup_(freep) char *path = xasprintf("%s/%s", dir, name);
	char *target = xcalloc(256, 1);

	if (readlink(path, target, 255) < 0)
		fail_msg("%s: %s", path, strerror(errno));
	return target;
}

static size_t count_names(const char *dir)
{
	char **names = NULL;
	size_t count = 0;

	assert_int_equal(fs_list(AT_FDCWD, dir, &names, &count, NULL), 0);
	fs_names_free(names, count);
	return count;
}

static void test_config_map(void **state)
{
	struct fixture *f = *state;
	struct config_map_source source = { .name = "cm", .default_mode = 0644 };
	struct volume v = { .name = "v", .config_map = &source };
	bool changed;

	_cleanup_(freep) char *path = set_up(f, &v, &changed);
	assert_true(changed);
	assert_file(path, "a", "one");
	assert_int_equal(stat_of(path, "a").st_mode, S_IFREG | 0644);
	_cleanup_(freep) char *a = link_of(path, "a");
	_cleanup_(freep) char *before = link_of(path, "..data");
	assert_string_equal(a, "..data/a");

	/* The same again: nothing is touched. */
	_cleanup_(freep) char *again = set_up(f, &v, &changed);
	assert_false(changed);
	_cleanup_(freep) char *still = link_of(path, "..data");
	assert_string_equal(still, before);

	/* a changes, b goes, c comes: one swap, and the old directory is gone. Who has the old file open keeps it. */
	_cleanup_(freep) char *a_path = xasprintf("%s/a", path);
	_cleanup_(closep) int held = open(a_path, O_RDONLY | O_CLOEXEC);
	f->data[0].value = "uno";
	f->data[1] = (struct string_pair){ "c", "tres" };
	_cleanup_(freep) char *refreshed = set_up(f, &v, &changed);
	assert_true(changed);
	assert_file(path, "a", "uno");
	assert_file(path, "c", "tres");
	_cleanup_(freep) char *after = link_of(path, "..data");
	assert_string_not_equal(after, before);
	assert_int_equal(count_names(path), 4); /* a, c, ..data, the directory */
	char old[4] = "";
	assert_int_equal(read(held, old, 3), 3);
	assert_string_equal(old, "one");
}

static void test_leftovers_of_a_crash(void **state)
{
	struct fixture *f = *state;
	struct config_map_source source = { .name = "cm", .default_mode = 0644 };
	struct volume v = { .name = "v", .config_map = &source };

	_cleanup_(freep) char *path = set_up(f, &v, NULL);
	_cleanup_(freep) char *half = xasprintf("%s/..2020_01_01_00_00_00.half/a", path);
	_cleanup_(freep) char *tmp = xasprintf("%s/..data_tmp", path);
	assert_int_equal(fs_mkdir_p(AT_FDCWD, half, 0755, &f->err), 0);
	assert_int_equal(symlink("nowhere", tmp), 0);
	f->data[0].value = "new";
	_cleanup_(freep) char *again = set_up(f, &v, NULL);
	assert_file(path, "a", "new");
	assert_int_equal(count_names(path), 4);
}

static void test_secret_only_on_tmpfs(void **state)
{
	struct fixture *f = *state;
	struct secret_source source = { .secret_name = "sec", .default_mode = 0400 };
	struct volume v = { .name = "s", .secret = &source };
	_cleanup_(freep) char *run = xasprintf("%s/run", f->dir);

	if (!mounts_is_tmpfs(f->dir))
		expect_setup_error(f, &v, -EPERM, "is no tmpfs");
	assert_int_equal(volume_prepare_tmpfs(run, &f->err), 0);
	assert_int_equal(volume_prepare_tmpfs(run, &f->err), 0);
	assert_true(mounts_is_tmpfs(run));
	_cleanup_(freep) char *path = set_up(f, &v, NULL);
	assert_true(str_starts(path, f->run));
	assert_file(path, "password", "s3cret");
	assert_int_equal(stat_of(path, "password").st_mode, S_IFREG | 0400);
	assert_int_equal(stat_of(run, "").st_mode & 07777, 0700);
	assert_int_equal(stat_of(f->run, "").st_mode & 07777, 0700);
	assert_int_equal(volume_teardown(&f->dirs, NULL, &f->err), 0);
	assert_false(fs_exists(AT_FDCWD, f->run));
	assert_true(mounts_is_point(run));
}

static void test_fs_group(void **state)
{
	struct fixture *f = *state;
	struct key_to_path item = { .key = "a", .path = "d/a" };
	struct config_map_source source = { .name = "cm", .default_mode = 0400, .items = { &item, 1 } };
	struct empty_dir_source empty = { 0 };
	struct volume v = { .name = "v", .config_map = &source }, e = { .name = "e", .empty_dir = &empty };

	f->pod.spec.security_context = &f->security;
	f->security.fs_group = (struct opt_int){ .set = true, .value = 4242 };
	_cleanup_(freep) char *path = set_up(f, &v, NULL);
	struct stat file = stat_of(path, "d/a"), dir = stat_of(path, "d"), top = stat_of(path, "");
	assert_int_equal(file.st_gid, 4242);
	assert_int_equal(file.st_mode & 07777, 0440);
	assert_int_equal(dir.st_gid, 4242);
	assert_int_equal(dir.st_mode & 07777, 02755);
	assert_int_equal(top.st_gid, 4242);
	_cleanup_(freep) char *empty_path = set_up(f, &e, NULL);
	assert_int_equal(stat_of(empty_path, "").st_gid, 4242);
	assert_int_equal(stat_of(empty_path, "").st_mode & 07777, 02777);
}

static void test_empty_dir(void **state)
{
	struct fixture *f = *state;
	struct empty_dir_source disk = { 0 }, memory = { .medium = "Memory" },
				huge = { .medium = "HugePages" };
	struct volume d = { .name = "d", .empty_dir = &disk }, m = { .name = "m", .empty_dir = &memory },
		      h = { .name = "h", .empty_dir = &huge };
	struct statvfs fs;

	memory.size_limit = quantity_from_units(1 << 20, QUANTITY_BINARY_SI);
	_cleanup_(freep) char *path = set_up(f, &d, NULL);
	assert_int_equal(stat_of(path, "").st_mode, S_IFDIR | 0777);
	/* What a container made of it stays. */
	assert_int_equal(chmod(path, 0700), 0);
	_cleanup_(freep) char *again = set_up(f, &d, NULL);
	assert_int_equal(stat_of(path, "").st_mode, S_IFDIR | 0700);
	_cleanup_(freep) char *ram = set_up(f, &m, NULL);
	assert_true(mounts_is_tmpfs(ram));
	assert_int_equal(stat_of(ram, "").st_mode & 07777, 0777);
	assert_int_equal(statvfs(ram, &fs), 0);
	assert_int_equal(fs.f_blocks * fs.f_frsize, 1 << 20);
	_cleanup_(freep) char *ram_again = set_up(f, &m, NULL);
	expect_setup_error(f, &h, -EOPNOTSUPP, "HugePages");
	assert_int_equal(volume_teardown(&f->dirs, f->subpaths, &f->err), 0);
	assert_false(fs_exists(AT_FDCWD, f->state));
	assert_int_equal(volume_teardown(&f->dirs, f->subpaths, &f->err), 0);
}

static void test_host_path(void **state)
{
	static const struct {
		const char *type, *path; /* path below the scratch directory, or absolute */
		int error;
		const char *text;
	} cases[] = {
		{ "", "made", 0, NULL },
		{ "Directory", "made", 0, NULL },
		{ "DirectoryOrCreate", "deep/er", 0, NULL },
		{ "FileOrCreate", "file", 0, NULL },
		{ "File", "file", 0, NULL },
		{ "Directory", "file", -ENOTDIR, "type check failed" },
		{ "File", "made", -ENOTDIR, "is not a file" },
		{ "Directory", "missing", -ENOENT, "is not a directory" },
		{ "FileOrCreate", "no/parent", -ENOENT, "no/parent" },
		{ "Socket", "file", -ENOTDIR, "is not a socket file" },
		{ "CharDevice", "/dev/null", 0, NULL },
		{ "BlockDevice", "/dev/null", -ENOTDIR, "is not a block device" },
		{ "Odd", "made", -EINVAL, "unknown type" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(freep) char *path = *cases[i].path == '/'
						      ? xstrdup(cases[i].path)
						      : xasprintf("%s/%s", f->dir, cases[i].path);
		struct host_path_source source = { .path = path, .type = cases[i].type };
		struct volume v = { .name = "h", .host_path = &source };

		if (cases[i].error < 0) {
			expect_setup_error(f, &v, cases[i].error, cases[i].text);
			continue;
		}
		_cleanup_(freep) char *got = set_up(f, &v, NULL);
		assert_string_equal(got, path);
	}
	assert_int_equal(volume_teardown(&f->dirs, NULL, &f->err), 0);
	_cleanup_(freep) char *made = xasprintf("%s/made", f->dir);
	assert_true(fs_exists(AT_FDCWD, made));
}

static void test_unsupported(void **state)
{
	struct fixture *f = *state;
	struct nfs_source nfs = { .server = "s", .path = "/" };
	struct volume v = { .name = "n", .nfs = &nfs },
		      bad = { .name = "../x", .empty_dir = &(struct empty_dir_source){ 0 } };

	expect_setup_error(f, &v, -EOPNOTSUPP, "nfs volumes are not supported");
	expect_setup_error(f, &bad, -EINVAL, "no name for a volume");
}

static void test_sub_path(void **state)
{
	struct fixture *f = *state;
	struct config_map_source source = { .name = "cm", .default_mode = 0644 };
	struct volume v = { .name = "v", .config_map = &source };
	struct empty_dir_source empty = { 0 };
	struct volume e = { .name = "e", .empty_dir = &empty };
	_cleanup_(freep) char *container = xasprintf("%s/c", f->subpaths);
	_cleanup_(freep) char *file = xasprintf("%s/0", container);
	_cleanup_(freep) char *dir = xasprintf("%s/c/1", f->subpaths);

	/* A single file out of a ConfigMap: through ..data. It keeps what it was when the volume is refreshed. */
	_cleanup_(freep) char *path = set_up(f, &v, NULL);
	assert_int_equal(volume_subpath_mount(path, "a", file, &f->err), 0);
	assert_int_equal(volume_subpath_mount(path, "a", file, &f->err), 0);
	assert_file(container, "0", "one");
	/* A directory that isn't there is made as the volume is. */
	_cleanup_(freep) char *empty_path = set_up(f, &e, NULL);
	assert_int_equal(volume_subpath_mount(empty_path, "x/y", dir, &f->err), 0);
	assert_int_equal(stat_of(empty_path, "x/y").st_mode & 07777, 0777);
	assert_int_equal(stat_of(empty_path, "x/y").st_ino, stat_of(dir, "").st_ino);
	assert_int_equal(volume_teardown(&f->dirs, f->subpaths, &f->err), 0);
	assert_false(fs_exists(AT_FDCWD, f->subpaths));
}

static void test_sub_paths_that_leave(void **state)
{
	static const char *const paths[] = { "../x", "a/../../x", "/etc", "out", "out/passwd", "up/x",
		"dangling", "" };
	struct fixture *f = *state;
	struct empty_dir_source empty = { 0 };
	struct volume e = { .name = "e", .empty_dir = &empty };
	_cleanup_(freep) char *target = xasprintf("%s/c/0", f->subpaths);

	_cleanup_(freep) char *path = set_up(f, &e, NULL);
	_cleanup_(freep) char *out = xasprintf("%s/out", path);
	_cleanup_(freep) char *up = xasprintf("%s/up", path);
	_cleanup_(freep) char *dangling = xasprintf("%s/dangling", path);
	_cleanup_(freep) char *a = xasprintf("%s/a", path);
	assert_int_equal(symlink("/etc", out), 0);
	assert_int_equal(symlink("../..", up), 0);
	assert_int_equal(symlink("/pintle-does-not-exist", dangling), 0);
	assert_int_equal(mkdir(a, 0755), 0);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		err_clear(&f->err);
		expect_error(f, volume_subpath_mount(path, paths[i], target, &f->err), -EXDEV,
			"leaves the volume");
		assert_false(mounts_is_point(target));
	}
	assert_false(fs_exists(AT_FDCWD, "/pintle-does-not-exist"));
}

/* What is mounted from elsewhere is unmounted, never emptied. */
static void test_teardown_spares_the_host(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *host = xasprintf("%s/host", f->dir);
	_cleanup_(freep) char *precious = xasprintf("%s/precious", host);
	_cleanup_(freep) char *sub = xasprintf("%s/c/0", f->subpaths);
	_cleanup_(freep) char *deep = xasprintf("%s/e/deep/er", f->state);

	assert_int_equal(fs_mkdir_p(AT_FDCWD, precious, 0755, &f->err), 0);
	assert_int_equal(volume_subpath_mount(f->dir, "host", sub, &f->err), 0);
	assert_int_equal(fs_mkdir_p(AT_FDCWD, deep, 0755, &f->err), 0);
	assert_int_equal(mount(host, deep, NULL, MS_BIND, NULL), 0);
	if (volume_teardown(&f->dirs, f->subpaths, &f->err) < 0)
		fail_msg("%s", err_text(&f->err));
	assert_true(fs_exists(AT_FDCWD, precious));
	assert_false(fs_exists(AT_FDCWD, f->state));
	assert_false(fs_exists(AT_FDCWD, f->subpaths));
}

static void test_full_disk(void **state)
{
	struct fixture *f = *state;
	struct config_map_source source = { .name = "cm", .default_mode = 0644 };
	struct volume v = { .name = "v", .config_map = &source };
	char *big = xcalloc(1, 300001);

	assert_int_equal(mkdir(f->state, 0700), 0);
	assert_int_equal(mount("tmpfs", f->state, "tmpfs", 0, "size=128k"), 0);
	_cleanup_(freep) char *path = set_up(f, &v, NULL);
	memset(big, 'x', 300000);
	f->data[1].value = big;
	expect_setup_error(f, &v, -ENOSPC, "state/v/b");
	/* The old files are all there. */
	assert_file(path, "a", "one");
	assert_file(path, "b", "two");
	assert_int_equal(count_names(path), 4);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_config_map, setup, teardown),
		cmocka_unit_test_setup_teardown(test_leftovers_of_a_crash, setup, teardown),
		cmocka_unit_test_setup_teardown(test_secret_only_on_tmpfs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fs_group, setup, teardown),
		cmocka_unit_test_setup_teardown(test_empty_dir, setup, teardown),
		cmocka_unit_test_setup_teardown(test_host_path, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unsupported, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sub_path, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sub_paths_that_leave, setup, teardown),
		cmocka_unit_test_setup_teardown(test_teardown_spares_the_host, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full_disk, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
