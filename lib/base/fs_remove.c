/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Removing a tree that may be hostile: an image's, or what a container left.
 *
 * Directories are entered by descriptor, one name at a time, with openat2 refusing links and
 * mounts; so nothing that is swapped in meanwhile leads outside. A tree can be nested deeper
 * than there are descriptors or stack: below DEPTH_MAX a directory is not entered but moved up
 * into the tree's top, which is then gone through again.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

enum { DEPTH_MAX = 32 };

struct removal {
	int top;         /* the tree's own directory */
	unsigned raised; /* directories moved up into it so far */
};

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int open_entry(int dirfd, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS,
	};
	int fd = (int)syscall(SYS_openat2, dirfd, name, &how, sizeof(how));

	if (fd >= 0)
		return fd;
	return errno == EXDEV ? -EBUSY : -errno;
}

static int raise_entry(struct removal *rm, int dirfd, const char *name)
{
	for (;;) {
		char to[32];

		snprintf(to, sizeof(to), ".raised-%u", rm->raised++);
		if (renameat2(dirfd, name, rm->top, to, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			return -errno;
	}
}

static int remove_entry(struct removal *rm, int dirfd, const char *name, bool is_dir, int depth);

/* One walk through directory FD, which it takes. */
static int empty_dir(struct removal *rm, int fd, int depth)
{
	_cleanup_(closedirp) DIR *dir = fdopendir(fd);
	struct dirent *d;

	if (!dir) {
		int code = -errno;

		fd_close(fd);
		return code;
	}
	while (errno = 0, (d = readdir(dir))) {
		if (str_eq(d->d_name, ".") || str_eq(d->d_name, ".."))
			continue;
		int r = remove_entry(rm, fd, d->d_name, d->d_type == DT_DIR, depth);
		if (r < 0)
			return r;
	}
	return -errno;
}

/* The directory NAME, opened as FD (taken), with all that is in it. Removing while reading may skip entries: as long as some are left, walk again. */
static int remove_dir(struct removal *rm, int dirfd, const char *name, int fd, int depth)
{
	_cleanup_(closep) int owned = fd;

	for (int tries = 0;; tries++) {
		int walk = open_entry(owned, ".");
		int r = walk < 0 ? walk : empty_dir(rm, walk, depth);

		if (r < 0)
			return r;
		if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		/* At the top each walk may raise more; elsewhere somebody else is filling the directory. */
		if (errno != ENOTEMPTY || (depth > 0 && tries >= 100))
			return -errno;
	}
}

static int remove_entry(struct removal *rm, int dirfd, const char *name, bool is_dir, int depth)
{
	if (!is_dir) {
		if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
			return 0;
		if (errno != EISDIR)
			return -errno;
	}
	/* Most directories are empty by the time they are met, or mount points (EBUSY). */
	if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != ENOTEMPTY && errno != EEXIST)
		return -errno;
	if (depth >= DEPTH_MAX)
		return raise_entry(rm, dirfd, name);

	int fd = open_entry(dirfd, name);
	return fd < 0 ? fd : remove_dir(rm, dirfd, name, fd, depth + 1);
}

/* NAME in DIRFD, the whole tree. */
static int remove_top(int dirfd, const char *name)
{
	struct removal rm = { .top = -1 };

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return -errno;
	_cleanup_(closep) int fd = open_entry(dirfd, name);
	if (fd < 0)
		return fd;
	rm.top = fd;

	int walk = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return walk < 0 ? -errno : remove_dir(&rm, dirfd, name, walk, 0);
}

int fs_remove_tree(int dirfd, const char *path, struct err *err)
{
	_cleanup_(freep) char *bare = xstrdup(path);
	size_t len = strlen(bare);

	while (len > 1 && bare[len - 1] == '/')
		bare[--len] = '\0';

	char *slash = strrchr(bare, '/');
	const char *name = slash ? slash + 1 : bare;
	if (str_empty(name) || str_eq(name, ".") || str_eq(name, ".."))
		return err_set(err, -EINVAL, "removing %s: not a name in a directory", path);
	if (slash)
		*slash = '\0';

	const char *parent = !slash ? "." : slash == bare ? "/" : bare;
	_cleanup_(closep) int fd = openat(dirfd, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd >= 0 ? remove_top(fd, name) : errno == ENOENT ? 0 : -errno;
	return r < 0 ? err_errno(err, r, "removing %s", path) : 0;
}
