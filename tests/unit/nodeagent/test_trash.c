/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/trash.h"
#include "tests/unit/lib/base/scratch.h"

static const char *const command[] = { "/proc/self/exe", "sweep", NULL };
static const char *const broken[] = { "/bin/false", NULL };

static void make(struct scratch *s, const char *path)
{
	assert_int_equal(fs_mkdir_parents(s->fd, path, 0700, NULL), 0);
	assert_int_equal(fs_write(s->fd, path, "x", 1, 0600, 0, NULL), 0);
}

static size_t entries(struct scratch *s)
{
	char **names = NULL;
	size_t count = 0;

	assert_int_equal(fs_list(s->fd, "trash", &names, &count, NULL), 0);
	fs_names_free(names, count);
	return count;
}

static struct trash *open_in(struct scratch *s, struct loop *l, const char *const *argv)
{
	_cleanup_(freep) char *dir = xasprintf("%s/trash", s->path);
	struct trash *t = NULL;

	assert_int_equal(trash_open(l, dir, argv, &t, NULL), 0);
	return t;
}

static int throw(struct scratch * s, struct trash *t, const char *path)
{
	_cleanup_(freep) char *full = xasprintf("%s/%s", s->path, path);

	return trash_throw(t, full, NULL);
}

/* Until the child has removed all: each turn waits for an event. */
static void wait_empty(struct scratch *s, struct loop *l)
{
	for (int i = 0; i < 50 && entries(s) > 0; i++)
		assert_int_equal(loop_turn(l, 10 * NSEC_PER_SEC, NULL), 1);
	assert_int_equal(entries(s), 0);
}

static void thrown_goes_at_once_and_is_removed(void **state)
{
	struct scratch *s = *state;
	struct loop *l;

	assert_int_equal(loop_new(&l, NULL), 0);
	struct trash *t = open_in(s, l, command);
	make(s, "a/b/c");
	make(s, "d/e");
	make(s, "file");
	assert_int_equal(throw(s, t, "a"), 0);
	assert_int_equal(throw(s, t, "d"), 0);
	assert_int_equal(throw(s, t, "file"), 0);
	assert_int_equal(throw(s, t, "missing"), 0);
	assert_false(fs_exists(s->fd, "a"));
	assert_false(fs_exists(s->fd, "d"));
	assert_false(fs_exists(s->fd, "file"));
	assert_int_equal(entries(s), 3);
	/* The same name again, while the first of it is not removed yet. */
	make(s, "a/other");
	assert_int_equal(throw(s, t, "a"), 0);
	assert_int_equal(entries(s), 4);
	wait_empty(s, l);
	trash_close(t);
	loop_free(l);
}

/* Killed before it had removed what was thrown: the next one does. */
static void leftovers(void **state)
{
	struct scratch *s = *state;
	struct loop *l;

	make(s, "trash/12-0/upper/etc/hosts");
	assert_int_equal(loop_new(&l, NULL), 0);
	struct trash *t = open_in(s, l, command);
	assert_int_equal(entries(s), 1);
	wait_empty(s, l);
	trash_close(t);
	loop_free(l);
}

/* At the end nothing is left, though no child ever did anything. */
static void close_removes(void **state)
{
	struct scratch *s = *state;
	struct loop *l;

	assert_int_equal(loop_new(&l, NULL), 0);
	struct trash *t = open_in(s, l, broken);
	make(s, "a/b");
	assert_int_equal(throw(s, t, "a"), 0);
	assert_int_equal(loop_turn(l, 0, NULL), 1);
	assert_int_equal(entries(s), 1);
	trash_close(t);
	assert_int_equal(entries(s), 0);
	loop_free(l);
}

/* Where it can't be moved aside, it is removed on the spot. */
static void no_place(void **state)
{
	struct scratch *s = *state;
	struct loop *l;

	assert_int_equal(loop_new(&l, NULL), 0);
	struct trash *t = open_in(s, l, command);
	assert_int_equal(unlinkat(s->fd, "trash", AT_REMOVEDIR), 0);
	make(s, "a/b");
	assert_int_equal(throw(s, t, "a"), 0);
	assert_false(fs_exists(s->fd, "a"));
	assert_int_equal(fs_mkdir_p(s->fd, "trash", 0700, NULL), 0);
	trash_close(t);
	loop_free(l);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(thrown_goes_at_once_and_is_removed),
		TEST(leftovers),
		TEST(close_removes),
		TEST(no_place),
	};

	if (argc > 1 && str_eq(argv[1], "sweep"))
		return trash_main(argc - 1, argv + 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
