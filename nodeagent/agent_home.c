/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/agent_home.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

#define SOCKET "run/agent.sock"
#define PID_FILE "run/pintle-agent.pid"

/* The cluster's id: 32 lower-case hex digits and at most a newline. */
static int id_read(struct agent_home *h, struct err *err)
{
	_cleanup_(buf_done) struct buf id = BUF_INIT;
	size_t len = sizeof(h->cluster_id) - 1;
	int r = fs_read(h->fd, "cluster-id", 256, &id, err);

	if (r < 0)
		return r;
	if (id.len > 0 && id.data[id.len - 1] == '\n')
		buf_truncate(&id, id.len - 1);
	if (id.len != len || strspn(id.data, "0123456789abcdef") != len)
		return err_set(err, -EBADMSG, "%s/cluster-id does not hold 32 hex digits", h->dir);
	memcpy(h->cluster_id, id.data, len);
	return 0;
}

int agent_home_open(const char *dir, struct agent_home *ret, struct err *err)
{
	struct stat st;
	int r;

	*ret = (struct agent_home){ .dir = realpath(dir, NULL), .fd = -1 };
	r = ret->dir ? 0 : err_errno(err, -errno, "home %s", dir);
	if (r >= 0)
		r = ret->fd = fs_open_dir(AT_FDCWD, ret->dir, err);
	if (r >= 0)
		r = id_read(ret, err);
	if (r == -ENOENT)
		err_set(err, r, "%s is no home: run pintle --home %s init", dir, dir);
	if (r >= 0 && fstat(ret->fd, &st) < 0)
		r = err_errno(err, -errno, "home %s", dir);
	if (r < 0) {
		agent_home_done(ret);
		return r;
	}
	ret->owner = st.st_uid;
	ret->group = st.st_gid;
	return 0;
}

void agent_home_done(struct agent_home *h)
{
	free(h->dir);
	fd_close(h->fd);
	*h = (struct agent_home){ .fd = -1 };
}

/* Does the process that the pid file names still run? */
static bool claimant_runs(int fd)
{
	char text[32] = { 0 };
	int64_t pid;

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return true;
	text[strcspn(text, "\n")] = 0;
	if (str_to_i64(text, &pid) < 0 || pid <= 0)
		return true;
	_cleanup_(closep) int pidfd = pidfd_open((pid_t)pid, 0);
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	return pidfd >= 0 && poll(&p, 1, 0) == 0;
}

/*
 * When an agent is killed while it starts a child, that child holds a copy of the lock until it has called exec: milliseconds, which
 * are waited for. Where the claimant itself runs: -EWOULDBLOCK.
 */
static int claim_lock(int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK || claimant_runs(fd))
		return -errno;
	return flock(fd, LOCK_EX) < 0 ? -errno : 0;
}

int agent_home_claim(const struct agent_home *h, struct err *err)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	int r = fs_mkdir_p(h->fd, "run", 0755, err);
	if (r < 0)
		return r;
	_cleanup_(closep) int fd = openat(h->fd, PID_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_errno(err, -errno, "opening %s/%s", h->dir, PID_FILE);
	r = claim_lock(fd);
	if (r == -EWOULDBLOCK)
		return err_set(err, r, "a pintle-agent runs already in %s", h->dir);
	if (r < 0)
		return err_errno(err, r, "locking %s/%s", h->dir, PID_FILE);
	if (fchown(fd, h->owner, h->group) < 0 || ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) != n)
		return err_errno(err, errno ? -errno : -EIO, "writing %s/%s", h->dir, PID_FILE);
	return TAKE_FD(fd);
}

/* The socket's address by the home's descriptor, so that a long path does no harm. */
static struct sockaddr_un address(const struct agent_home *h)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/%s", h->fd, SOCKET);
	return a;
}

int agent_home_listen(const struct agent_home *h, struct err *err)
{
	struct sockaddr_un a = address(h);
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	unlinkat(h->fd, SOCKET, 0); /* of one that was killed: the claim says that none is alive */
	mode_t mask = umask(0177);
	int r = fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ? -errno : 0;
	umask(mask);
	if (r == 0 &&
		(fchownat(h->fd, SOCKET, h->owner, h->group, AT_SYMLINK_NOFOLLOW) < 0 || listen(fd, 16) < 0))
		r = -errno;
	return r < 0 ? err_errno(err, r, "listening on %s/%s", h->dir, SOCKET) : TAKE_FD(fd);
}

int agent_home_connect(const struct agent_home *h, struct err *err)
{
	struct sockaddr_un a = address(h);
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return err_errno(err, -errno, "connecting to %s/%s", h->dir, SOCKET);
	return TAKE_FD(fd);
}
