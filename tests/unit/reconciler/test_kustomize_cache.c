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
#include "reconciler/kustomize_parts.h"

static int set_up(void **state)
{
	char *dir = strdup("/tmp/pintle-cache-XXXXXX");

	assert_non_null(mkdtemp(dir));
	*state = dir;
	return 0;
}

static int tear_down(void **state)
{
	fs_remove_tree(AT_FDCWD, *state, NULL);
	free(*state);
	return 0;
}

static struct oid key_of(unsigned n)
{
	struct oid key = { { 1 } };

	memcpy(key.raw + 4, &n, sizeof(n));
	return key;
}

static void test_round_trip(void **state)
{
	static const char text[] = "a: 1\n\0more";
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct oid key = key_of(1), other = key_of(2);
	struct stat st;
	char hex[OID_HEX];

	assert_int_equal(kustomize_cache_get(*state, &key, 100, &out), -ENOENT);
	kustomize_cache_put(*state, &key, text, sizeof(text));
	assert_int_equal(kustomize_cache_get(*state, &key, 100, &out), 0);
	assert_int_equal(out.len, sizeof(text));
	assert_memory_equal(out.data, text, sizeof(text));
	assert_int_equal(kustomize_cache_get(*state, &other, 100, &out), -ENOENT);
	assert_int_equal(kustomize_cache_get("/nonexistent", &key, 100, &out), -ENOENT);
	assert_int_equal(kustomize_cache_get(*state, &key, 4, &out), -ENOENT);
	_cleanup_(freep) char *path = xasprintf("%s/%s", (char *)*state, oid_format(&key, hex));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	/* Nothing is something too. */
	kustomize_cache_put(*state, &other, "", 0);
	buf_clear(&out);
	assert_int_equal(kustomize_cache_get(*state, &other, 100, &out), 0);
	assert_int_equal(out.len, 0);
	/* Nowhere to put it: no harm. */
	kustomize_cache_put("/nonexistent", &key, text, 1);
}

/* Cut at any place, or changed in any, it is none. */
static void test_broken_files(void **state)
{
	_cleanup_(buf_done) struct buf file = BUF_INIT;
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct oid key = key_of(7);
	char hex[OID_HEX];

	kustomize_cache_put(*state, &key, "kind: A\n", 8);
	_cleanup_(freep) char *path = xasprintf("%s/%s", (char *)*state, oid_format(&key, hex));
	assert_int_equal(fs_read(AT_FDCWD, path, 1000, &file, NULL), 0);
	for (size_t i = 0; i < file.len; i++) {
		assert_int_equal(fs_write(AT_FDCWD, path, file.data, i, 0600, 0, NULL), 0);
		if (kustomize_cache_get(*state, &key, 100, &out) != -ENOENT)
			fail_msg("%zu of %zu bytes were taken for the whole", i, file.len);
		file.data[i] ^= 1;
		assert_int_equal(fs_write(AT_FDCWD, path, file.data, file.len, 0600, 0, NULL), 0);
		if (kustomize_cache_get(*state, &key, 100, &out) != -ENOENT)
			fail_msg("a change of byte %zu was not seen", i);
		file.data[i] ^= 1;
	}
}

static size_t count(const char *dir)
{
	char **names;
	size_t n;

	assert_int_equal(fs_list(AT_FDCWD, dir, &names, &n, NULL), 0);
	fs_names_free(names, n);
	return n;
}

/* The one that was used last stays. */
static void test_oldest_go(void **state)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct oid used = key_of(0), old = key_of(1);
	char hex[OID_HEX];

	for (unsigned i = 0; i < 1000; i++) {
		struct oid key = key_of(i);
		const struct timespec long_ago[2] = { { .tv_sec = 1000 + i }, { .tv_sec = 1000 + i } };
		_cleanup_(freep) char *path = xasprintf("%s/%s", (char *)*state, oid_format(&key, hex));

		assert_int_equal(fs_write(AT_FDCWD, path, "x", 1, 0600, 0, NULL), 0);
		assert_int_equal(utimensat(AT_FDCWD, path, long_ago, 0), 0);
	}
	kustomize_cache_put(*state, &used, "a\n", 2);
	assert_int_equal(count(*state), 1000);
	struct oid more = key_of(5000);
	kustomize_cache_put(*state, &more, "b\n", 2);
	assert_int_equal(count(*state), 1000);
	assert_int_equal(kustomize_cache_get(*state, &used, 100, &out), 0);
	_cleanup_(freep) char *path = xasprintf("%s/%s", (char *)*state, oid_format(&old, hex));
	assert_false(fs_exists(AT_FDCWD, path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_broken_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_oldest_go, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
