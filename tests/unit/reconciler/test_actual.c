/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The actual tree's writer, and what a crash at any moment leaves of it. */
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
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "reconciler/actual.h"

struct fixture {
	char dir[64];
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/pintle-actual-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	fs_remove_tree(AT_FDCWD, f->dir, NULL);
	free(f);
	return 0;
}

static struct actual *open_ok(const char *dir)
{
	struct actual *a = NULL;
	struct err err = { 0 };

	if (actual_open(dir, &a, &err) < 0)
		fail_msg("opening: %s", err.text);
	return a;
}

static void put(struct actual *a, const char *path, const char *json)
{
	struct err err = { 0 };

	if (actual_put(a, path, json, strlen(json), &err) < 0)
		fail_msg("put: %s", err.text);
}

static void commit(struct actual *a)
{
	struct err err = { 0 };

	if (actual_commit(a, &err) < 0)
		fail_msg("commit: %s", err.text);
}

static int add_object(const char *path, const char *json, size_t len, void *arg)
{
	buf_addf(arg, "%s=%.*s\n", path, (int)len, json);
	return 0;
}

/* All objects as lines of text. */
static char *all(struct actual *a)
{
	struct buf out = BUF_INIT;

	assert_int_equal(actual_each(a, add_object, &out, NULL), 0);
	return buf_take(&out);
}

static void expect_all(struct actual *a, const char *want)
{
	_cleanup_(freep) char *have = all(a);

	assert_string_equal(have, want);
}

static void print_difference(const char *path, const char *problem, void *arg)
{
	(void)arg;
	print_message("%s: %s\n", path, problem);
}

static void expect_fsck(const char *dir, int want)
{
	assert_int_equal(actual_fsck(dir, print_difference, NULL, NULL), want);
}

static char *read_file(const char *dir, const char *name)
{
	_cleanup_(freep) char *path = xasprintf("%s/%s", dir, name);
	struct buf text = BUF_INIT;

	if (fs_read(AT_FDCWD, path, SIZE_MAX / 2, &text, NULL) < 0) {
		buf_done(&text);
		return NULL;
	}
	return buf_take(&text);
}

static void test_commit_and_reopen(void **state)
{
	struct fixture *f = *state;
	struct actual *a = open_ok(f->dir);

	assert_int_equal(actual_next_version(a), 1);
	put(a, "cluster/nodes/a.json", "{\"a\":1}");
	put(a, "namespaces/default/pods/p.json", "{\"p\":1}");
	expect_all(a, "");
	commit(a);
	assert_int_equal(actual_version(a), 2);
	assert_int_equal(actual_next_version(a), 3);
	put(a, "cluster/nodes/a.json", "{\"a\":2}");
	assert_int_equal(actual_delete(a, "namespaces/default/pods/p.json", NULL), 0);
	commit(a);
	expect_all(a, "cluster/nodes/a.json={\"a\":2}\n");
	assert_int_equal(actual_count(a), 1);
	/* not flushed: opening does it */
	a = actual_free(a);
	a = open_ok(f->dir);
	assert_int_equal(actual_next_version(a), 5);
	expect_all(a, "cluster/nodes/a.json={\"a\":2}\n");
	_cleanup_(freep) char *file = read_file(f->dir, "cluster/nodes/a.json");
	assert_string_equal(file, "{\n    \"a\": 2\n}\n");
	actual_free(a);
	expect_fsck(f->dir, 0);
}

static void test_uncommitted_is_nothing(void **state)
{
	struct fixture *f = *state;
	struct actual *a = open_ok(f->dir);

	put(a, "sync.json", "{}");
	actual_free(a);
	a = open_ok(f->dir);
	expect_all(a, "");
	actual_free(a);
	expect_fsck(f->dir, 0);
}

static void test_refusals(void **state)
{
	struct fixture *f = *state;
	struct actual *a = open_ok(f->dir), *second = NULL;
	struct err err = { 0 };

	assert_int_equal(actual_put(a, "../x.json", "{}", 2, &err), -EINVAL);
	assert_int_equal(actual_put(a, "a b.json", "{}", 2, &err), -EINVAL);
	assert_int_equal(actual_put(a, "a.json", "{\n}", 3, &err), -EINVAL);
	assert_int_equal(actual_delete(a, "/etc/x.json", &err), -EINVAL);
	assert_int_equal(actual_next_version(a), 1);
	assert_int_equal(actual_open(f->dir, &second, &err), -EWOULDBLOCK);
	assert_null(second);
	assert_int_equal(actual_fsck(f->dir, print_difference, NULL, &err), -EWOULDBLOCK);
	actual_free(a);
}

static void test_flush_in_slices(void **state)
{
	struct fixture *f = *state;
	struct actual *a = open_ok(f->dir);

	for (int i = 0; i < 10; i++) {
		_cleanup_(freep) char *path = xasprintf("cluster/nodes/n%d.json", i);
		put(a, path, "{}");
	}
	commit(a);
	assert_int_equal(actual_flush(a, 4, NULL), 1);
	assert_int_equal(actual_flush(a, 4, NULL), 1);
	assert_int_equal(actual_delete(a, "cluster/nodes/n9.json", NULL), 0);
	assert_int_equal(actual_delete(a, "cluster/nodes/n0.json", NULL), 0);
	assert_int_equal(actual_delete(a, "cluster/nodes/never.json", NULL), 0);
	commit(a);
	assert_int_equal(actual_flush(a, 0, NULL), 0);
	actual_free(a);
	expect_fsck(f->dir, 0);
	_cleanup_(freep) char *gone = read_file(f->dir, "cluster/nodes/n9.json");
	assert_null(gone);
}

static void overwrite(const char *dir, const char *name, const char *text)
{
	_cleanup_(freep) char *path = xasprintf("%s/%s", dir, name);

	assert_int_equal(fs_write(AT_FDCWD, path, text, strlen(text), 0644, 0, NULL), 0);
}

static void test_fsck_finds_differences(void **state)
{
	struct fixture *f = *state;
	struct actual *a = open_ok(f->dir);

	put(a, "cluster/nodes/a.json", "{}");
	put(a, "cluster/nodes/b.json", "{}");
	put(a, "cluster/nodes/c.json", "{}");
	commit(a);
	assert_int_equal(actual_flush(a, 0, NULL), 0);
	actual_free(a);
	expect_fsck(f->dir, 0);
	overwrite(f->dir, "cluster/nodes/a.json", "{\"x\":1}\n");
	overwrite(f->dir, "cluster/nodes/stray.json", "{}\n");
	_cleanup_(freep) char *b = xasprintf("%s/cluster/nodes/b.json", f->dir);
	assert_int_equal(unlink(b), 0);
	expect_fsck(f->dir, 3);
	/* It has changed nothing; an open after a power failure (another boot) mends all of it. */
	expect_fsck(f->dir, 3);
	overwrite(f->dir, ".flushed", "");
	actual_free(open_ok(f->dir));
	expect_fsck(f->dir, 0);
}

static void test_tree_without_journal_is_refused(void **state)
{
	struct fixture *f = *state;
	struct actual *a = open_ok(f->dir);
	struct err err = { 0 };

	put(a, "sync.json", "{}");
	commit(a);
	assert_int_equal(actual_flush(a, 0, NULL), 0);
	a = actual_free(a);
	_cleanup_(freep) char *journal = xasprintf("%s/journal", f->dir);
	assert_int_equal(unlink(journal), 0);
	assert_int_equal(actual_open(f->dir, &a, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "journal is missing"));
	_cleanup_(freep) char *file = read_file(f->dir, "sync.json");
	assert_non_null(file);
}

static void test_damaged_middle_is_refused(void **state)
{
	struct fixture *f = *state;
	struct actual *a = open_ok(f->dir);
	struct err err = { 0 };

	put(a, "sync.json", "{\"first\":1}");
	commit(a);
	put(a, "sync.json", "{\"second\":1}");
	commit(a);
	a = actual_free(a);
	_cleanup_(freep) char *text = read_file(f->dir, "journal");
	*strstr(text, "first") = 'F';
	overwrite(f->dir, "journal", text);
	assert_int_equal(actual_open(f->dir, &a, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "damaged at byte"));
	/* It was not touched. */
	_cleanup_(freep) char *after = read_file(f->dir, "journal");
	assert_string_equal(after, text);
}

/* Cuts the journal at every byte of its last commits: what opens is the state after a whole number of commits. */
static void test_cut_at_every_byte(void **state)
{
	struct fixture *f = *state;
	struct actual *a = open_ok(f->dir);
	char *states[5];
	uint64_t ends[5];

	for (int i = 0; i < 5; i++) {
		_cleanup_(freep) char *path = xasprintf("namespaces/default/pods/p%d.json", i % 3);
		_cleanup_(freep) char *json = xasprintf("{\"i\":%d}", i);

		put(a, path, json);
		put(a, "sync.json", json);
		if (i == 3)
			assert_int_equal(actual_delete(a, "namespaces/default/pods/p1.json", NULL), 0);
		commit(a);
		states[i] = all(a);
		ends[i] = actual_journal_size(a);
	}
	actual_free(a);

	_cleanup_(freep) char *journal = xasprintf("%s/journal", f->dir);
	_cleanup_(freep) char *whole = read_file(f->dir, "journal");
	for (uint64_t n = ends[1]; n <= ends[4]; n++) {
		int last = 1;

		while (last < 4 && ends[last + 1] <= n)
			last++;
		assert_int_equal(fs_write(AT_FDCWD, journal, whole, n, 0644, 0, NULL), 0);
		a = open_ok(f->dir);
		expect_all(a, states[last]);
		assert_int_equal(actual_journal_size(a), ends[last]);
		/* It takes a commit again, and that one is found. */
		put(a, "cluster/nodes/next.json", "{}");
		commit(a);
		actual_free(a);
		/* The files are those of the journal, whatever they were before. */
		expect_fsck(f->dir, 1 /* next.json is not flushed */);
	}
	for (int i = 0; i < 5; i++)
		free(states[i]);
}

static void test_compact(void **state)
{
	struct fixture *f = *state;
	struct actual *a = open_ok(f->dir);
	int r, slices = 0;

	for (int i = 0; i < 3000; i++) {
		_cleanup_(freep) char *path = xasprintf("namespaces/default/pods/p%d.json", i % 40);
		_cleanup_(freep) char *json = xasprintf("{\"i\":%d}", i);

		put(a, path, json);
		if (i % 100 == 0)
			assert_int_equal(actual_delete(a, "namespaces/default/pods/p7.json", NULL), 0);
	}
	commit(a);
	uint64_t before = actual_journal_size(a);

	/* Commits go on while it runs: new, changed and deleted objects. */
	while ((r = actual_compact(a, 1, NULL)) == 1) {
		_cleanup_(freep) char *path = xasprintf("namespaces/default/pods/new%d.json", slices);
		_cleanup_(freep) char *gone = xasprintf("namespaces/default/pods/p%d.json", slices);

		put(a, path, "{\"new\":1}");
		put(a, "namespaces/default/pods/p30.json", "{\"changed\":1}");
		assert_int_equal(actual_delete(a, gone, NULL), 0);
		commit(a);
		slices++;
	}
	assert_int_equal(r, 0);
	assert_true(slices > 1);
	assert_true(actual_journal_size(a) < before / 10);

	_cleanup_(freep) char *want = all(a);
	uint64_t next = actual_next_version(a);
	actual_free(a);
	expect_fsck(f->dir, 0);
	a = open_ok(f->dir);
	expect_all(a, want);
	assert_int_equal(actual_next_version(a), next);
	/* Twice, and with nothing to drop. */
	assert_int_equal(actual_compact(a, 0, NULL), 0);
	assert_int_equal(actual_compact(a, 0, NULL), 0);
	expect_all(a, want);
	put(a, "sync.json", "{}");
	commit(a);
	assert_int_equal(actual_flush(a, 0, NULL), 0);
	actual_free(a);
	expect_fsck(f->dir, 0);
}

/* A deleted object must not come back from its file after a compaction and a power failure. */
static void test_compact_then_power_failure(void **state)
{
	struct fixture *f = *state;
	struct actual *a = open_ok(f->dir);

	put(a, "cluster/nodes/a.json", "{}");
	put(a, "cluster/nodes/b.json", "{}");
	commit(a);
	assert_int_equal(actual_flush(a, 0, NULL), 0);
	assert_int_equal(actual_delete(a, "cluster/nodes/a.json", NULL), 0);
	commit(a);
	assert_int_equal(actual_compact(a, 0, NULL), 0);
	actual_free(a);
	/* The disk lost the removal of the file and the checkpoint. */
	overwrite(f->dir, "cluster/nodes/a.json", "{}\n");
	overwrite(f->dir, ".flushed", "");
	a = open_ok(f->dir);
	expect_all(a, "cluster/nodes/b.json={}\n");
	actual_free(a);
	expect_fsck(f->dir, 0);
}

/* --- kill -9 ---------------------------------------------------------------------------------- */

enum { KILLS = 100, KEYS = 12 };

static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

/* The I-th commit's changes, the same whoever asks. */
static void make_changes(struct actual *a, uint64_t i)
{
	uint64_t seed = i * 977 + 5;
	unsigned n = 1 + next_random(&seed) % 4;

	for (unsigned k = 0; k < n; k++) {
		_cleanup_(freep) char *path = xasprintf(
			"namespaces/default/pods/p%u.json", next_random(&seed) % KEYS);
		_cleanup_(freep) char *json = xasprintf("{\"commit\":%llu,\"fill\":\"%0*d\"}",
			(unsigned long long)i, (int)(next_random(&seed) % 3000), 0);

		if (next_random(&seed) % 4 == 0)
			actual_delete(a, path, NULL);
		else
			actual_put(a, path, json, strlen(json), NULL);
	}
	_cleanup_(freep) char *last = xasprintf("{\"last\":%llu}", (unsigned long long)i);
	actual_put(a, "sync.json", last, strlen(last), NULL);
}

/* Which commit is the last in A: what sync.json says; 0 for none. */
static uint64_t last_commit(struct actual *a)
{
	struct buf text = BUF_INIT;
	uint64_t n = 0;

	if (actual_get(a, "sync.json", &text, NULL) == 0)
		n = strtoull(text.data + strlen("{\"last\":"), NULL, 10);
	buf_done(&text);
	return n;
}

/* Commits for ever, and acknowledges each through FD. */
static void write_for_ever(const char *dir, int fd)
{
	struct actual *a = NULL;

	if (actual_open(dir, &a, NULL) < 0)
		_exit(3);
	for (uint64_t i = last_commit(a) + 1;; i++) {
		make_changes(a, i);
		if (actual_commit(a, NULL) < 0 || write(fd, &i, sizeof(i)) != sizeof(i))
			_exit(4);
		if (actual_flush(a, 3, NULL) < 0 || (i % 5 == 0 && actual_compact(a, 1, NULL) < 0))
			_exit(5);
	}
}

/* Starts a writer, lets it acknowledge COUNT commits and then kills it within about SPIN turns. Returns the last acknowledged. */
static uint64_t kill_a_writer(const char *dir, uint32_t count, uint32_t spin)
{
	int ends[2];
	uint64_t acknowledged = 0, i;
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(ends[0]);
		write_for_ever(dir, ends[1]);
	}
	close(ends[1]);
	for (uint32_t n = 0; n < count && read(ends[0], &i, sizeof(i)) == sizeof(i); n++)
		acknowledged = i;
	for (volatile uint32_t n = 0; n < spin; n++)
		;
	kill(pid, SIGKILL);
	while (read(ends[0], &i, sizeof(i)) == sizeof(i))
		acknowledged = i;
	close(ends[0]);

	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	return acknowledged;
}

static void test_killed_writers(void **state)
{
	struct fixture *f = *state;
	char twin_dir[80];
	uint64_t seed = 20260102, twin_at = 0;

	/* The twin makes the same commits, undisturbed. */
	snprintf(twin_dir, sizeof(twin_dir), "%s/twin", f->dir);
	_cleanup_(freep) char *dir = xasprintf("%s/killed", f->dir);
	struct actual *twin = open_ok(twin_dir);

	for (int n = 0; n < KILLS; n++) {
		uint32_t count = next_random(&seed) % 8, spin = next_random(&seed) % 300000;
		uint64_t acknowledged = kill_a_writer(dir, count, spin);
		struct actual *a = open_ok(dir);
		uint64_t last = last_commit(a);

		if (last < acknowledged)
			fail_msg("kill %d: commit %llu was acknowledged, found %llu", n,
				(unsigned long long)acknowledged, (unsigned long long)last);
		while (twin_at < last) {
			make_changes(twin, ++twin_at);
			commit(twin);
		}
		_cleanup_(freep) char *want = all(twin);
		expect_all(a, want);
		actual_free(a);
		expect_fsck(dir, 0);
	}
	actual_free(twin);
}

/* --- a full disk ------------------------------------------------------------------------------ */

static void limit_file_size(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* No file may grow above a bound: the append fails half-way; then there is room again. */
static void test_full_disk(void **state)
{
	struct fixture *f = *state;
	struct actual *a = open_ok(f->dir);
	struct err err = { 0 };
	_cleanup_(freep) char *big = xasprintf("{\"big\":\"%09000d\"}", 0);

	signal(SIGXFSZ, SIG_IGN);
	put(a, "sync.json", "{\"n\":1}");
	commit(a);
	assert_int_equal(actual_flush(a, 0, NULL), 0);
	uint64_t before = actual_journal_size(a);

	put(a, "cluster/nodes/big.json", big);
	put(a, "sync.json", "{\"n\":2}");
	limit_file_size(4096);
	assert_int_equal(actual_commit(a, &err), -EFBIG);
	assert_non_null(strstr(err.text, "journal"));
	assert_int_equal(actual_commit(a, NULL), -EFBIG);
	assert_int_equal(actual_journal_size(a), before);
	expect_all(a, "sync.json={\"n\":1}\n");
	_cleanup_(freep) char *journal = read_file(f->dir, "journal");
	assert_int_equal(strlen(journal), before);

	/* Space: what had been gathered is still there. */
	limit_file_size(RLIM_INFINITY);
	commit(a);
	assert_int_equal(actual_count(a), 2);
	/* The files now: the same story. */
	limit_file_size(4096);
	assert_int_equal(actual_flush(a, 0, &err), -EFBIG);
	assert_non_null(strstr(err.text, "cluster/nodes/big.json"));
	limit_file_size(RLIM_INFINITY);
	assert_int_equal(actual_flush(a, 0, NULL), 0);
	actual_free(a);
	expect_fsck(f->dir, 0);
}

static void test_compact_on_a_full_disk(void **state)
{
	struct fixture *f = *state;
	struct actual *a = open_ok(f->dir);
	struct err err = { 0 };
	_cleanup_(freep) char *big = xasprintf("{\"big\":\"%09000d\"}", 0);

	signal(SIGXFSZ, SIG_IGN);
	put(a, "cluster/nodes/big.json", big);
	commit(a);
	assert_int_equal(actual_flush(a, 0, NULL), 0);
	limit_file_size(4096);
	assert_int_equal(actual_compact(a, 0, &err), -EFBIG);
	limit_file_size(RLIM_INFINITY);
	put(a, "sync.json", "{}");
	commit(a);
	assert_int_equal(actual_compact(a, 0, NULL), 0);
	assert_int_equal(actual_count(a), 2);
	actual_free(a);
	expect_fsck(f->dir, 0);
}

/* A file system that is really full: nothing is lost, and it goes on when there is space again. */
static void test_no_space_left(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *big = xasprintf("{\"big\":\"%0200000d\"}", 0);
	_cleanup_(freep) char *ballast = xasprintf("%s/ballast", f->dir);
	struct err err = { 0 };

	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("none", f->dir, "tmpfs", 0, "size=1m") < 0)
		skip();

	struct actual *a = open_ok(f->dir);
	put(a, "sync.json", "{\"n\":1}");
	commit(a);
	assert_int_equal(actual_flush(a, 0, NULL), 0);
	assert_int_equal(fs_write(AT_FDCWD, ballast, big, 200000, 0644, 0, NULL), 0);
	/* The journal takes four of them; the files no longer have room. */
	int commits = 0;
	while (put(a, "cluster/nodes/big.json", big), actual_commit(a, &err) == 0)
		commits++;
	assert_true(commits > 0);
	assert_int_equal(err.code, -ENOSPC);
	assert_non_null(strstr(err.text, "No space left on device"));
	assert_int_equal(actual_flush(a, 0, &err), -ENOSPC);
	/* It opens all the same. */
	a = actual_free(a);
	a = open_ok(f->dir);
	assert_int_equal(actual_count(a), 2);
	put(a, "sync.json", "{\"n\":2}");
	put(a, "cluster/nodes/big.json", big);
	assert_int_equal(actual_commit(a, NULL), -ENOSPC);
	assert_int_equal(mount("none", f->dir, "tmpfs", MS_REMOUNT, "size=4m"), 0);
	commit(a);
	assert_int_equal(actual_flush(a, 0, NULL), 0);
	assert_int_equal(actual_compact(a, 0, NULL), 0);
	actual_free(a);
	expect_fsck(f->dir, 0);
	assert_int_equal(umount2(f->dir, MNT_DETACH), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_commit_and_reopen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_uncommitted_is_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_flush_in_slices, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fsck_finds_differences, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_tree_without_journal_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damaged_middle_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cut_at_every_byte, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_compact, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_compact_then_power_failure, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_killed_writers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_full_disk, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_compact_on_a_full_disk, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_space_left, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
