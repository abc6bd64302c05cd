/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The journal: any bytes, and good journals with one place broken. Whatever is handed out belongs to a finished commit, and a
 * scan of the part that was found good says the same again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "reconciler/journal_text.h"
#include "reconciler/tree.h"
#include "tests/fuzz/fuzz.h"

struct seen {
	size_t count;
	uint64_t version;
};

static int look(const struct journal_record *rec, size_t offset, void *arg)
{
	struct seen *s = arg;

	(void)offset;
	if (rec->op == RECORD_END || rec->op == RECORD_JOURNAL || rec->op == RECORD_FLUSHED)
		abort();
	if (rec->op != RECORD_KEEP && rec->version <= s->version)
		abort();
	if (rec->version > s->version)
		s->version = rec->version;
	s->count++;
	return 0;
}

/* Returns the records handed out. */
static size_t scan(const char *data, size_t len)
{
	struct journal_scan s, again;
	struct seen seen = { 0 }, second = { 0 };

	if (journal_scan(data, len, look, &seen, &s) != 0 || s.end > len ||
		(s.state == JOURNAL_WHOLE && s.end != len))
		abort();
	if (s.end == 0)
		return 0;
	journal_scan(data, s.end, look, &second, &again);
	if (again.state != JOURNAL_WHOLE || again.end != s.end || second.count != seen.count)
		abort();
	return seen.count;
}

/* A good journal: each byte of DATA makes a change, a few of them a commit. Returns the number of changes. */
static size_t build(const uint8_t *data, size_t size, struct buf *out)
{
	uint64_t version = 0;
	size_t start, in_commit = 0;

	journal_record_write(out, RECORD_JOURNAL, 0, "-", "1 0000000000000001", 18);
	start = out->len;
	for (size_t i = 0; i < size; i++) {
		char path[32];

		snprintf(path, sizeof(path), "cluster/nodes/%d.json", data[i] & 15);
		journal_record_write(out, data[i] & 16 ? RECORD_DEL : RECORD_PUT, ++version, path,
			"{\"a\":1}", data[i] & 16 ? 0 : 7);
		in_commit++;
		if (data[i] & 32 || i + 1 == size) {
			journal_record_write_end(out, start, version, in_commit);
			start = out->len;
			in_commit = 0;
		}
	}
	return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(buf_done) struct buf journal = BUF_INIT;
	_cleanup_(buf_done) struct buf laid_out = BUF_INIT;
	_cleanup_(freep) char *copy = xmemdup(data, size);

	scan(copy, size);
	tree_render(copy, size, &laid_out);
	if (size < 4 || size > 300)
		return 0;

	size_t place = (size_t)data[0] << 8 | data[1], changes = build(data + 3, size - 3, &journal);
	if (scan(journal.data, journal.len) != changes)
		abort();
	if (scan(journal.data, place % journal.len) > changes)
		abort();
	journal.data[place % journal.len] ^= (char)(data[2] | 1);
	if (scan(journal.data, journal.len) >= changes && changes > 0)
		abort();
	return 0;
}
