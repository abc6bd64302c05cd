/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "nodeagent/assign.h"
#include "tests/unit/lib/base/scratch.h"
#include "tests/unit/lib/object/load.h"

#define UID "8bc7e2ec-553f-806b-8628-a78ec7dd2ad5"

static struct object *pod(const char *uid)
{
	_cleanup_(freep) char *text = xasprintf("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{"
						"\"name\":\"p\",\"namespace\":\"n\",\"uid\":\"%s\"},"
						"\"spec\":{\"containers\":[{\"name\":\"c\","
						"\"image\":\"i:1\"}]}}",
		uid);
	struct object *o = NULL;

	assert_int_equal(object_load_json(text, strlen(text), &o, NULL), 0);
	return o;
}

static void put(struct scratch *s, const char *path, const char *text)
{
	assert_int_equal(fs_mkdir_parents(s->fd, path, 0700, NULL), 0);
	assert_int_equal(fs_write(s->fd, path, text, strlen(text), 0600, 0, NULL), 0);
}

/* --- identity ---------------------------------------------------------------------------------------------- */

static void identity_round_trip(void **state)
{
	struct scratch *s = *state;
	char cluster[] = "c", node[] = "node \"1\"", holder[] = "h@x", cidr[] = "10.244.1.0/24",
	     domain[] = "cluster.local";
	struct identity id = { cluster, node, holder, cidr, domain, INT64_MAX };
	struct identity got;
	struct stat st;

	assert_int_equal(identity_save(s->path, &id, NULL), 0);
	assert_int_equal(fstatat(s->fd, "identity.json", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(identity_load(s->path, &got, NULL), 0);
	assert_string_equal(got.cluster_id, "c");
	assert_string_equal(got.node, "node \"1\"");
	assert_string_equal(got.holder, "h@x");
	assert_string_equal(got.pod_cidr, "10.244.1.0/24");
	assert_string_equal(got.dns_domain, "cluster.local");
	assert_true(got.term == INT64_MAX);
	identity_done(&got);
	assert_null(got.cluster_id);
	identity_done(&got);
	/* What is not known yet stays so. */
	assert_int_equal(identity_save(s->path, &(struct identity){ 0 }, NULL), 0);
	assert_int_equal(identity_load(s->path, &got, NULL), 0);
	assert_null(got.holder);
	assert_null(got.pod_cidr);
	assert_int_equal(got.term, 0);
}

/* A term that can't be read is no term 0: the agent must not obey an older reconciler. */
static void identity_that_is_damaged(void **state)
{
	struct scratch *s = *state;
	struct identity id;
	struct err err = { 0 };

	assert_int_equal(identity_load(s->path, &id, NULL), 0);
	assert_int_equal(id.term, 0);
	static const char *const bad[] = { "", "{", "[]", "7", "{\"term\":\"7\"}", "{\"term\":1.5}",
		"{\"term\":-1}", "{\"holder\":\"h\"}" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		put(s, "identity.json", bad[i]);
		print_message("%s\n", bad[i]);
		assert_int_equal(identity_load(s->path, &id, &err), -EBADMSG);
		assert_non_null(strstr(err_text(&err), "/identity.json"));
		assert_null(id.holder);
	}
}

/* --- assignments --------------------------------------------------------------------------------------------- */

static void assignment_round_trip(void **state)
{
	struct scratch *s = *state;
	_cleanup_(object_unrefp) struct object *o = pod(UID);
	struct string_pair pairs[] = { { "Secret/z", "h2" }, { "ConfigMap/a", "h1" } };
	struct string_map refs = { .items = pairs, .count = 2 };
	struct assignment a, b;
	_cleanup_(freep) char *before = NULL, *after = NULL;

	assert_int_equal(fs_mkdir_p(s->fd, "pods", 0700, NULL), 0);
	assignment_init(&a, o, "digest", &refs);
	pairs[0].key = "gone"; /* it has its own copy */
	assert_int_equal(assignment_save(s->path, &a, NULL), 0);
	assert_int_equal(assignment_save(s->path, &a, NULL), 0);
	assert_int_equal(assignment_load(s->path, UID, &b, NULL), 0);
	assert_string_equal(b.digest, "digest");
	assert_int_equal(b.refs.count, 2);
	/* By key, whatever the order was: it is looked up by bisection. */
	assert_string_equal(string_map_get(&b.refs, "ConfigMap/a"), "h1");
	assert_string_equal(string_map_get(&b.refs, "Secret/z"), "h2");
	assert_null(string_map_get(&b.refs, "gone"));
	before = json_of(a.pod);
	after = json_of(b.pod);
	assert_string_equal(after, before);
	assignment_done(&a);
	assignment_done(&b);
	assignment_done(&b);
	/* The object has lost the references that it gained. */
	assert_int_equal(o->refs, 1);
}

static void assignment_without_refs_or_digest(void **state)
{
	struct scratch *s = *state;
	_cleanup_(object_unrefp) struct object *o = pod(UID);
	struct assignment a, b;

	assert_int_equal(fs_mkdir_p(s->fd, "pods", 0700, NULL), 0);
	assignment_init(&a, o, NULL, &(struct string_map){ 0 });
	assert_int_equal(assignment_save(s->path, &a, NULL), 0);
	assert_int_equal(assignment_load(s->path, UID, &b, NULL), 0);
	assert_string_equal(b.digest, "");
	assert_int_equal(b.refs.count, 0);
	assignment_done(&a);
	assignment_done(&b);
}

static void assignment_that_is_damaged(void **state)
{
	static const char *const bad[] = {
		"",
		"{",
		"{}",
		"{\"pod\":7}",
		"{\"pod\":{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\","
		"\"namespace\":\"n\",\"uid\":\"" UID "\"}}}",
		/* Another pod's: its directory is not this one. */
		"{\"pod\":{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\","
		"\"namespace\":\"n\",\"uid\":\"other\"},\"spec\":{\"containers\":[{\"name\":\"c\","
		"\"image\":\"i:1\"}]}}}",
	};
	struct scratch *s = *state;
	struct assignment a;
	struct err err = { 0 };

	assert_int_equal(assignment_load(s->path, UID, &a, NULL), -ENOENT);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		put(s, "pods/" UID "/assignment.json", bad[i]);
		print_message("%s\n", bad[i]);
		assert_int_equal(assignment_load(s->path, UID, &a, &err), -EBADMSG);
		assert_non_null(strstr(err_text(&err), "/assignment.json"));
	}
}

static void assignment_removal(void **state)
{
	struct scratch *s = *state;
	_cleanup_(object_unrefp) struct object *o = pod(UID);
	struct assignment a;

	assert_int_equal(fs_mkdir_p(s->fd, "pods", 0700, NULL), 0);
	assert_int_equal(assignment_remove(s->path, UID, NULL), 0);
	assignment_init(&a, o, "d", &(struct string_map){ 0 });
	assert_int_equal(assignment_save(s->path, &a, NULL), 0);
	put(s, "pods/" UID "/more/below", "");
	assert_int_equal(assignment_remove(s->path, UID, NULL), 0);
	assert_false(fs_exists(s->fd, "pods/" UID));
	assert_true(fs_exists(s->fd, "pods"));
	/* Nowhere to write to. */
	assert_int_equal(fs_remove_tree(s->fd, "pods", NULL), 0);
	assert_int_equal(assignment_save(s->path, &a, NULL), -ENOENT);
	assignment_done(&a);
}

static void uids(void **state)
{
	char text[130];

	(void)state;
	assert_true(pod_uid_valid(UID));
	assert_true(pod_uid_valid("a"));
	assert_true(pod_uid_valid("A_-9"));
	static const char *const bad[] = { NULL, "", ".", "..", "a/b", "a.b", ".a", "a b", "a\n",
		"\xc3\xa9" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(pod_uid_valid(bad[i]));
	memset(text, 'a', sizeof(text));
	text[129] = 0;
	assert_false(pod_uid_valid(text));
	text[128] = 0;
	assert_true(pod_uid_valid(text));
}

/* --- records --------------------------------------------------------------------------------------------------- */

static void records(void **state)
{
	struct scratch *s = *state;
	_cleanup_(object_unrefp) struct object *o = pod(UID);
	struct pod_record r, got;

	assert_int_equal(fs_mkdir_p(s->fd, "pods/" UID, 0700, NULL), 0);
	assert_int_equal(record_load(s->path, UID, &got, NULL), -ENOENT);
	record_init(&r, object_pod(o), 5 * NSEC_PER_SEC);
	r.containers[0].attempt = 3;
	assert_int_equal(record_save(s->path, &r, NULL), 0);
	assert_int_equal(record_load(s->path, UID, &got, NULL), 0);
	assert_string_equal(got.uid, UID);
	assert_int_equal(got.count, 1);
	assert_int_equal(got.containers[0].attempt, 3);
	record_done(&got);
	record_done(&r);
	put(s, "pods/" UID "/state.json", "{\"uid\":");
	assert_int_equal(record_load(s->path, UID, &got, NULL), -EBADMSG);
}

static void loads_attempt(struct scratch *s, int64_t want)
{
	struct pod_record got;

	assert_int_equal(record_load(s->path, UID, &got, NULL), 0);
	assert_int_equal(got.containers[0].attempt, want);
	assert_int_equal(got.file_size, 0);
	record_done(&got);
}

static ino_t inode(struct scratch *s)
{
	struct stat st;

	assert_int_equal(fstatat(s->fd, "pods/" UID "/state.json", &st, 0), 0);
	assert_true(st.st_size <= 64 << 10);
	return st.st_ino;
}

static void append(struct scratch *s, const char *text)
{
	_cleanup_(closep) int fd = openat(s->fd, "pods/" UID "/state.json", O_WRONLY | O_APPEND);

	assert_int_equal(fs_write_fd(fd, "state.json", text, strlen(text), NULL), 0);
}

/* States stand one below the other; the file is made anew once it has grown. */
static void records_that_follow_each_other(void **state)
{
	struct scratch *s = *state;
	_cleanup_(object_unrefp) struct object *o = pod(UID);
	struct pod_record r;
	ino_t last;
	unsigned made_anew = 0;

	assert_int_equal(fs_mkdir_p(s->fd, "pods/" UID, 0700, NULL), 0);
	record_init(&r, object_pod(o), 5 * NSEC_PER_SEC);
	assert_int_equal(record_save(s->path, &r, NULL), 0);
	last = inode(s);
	for (int64_t i = 1; i <= 1000; i++) {
		r.containers[0].attempt = i;
		assert_int_equal(record_save(s->path, &r, NULL), 0);
		loads_attempt(s, i);
		/* Number by number: those of files that are gone are used again. */
		if (inode(s) != last)
			made_anew++;
		last = inode(s);
		if (i < 10)
			assert_int_equal(made_anew, 0);
	}
	assert_in_range(made_anew, 1, 20);
	record_done(&r);
}

static void records_that_are_cut_short(void **state)
{
	struct scratch *s = *state;
	_cleanup_(object_unrefp) struct object *o = pod(UID);
	struct pod_record r;

	assert_int_equal(fs_mkdir_p(s->fd, "pods/" UID, 0700, NULL), 0);
	record_init(&r, object_pod(o), 5 * NSEC_PER_SEC);
	assert_int_equal(record_save(s->path, &r, NULL), 0);
	r.containers[0].attempt = 7;
	assert_int_equal(record_save(s->path, &r, NULL), 0);
	append(s, "{\"uid\":\"" UID "\",\"phase\":\"Up\",\"contai");
	loads_attempt(s, 7);
	append(s, "\n");
	loads_attempt(s, 7);
	/* As after a restart: what was cut short is not written behind. */
	r.file_size = 0;
	r.containers[0].attempt = 8;
	assert_int_equal(record_save(s->path, &r, NULL), 0);
	loads_attempt(s, 8);
	/* It went away under us. */
	assert_int_equal(unlinkat(s->fd, "pods/" UID "/state.json", 0), 0);
	r.containers[0].attempt = 9;
	assert_int_equal(record_save(s->path, &r, NULL), 0);
	loads_attempt(s, 9);
	record_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(identity_round_trip, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(identity_that_is_damaged, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(assignment_round_trip, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(
			assignment_without_refs_or_digest, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(assignment_that_is_damaged, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(assignment_removal, scratch_setup, scratch_teardown),
		cmocka_unit_test(uids),
		cmocka_unit_test_setup_teardown(records, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(
			records_that_follow_each_other, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(records_that_are_cut_short, scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
