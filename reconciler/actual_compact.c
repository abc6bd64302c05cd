/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Compaction: the journal again, without what is superseded, while commits go on.
 *
 * 1. The old journal is gone through from its start to where it ended when compaction began; of each record that is still the newest of its
 *    path, the text is copied as a "keep" record.
 * 2. What commits have appended since is copied as it is. It overrides what step 1 copied and was superseded later.
 * 3. The new file is synced and takes the old one's name; the index is moved to the new offsets.
 * The files must be up to date before step 3: deletions are not kept. A crash before the rename leaves the old journal, whole.
 */
#include "reconciler/actual_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"

#define NEW_NAME ".journal.new"

enum { SLICE_MIN = 64 * 1024, READ_SIZE = 256 * 1024 };

void actual_compaction_drop(struct actual *a)
{
	if (!a->compaction)
		return;
	journal_close(&a->compaction->to);
	unlinkat(a->fd, NEW_NAME, 0);
	free(a->compaction);
	a->compaction = NULL;
}

static int begin(struct actual *a, struct err *err)
{
	struct actual_compaction *c;
	struct journal_record first;
	struct buf line = BUF_INIT;
	size_t head = a->journal.end < 256 ? a->journal.end : 256;
	int r = unlinkat(a->fd, NEW_NAME, 0) < 0 && errno != ENOENT ? -errno : 0;

	if (r < 0)
		return err_errno(err, r, "removing " NEW_NAME);
	r = journal_read(&a->journal, 0, head, &line, err);
	if (r == 0 && journal_record_parse(line.data, line.len, &first) != 1)
		r = err_set(err, -EBADMSG, "the journal's first line is damaged");
	if (r == 0)
		r = journal_create(a->fd, NEW_NAME, a->journal.version, a->journal.id, err);
	if (r < 0) {
		buf_done(&line);
		return r;
	}
	c = a->compaction = xcalloc(1, sizeof(*c));
	c->at = first.size;
	buf_done(&line);
	c->from_end = a->journal.end;
	c->from_version = a->journal.version;
	c->to = (struct journal){ .dirfd = a->fd, .base = a->journal.version, .id = a->journal.id };
	c->to.fd = openat(a->fd, NEW_NAME, O_RDWR | O_CLOEXEC);
	if (c->to.fd < 0)
		return err_errno(err, -errno, "opening " NEW_NAME);
	c->to.end = (uint64_t)lseek(c->to.fd, 0, SEEK_END);
	return 0;
}

static int append(struct actual_compaction *c, const struct buf *text, struct err *err)
{
	int r = fs_write_fd(c->to.fd, NEW_NAME, text->data, text->len, err);

	if (r < 0)
		return r;
	/* Starts to write it out now, so that the sync at the end is short. */
	(void)sync_file_range(c->to.fd, (off_t)c->to.end, (off_t)text->len, SYNC_FILE_RANGE_WRITE);
	c->to.end += text->len;
	return 0;
}

/* Copies REC, which stands at OFFSET of the old journal, to OUT if it is the newest of its path. */
static size_t keep_record(
	struct actual *a, const struct journal_record *rec, uint64_t offset, struct buf *out)
{
	_cleanup_(freep) char *path = xstrndup(rec->path, rec->path_len);
	struct actual_entry *e = actual_index_get(&a->index, path);
	uint64_t text_at = offset + rec->size - rec->text_len - 1;

	if (!e || e->dead || e->offset != text_at)
		return 0;
	e->moved = a->compaction->to.end +
		   journal_record_write(out, RECORD_KEEP, rec->version, path, rec->text, rec->text_len);
	return 1;
}

/* Copies the live records among the whole lines in IN, which stands at c->at. */
static int keep_lines(struct actual *a, const struct buf *in, struct buf *out, struct err *err)
{
	struct actual_compaction *c = a->compaction;
	size_t at = 0, kept = 0;
	struct journal_record rec;
	int r = 1;

	while (at < in->len && (r = journal_record_parse(in->data + at, in->len - at, &rec)) == 1) {
		if (rec.op == RECORD_PUT || rec.op == RECORD_KEEP)
			kept += keep_record(a, &rec, c->at + at, out);
		at += rec.size;
	}
	if (r < 0)
		return err_set(err, -EBADMSG, "the journal is damaged at byte %zu", (size_t)c->at + at);
	c->at += at;
	if (kept > 0) {
		journal_record_write_end(out, 0, c->from_version, kept);
		r = append(c, out, err);
	}
	return r < 0 ? r : 0;
}

/* Step 1, about BYTES of the old journal; a line that is longer is read whole. */
static int keep_slice(struct actual *a, size_t bytes, struct err *err)
{
	struct actual_compaction *c = a->compaction;
	_cleanup_(buf_done) struct buf in = BUF_INIT;
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	uint64_t before = c->at;
	int r = 0;

	for (size_t want = bytes; r == 0 && c->at == before; want *= 2) {
		size_t left = (size_t)(c->from_end - c->at);

		buf_clear(&in);
		r = journal_read(&a->journal, c->at, want < left ? want : left, &in, err);
		if (r == 0)
			r = keep_lines(a, &in, &out, err);
	}
	return r;
}

/* Step 2. */
static int copy_tail(struct actual *a, struct err *err)
{
	struct actual_compaction *c = a->compaction;
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	int r = 0;

	if (c->tail_at == 0)
		c->tail_at = c->to.end;
	while (r == 0 && c->at < a->journal.end) {
		size_t left = (size_t)(a->journal.end - c->at), n = left < READ_SIZE ? left : READ_SIZE;

		buf_clear(&text);
		r = journal_read(&a->journal, c->at, n, &text, err);
		if (r == 0)
			r = append(c, &text, err);
		if (r == 0)
			c->at += n;
	}
	return r;
}

static void move_index(struct actual *a)
{
	const struct actual_compaction *c = a->compaction;

	for (size_t i = 0; i < a->index.entries.count; i++) {
		struct actual_entry *e = a->index.entries.entries[i].value;

		e->offset = e->offset >= c->from_end ? e->offset - c->from_end + c->tail_at : e->moved;
		e->moved = 0;
	}
}

/* Step 3. */
static int finish(struct actual *a, struct err *err)
{
	struct actual_compaction *c = a->compaction;
	int r = actual_flush(a, 0, err);

	if (r == 0)
		r = copy_tail(a, err);
	if (r < 0)
		return r;
	if (fdatasync(c->to.fd) < 0)
		return err_errno(err, -errno, "syncing " NEW_NAME);
	if (renameat(a->fd, NEW_NAME, a->fd, JOURNAL_NAME) < 0)
		return err_errno(err, -errno, "renaming " NEW_NAME);
	move_index(a);
	journal_close(&a->journal);
	c->to.version = a->journal.version;
	a->journal = c->to;
	free(c);
	a->compaction = NULL;
	/* Until the directory is synced a power failure may bring the old journal back, without what comes now. */
	r = fs_sync_dir(a->fd, ".", err);
	if (r < 0)
		a->journal.failed = true;
	return r;
}

int actual_compact(struct actual *a, size_t bytes, struct err *err)
{
	int r = a->compaction ? 0 : begin(a, err);

	if (r == 0 && a->compaction->at < a->compaction->from_end)
		do {
			r = keep_slice(a, bytes > SLICE_MIN ? bytes : SLICE_MIN, err);
		} while (r == 0 && bytes == 0 && a->compaction->at < a->compaction->from_end);
	if (r == 0 && a->compaction->at < a->compaction->from_end)
		return 1;
	if (r == 0)
		r = finish(a, err);
	if (r < 0) {
		actual_compaction_drop(a);
		return err_wrap(err, r, "compacting the journal");
	}
	return 0;
}
