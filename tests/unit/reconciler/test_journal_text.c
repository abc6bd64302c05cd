/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lib/base/mem.h"
#include "reconciler/journal_text.h"

/* A journal of three commits: 1 record, 2 records, 1 deletion. ENDS gets where each commit ends. */
static void three_commits(struct buf *j, size_t ends[4])
{
	size_t start;

	journal_record_write(j, RECORD_JOURNAL, 0, "-", "1 00000000000000aa", 18);
	ends[0] = start = j->len;
	journal_record_write(j, RECORD_PUT, 1, "cluster/nodes/a.json", "{\"a\":1}", 7);
	journal_record_write_end(j, start, 1, 1);
	ends[1] = start = j->len;
	journal_record_write(j, RECORD_PUT, 2, "cluster/nodes/b.json", "{\"b\":1}", 7);
	journal_record_write(j, RECORD_PUT, 3, "cluster/nodes/a.json", "{\"a\":2}", 7);
	journal_record_write_end(j, start, 3, 2);
	ends[2] = start = j->len;
	journal_record_write(j, RECORD_DEL, 4, "cluster/nodes/b.json", "", 0);
	journal_record_write_end(j, start, 4, 1);
	ends[3] = j->len;
}

static int count_records(const struct journal_record *rec, size_t offset, void *arg)
{
	(void)rec;
	(void)offset;
	++*(size_t *)arg;
	return 0;
}

static void test_round_trip(void **state)
{
	struct buf out = BUF_INIT;
	struct journal_record rec;
	size_t at;

	(void)state;
	at = journal_record_write(&out, RECORD_PUT, 12, "sync.json", "{\"x\":\"\\n\"}", 10);
	assert_int_equal(journal_record_parse(out.data, out.len, &rec), 1);
	assert_int_equal(rec.op, RECORD_PUT);
	assert_int_equal(rec.version, 12);
	assert_memory_equal(rec.path, "sync.json", rec.path_len);
	assert_ptr_equal(rec.text, out.data + at);
	assert_int_equal(rec.text_len, 10);
	assert_int_equal(rec.size, out.len);
	buf_done(&out);
}

/* The format is a contract: the sum is what `sha256sum` says of the rest of the line. */
static void test_known_line(void **state)
{
	static const char want[] = " del 7 0 cluster/nodes/a.json \n";
	struct buf out = BUF_INIT;

	(void)state;
	journal_record_write(&out, RECORD_DEL, 7, "cluster/nodes/a.json", "", 0);
	assert_int_equal(out.len, 16 + sizeof(want) - 1);
	assert_string_equal(out.data + 16, want);
	buf_done(&out);
}

static void test_every_prefix_is_incomplete(void **state)
{
	struct buf out = BUF_INIT;
	struct journal_record rec;

	(void)state;
	journal_record_write(&out, RECORD_PUT, 12, "sync.json", "{}", 2);
	for (size_t n = 0; n < out.len; n++)
		if (journal_record_parse(out.data, n, &rec) != 0)
			fail_msg("the first %zu bytes: expected 0 (incomplete)", n);
	buf_done(&out);
}

static void test_every_flipped_byte_is_noticed(void **state)
{
	struct buf out = BUF_INIT;
	struct journal_record rec;

	(void)state;
	journal_record_write(&out, RECORD_PUT, 12, "sync.json", "{\"a\":\"b\"}", 9);
	for (size_t n = 0; n < out.len; n++) {
		out.data[n] ^= 1;
		if (journal_record_parse(out.data, out.len, &rec) == 1)
			fail_msg("byte %zu changed, and the record is still good", n);
		out.data[n] ^= 1;
	}
	buf_done(&out);
}

static void test_garbage(void **state)
{
	static const char *const bad[] = {
		"\n",
		"0123456789abcdef put x 2 sync.json {}\n",
		"0123456789abcdef bad 1 2 sync.json {}\n",
		"0123456789abcdef put 1 99999999999999999999 sync.json {}\n",
		"0123456789abcdef put 1 16777217 sync.json {}\n",
		"0123456789abcdef put  2 sync.json {}\n",
		"0123 put 1 2 sync.json {}\n",
		"0123456789abcdef put 1 2 \n{}\n",
		"0123456789abcdef put 1 2 sync.json {}\n",
	};
	struct journal_record rec;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (journal_record_parse(bad[i], strlen(bad[i]), &rec) != -EBADMSG)
			fail_msg("expected -EBADMSG for: %s", bad[i]);
}

static void test_scan_cut_at_every_byte(void **state)
{
	static const size_t records[] = { 0, 1, 3, 4 };
	struct buf j = BUF_INIT;
	size_t ends[4];

	(void)state;
	three_commits(&j, ends);
	for (size_t n = ends[0]; n <= j.len; n++) {
		struct journal_scan s;
		size_t seen = 0, commits = 0;

		while (commits < 3 && ends[commits + 1] <= n)
			commits++;
		assert_int_equal(journal_scan(j.data, n, count_records, &seen, &s), 0);
		if (s.state != (n == ends[commits] ? JOURNAL_WHOLE : JOURNAL_TORN) ||
			s.end != ends[commits] || seen != records[commits])
			fail_msg("cut at %zu: state %d end %zu, %zu records; expected end %zu, %zu records",
				n, s.state, s.end, seen, ends[commits], records[commits]);
	}
	buf_done(&j);
}

static void test_first_line_must_be_whole(void **state)
{
	struct buf j = BUF_INIT;
	struct journal_scan s;
	size_t ends[4], seen = 0;

	(void)state;
	three_commits(&j, ends);
	for (size_t n = 0; n < ends[0]; n++) {
		assert_int_equal(journal_scan(j.data, n, count_records, &seen, &s), 0);
		assert_int_equal(s.state, JOURNAL_DAMAGED);
	}
	assert_int_equal(seen, 0);
	buf_done(&j);
}

/* Any byte of an earlier commit: damage, said to be where it is. Of the last: never taken for good. */
static void test_scan_flipped_byte(void **state)
{
	struct buf j = BUF_INIT;
	size_t ends[4];

	(void)state;
	three_commits(&j, ends);
	for (size_t n = ends[0]; n < j.len; n++) {
		struct journal_scan s;
		size_t seen = 0, commits = 0;

		while (commits < 3 && ends[commits + 1] <= n)
			commits++;
		j.data[n] ^= 4;
		assert_int_equal(journal_scan(j.data, j.len, count_records, &seen, &s), 0);
		j.data[n] ^= 4;
		if (s.end != ends[commits] || s.state == JOURNAL_WHOLE)
			fail_msg("byte %zu: state %d, end %zu, expected %zu", n, s.state, s.end,
				ends[commits]);
		if (n < ends[2] && s.state != JOURNAL_DAMAGED)
			fail_msg("byte %zu is in a commit that others follow: expected damage", n);
	}
	buf_done(&j);
}

/* Blocks of an unfinished commit reach the disk in any order: its end may be there, and zeros before it. */
static void test_holes_in_the_last_commit_are_torn(void **state)
{
	struct buf j = BUF_INIT;
	struct journal_scan s;
	size_t ends[4], seen = 0;

	(void)state;
	three_commits(&j, ends);
	memset(j.data + ends[2] + 3, 0, 8);
	assert_int_equal(journal_scan(j.data, j.len, count_records, &seen, &s), 0);
	assert_int_equal(s.state, JOURNAL_TORN);
	assert_int_equal(s.end, ends[2]);
	memset(j.data + ends[1] + 3, 0, 8);
	assert_int_equal(journal_scan(j.data, j.len, count_records, &seen, &s), 0);
	assert_int_equal(s.state, JOURNAL_DAMAGED);
	assert_int_equal(s.end, ends[1]);
	buf_done(&j);
}

static void test_versions_must_rise(void **state)
{
	struct buf j = BUF_INIT;
	struct journal_scan s;
	size_t ends[4], start, seen = 0;

	(void)state;
	three_commits(&j, ends);
	start = j.len;
	journal_record_write(&j, RECORD_PUT, 4, "cluster/nodes/c.json", "{}", 2);
	journal_record_write_end(&j, start, 4, 1);
	assert_int_equal(journal_scan(j.data, j.len, count_records, &seen, &s), 0);
	assert_int_equal(s.state, JOURNAL_DAMAGED);
	assert_int_equal(seen, 4);
	buf_done(&j);
}

static void test_end_must_count(void **state)
{
	struct buf j = BUF_INIT;
	struct journal_scan s;
	size_t ends[4], start, seen = 0;

	(void)state;
	three_commits(&j, ends);
	start = j.len;
	journal_record_write(&j, RECORD_PUT, 5, "cluster/nodes/c.json", "{}", 2);
	journal_record_write_end(&j, start, 5, 2);
	assert_int_equal(journal_scan(j.data, j.len, count_records, &seen, &s), 0);
	assert_int_equal(s.state, JOURNAL_DAMAGED);
	assert_int_equal(s.end, ends[3]);
	buf_done(&j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_known_line),
		cmocka_unit_test(test_every_prefix_is_incomplete),
		cmocka_unit_test(test_every_flipped_byte_is_noticed),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_scan_cut_at_every_byte),
		cmocka_unit_test(test_first_line_must_be_whole),
		cmocka_unit_test(test_scan_flipped_byte),
		cmocka_unit_test(test_holes_in_the_last_commit_are_torn),
		cmocka_unit_test(test_versions_must_rise),
		cmocka_unit_test(test_end_must_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
