/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "nodeagent/logs.h"

#define T1 "2026-01-02T03:04:05.000000001Z"
#define T2 "2026-01-02T03:04:06.5+00:00"
#define T3 "2026-01-02T03:04:07Z"

struct fixture {
	char *dir;
	struct err err;
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	char template[] = "/tmp/pintle-logs-XXXXXX";

	if (!mkdtemp(template))
		return -1;
	f->dir = xstrdup(template);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int r = fs_remove_tree(AT_FDCWD, f->dir, &f->err);

	free(f->dir);
	free(f);
	return r;
}

static void append(struct fixture *f, const char *name, const char *text)
{
	_cleanup_(freep) char *path = xasprintf("%s/%s", f->dir, name);
	_cleanup_(closep) int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fs_write_fd(fd, path, text, strlen(text), &f->err), 0);
}

/* All that there is now, stderr's chunks behind "!". */
static char *drain(struct fixture *f, struct logs *l)
{
	struct buf all = BUF_INIT;
	struct logs_chunk c;
	int r;

	while ((r = logs_next(l, &c, &f->err)) > 0) {
		buf_adds(&all, c.is_stderr ? "!" : "");
		buf_add(&all, c.data, c.len);
	}
	if (r < 0)
		fail_msg("%s", err_text(&f->err));
	return buf_take(&all);
}

static void expect(struct fixture *f, const struct logs_options *options, const char *expected)
{
	struct logs *l = NULL;

	if (logs_open(f->dir, 0, options, &l, &f->err) < 0)
		fail_msg("%s", err_text(&f->err));
	_cleanup_(freep) char *text = drain(f, l);
	logs_close(l);
	assert_string_equal(text, expected);
}

static void test_plain(void **state)
{
	struct fixture *f = *state;
	struct logs_options all = { .tail = -1 }, stamped = { .tail = -1, .timestamps = true };

	append(f, "0.log",
		T1 " stdout F one\n" T2 " stderr F two\n" T2 " stdout P thr\n" T3 " stdout F ee\n" T3
		   " stdout F \n"
		   "not in the format\n");
	expect(f, &all, "one\n!two\nthree\n\nnot in the format\n");
	expect(f, &stamped,
		T1 " one\n!2026-01-02T03:04:06.500000000Z two\n2026-01-02T03:04:06.500000000Z three\n"
		   "2026-01-02T03:04:07.000000000Z \nnot in the format\n");
}

static void test_since_and_limit(void **state)
{
	struct fixture *f = *state;
	struct logs_options since = { .tail = -1 }, limit = { .tail = -1, .limit_bytes = 6 };

	append(f, "0.log", T1 " stdout F one\n" T2 " stdout F two\n" T3 " stdout F three\n");
	assert_int_equal(time_parse("2026-01-02T03:04:06Z", &since.since), 0);
	expect(f, &since, "two\nthree\n");
	expect(f, &limit, "one\ntw");
}

static void test_tail(void **state)
{
	struct fixture *f = *state;
	static const struct {
		int64_t tail;
		const char *expected;
	} cases[] = {
		{ 0, "" },
		{ 1, "five\n" },
		{ 2, "four\nfive\n" },
		{ 3, "three\nfour\nfive\n" },
		{ 4, "two\nthree\nfour\nfive\n" },
		{ 5, "one\ntwo\nthree\nfour\nfive\n" },
		{ 99, "one\ntwo\nthree\nfour\nfive\n" },
	};

	append(f, "0.log.20260101-000000.000000001", T1 " stdout F one\n");
	append(f, "0.log.20260102-000000.000000001",
		T1 " stdout F two\n" T1 " stdout P th\n" T1 " stdout F ree\n");
	append(f, "0.log", T1 " stdout F four\n" T1 " stdout F five\n");
	append(f, "1.log", T1 " stdout F another instance\n");
	append(f, "00.log.x", T1 " stdout F another file\n");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct logs_options o = { .tail = cases[i].tail };

		expect(f, &o, cases[i].expected);
	}
}

/* The blocks that are read backwards do not begin where records do. */
static void test_tail_over_blocks(void **state)
{
	struct fixture *f = *state;
	struct buf text = BUF_INIT, expected = BUF_INIT;
	struct logs_options o = { .tail = 5000 };

	for (int i = 0; i < 9000; i++) {
		buf_addf(&text, T1 " stdout F line %d\n", i);
		if (i >= 4000)
			buf_addf(&expected, "line %d\n", i);
	}
	append(f, "0.log", text.data);
	expect(f, &o, expected.data);
	buf_done(&text);
	buf_done(&expected);
}

static void wait_readable(struct logs *l)
{
	struct pollfd p = { .fd = logs_fd(l), .events = POLLIN };

	assert_int_equal(poll(&p, 1, 10000), 1);
}

static void expect_more(struct fixture *f, struct logs *l, const char *expected)
{
	wait_readable(l);
	_cleanup_(freep) char *text = drain(f, l);
	assert_string_equal(text, expected);
}

static void test_follow_over_rotation(void **state)
{
	struct fixture *f = *state;
	struct logs_options o = { .tail = 1, .follow = true };
	_cleanup_(freep) char *path = logs_file(f->dir, 0);
	_cleanup_(freep) char *old = xasprintf("%s.20260101-000000.0", path);
	struct logs *l = NULL;

	append(f, "0.log", T1 " stdout F zero\n" T1 " stdout F one\n");
	assert_int_equal(logs_open(f->dir, 0, &o, &l, &f->err), 0);
	_cleanup_(freep) char *first = drain(f, l);
	assert_string_equal(first, "one\n");
	append(f, "0.log", T1 " stdout F tw");
	expect_more(f, l, "");
	append(f, "0.log", "o\n");
	expect_more(f, l, "two\n");
	/* The monitor goes on writing to the renamed file until it was told. */
	assert_int_equal(rename(path, old), 0);
	append(f, "0.log.20260101-000000.0", T1 " stdout F three\n");
	expect_more(f, l, "three\n");
	append(f, "0.log.20260101-000000.0", T1 " stdout F four\n");
	append(f, "0.log", T1 " stdout F five\n");
	expect_more(f, l, "four\nfive\n");
	append(f, "0.log", T1 " stdout F six\n");
	expect_more(f, l, "six\n");
	logs_close(l);
}

static void test_missing(void **state)
{
	struct fixture *f = *state;
	struct logs_options o = { .tail = -1 };
	struct logs *l = NULL;
	unsigned newest = 99;

	assert_int_equal(logs_open(f->dir, 0, &o, &l, &f->err), -ENOENT);
	assert_int_equal(logs_newest(f->dir, &newest, &f->err), -ENOENT);
	append(f, "2.log", "");
	append(f, "10.log", "");
	append(f, "9.log.20260101-000000.0", "");
	append(f, "junk", "");
	assert_int_equal(logs_newest(f->dir, &newest, &f->err), 0);
	assert_int_equal(newest, 10);
	assert_int_equal(logs_open(f->dir, 9, &o, &l, &f->err), 0);
	logs_close(l);
}

static void test_rotate(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *ctl = xasprintf("%s/ctl", f->dir);
	_cleanup_(freep) char *path = logs_file(f->dir, 0);
	char told[16];

	/* Nobody listens: everything stays as it is. */
	append(f, "0.log", "0123456789\n");
	assert_int_equal(mkfifo(ctl, 0600), 0);
	assert_int_equal(logs_rotate(f->dir, 0, ctl, 11, 3, 0, &f->err), 0);
	assert_int_equal(logs_rotate(f->dir, 0, ctl, 10, 3, 0, &f->err), -ENXIO);
	assert_true(fs_exists(AT_FDCWD, path));

	_cleanup_(closep) int fd = open(ctl, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	for (nsec_t n = 1; n <= 4; n++) {
		assert_int_equal(logs_rotate(f->dir, 0, ctl, 10, 3, n, &f->err), 1);
		assert_int_equal(read(fd, told, sizeof(told)), 6);
		assert_memory_equal(told, "2 0 0\n", 6);
		assert_false(fs_exists(AT_FDCWD, path));
		append(f, "0.log", "0123456789\n");
	}
	char **names;
	size_t count;
	assert_int_equal(fs_list(AT_FDCWD, f->dir, &names, &count, &f->err), 0);
	assert_int_equal(count, 4); /* the current one, two old ones, the fifo */
	assert_string_equal(names[1], "0.log.19700101-000000.000000003");
	assert_string_equal(names[2], "0.log.19700101-000000.000000004");
	fs_names_free(names, count);
	assert_int_equal(logs_rotate(f->dir, 7, ctl, 10, 3, 9, &f->err), 0);
}

static void test_names(void **state)
{
	_cleanup_(freep) char *dir = logs_container_dir("/var/log/pods", "ns", "web-1", "uid", "c");

	(void)state;
	assert_string_equal(dir, "/var/log/pods/ns_web-1_uid/c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_plain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_since_and_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tail, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tail_over_blocks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_follow_over_rotation, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rotate, setup, teardown),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
