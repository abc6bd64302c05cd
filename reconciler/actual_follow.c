/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Following the journal while another process appends to it.
 *
 * `data` has finished commits that were not yet handed out. A compaction
 * renames a new journal over the old one: the old file, still open, is read to its end first; then the new one is gone
 * through from its start, and what was seen already is passed over.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "reconciler/actual_reader.h"
#include "reconciler/journal_text.h"

enum { READ_SIZE = 256 * 1024 };

struct actual_follow {
	char *dir;
	int dirfd, fd, inotify_fd;
	uint64_t since; /* the last version handed out, or asked for */
	uint64_t at;    /* how far FD was read */
	bool first;     /* FD's first line has not been read */
	size_t want;    /* bytes to ask for */
	struct buf data;
	size_t start, ready; /* in data: the next record; the end of the last finished commit */
	uint64_t version;    /* of that commit */
	struct buf path;     /* of the record that was handed out */
};

static void drain_events(struct actual_follow *f)
{
	char events[4096];

	while (read(f->inotify_fd, events, sizeof(events)) > 0)
		;
}

static void open_journal(struct actual_follow *f)
{
	f->fd = openat(f->dirfd, "journal", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	f->at = 0;
	f->first = true;
	f->version = 0;
	f->want = READ_SIZE;
	buf_clear(&f->data);
	f->start = f->ready = 0;
}

int actual_follow_open(const char *dir, uint64_t since, struct actual_follow **ret, struct err *err)
{
	_cleanup_(actual_follow_freep) struct actual_follow *f = xcalloc(1, sizeof(*f));

	f->fd = f->inotify_fd = -1;
	f->since = since;
	f->data = BUF_INIT;
	f->path = BUF_INIT;
	f->dir = xstrdup(dir);
	f->dirfd = fs_open_dir(AT_FDCWD, dir, err);
	if (f->dirfd < 0)
		return f->dirfd;
	f->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	/* The directory also tells of writes to the journal in it, and of the next one's arrival. */
	if (f->inotify_fd < 0 ||
		inotify_add_watch(f->inotify_fd, dir, IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0)
		return err_errno(err, -errno, "watching %s", dir);
	open_journal(f);
	*ret = TAKE_PTR(f);
	return 0;
}

struct actual_follow *actual_follow_free(struct actual_follow *f)
{
	if (!f)
		return NULL;
	fd_close(f->fd);
	fd_close(f->inotify_fd);
	fd_close(f->dirfd);
	buf_done(&f->data);
	buf_done(&f->path);
	free(f->dir);
	free(f);
	return NULL;
}

void actual_follow_freep(struct actual_follow **f)
{
	*f = actual_follow_free(*f);
}

int actual_follow_fd(const struct actual_follow *f)
{
	return f->inotify_fd;
}

/* Is the open file no longer the one that has the name? */
static bool was_replaced(const struct actual_follow *f)
{
	struct stat named, open;

	return fstatat(f->dirfd, "journal", &named, AT_SYMLINK_NOFOLLOW) == 0 && fstat(f->fd, &open) == 0 &&
	       (named.st_ino != open.st_ino || named.st_dev != open.st_dev);
}

/* Appends up to f->want bytes of what the file has behind `at`. Returns their number. */
static ssize_t read_more(struct actual_follow *f, struct err *err)
{
	struct stat st;
	ssize_t n;

	if (fstat(f->fd, &st) == 0 && (uint64_t)st.st_size < f->at)
		return err_set(err, -ESTALE, "the journal was cut: list again");
	n = pread(f->fd, buf_reserve(&f->data, f->want), f->want, (off_t)f->at);
	if (n < 0)
		return err_errno(err, -errno, "reading the journal");
	buf_extend(&f->data, (size_t)n);
	f->at += (uint64_t)n;
	return n;
}

/* Bytes behind the last finished commit may be cut off and written anew: they are read again next time. */
static void forget_unfinished(struct actual_follow *f)
{
	f->at -= f->data.len - f->ready;
	buf_truncate(&f->data, f->ready);
}

/* The first line: is the version that we come from still in this journal? 1, 0 (not there yet), or an error. */
static int check_first(struct actual_follow *f, struct err *err)
{
	struct journal_record rec;
	int r = journal_record_parse(f->data.data, f->data.len, &rec);

	if (r == 0)
		return 0;
	if (r < 0 || rec.op != RECORD_JOURNAL)
		return err_set(err, -EBADMSG, "the journal's first line is damaged");
	if (f->since < rec.version)
		return err_set(err, -ESTALE, "versions up to %llu have been compacted: list again",
			(unsigned long long)rec.version);
	f->version = rec.version;
	f->start = f->ready = rec.size;
	f->first = false;
	return 1;
}

/* Finds further finished commits in what was read. */
static int find_commits(struct actual_follow *f, struct err *err)
{
	int r = f->first ? check_first(f, err) : 1;

	if (r <= 0)
		return r;
	/* What was handed out makes room. */
	if (f->start == f->ready && f->start > 0) {
		buf_consume(&f->data, f->start);
		f->start = f->ready = 0;
	}
	r = journal_scan_commits(f->data.data, f->ready, f->data.len, &f->version, NULL, NULL, &f->ready);
	/* Bytes of an append that is under way look like anything; what is damaged for good the writer finds at its next start. */
	return r == -EBADMSG ? 0 : r;
}

static bool is_change(const struct actual_follow *f, const struct journal_record *rec)
{
	return (rec->op == RECORD_PUT || rec->op == RECORD_DEL) && rec->version > f->since;
}

/* The next change in what is ready. */
static bool take_ready(struct actual_follow *f, struct actual_record *ret)
{
	while (f->start < f->ready) {
		struct journal_record rec;

		if (journal_record_parse(f->data.data + f->start, f->ready - f->start, &rec) != 1)
			return false;
		f->start += rec.size;
		if (!is_change(f, &rec))
			continue;
		f->since = rec.version;
		buf_clear(&f->path);
		buf_add(&f->path, rec.path, rec.path_len);
		*ret = (struct actual_record){
			.version = rec.version,
			.path = f->path.data,
			.json = rec.op == RECORD_PUT ? rec.text : NULL,
			.len = rec.text_len,
		};
		return true;
	}
	return false;
}

/* Reads on. 1: something is ready; 0: there is no more for now. */
static int advance(struct actual_follow *f, struct err *err)
{
	for (;;) {
		ssize_t n = read_more(f, err);
		int r = n < 0 ? (int)n : find_commits(f, err);

		if (r < 0)
			return r;
		forget_unfinished(f);
		if (f->start < f->ready) {
			f->want = READ_SIZE;
			return 1;
		}
		/* All that was asked for, and no end in it: a long commit. */
		if ((size_t)n < f->want)
			return 0;
		f->want *= 2;
	}
}

int actual_follow_next(struct actual_follow *f, struct actual_record *ret, struct err *err)
{
	for (bool drained = false;;) {
		if (take_ready(f, ret))
			return 1;
		if (f->fd < 0) {
			drain_events(f);
			open_journal(f);
			if (f->fd < 0)
				return 0;
		}
		/* Asked before reading: what the old file had at its end is read in any case. */
		bool replaced = was_replaced(f);
		int r = advance(f, err);

		if (r < 0)
			return r;
		if (r > 0)
			continue;
		if (replaced) {
			f->fd = fd_close(f->fd);
			open_journal(f);
			continue;
		}
		/* Once more after the events are gone: what came in between has left none. */
		if (drained)
			return 0;
		drain_events(f);
		drained = true;
	}
}
