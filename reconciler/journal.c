/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"

int journal_create(int dirfd, const char *name, uint64_t base, uint64_t id, struct err *err)
{
	struct buf text = BUF_INIT;
	char first[32];
	int n = snprintf(first, sizeof(first), "1 %016" PRIx64, id), r;

	journal_record_write(&text, RECORD_JOURNAL, base, "-", first, (size_t)n);
	r = fs_write(dirfd, name, text.data, text.len, 0644, FS_SYNC | FS_EXCLUSIVE, err);
	buf_done(&text);
	return r;
}

/* The file in memory, for one scan. */
struct mapping {
	char *data;
	size_t len;
};

static void mapping_done(struct mapping *m)
{
	if (m->len > 0)
		munmap(m->data, m->len);
}

static int map_file(int fd, struct mapping *ret, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, -errno, "reading the journal");
	if (st.st_size == 0)
		return 0;

	void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return err_errno(err, -errno, "mapping the journal");
	*ret = (struct mapping){ .data = data, .len = (size_t)st.st_size };
	return 0;
}

static int scan(struct journal *j, bool read_only, journal_record_fn fn, void *arg, struct err *err)
{
	_cleanup_(mapping_done) struct mapping m = { 0 };
	struct journal_scan s;
	int r = map_file(j->fd, &m, err);

	if (r == 0)
		r = journal_scan(m.data, m.len, fn, arg, &s);
	if (r < 0)
		return r;
	if (s.state == JOURNAL_DAMAGED)
		return err_set(err, -EBADMSG,
			"the journal is damaged at byte %zu (behind version %" PRIu64
			"), and more follows: restore it from a backup",
			s.bad, s.version);
	j->end = s.end;
	j->base = s.base;
	j->version = s.version;
	j->id = s.id;
	if (s.state == JOURNAL_TORN && !read_only && ftruncate(j->fd, (off_t)s.end) < 0)
		return err_errno(err, -errno, "cutting an unfinished commit off the journal");
	return 0;
}

int journal_open(
	int dirfd, bool read_only, journal_record_fn fn, void *arg, struct journal *ret, struct err *err)
{
	struct journal j = { .dirfd = dirfd };
	int r;

	j.fd = openat(dirfd, JOURNAL_NAME, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW);
	if (j.fd < 0)
		return err_errno(err, -errno, "opening the journal");
	r = scan(&j, read_only, fn, arg, err);
	/* What a killed writer appended may be in the page cache only. */
	if (r == 0 && !read_only && fdatasync(j.fd) < 0)
		r = err_errno(err, -errno, "syncing the journal");
	if (r < 0) {
		journal_close(&j);
		return r;
	}
	*ret = j;
	return 0;
}

void journal_close(struct journal *j)
{
	j->fd = fd_close(j->fd);
}

static int write_at(int fd, const char *data, size_t len, uint64_t at, struct err *err)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, data, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, -errno, "appending to the journal");
		data += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int cut_back(struct journal *j, struct err *err)
{
	if (!j->longer)
		return 0;
	if (ftruncate(j->fd, (off_t)j->end) < 0)
		return err_errno(err, -errno, "cutting a failed append off the journal");
	j->longer = false;
	return 0;
}

int journal_append(struct journal *j, const struct buf *commit, uint64_t version, struct err *err)
{
	int r;

	if (j->failed)
		return err_set(err, -EIO, "the disk failed under the journal earlier: start again");
	r = cut_back(j, err);
	if (r < 0)
		return r;
	j->longer = true;
	r = write_at(j->fd, commit->data, commit->len, j->end, err);
	if (r == 0 && fdatasync(j->fd) < 0) {
		r = err_errno(err, -errno, "syncing the journal");
		j->failed = r != -ENOSPC && r != -EDQUOT;
	}
	if (r < 0) {
		cut_back(j, NULL);
		return r;
	}
	j->longer = false;
	j->end += commit->len;
	j->version = version;
	return 0;
}

int journal_read(const struct journal *j, uint64_t offset, size_t len, struct buf *ret, struct err *err)
{
	char *to = buf_reserve(ret, len);

	for (size_t have = 0; have < len;) {
		ssize_t n = pread(j->fd, to + have, len - have, (off_t)(offset + have));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_errno(
				err, n < 0 ? -errno : -EIO, "reading the journal at byte %" PRIu64, offset);
		have += (size_t)n;
	}
	buf_extend(ret, len);
	return 0;
}
