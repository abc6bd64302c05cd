/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Groups nest as deep as whatever ran in them made them; 64 levels are far beyond reason, and bound the recursion. */
#include "nodeagent/cgroup_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fs.h"

enum { DEPTH_MAX = 64, PROCS_MAX = 4 << 20 };

typedef int (*visit_fn)(int parent, const char *name, int fd, int *count);

/* Calls FN for DIR's descendants and then for DIR itself. */
static int walk(int parent, const char *name, unsigned depth, visit_fn fn, int *count)
{
	_cleanup_(closep) int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent *e;
	DIR *d;
	int r = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (depth > DEPTH_MAX)
		return -ELOOP;
	d = fdopendir(dup(fd));
	if (!d)
		return -errno;
	while (r == 0 && (e = readdir(d)))
		if (e->d_type == DT_DIR && strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			r = walk(fd, e->d_name, depth + 1, fn, count);
	closedir(d);
	return r < 0 ? r : fn(parent, name, fd, count);
}

static int visit_remove(int parent, const char *name, int fd, int *count)
{
	(void)fd;
	(void)count;
	return unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

/* A group that goes meanwhile (ENOENT, ENODEV) has no processes; a threaded one (EOPNOTSUPP) has them listed above. */
static int procs_read(int fd, struct buf *ret)
{
	int r = fs_read(fd, "cgroup.procs", PROCS_MAX, ret, NULL);

	return r == -ENOENT || r == -ENODEV || r == -EOPNOTSUPP ? 0 : r;
}

static int visit_procs(int fd, int signo, int *count)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	int r = procs_read(fd, &text);
	char *p = text.data, *end;

	if (r < 0)
		return r;
	for (;; p = end) {
		long pid = strtol(p, &end, 10);

		if (end == p)
			return 0;
		*count += 1;
		/* 0: a process outside of our PID namespace. */
		if (signo && pid > 1)
			kill((pid_t)pid, signo);
	}
}

static int visit_kill(int parent, const char *name, int fd, int *count)
{
	(void)parent;
	(void)name;
	return visit_procs(fd, SIGKILL, count);
}

static int visit_count(int parent, const char *name, int fd, int *count)
{
	(void)parent;
	(void)name;
	return visit_procs(fd, 0, count);
}

static int tree(const char *dir, visit_fn fn, const char *what, struct err *err)
{
	int count = 0;
	int r = walk(AT_FDCWD, dir, 0, fn, &count);

	return r < 0 ? err_errno(err, r, "%s control group %s", what, dir) : count;
}

int cgroup_tree_remove(const char *dir, struct err *err)
{
	/* Most have nothing beneath them. */
	if (rmdir(dir) == 0 || errno == ENOENT)
		return 0;
	return tree(dir, visit_remove, "removing", err);
}

int cgroup_tree_kill(const char *dir, struct err *err)
{
	return tree(dir, visit_kill, "killing what is in", err);
}

int cgroup_tree_count(const char *dir, struct err *err)
{
	return tree(dir, visit_count, "looking into", err);
}
