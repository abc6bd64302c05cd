/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "lib/base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

enum { READ_CHUNK = 4096, READ_MAX = 1024 * 1024 };

/* The bytes to ask for first: all of a regular file and one more, so that it is not copied from buffer to buffer. */
static size_t first_read_size(int fd, size_t max)
{
	struct stat st;
	size_t size = READ_CHUNK;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		size = (uint64_t)st.st_size < READ_MAX ? (size_t)st.st_size + 1 : READ_MAX;
	return size <= max ? size : max + 1;
}

int fs_read_fd(int fd, const char *name, size_t max, struct buf *ret, struct err *err)
{
	size_t start = ret->len;

	if (max > SSIZE_MAX)
		max = SSIZE_MAX;
	for (size_t want = first_read_size(fd, max);;) {
		ssize_t n = read(fd, buf_reserve(ret, want), want);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			return 0;
		if (n < 0) {
			int code = -errno;

			buf_truncate(ret, start);
			return err_errno(err, code, "reading %s", name);
		}
		buf_extend(ret, (size_t)n);

		size_t have = ret->len - start;
		if (have > max) {
			buf_truncate(ret, start);
			return err_set(err, -EFBIG, "reading %s: larger than %zu bytes", name, max);
		}
		/* Twice as much each time, never more than one byte above the bound. */
		want = have < READ_CHUNK ? READ_CHUNK : have < READ_MAX ? have : READ_MAX;
		if (want > max - have)
			want = max - have + 1;
	}
}

int fs_read(int dirfd, const char *path, size_t max, struct buf *ret, struct err *err)
{
	_cleanup_(closep) int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return err_errno(err, -errno, "opening %s", path);
	return fs_read_fd(fd, path, max, ret, err);
}

int fs_write_fd(int fd, const char *name, const void *data, size_t len, struct err *err)
{
	for (const char *p = data; len > 0;) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, -errno, "writing %s", name);
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The directory part of PATH: "." for a bare name, "/" for what lies in it. The caller frees it. */
static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	while (slash > path && slash[-1] == '/')
		slash--;
	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

/* Creates a file that has no other user in directory PARENT. The numbers of a live process are its own; O_EXCL passes over what a dead one left. */
static int create_temporary(int dirfd, const char *parent, char **ret_path)
{
	for (unsigned n = 0; n < 10000; n++) {
		_cleanup_(freep) char *path = xasprintf("%s/.tmp-%d-%u", parent, (int)getpid(), n);
		int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

		if (fd >= 0) {
			*ret_path = TAKE_PTR(path);
			return fd;
		}
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

static int fill_temporary(
	int fd, const char *path, const void *data, size_t len, mode_t mode, unsigned flags, struct err *err)
{
	int r = fs_write_fd(fd, path, data, len, err);

	if (r < 0)
		return r;
	if (fchmod(fd, mode) < 0)
		return err_errno(err, -errno, "setting the mode of %s", path);
	if ((flags & FS_SYNC) && fdatasync(fd) < 0)
		return err_errno(err, -errno, "syncing %s", path);
	return 0;
}

int fs_write(int dirfd, const char *path, const void *data, size_t len, mode_t mode, unsigned flags,
	struct err *err)
{
	_cleanup_(freep) char *parent = parent_of(path);
	_cleanup_(freep) char *temporary = NULL;
	_cleanup_(closep) int fd = create_temporary(dirfd, parent, &temporary);

	if (fd < 0)
		return err_errno(err, fd, "creating a file beside %s", path);

	int r = fill_temporary(fd, path, data, len, mode, flags, err);
	if (r == 0 &&
		renameat2(dirfd, temporary, dirfd, path, (flags & FS_EXCLUSIVE) ? RENAME_NOREPLACE : 0) < 0)
		r = err_errno(err, -errno, "writing %s", path);
	if (r < 0) {
		unlinkat(dirfd, temporary, 0);
		return r;
	}
	return (flags & FS_SYNC) ? fs_sync_dir(dirfd, parent, err) : 0;
}

static int make_dir(int dirfd, const char *path, mode_t mode)
{
	struct stat st;

	if (mkdirat(dirfd, path, mode) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	if (fstatat(dirfd, path, &st, 0) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int fs_mkdir_p(int dirfd, const char *path, mode_t mode, struct err *err)
{
	int r = make_dir(dirfd, path, mode);

	if (r == -ENOENT && *path) {
		_cleanup_(freep) char *part = xstrdup(path);

		/* From the top: each slash behind a name ends a directory to make. */
		r = 0;
		for (char *p = part + 1; r == 0 && *p; p++) {
			if (*p != '/' || p[-1] == '/')
				continue;
			*p = '\0';
			r = make_dir(dirfd, part, mode);
			*p = '/';
		}
		if (r == 0)
			r = make_dir(dirfd, path, mode);
	}
	return r < 0 ? err_errno(err, r, "creating directory %s", path) : 0;
}

int fs_mkdir_parents(int dirfd, const char *path, mode_t mode, struct err *err)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;

	_cleanup_(freep) char *bare = xstrndup(path, len);
	_cleanup_(freep) char *parent = parent_of(bare);
	return fs_mkdir_p(dirfd, parent, mode, err);
}

int fs_open_dir(int dirfd, const char *path, struct err *err)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? err_errno(err, -errno, "opening directory %s", path) : fd;
}

int fs_open_beneath(int dirfd, const char *path, int flags, mode_t mode, struct err *err)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
		.mode = (flags & (O_CREAT | __O_TMPFILE)) ? mode : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};

	/* EAGAIN: something was renamed meanwhile and the kernel can't tell whether ".." stayed beneath. */
	for (int tries = 0;; tries++) {
		int fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));

		if (fd >= 0)
			return fd;
		if ((errno != EAGAIN || tries >= 100) && errno != EINTR)
			return err_errno(err, -errno, "opening %s", path);
	}
}

int fs_list(int dirfd, const char *path, char ***ret, size_t *ret_count, struct err *err)
{
	int fd = fs_open_dir(dirfd, path, err);
	size_t count = 0, cap = 0;
	char **names = NULL;

	if (fd < 0)
		return fd;
	DIR *dir = fdopendir(fd);
	if (!dir) {
		int code = -errno;

		fd_close(fd);
		return err_errno(err, code, "reading directory %s", path);
	}

	struct dirent *d;
	while (errno = 0, (d = readdir(dir))) {
		if (str_eq(d->d_name, ".") || str_eq(d->d_name, ".."))
			continue;
		names = grow(names, &cap, count + 1, sizeof(names[0]));
		names[count++] = xstrdup(d->d_name);
	}
	int code = -errno;
	closedir(dir);
	if (code < 0) {
		fs_names_free(names, count);
		return err_errno(err, code, "reading directory %s", path);
	}
	if (count > 1)
		qsort(names, count, sizeof(names[0]), str_cmp_qsort);
	*ret = names;
	*ret_count = count;
	return 0;
}

void fs_names_free(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

int fs_sync_dir(int dirfd, const char *path, struct err *err)
{
	_cleanup_(closep) int fd = fs_open_dir(dirfd, path, err);

	if (fd < 0)
		return fd;
	if (fsync(fd) < 0)
		return err_errno(err, -errno, "syncing directory %s", path);
	return 0;
}

void fs_spread(int dirfd, const char *path)
{
	_cleanup_(closep) int fd = fs_open_dir(dirfd, path, NULL);
	int flags;

	if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0 || (flags & FS_TOPDIR_FL))
		return;
	flags |= FS_TOPDIR_FL;
	ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

int fs_lock(int dirfd, const char *path, struct err *err)
{
	_cleanup_(closep) int fd = openat(dirfd, path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_errno(err, -errno, "opening %s", path);
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			return err_set(err, -EWOULDBLOCK, "%s: held by another process", path);
		if (errno != EINTR)
			return err_errno(err, -errno, "locking %s", path);
	}
	return TAKE_FD(fd);
}

bool fs_exists(int dirfd, const char *path)
{
	struct stat st;

	return fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 || (errno != ENOENT && errno != ENOTDIR);
}
