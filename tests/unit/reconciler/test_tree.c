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
#include <sys/stat.h>

#include "lib/base/fs.h"
#include "reconciler/tree.h"

struct fixture {
	char dir[64];
	int fd;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/pintle-tree-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->fd = fs_open_dir(AT_FDCWD, f->dir, NULL);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	fd_close(f->fd);
	fs_remove_tree(AT_FDCWD, f->dir, NULL);
	free(f);
	return 0;
}

static void test_render(void **state)
{
	static const struct {
		const char *json, *want;
	} cases[] = {
		{ "{}", "{}\n" },
		{ "[]", "[]\n" },
		{ "\"a\"", "\"a\"\n" },
		{ "{\"a\":1,\"b\":[1,2]}",
			"{\n    \"a\": 1,\n    \"b\": [\n        1,\n        2\n    ]\n}\n" },
		{ "{\"a\":{},\"b\":[]}", "{\n    \"a\": {},\n    \"b\": []\n}\n" },
		{ "{\"a\":\"x,{y}\\\"[\\\\\"}", "{\n    \"a\": \"x,{y}\\\"[\\\\\"\n}\n" },
		{ " { \"a\" : [ ] } ", "{\n    \"a\": []\n}\n" },
		/* no JSON: whatever comes out, it ends */
		{ "}}]]", "\n}\n}\n]\n]\n" },
		{ "\"open", "\"open\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf out = BUF_INIT;

		tree_render(cases[i].json, strlen(cases[i].json), &out);
		assert_string_equal(out.data, cases[i].want);
		buf_done(&out);
	}
}

static void test_write_and_remove(void **state)
{
	struct fixture *f = *state;
	struct buf text = BUF_INIT;

	assert_int_equal(tree_write(f->fd, "namespaces/a/pods/x.json", "{}", 2, NULL), 0);
	assert_int_equal(tree_write(f->fd, "namespaces/a/pods/x.json", "[1]", 3, NULL), 0);
	assert_int_equal(tree_write(f->fd, "namespaces/b/pods/x.json", "{}", 2, NULL), 0);
	assert_int_equal(fs_read(f->fd, "namespaces/a/pods/x.json", 100, &text, NULL), 0);
	assert_string_equal(text.data, "[\n    1\n]\n");
	assert_false(fs_exists(f->fd, ".new"));
	assert_int_equal(tree_remove(f->fd, "namespaces/a/pods/x.json", NULL), 0);
	assert_int_equal(tree_remove(f->fd, "namespaces/a/pods/x.json", NULL), 0);
	assert_false(fs_exists(f->fd, "namespaces/a"));
	assert_true(fs_exists(f->fd, "namespaces/b/pods/x.json"));
	buf_done(&text);
}

static int add_name(const char *path, void *arg)
{
	buf_addf(arg, "%s\n", path);
	return 0;
}

static void test_each(void **state)
{
	struct fixture *f = *state;
	struct buf names = BUF_INIT;

	assert_int_equal(tree_write(f->fd, "sync.json", "{}", 2, NULL), 0);
	assert_int_equal(tree_write(f->fd, "cluster/nodes/a.json", "{}", 2, NULL), 0);
	assert_int_equal(fs_write(f->fd, "cluster/nodes/.tmp", "", 0, 0644, 0, NULL), 0);
	assert_int_equal(fs_write(f->fd, "journal", "", 0, 0644, 0, NULL), 0);
	assert_int_equal(tree_each(f->fd, add_name, &names, NULL), 0);
	assert_string_equal(names.data, "cluster/nodes/a.json\nsync.json\n");
	buf_done(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_render),
		cmocka_unit_test_setup_teardown(test_write_and_remove, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_each, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
