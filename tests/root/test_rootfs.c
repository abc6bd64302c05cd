/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
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
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/mounts.h"
#include "nodeagent/rootfs.h"

struct fixture {
	char *dir; /* scratch */
	struct err err;
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	char template[] = "/tmp/pintle-rootfs-XXXXXX";

	if (!mkdtemp(template))
		return -1;
	f->dir = xstrdup(template);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int r = mounts_unmount_beneath(f->dir, &f->err);

	if (r == 0)
		r = fs_remove_tree(AT_FDCWD, f->dir, &f->err);
	if (r < 0)
		fprintf(stderr, "%s\n", err_text(&f->err));
	free(f->dir);
	free(f);
	return r;
}

/* COUNT layers in BASE, each with a file of its own and one that all have; returned bottom first. */
static char **make_layers(struct fixture *f, const char *base, size_t count)
{
	char **layers = xcalloc(count, sizeof(*layers));

	for (size_t i = 0; i < count; i++) {
		_cleanup_(freep) char *text = xasprintf("%zu", i);
		layers[i] = xasprintf("%s/%s/%zu", f->dir, base, i);
		_cleanup_(freep) char *own = xasprintf("%s/own%zu", layers[i], i);
		_cleanup_(freep) char *same = xasprintf("%s/same", layers[i]);

		assert_int_equal(fs_mkdir_p(AT_FDCWD, layers[i], 0755, &f->err), 0);
		assert_int_equal(fs_write(AT_FDCWD, own, text, strlen(text), 0644, 0, &f->err), 0);
		assert_int_equal(fs_write(AT_FDCWD, same, text, strlen(text), 0644, 0, &f->err), 0);
	}
	return layers;
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

static void mount_and_look(struct fixture *f, const char *base, size_t count)
{
	char **layers = make_layers(f, base, count);
	_cleanup_(freep) char *dir = xasprintf("%s/%s-container", f->dir, base);
	_cleanup_(freep) char *target = xasprintf("%s/rootfs", dir);
	_cleanup_(freep) char *written = xasprintf("%s/written", target);
	_cleanup_(freep) char *top = xasprintf("%zu", count - 1);
	struct rootfs_spec spec = {
		.layers = (const char *const *)layers, .layer_count = count, .dir = dir, .target = target
	};
	struct stat st;

	assert_int_equal(chmod(layers[count - 1], 0711), 0);
	if (rootfs_mount(&spec, &f->err) < 0)
		fail_msg("%s", err_text(&f->err));
	assert_file(target, "own0", "0");
	assert_file(target, "same", top);
	assert_int_equal(fs_write(AT_FDCWD, written, "x", 1, 0644, 0, &f->err), 0);
	assert_false(fs_exists(AT_FDCWD, "written"));
	assert_int_equal(stat(target, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0711);
	assert_int_equal(rootfs_mount(&spec, &f->err), -EBUSY);

	assert_int_equal(rootfs_unmount(dir, target, &f->err), 0);
	assert_false(fs_exists(AT_FDCWD, dir));
	assert_int_equal(rootfs_unmount(dir, target, &f->err), 0);
	assert_file(layers[0], "own0", "0");
	fs_names_free(layers, count);
}

static void test_one_layer(void **state)
{
	mount_and_look(*state, "one", 1);
}

static void test_layers_in_order(void **state)
{
	mount_and_look(*state, "three", 3);
}

static void test_beyond_a_page_of_options(void **state)
{
	mount_and_look(
		*state, "a-name-that-makes-options-longer-than-one-page-holds-with-this-many-layers", 100);
}

static void test_names_that_options_escape(void **state)
{
	mount_and_look(*state, "a:b,c\\d e", 3);
}

/* Longer than fsconfig takes: the other way of mounting. */
static void test_long_paths(void **state)
{
	char base[4 * 100 + 1];

	for (size_t i = 0; i < sizeof(base) - 1; i++)
		base[i] = i % 100 == 99 ? '/' : 'p';
	base[sizeof(base) - 2] = 'p';
	base[sizeof(base) - 1] = '\0';
	mount_and_look(*state, base, 60);
}

static void test_missing_layer(void **state)
{
	struct fixture *f = *state;
	char **layers = make_layers(f, "gone", 2);
	_cleanup_(freep) char *dir = xasprintf("%s/c", f->dir);
	_cleanup_(freep) char *target = xasprintf("%s/rootfs", dir);
	struct rootfs_spec spec = {
		.layers = (const char *const *)layers, .layer_count = 2, .dir = dir, .target = target
	};

	assert_int_equal(fs_remove_tree(AT_FDCWD, layers[1], &f->err), 0);
	assert_int_equal(rootfs_mount(&spec, &f->err), -ENOENT);
	if (!strstr(err_text(&f->err), layers[1]))
		fail_msg("expected the missing layer's path in: %s", err_text(&f->err));
	spec.layer_count = 0;
	assert_int_equal(rootfs_mount(&spec, &f->err), -EINVAL);
	assert_int_equal(rootfs_unmount(dir, target, &f->err), 0);
	fs_names_free(layers, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_layer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_layers_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_beyond_a_page_of_options, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names_that_options_escape, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_paths, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing_layer, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
