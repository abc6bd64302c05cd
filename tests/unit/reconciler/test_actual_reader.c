/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Reading and following the actual tree while it is written. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "reconciler/actual.h"
#include "reconciler/actual_reader.h"

struct fixture {
	char dir[64];
	struct actual *a;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/pintle-reader-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	assert_int_equal(actual_open(f->dir, &f->a, NULL), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	actual_free(f->a);
	fs_remove_tree(AT_FDCWD, f->dir, NULL);
	free(f);
	return 0;
}

static void put(struct fixture *f, const char *path, const char *json)
{
	assert_int_equal(actual_put(f->a, path, json, strlen(json), NULL), 0);
}

static void commit(struct fixture *f)
{
	assert_int_equal(actual_commit(f->a, NULL), 0);
}

static struct actual_follow *follow(struct fixture *f, uint64_t since)
{
	struct actual_follow *w = NULL;

	assert_int_equal(actual_follow_open(f->dir, since, &w, NULL), 0);
	return w;
}

/* The next change as "VERSION PATH JSON". */
static void expect_next(struct actual_follow *w, const char *want)
{
	struct actual_record rec;
	struct err err = { 0 };
	int r = actual_follow_next(w, &rec, &err);

	if (r != 1)
		fail_msg("expected %s, got %d %s", want, r, err.text);
	_cleanup_(freep) char *have = xasprintf("%llu %s %.*s", (unsigned long long)rec.version, rec.path,
		rec.json ? (int)rec.len : 1, rec.json ? rec.json : "-");
	assert_string_equal(have, want);
}

static void expect_none(struct actual_follow *w)
{
	struct actual_record rec;

	assert_int_equal(actual_follow_next(w, &rec, NULL), 0);
}

static bool is_readable(struct actual_follow *w)
{
	struct pollfd p = { .fd = actual_follow_fd(w), .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static void test_follow(void **state)
{
	struct fixture *f = *state;
	struct actual_follow *w = follow(f, 0);

	expect_none(w);
	assert_false(is_readable(w));
	put(f, "sync.json", "{\"n\":1}");
	put(f, "cluster/nodes/a.json", "{}");
	expect_none(w);
	commit(f);
	assert_true(is_readable(w));
	expect_next(w, "1 sync.json {\"n\":1}");
	expect_next(w, "2 cluster/nodes/a.json {}");
	expect_none(w);
	assert_int_equal(actual_delete(f->a, "cluster/nodes/a.json", NULL), 0);
	commit(f);
	expect_next(w, "3 cluster/nodes/a.json -");
	expect_none(w);
	actual_follow_free(w);
	w = follow(f, 2);
	expect_next(w, "3 cluster/nodes/a.json -");
	actual_follow_free(w);
}

static void test_long_commit(void **state)
{
	struct fixture *f = *state;
	struct actual_follow *w = follow(f, 0);
	struct actual_record rec;
	_cleanup_(freep) char *big = xasprintf("{\"x\":\"%0200000d\"}", 0);

	for (int i = 0; i < 20; i++)
		put(f, "sync.json", big);
	commit(f);
	for (int i = 1; i <= 20; i++) {
		assert_int_equal(actual_follow_next(w, &rec, NULL), 1);
		assert_int_equal(rec.version, i);
		assert_int_equal(rec.len, strlen(big));
	}
	expect_none(w);
	actual_follow_free(w);
}

static void test_compaction(void **state)
{
	struct fixture *f = *state;
	struct actual_follow *live = follow(f, 0), *late, *gone;
	struct actual_record rec;
	struct err err = { 0 };

	put(f, "cluster/nodes/a.json", "{}");
	commit(f);
	expect_next(live, "1 cluster/nodes/a.json {}");
	put(f, "cluster/nodes/a.json", "{\"n\":2}");
	commit(f);
	assert_int_equal(actual_compact(f->a, 0, NULL), 0);
	put(f, "cluster/nodes/b.json", "{}");
	commit(f);
	/* Who follows loses nothing; who comes with an old version must list again. */
	expect_next(live, "2 cluster/nodes/a.json {\"n\":2}");
	expect_next(live, "3 cluster/nodes/b.json {}");
	expect_none(live);
	late = follow(f, 2);
	expect_next(late, "3 cluster/nodes/b.json {}");
	gone = follow(f, 1);
	assert_int_equal(actual_follow_next(gone, &rec, &err), -ESTALE);
	/* Twice while nobody looked: the one in between is gone for good. */
	put(f, "cluster/nodes/c.json", "{}");
	commit(f);
	assert_int_equal(actual_compact(f->a, 0, NULL), 0);
	put(f, "cluster/nodes/d.json", "{}");
	commit(f);
	assert_int_equal(actual_compact(f->a, 0, NULL), 0);
	expect_next(late, "4 cluster/nodes/c.json {}");
	assert_int_equal(actual_follow_next(late, &rec, &err), -ESTALE);
	actual_follow_free(live);
	actual_follow_free(late);
	actual_follow_free(gone);
}

/* A half-written commit that is cut off and followed by another one. */
static void test_unfinished_commit(void **state)
{
	struct fixture *f = *state;
	struct actual_follow *w = follow(f, 0);
	_cleanup_(freep) char *journal = xasprintf("%s/journal", f->dir);
	struct buf whole = BUF_INIT;

	put(f, "sync.json", "{\"n\":1}");
	commit(f);
	expect_next(w, "1 sync.json {\"n\":1}");
	uint64_t end = actual_journal_size(f->a);
	put(f, "sync.json", "{\"n\":2}");
	commit(f);
	f->a = actual_free(f->a);
	assert_int_equal(fs_read(AT_FDCWD, journal, SIZE_MAX / 2, &whole, NULL), 0);
	assert_int_equal(truncate(journal, (off_t)whole.len - 1), 0);
	expect_none(w);
	assert_int_equal(truncate(journal, (off_t)end + 30), 0);
	expect_none(w);
	/* The next start cuts it off and goes on with the same version. */
	assert_int_equal(actual_open(f->dir, &f->a, NULL), 0);
	put(f, "sync.json", "{\"other\":2}");
	commit(f);
	expect_next(w, "2 sync.json {\"other\":2}");
	actual_follow_free(w);
	buf_done(&whole);
}

static void test_no_journal_yet(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *dir = xasprintf("%s/later", f->dir);
	struct actual_follow *w = NULL;
	struct actual *a;

	assert_int_equal(actual_follow_open(dir, 0, &w, NULL), -ENOENT);
	assert_int_equal(fs_mkdir_p(AT_FDCWD, dir, 0755, NULL), 0);
	assert_int_equal(actual_follow_open(dir, 0, &w, NULL), 0);
	expect_none(w);
	assert_int_equal(actual_open(dir, &a, NULL), 0);
	assert_int_equal(actual_put(a, "sync.json", "{}", 2, NULL), 0);
	assert_int_equal(actual_commit(a, NULL), 0);
	assert_true(is_readable(w));
	expect_next(w, "1 sync.json {}");
	actual_follow_free(w);
	actual_free(a);
}

static int add_path(const char *path, const char *text, size_t len, void *arg)
{
	assert_int_equal(strlen(text), len);
	buf_addf(arg, "%s ", path);
	return 0;
}

static void expect_list(struct actual_reader *r, const char *kind, const char *ns, const char *want)
{
	struct buf out = BUF_INIT;

	assert_int_equal(actual_reader_list(r, kind, ns, add_path, &out, NULL), 0);
	assert_string_equal(out.data, want);
	buf_done(&out);
}

static void test_list_and_get(void **state)
{
	struct fixture *f = *state;
	struct actual_reader *r = NULL;
	struct buf text = BUF_INIT;
	char **names;
	size_t count;

	assert_int_equal(actual_reader_open("/nonexistent", &r, NULL), -ENOENT);
	assert_int_equal(actual_reader_open(f->dir, &r, NULL), 0);
	assert_int_equal(actual_reader_version(r), 0);
	expect_list(r, "pods", NULL, "");
	put(f, "namespaces/a/pods/x.json", "{\"x\":1}");
	put(f, "namespaces/b/pods/y.json", "{}");
	put(f, "namespaces/b/services/s.json", "{}");
	put(f, "cluster/nodes/n.json", "{}");
	commit(f);
	assert_int_equal(actual_flush(f->a, 0, NULL), 0);
	assert_int_equal(actual_reader_version(r), 4);
	expect_list(r, "pods", NULL, "namespaces/a/pods/x.json namespaces/b/pods/y.json ");
	expect_list(r, "pods", "b", "namespaces/b/pods/y.json ");
	expect_list(r, "pods", "../a", "");
	expect_list(r, "nodes", "", "cluster/nodes/n.json ");
	assert_int_equal(actual_reader_get(r, "namespaces/a/pods/x.json", &text, NULL), 0);
	assert_string_equal(text.data, "{\n    \"x\": 1\n}\n");
	assert_int_equal(actual_reader_get(r, "namespaces/a/pods/z.json", &text, NULL), -ENOENT);
	assert_int_equal(actual_reader_get(r, "../journal.json", &text, NULL), -ENOENT);
	assert_int_equal(actual_reader_kinds(r, "b", &names, &count, NULL), 0);
	assert_int_equal(count, 2);
	assert_string_equal(names[1], "services");
	fs_names_free(names, count);
	assert_int_equal(actual_reader_namespaces(r, &names, &count, NULL), 0);
	assert_int_equal(count, 2);
	fs_names_free(names, count);
	buf_done(&text);
	actual_reader_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_follow, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_long_commit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_compaction, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unfinished_commit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_journal_yet, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_list_and_get, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
