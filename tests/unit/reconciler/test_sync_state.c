/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reconciler/sync_state.h"

#define START ((nsec_t)1767323045 * NSEC_PER_SEC)

static void expect_text(const struct sync_state *s, const char *text)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;

	sync_state_write(s, &out);
	assert_string_equal(out.data, text);
}

static void test_written(void **state)
{
	const struct diag at = { .severity = DIAG_ERROR,
		.path = "a.yaml",
		.line = 3,
		.col = 7,
		.object = "Pod/d/p",
		.field = "spec" };
	struct sync_state s;
	struct diags problems;

	(void)state;
	sync_state_init(&s, START);
	expect_text(&s, "{\"apiVersion\":\"pintle.dev/"
			"v1\",\"kind\":\"SyncState\",\"commitInForce\":\"\",\"commitSeen\":\"\","
			"\"state\":\"Waiting\",\"since\":\"2026-01-02T03:04:05Z\",\"problems\":[]}");
	diags_init(&problems);
	diags_add(&problems, &at, "is wrong");
	snprintf(s.seen, sizeof(s.seen), "abc");
	sync_state_set(&s, SYNC_REFUSED, "it has errors", &problems, START + 10 * NSEC_PER_SEC);
	diags_done(&problems);
	expect_text(&s, "{\"apiVersion\":\"pintle.dev/"
			"v1\",\"kind\":\"SyncState\",\"commitInForce\":\"\",\"commitSeen\":\"abc\","
			"\"state\":\"Refused\",\"since\":\"2026-01-02T03:04:15Z\",\"message\":\"it has "
			"errors\",\"problems\":["
			"{\"severity\":\"error\",\"path\":\"a.yaml\",\"line\":3,\"col\":7,\"object\":\"Pod/d/"
			"p\",\"field\":\"spec\","
			"\"message\":\"is wrong\"}]}");
	sync_state_done(&s);
}

/* `since` stays while state and commit do, also over a restart. */
static void test_since(void **state)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct sync_state s, t;

	(void)state;
	sync_state_init(&s, START);
	snprintf(s.seen, sizeof(s.seen), "abc");
	snprintf(s.in_force, sizeof(s.in_force), "abc");
	sync_state_set(&s, SYNC_SYNCED, NULL, NULL, START + NSEC_PER_SEC);
	sync_state_set(&s, SYNC_SYNCED, NULL, NULL, START + 2 * NSEC_PER_SEC);
	assert_int_equal(s.since, START + NSEC_PER_SEC);
	sync_state_write(&s, &text);
	sync_state_init(&t, START + 50 * NSEC_PER_SEC);
	assert_int_equal(sync_state_read(&t, text.data, text.len, NULL), 0);
	sync_state_set(&t, SYNC_SYNCED, NULL, NULL, START + 60 * NSEC_PER_SEC);
	assert_int_equal(t.since, START + NSEC_PER_SEC);
	assert_string_equal(t.in_force, "abc");
	snprintf(t.seen, sizeof(t.seen), "def");
	sync_state_set(&t, SYNC_SYNCED, NULL, NULL, START + 61 * NSEC_PER_SEC);
	assert_int_equal(t.since, START + 61 * NSEC_PER_SEC);
	assert_int_equal(sync_state_read(&t, "{", 1, NULL), -EBADMSG);
	sync_state_done(&s);
	sync_state_done(&t);
}

/* Units and what is kept are written where there are any, and units are read again; `since` of each stays as long as it is as it was. */
static void test_units(void **state)
{
	const struct sync_unit a = {
		.name = (char *)(uintptr_t) "a", .in_force = "abc", .status = SYNC_SYNCED
	};
	const struct sync_unit b = { .name = (char *)(uintptr_t) "b",
		.status = SYNC_REFUSED,
		.message = (char *)(uintptr_t) "1 error" };
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct sync_units units = { 0 };
	char **kept = calloc(1, sizeof(kept[0]));
	struct sync_state s, t;

	(void)state;
	sync_state_init(&s, START);
	snprintf(s.seen, sizeof(s.seen), "abc");
	kept[0] = strdup("Secret/d/s");
	sync_state_set_kept(&s, kept, 1);
	sync_units_add(&units, &a);
	sync_units_add(&units, &b);
	sync_state_set_units(&s, &units, START);
	expect_text(&s,
		"{\"apiVersion\":\"pintle.dev/"
		"v1\",\"kind\":\"SyncState\",\"commitInForce\":\"\",\"commitSeen\":"
		"\"abc\",\"state\":\"Waiting\",\"since\":\"2026-01-02T03:04:05Z\",\"problems\":[],\"kept\":["
		"\"Secret/d/s\"],\"units\":[{\"name\":\"a\",\"commitInForce\":\"abc\",\"commitSeen\":\"abc\","
		"\"state\":\"Synced\",\"since\":\"2026-01-02T03:04:05Z\"},{\"name\":\"b\",\"commitInForce\":"
		"\"\","
		"\"commitSeen\":\"abc\",\"state\":\"Refused\",\"since\":\"2026-01-02T03:04:05Z\",\"message\":"
		"\"1 "
		"error\"}]}");
	sync_state_write(&s, &text);
	sync_state_init(&t, START);
	assert_int_equal(sync_state_read(&t, text.data, text.len, NULL), 0);
	assert_int_equal(t.units.count, 2);
	assert_string_equal(sync_units_find(&t.units, "b")->message, "1 error");
	assert_null(sync_units_find(&t.units, "c"));
	sync_units_add(&units, &a);
	sync_units_add(&units, &a);
	units.items[1].name[0] = 'b';
	sync_state_set_units(&t, &units, START + NSEC_PER_SEC);
	assert_int_equal(sync_units_find(&t.units, "a")->since, START);
	assert_int_equal(sync_units_find(&t.units, "b")->since, START + NSEC_PER_SEC);
	sync_state_done(&s);
	sync_state_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_since),
		cmocka_unit_test(test_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
