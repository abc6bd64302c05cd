/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The writer of the actual tree.
 *
 * The journal holds everything that lives; memory holds where (actual_index.h). The files are behind the journal between
 * actual_commit and actual_flush. How far they are is noted in `.flushed`, together with the boot: after a killed process the files hold what was
 * written to them, and only what came later is written again; after a power failure nothing is known of them (they are never synced), and each is
 * compared with the journal.
 */
#include "reconciler/actual_state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/tree.h"
#include "reconciler/tree_path.h"

enum { BOOT_ID_SIZE = 37, COMPACT_MIN = 16 * 1024 * 1024, BATCH_KEPT = 1024 * 1024 };

/* --- how far the files are -------------------------------------------------------------------- */

static void read_boot_id(char ret[BOOT_ID_SIZE])
{
	struct buf text = BUF_INIT;

	snprintf(ret, BOOT_ID_SIZE, "unknown");
	if (fs_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 4096, &text, NULL) == 0 &&
		text.len >= BOOT_ID_SIZE - 1)
		snprintf(ret, BOOT_ID_SIZE, "%.36s", text.data);
	buf_done(&text);
}

/* "ID BOOT": what must match for the checkpoint to say anything about the files. */
static char *flushed_text(const struct actual *a)
{
	char boot[BOOT_ID_SIZE];

	read_boot_id(boot);
	return xasprintf("%016" PRIx64 " %s", a->journal.id, boot);
}

/* Sets a->flushed_version to the version that the files have for sure. False: nothing is known. */
static bool read_flushed(struct actual *a)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct journal_record rec;

	a->flushed_text = flushed_text(a);
	if (fs_read(a->fd, ".flushed", 4096, &text, NULL) < 0 ||
		journal_record_parse(text.data, text.len, &rec) != 1 || rec.op != RECORD_FLUSHED ||
		rec.text_len != strlen(a->flushed_text) ||
		memcmp(rec.text, a->flushed_text, rec.text_len) != 0)
		return false;
	a->flushed_version = rec.version;
	return rec.version >= a->journal.base && rec.version <= a->journal.version;
}

/* One small write in place: a killed process leaves the old or the new; anything else fails its checksum. */
static int write_flushed(struct actual *a, struct err *err)
{
	_cleanup_(buf_done) struct buf line = BUF_INIT;

	if (a->flushed_known && a->flushed_version == a->journal.version)
		return 0;
	journal_record_write(
		&line, RECORD_FLUSHED, a->journal.version, "-", a->flushed_text, strlen(a->flushed_text));
	errno = EIO;
	if (pwrite(a->flushed_fd, line.data, line.len, 0) != (ssize_t)line.len)
		return err_errno(err, -errno, "writing .flushed");
	a->flushed_known = true;
	a->flushed_version = a->journal.version;
	return 0;
}

/* --- opening ----------------------------------------------------------------------------------- */

static int load_record(const struct journal_record *rec, size_t offset, void *arg)
{
	struct actual *a = arg;
	struct actual_entry now = {
		.version = rec->version,
		.offset = offset + (size_t)(rec->size - rec->text_len - 1),
		.len = (uint32_t)rec->text_len,
		.dead = rec->op == RECORD_DEL,
	};

	/* Which files are behind is known only when all is read: a dead entry is kept until then. */
	actual_index_set(&a->index, rec->path, rec->path_len, &now, true);
	return 0;
}

static int stop_at_first(const char *path, void *arg)
{
	(void)path;
	*(bool *)arg = true;
	return -ECANCELED;
}

/* A tree without its journal is not a new tree: refused, not emptied. */
static int make_journal(struct actual *a, struct err *err)
{
	bool any = false;
	uint64_t id;
	int r = tree_each(a->fd, stop_at_first, &any, err);

	if (any)
		return err_set(err, -EBADMSG,
			"the journal is missing, but there are files: restore it from a backup, "
			"or move %s away to start anew",
			a->dir);
	if (r < 0)
		return r;
	if (getrandom(&id, sizeof(id), 0) != sizeof(id))
		return err_errno(err, -errno, "making the journal's identity");
	return journal_create(a->fd, JOURNAL_NAME, 0, id, err);
}

static int open_files(struct actual *a, bool read_only, struct err *err)
{
	a->fd = fs_open_dir(AT_FDCWD, a->dir, err);
	if (a->fd < 0)
		return a->fd;
	a->lock_fd = fs_lock(a->fd, ".lock", err);
	if (a->lock_fd < 0)
		return a->lock_fd;
	if (!read_only && !fs_exists(a->fd, JOURNAL_NAME))
		return make_journal(a, err);
	return 0;
}

int actual_open_journal(const char *dir, bool read_only, struct actual **ret, struct err *err)
{
	_cleanup_(actual_freep) struct actual *a = xcalloc(1, sizeof(*a));
	int r = read_only ? 0 : fs_mkdir_p(AT_FDCWD, dir, 0755, err);

	a->dir = xstrdup(dir);
	a->fd = a->lock_fd = a->flushed_fd = a->journal.fd = -1;
	a->batch = BUF_INIT;
	if (r == 0)
		r = open_files(a, read_only, err);
	if (r == 0)
		r = journal_open(a->fd, read_only, load_record, a, &a->journal, err);
	if (r < 0)
		return err_wrap(err, r, "opening %s", dir);
	a->next_version = a->journal.version + 1;
	*ret = TAKE_PTR(a);
	return 0;
}

static int mark_difference(const char *path, enum actual_difference what, void *arg)
{
	struct actual *a = arg;
	struct actual_entry dead = { .dead = true };

	if (what == ACTUAL_STRAY)
		actual_index_set(&a->index, path, strlen(path), &dead, true);
	else
		actual_index_mark_behind(&a->index, actual_index_get(&a->index, path));
	return 0;
}

/* Loading has marked every file as behind. Leaves marked those that are. */
static int find_behind(struct actual *a, struct err *err)
{
	struct actual_index *i = &a->index;
	struct actual_entry **all = i->behind;
	size_t count = i->behind_count;
	bool known = read_flushed(a);
	int r = 0;

	a->flushed_known = known;
	i->behind = NULL;
	i->behind_count = i->behind_cap = 0;
	for (size_t k = 0; k < count; k++) {
		struct actual_entry *e = all[k];

		e->behind = false;
		if (!known ? e->dead : e->version > a->flushed_version)
			actual_index_mark_behind(i, e);
		else if (e->dead)
			actual_index_set(
				i, e->path, strlen(e->path), &(struct actual_entry){ .dead = true }, false);
	}
	free(all);
	if (!known)
		r = actual_compare(a, mark_difference, a, err);
	return r < 0 ? r : 0;
}

int actual_open(const char *dir, struct actual **ret, struct err *err)
{
	_cleanup_(actual_freep) struct actual *a = NULL;
	int r = actual_open_journal(dir, false, &a, err);

	if (r < 0)
		return r;
	a->flushed_fd = openat(a->fd, ".flushed", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (a->flushed_fd < 0)
		return err_errno(err, -errno, "opening %s/.flushed", dir);
	r = find_behind(a, err);
	if (r == 0)
		r = actual_flush(a, 0, err);
	/* A full disk must not keep the tree from opening: its files are brought up to date later. */
	if (r < 0 && r != -ENOSPC && r != -EDQUOT && r != -EFBIG)
		return err_wrap(err, r, "opening %s", dir);
	err_clear(err);
	*ret = TAKE_PTR(a);
	return 0;
}

/* What a large commit took is not kept for the next one, which is rarely as large. */
static void clear_batch(struct actual *a)
{
	if (a->batch.cap > BATCH_KEPT)
		buf_done(&a->batch);
	buf_clear(&a->batch);
}

static void drop_changes(struct actual *a)
{
	for (size_t i = 0; i < a->change_count; i++)
		free(a->changes[i].path);
	a->change_count = 0;
	clear_batch(a);
}

struct actual *actual_free(struct actual *a)
{
	if (!a)
		return NULL;
	actual_compaction_drop(a);
	drop_changes(a);
	free(a->changes);
	buf_done(&a->batch);
	actual_index_done(&a->index);
	journal_close(&a->journal);
	fd_close(a->flushed_fd);
	fd_close(a->lock_fd);
	fd_close(a->fd);
	free(a->flushed_text);
	free(a->dir);
	free(a);
	return NULL;
}

void actual_freep(struct actual **a)
{
	*a = actual_free(*a);
}

/* --- reading ----------------------------------------------------------------------------------- */

int actual_read_entry(const struct actual *a, const struct actual_entry *e, struct buf *ret, struct err *err)
{
	buf_clear(ret);
	return journal_read(&a->journal, e->offset, e->len, ret, err);
}

int actual_each(struct actual *a, actual_fn fn, void *arg, struct err *err)
{
	_cleanup_(freep) struct map_entry *sorted = map_sorted(&a->index.entries);
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	for (size_t i = 0; i < a->index.entries.count; i++) {
		const struct actual_entry *e = sorted[i].value;

		if (e->dead)
			continue;
		int r = actual_read_entry(a, e, &text, err);
		if (r == 0)
			r = fn(e->path, text.data, text.len, arg);
		if (r < 0)
			return r;
	}
	return 0;
}

int actual_get(struct actual *a, const char *path, struct buf *ret, struct err *err)
{
	const struct actual_entry *e = actual_index_get(&a->index, path);

	if (!e || e->dead)
		return err_set(err, -ENOENT, "%s: not in the actual tree", path);
	return journal_read(&a->journal, e->offset, e->len, ret, err);
}

size_t actual_count(const struct actual *a)
{
	return a->index.live;
}

uint64_t actual_journal_size(const struct actual *a)
{
	return a->journal.end;
}

uint64_t actual_next_version(const struct actual *a)
{
	return a->next_version;
}

uint64_t actual_version(const struct actual *a)
{
	return a->journal.version;
}

bool actual_wants_compact(const struct actual *a)
{
	/* A record's own bytes are about those of its path, twice over. */
	uint64_t live = a->index.live_bytes + a->index.live * 160;

	return a->journal.end > COMPACT_MIN && a->journal.end > 3 * live;
}

/* --- changes ------------------------------------------------------------------------------------ */

static int add_change(
	struct actual *a, enum journal_op op, const char *path, const char *text, size_t len, struct err *err)
{
	if (!tree_path_valid(path))
		return err_set(err, -EINVAL, "%s: not a path of the actual tree", path);
	if (len > RECORD_TEXT_MAX)
		return err_set(err, -EFBIG, "%s: larger than %d bytes", path, RECORD_TEXT_MAX);
	if (len > 0 && memchr(text, '\n', len))
		return err_set(err, -EINVAL, "%s: the JSON is not on one line", path);

	a->changes = grow(a->changes, &a->change_cap, a->change_count + 1, sizeof(a->changes[0]));
	struct actual_change *c = &a->changes[a->change_count++];
	*c = (struct actual_change){
		.path = xstrdup(path),
		.len = len,
		.version = a->next_version++,
		.dead = op == RECORD_DEL,
	};
	c->text_at = journal_record_write(&a->batch, op, c->version, path, text, len);
	return 0;
}

int actual_put(struct actual *a, const char *path, const char *json, size_t len, struct err *err)
{
	return add_change(a, RECORD_PUT, path, json, len, err);
}

int actual_delete(struct actual *a, const char *path, struct err *err)
{
	return add_change(a, RECORD_DEL, path, "", 0, err);
}

int actual_commit(struct actual *a, struct err *err)
{
	uint64_t start = a->journal.end, last = a->next_version - 1;
	size_t records = a->batch.len;
	int r;

	if (a->change_count == 0)
		return 0;
	journal_record_write_end(&a->batch, 0, last, a->change_count);
	r = journal_append(&a->journal, &a->batch, last, err);
	if (r < 0) {
		buf_truncate(&a->batch, records);
		return r;
	}
	for (size_t i = 0; i < a->change_count; i++) {
		const struct actual_change *c = &a->changes[i];
		struct actual_entry now = {
			.version = c->version,
			.offset = start + c->text_at,
			.len = (uint32_t)c->len,
			.dead = c->dead,
		};

		actual_index_set(&a->index, c->path, strlen(c->path), &now, true);
	}
	drop_changes(a);
	return 0;
}

static int flush_entry(struct actual *a, const struct actual_entry *e, struct buf *text, struct err *err)
{
	int r;

	if (e->dead)
		return tree_remove(a->fd, e->path, err);
	r = actual_read_entry(a, e, text, err);
	return r < 0 ? r : tree_write(a->fd, e->path, text->data, text->len, err);
}

int actual_flush(struct actual *a, size_t max, struct err *err)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct actual_entry *e;

	for (size_t n = 0; (e = actual_index_next_behind(&a->index)); n++) {
		if (max > 0 && n == max)
			return 1;
		int r = flush_entry(a, e, &text, err);
		if (r < 0)
			return r;
		actual_index_written(&a->index);
	}
	return write_flushed(a, err);
}
