/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>

#include "lib/base/fs.h"
#include "nodeagent/held.h"
#include "tests/unit/lib/base/scratch.h"
#include "tests/unit/lib/object/load.h"

#define CONFIG "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {colour: green}\n"
#define SECRET "apiVersion: v1\nkind: Secret\nmetadata: {name: password}\nstringData: {word: hunter2}\n"
#define POD \
	"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: c, image: \"i:1\"}]\n"

/* STATE and RUN below the scratch directory, as the agent has them. */
static struct held *open_held(struct scratch *s)
{
	_cleanup_(freep) char *state = xasprintf("%s/state", s->path), *run = xasprintf("%s/run", s->path);
	struct held *h = NULL;
	struct err err = { 0 };

	if (held_open(state, run, &h, &err) < 0)
		fail_msg("%s", err_text(&err));
	return h;
}

static int add(struct held *h, const char *hash, const char *yaml, struct err *err)
{
	_cleanup_(object_unrefp) struct object *o = load_one(yaml);

	return held_add(h, hash, o, err);
}

static bool there(struct scratch *s, const char *path)
{
	return fs_exists(s->fd, path);
}

static void put(struct scratch *s, const char *path, const char *text)
{
	assert_int_equal(fs_write(s->fd, path, text, strlen(text), 0600, 0, NULL), 0);
}

/* "a b c": all hashes. */
static void expect_hashes(const struct held *h, const char *want)
{
	_cleanup_(buf_done) struct buf got = BUF_INIT;
	struct arena *a = arena_new(0);
	struct strings list = held_hashes(h, a);

	for (size_t i = 0; i < list.count; i++)
		buf_addf(&got, "%s%s", i ? " " : "", list.items[i]);
	arena_free(a);
	assert_string_equal(got.data, want);
}

static void what_is_held_is_found(void **state)
{
	struct scratch *s = *state;
	struct held *h = open_held(s);

	expect_hashes(h, "");
	assert_null(held_find(h, "aa"));
	assert_int_equal(add(h, "bb", SECRET, NULL), 0);
	assert_int_equal(add(h, "aa", CONFIG, NULL), 0);
	expect_hashes(h, "aa bb");
	assert_string_equal(held_find(h, "aa")->meta->name, "settings");
	assert_string_equal(held_find(h, "bb")->meta->name, "password");
	held_forget(h, "aa");
	held_forget(h, "aa");
	held_forget(h, "../../etc/passwd");
	assert_null(held_find(h, "aa"));
	expect_hashes(h, "bb");
	held_close(h);
}

/* Content addressed: what comes again under the same hash is the same, and is not written again. */
static void the_same_hash_again(void **state)
{
	struct scratch *s = *state;
	struct held *h = open_held(s);
	const struct object *first;

	assert_int_equal(add(h, "aa", CONFIG, NULL), 0);
	first = held_find(h, "aa");
	assert_int_equal(add(h, "aa", SECRET, NULL), 0);
	assert_ptr_equal(held_find(h, "aa"), first);
	assert_false(there(s, "run/secrets/aa.json"));
	held_close(h);
}

static void secrets_are_only_below_run(void **state)
{
	struct scratch *s = *state;
	struct held *h = open_held(s);
	struct stat st;

	assert_int_equal(add(h, "cc", CONFIG, NULL), 0);
	assert_int_equal(add(h, "dd", SECRET, NULL), 0);
	assert_true(there(s, "state/objects/cc.json"));
	assert_false(there(s, "run/secrets/cc.json"));
	assert_true(there(s, "run/secrets/dd.json"));
	assert_false(there(s, "state/objects/dd.json"));
	assert_int_equal(fstatat(s->fd, "run/secrets/dd.json", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(fstatat(s->fd, "run/secrets", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	held_forget(h, "cc");
	held_forget(h, "dd");
	assert_false(there(s, "state/objects/cc.json"));
	assert_false(there(s, "run/secrets/dd.json"));
	held_close(h);
}

static void what_is_refused(void **state)
{
	static const char *const bad[] = { "", "..", ".x", "a/b", "../x", "a b", "\xc3\xa9" };
	struct scratch *s = *state;
	struct held *h = open_held(s);
	struct err err = { 0 };
	char text[130];

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(add(h, bad[i], CONFIG, NULL), -EINVAL);
	assert_int_equal(add(h, NULL, CONFIG, &err), -EINVAL);
	assert_string_equal(err_text(&err), "\"\" is no hash of an object");
	assert_int_equal(add(h, "aa", POD, &err), -EINVAL);
	assert_string_equal(err_text(&err), "a Pod is not held on nodes");
	memset(text, 'a', sizeof(text));
	text[129] = 0;
	assert_int_equal(add(h, text, CONFIG, NULL), -EINVAL);
	text[128] = 0;
	assert_int_equal(add(h, text, CONFIG, NULL), 0);
	expect_hashes(h, text);
	held_close(h);
}

/* Another agent in the same place: after a kill with what was held; after a reboot without the secrets. */
static void an_agent_that_starts_anew(void **state)
{
	struct scratch *s = *state;
	struct held *h = open_held(s);
	_cleanup_(freep) char *before = NULL, *after = NULL;

	assert_int_equal(add(h, "cc", CONFIG, NULL), 0);
	assert_int_equal(add(h, "dd", SECRET, NULL), 0);
	before = json_of(held_find(h, "dd"));
	held_close(h);
	h = open_held(s);
	expect_hashes(h, "cc dd");
	after = json_of(held_find(h, "dd"));
	assert_string_equal(after, before);
	held_close(h);
	assert_int_equal(fs_remove_tree(s->fd, "run", NULL), 0);
	h = open_held(s);
	expect_hashes(h, "cc");
	held_close(h);
}

/* Whatever else lies there is no object of ours, and goes: it would lie there for ever. */
static void what_does_not_belong_there_is_removed(void **state)
{
	static const char *const strays[] = {
		"state/objects/garbage.json", "state/objects/pod.json", "state/objects/secret.json",
		"state/objects/.tmp-123-0", "state/objects/.json", "state/objects/notes.txt",
		"run/secrets/.tmp-9-0",
		"run/secrets/good.json", /* a ConfigMap, which stands in the other directory too */
	};
	static const char config[] =
		"{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\","
		"\"namespace\":\"n\"}}";
	struct scratch *s = *state;
	struct held *h = open_held(s);

	held_close(h);
	for (size_t i = 0; i < ARRAY_LEN(strays); i++)
		put(s, strays[i], config);
	put(s, "state/objects/garbage.json", "{");
	put(s, "state/objects/pod.json",
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\",\"namespace\":\"n\"},"
		"\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i:1\"}]}}");
	put(s, "state/objects/secret.json",
		"{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"a\",\"namespace\":\"n\"}"
		"}");
	put(s, "state/objects/good.json", config);
	h = open_held(s);
	expect_hashes(h, "good");
	for (size_t i = 0; i < ARRAY_LEN(strays); i++)
		if (there(s, strays[i]))
			fail_msg("%s is still there", strays[i]);
	held_forget(h, "good");
	assert_false(there(s, "state/objects/good.json"));
	held_close(h);
}

static void a_disk_that_takes_nothing(void **state)
{
	struct scratch *s = *state;
	struct held *h = open_held(s);
	struct err err = { 0 };

	assert_int_equal(fs_remove_tree(s->fd, "state/objects", NULL), 0);
	assert_int_equal(add(h, "aa", CONFIG, &err), -ENOENT);
	assert_non_null(strstr(err_text(&err), "state/objects/aa.json"));
	/* It is held all the same, and written when the disk takes it. */
	assert_non_null(held_find(h, "aa"));
	err = (struct err){ 0 };
	assert_int_equal(held_save(h, &err), -ENOENT);
	assert_int_equal(fs_mkdir_p(s->fd, "state/objects", 0700, NULL), 0);
	assert_int_equal(held_save(h, &err), 0);
	assert_true(there(s, "state/objects/aa.json"));
	assert_int_equal(held_save(h, &err), 0);
	held_close(h);
	assert_int_equal(fs_remove_tree(s->fd, "state/objects", NULL), 0);
	/* A file where a directory should be. */
	put(s, "state/objects", "");
	_cleanup_(freep) char *dir = xasprintf("%s/state", s->path);
	assert_int_equal(held_open(dir, dir, &h, &err), -ENOTDIR);
	assert_null(held_close(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_held_is_found, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(the_same_hash_again, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(secrets_are_only_below_run, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(what_is_refused, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(an_agent_that_starts_anew, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(
			what_does_not_belong_there_is_removed, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(a_disk_that_takes_nothing, scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
