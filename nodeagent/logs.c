/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A reader goes through a list of files, oldest first; the last one is N.log. When that has been renamed away
 * and a new one is there, conmon writes to the new one: the old one is read to its end once more, then left.
 *
 * --tail is answered by position: records are counted from the end backwards, before anything is read.
 */
#include "nodeagent/logs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

enum {
	BLOCK = 64 * 1024,
	RECORD_MAX = 1024 * 1024, /* longer without a newline: handed on in pieces */
	HEAD_MAX = 64,            /* time, stream and tag of a record fit */
	STREAMS = 2
};

struct logs {
	struct logs_options options;
	char *path;            /* DIR/N.log */
	char **files;          /* paths, oldest first; the last is path, if it was there */
	size_t file_count, at; /* the file being read */
	int fd;
	off_t start;   /* where to begin in the first file */
	bool replaced; /* a new N.log was seen at the old one's end */
	struct buf in;
	size_t in_start; /* of what has not been handed on */
	struct buf out;
	bool partial[STREAMS]; /* the last record of stdout, stderr was no whole line */
	int64_t left;          /* bytes until the limit; < 0: none */
	int inotify;
};

/* --- names ------------------------------------------------------------------------------------ */

char *logs_container_dir(
	const char *root, const char *ns, const char *pod, const char *uid, const char *container)
{
	return xasprintf("%s/%s_%s_%s/%s", root, ns, pod, uid, container);
}

char *logs_file(const char *dir, unsigned instance)
{
	return xasprintf("%s/%u.log", dir, instance);
}

int logs_newest(const char *dir, unsigned *ret, struct err *err)
{
	char **names = NULL;
	size_t count = 0;
	int r = fs_list(AT_FDCWD, dir, &names, &count, err);
	long newest = -1;

	for (size_t i = 0; r == 0 && i < count; i++) {
		char *end;
		long n = strtol(names[i], &end, 10);

		if (end != names[i] && str_starts(end, ".log") && n > newest)
			newest = n;
	}
	fs_names_free(names, count);
	if (r == 0 && newest < 0)
		r = err_set(err, -ENOENT, "%s: there is no log", dir);
	if (r == 0)
		*ret = (unsigned)newest;
	return r;
}

/* Paths of the instance's files, oldest first: the rotated ones sort by their time stamps, N.log is last. */
static int list_files(const char *dir, unsigned instance, char ***ret, size_t *ret_count, struct err *err)
{
	_cleanup_(freep) char *current = xasprintf("%u.log", instance);
	_cleanup_(freep) char *prefix = xasprintf("%u.log.", instance);
	char **names = NULL, **paths;
	size_t count = 0, n = 0;
	bool has_current = false;
	int r = fs_list(AT_FDCWD, dir, &names, &count, err);

	paths = xcalloc(count + 1, sizeof(paths[0]));
	for (size_t i = 0; r == 0 && i < count; i++) {
		if (str_eq(names[i], current))
			has_current = true;
		else if (str_starts(names[i], prefix))
			paths[n++] = xasprintf("%s/%s", dir, names[i]);
	}
	if (has_current)
		paths[n++] = xasprintf("%s/%s", dir, current);
	fs_names_free(names, count);
	*ret = paths;
	*ret_count = n;
	return r;
}

/* --- records ---------------------------------------------------------------------------------- */

struct record {
	const char *time; /* [time_len], or NULL: not in the format, all of it is text */
	size_t time_len;
	bool is_stderr, is_partial;
	const char *text;
	size_t len;
};

/* "TIME STREAM TAG TEXT", without the newline. */
static struct record parse_record(const char *line, size_t len)
{
	struct record plain = { .text = line, .len = len }, r = { .time = line };
	const char *end = line + len, *space = memchr(line, ' ', len);

	if (!space || end - space < 9 || memcmp(space + 1, "std", 3) != 0)
		return plain;
	r.time_len = (size_t)(space - line);
	r.is_stderr = space[4] == 'e';
	/* " stdout F" or " stdout F text". */
	if (space[7] != ' ' || (space[8] != 'P' && space[8] != 'F'))
		return plain;
	r.is_partial = space[8] == 'P';
	r.text = space + 10 <= end ? space + 10 : end;
	r.len = (size_t)(end - r.text);
	return r;
}

/* Does the record that begins at POS end a line? */
static bool ends_line(int fd, off_t pos)
{
	char head[HEAD_MAX];
	ssize_t n = pread(fd, head, sizeof(head), pos);

	return n <= 0 || !parse_record(head, (size_t)n).is_partial;
}

/* --- tail ------------------------------------------------------------------------------------- */

/* Counts lines backwards through one file. Returns true when *LEFT more than wanted were seen: *RET is where to begin. */
static bool tail_in_file(int fd, int64_t *left, off_t *ret)
{
	_cleanup_(freep) char *block = xcalloc(1, BLOCK);
	off_t end = lseek(fd, 0, SEEK_END), record_end = end;

	/* Each newline but the last ends a record, and the next one begins behind it. */
	for (off_t pos = end; pos > 0;) {
		size_t want = pos < BLOCK ? (size_t)pos : BLOCK;
		ssize_t n = pread(fd, block, want, pos - (off_t)want);

		if (n <= 0)
			return false;
		pos -= (off_t)want;
		for (size_t i = (size_t)n; i-- > 0;) {
			off_t start = pos + (off_t)i + 1;

			if (block[i] != '\n' || start == end)
				continue;
			if (ends_line(fd, start) && (*left)-- == 0) {
				*ret = record_end;
				return true;
			}
			record_end = start;
		}
	}
	if (end > 0 && ends_line(fd, 0) && (*left)-- == 0) {
		*ret = record_end;
		return true;
	}
	return false;
}

/* Chooses file and position of the first of the last options.tail lines. */
static void seek_tail(struct logs *l)
{
	int64_t left = l->options.tail;

	for (size_t i = l->file_count; i-- > 0;) {
		_cleanup_(closep) int fd = open(l->files[i], O_RDONLY | O_CLOEXEC);

		if (fd >= 0 && tail_in_file(fd, &left, &l->start)) {
			l->at = i;
			return;
		}
	}
}

/* --- opening ---------------------------------------------------------------------------------- */

static int watch(struct logs *l, const char *dir, struct err *err)
{
	l->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (l->inotify < 0 ||
		inotify_add_watch(l->inotify, dir, IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0)
		return err_errno(err, -errno, "watching %s", dir);
	return 0;
}

int logs_open(const char *dir, unsigned instance, const struct logs_options *options, struct logs **ret,
	struct err *err)
{
	_cleanup_(logs_closep) struct logs *l = xcalloc(1, sizeof(*l));

	l->options = *options;
	l->fd = l->inotify = -1;
	l->in = l->out = BUF_INIT;
	l->left = options->limit_bytes > 0 ? options->limit_bytes : -1;
	l->path = logs_file(dir, instance);
	int r = options->follow ? watch(l, dir, err) : 0;
	if (r == 0)
		r = list_files(dir, instance, &l->files, &l->file_count, err);
	if (r == 0 && l->file_count == 0)
		r = err_set(err, -ENOENT, "%s: there is no such log", l->path);
	if (r < 0)
		return r;
	if (options->tail >= 0)
		seek_tail(l);
	*ret = TAKE_PTR(l);
	return 0;
}

struct logs *logs_close(struct logs *l)
{
	if (!l)
		return NULL;
	fs_names_free(l->files, l->file_count);
	fd_close(l->fd);
	fd_close(l->inotify);
	buf_done(&l->in);
	buf_done(&l->out);
	free(l->path);
	free(l);
	return NULL;
}

void logs_closep(struct logs **l)
{
	*l = logs_close(*l);
}

bool logs_finished(const struct logs *l)
{
	return l->left == 0;
}

int logs_fd(const struct logs *l)
{
	return l->inotify;
}

/* --- reading ---------------------------------------------------------------------------------- */

static int open_current(struct logs *l, struct err *err)
{
	const char *path = l->at < l->file_count ? l->files[l->at] : l->path;

	l->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (l->fd < 0)
		return errno == ENOENT ? 0 : err_errno(err, -errno, "opening %s", path);
	if (l->start > 0)
		lseek(l->fd, l->start, SEEK_SET);
	l->start = 0;
	return 1;
}

/* Is N.log another file than the one being read? */
static bool is_replaced(const struct logs *l)
{
	struct stat now, ours;

	return stat(l->path, &now) == 0 && fstat(l->fd, &ours) == 0 &&
	       (now.st_ino != ours.st_ino || now.st_dev != ours.st_dev);
}

/* At a file's end: 1 = go on reading (in the next file, or once more in this one), 0 = nothing more now. */
static int at_end(struct logs *l)
{
	bool last = l->at + 1 >= l->file_count;

	if (last && (!l->options.follow || !is_replaced(l)))
		return 0;
	if (last && !l->replaced) {
		l->replaced = true;
		return 1;
	}
	l->fd = fd_close(l->fd);
	l->at++;
	l->replaced = false;
	return 1;
}

static void drain_events(const struct logs *l)
{
	char events[4096];

	while (l->inotify >= 0 && read(l->inotify, events, sizeof(events)) > 0)
		;
}

/* More bytes into l->in: 1; 0: there are none now. */
static int fill(struct logs *l, struct err *err)
{
	drain_events(l);
	for (;;) {
		if (l->fd < 0) {
			int r = open_current(l, err);

			if (r < 0)
				return r;
			/* Rotated files may vanish under the reader; N.log may be about to appear. */
			if (r == 0) {
				if (l->at + 1 >= l->file_count)
					return 0;
				l->at++;
				continue;
			}
		}
		ssize_t n = read(l->fd, buf_reserve(&l->in, BLOCK), BLOCK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, -errno, "reading %s", l->path);
		if (n > 0) {
			buf_extend(&l->in, (size_t)n);
			return 1;
		}
		if (at_end(l) == 0)
			return 0;
	}
}

/* The next record's bytes without newline, lent; 0: there is none now. */
static int next_line(struct logs *l, const char **ret, size_t *ret_len, struct err *err)
{
	for (;;) {
		const char *start = l->in.data + l->in_start;
		size_t have = l->in.len - l->in_start;
		const char *newline = memchr(start, '\n', have);

		if (newline || have > RECORD_MAX) {
			*ret = start;
			*ret_len = newline ? (size_t)(newline - start) : have;
			l->in_start += *ret_len + (newline ? 1 : 0);
			return 1;
		}
		buf_consume(&l->in, l->in_start);
		l->in_start = 0;
		int r = fill(l, err);
		if (r <= 0)
			return r;
	}
}

/* The record's time; 0 where it has none. */
static nsec_t record_time(const struct record *r)
{
	char text[HEAD_MAX];
	nsec_t t;

	if (!r->time || r->time_len >= sizeof(text))
		return 0;
	memcpy(text, r->time, r->time_len);
	text[r->time_len] = '\0';
	return time_parse(text, &t) == 0 ? t : 0;
}

/* Writes what the reader gets of R to l->out; false: nothing. */
static bool render(struct logs *l, const struct record *r)
{
	bool begins_line = !l->partial[r->is_stderr];
	nsec_t t = l->options.since > 0 || (l->options.timestamps && begins_line) ? record_time(r) : 0;
	char text[TIME_TEXT_MAX];

	if (l->options.since > 0 && r->time && t < l->options.since)
		return false;
	l->partial[r->is_stderr] = r->is_partial;
	buf_clear(&l->out);
	if (l->options.timestamps && begins_line && r->time)
		buf_addf(&l->out, "%s ", time_format_nano(t, text));
	buf_add(&l->out, r->text, r->len);
	if (!r->is_partial)
		buf_addc(&l->out, '\n');
	return true;
}

int logs_next(struct logs *l, struct logs_chunk *ret, struct err *err)
{
	const char *line;
	size_t len;
	int r;

	while (l->left != 0 && (r = next_line(l, &line, &len, err)) != 0) {
		if (r < 0)
			return r;
		struct record record = parse_record(line, len);
		if (!render(l, &record))
			continue;
		if (l->left > 0 && (int64_t)l->out.len > l->left)
			buf_truncate(&l->out, (size_t)l->left);
		if (l->left > 0)
			l->left -= (int64_t)l->out.len;
		*ret = (struct logs_chunk){
			.is_stderr = record.is_stderr, .data = l->out.data, .len = l->out.len
		};
		return 1;
	}
	return 0;
}

/* --- rotation --------------------------------------------------------------------------------- */

/* Tells conmon to open its log again. */
static int tell_monitor(const char *ctl, struct err *err)
{
	static const char reopen[] = "2 0 0\n";
	_cleanup_(closep) int fd = open(ctl, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return err_errno(err, -errno, "opening %s", ctl);
	return fs_write_fd(fd, ctl, reopen, strlen(reopen), err);
}

/* Removes the oldest until at most MAX_FILES remain, one of them N.log. */
static int prune(const char *dir, unsigned instance, unsigned max_files, struct err *err)
{
	_cleanup_(freep) char *current = logs_file(dir, instance);
	char **paths = NULL;
	size_t count = 0, keep = max_files > 1 ? max_files - 1 : 0;
	int r = list_files(dir, instance, &paths, &count, err);
	size_t rotated = count > 0 && str_eq(paths[count - 1], current) ? count - 1 : count;

	for (size_t i = 0; r == 0 && i + keep < rotated; i++)
		if (unlink(paths[i]) < 0 && errno != ENOENT)
			r = err_errno(err, -errno, "removing %s", paths[i]);
	fs_names_free(paths, count);
	return r;
}

int logs_rotate(const char *dir, unsigned instance, const char *ctl, int64_t max_size, unsigned max_files,
	nsec_t now, struct err *err)
{
	_cleanup_(freep) char *path = logs_file(dir, instance);
	time_t seconds = (time_t)(now / NSEC_PER_SEC);
	struct stat st;
	struct tm tm;
	char stamp[32];

	if (stat(path, &st) < 0)
		return errno == ENOENT ? 0 : err_errno(err, -errno, "%s", path);
	if (st.st_size <= max_size)
		return 0;
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", gmtime_r(&seconds, &tm));
	_cleanup_(freep) char *old = xasprintf("%s.%s.%09lld", path, stamp, (long long)(now % NSEC_PER_SEC));
	if (rename(path, old) < 0)
		return err_errno(err, -errno, "renaming %s", path);
	int r = tell_monitor(ctl, err);
	if (r < 0) {
		/* Whoever still writes, writes to what was N.log: so let it be N.log. */
		if (renameat2(AT_FDCWD, old, AT_FDCWD, path, RENAME_NOREPLACE) < 0)
			return err_errno(err, -errno, "renaming %s", old);
		return err_wrap(err, r, "rotating %s", path);
	}
	r = prune(dir, instance, max_files, err);
	return r < 0 ? r : 1;
}
