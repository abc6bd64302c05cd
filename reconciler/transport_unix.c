/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The agent's socket, on this host. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/transport.h"

struct unix_transport {
	struct transport base;
	int fd;
	struct loop_source *io;
};

static struct unix_transport *self(struct transport *t)
{
	return (struct unix_transport *)t;
}

static struct transport *create(struct loop *loop, const struct transport_target *target)
{
	struct unix_transport *u = xcalloc(1, sizeof(*u));

	(void)loop;
	(void)target;
	u->fd = -1;
	return &u->base;
}

static bool peer_is_allowed(const struct transport_target *target, int fd)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return false;
	return cred.uid == 0 || cred.uid == target->owner;
}

static int fail(struct unix_transport *u, int code)
{
	return trouble_set(&u->base.why, code, TROUBLE_AGENT_MISSING,
		"no agent listens at %s: %s; is pintle-agent running?", u->base.target->path,
		strerror(-code));
}

static int open_socket(struct unix_transport *u)
{
	const char *path = u->base.target->path;
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path))
		return fail(u, -ENAMETOOLONG);
	strcpy(address.sun_path, path);
	u->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (u->fd < 0 || connect(u->fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return fail(u, -errno);
	if (!peer_is_allowed(u->base.target, u->fd))
		return trouble_set(&u->base.why, -EPERM, TROUBLE_AGENT_MISSING,
			"who listens at %s is neither root nor the home's owner", path);
	return 0;
}

/* Of a local socket the connection is there at once. */
static int connect_unix(struct transport *t)
{
	struct unix_transport *u = self(t);
	struct err err = { 0 };
	int r = open_socket(u);

	if (r < 0)
		return r;
	r = loop_io(t->loop, u->fd, EPOLLIN, transport_on_io, &u->base, &u->io, &err);
	if (r < 0)
		return trouble_set(&t->why, r, TROUBLE_CONNECT_FAILED, "%s", err_text(&err));
	return 1;
}

static int ended(struct transport *t, int code)
{
	return trouble_set(&t->why, code, TROUBLE_SESSION_ENDED, "the agent has closed the session");
}

static ssize_t read_unix(struct transport *t, void *data, size_t size)
{
	ssize_t n = recv(self(t)->fd, data, size, MSG_DONTWAIT);

	if (n > 0)
		return n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	return ended(t, n < 0 ? -errno : -ECONNRESET);
}

static ssize_t write_unix(struct transport *t, const void *data, size_t len)
{
	ssize_t n = send(self(t)->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n >= 0)
		return n;
	return errno == EAGAIN || errno == EINTR ? -EAGAIN : ended(t, -errno);
}

static void watch_unix(struct transport *t, bool in, bool out)
{
	loop_io_set_events(self(t)->io, (in ? EPOLLIN : 0u) | (out ? EPOLLOUT : 0u));
}

static void free_unix(struct transport *t)
{
	struct unix_transport *u = self(t);

	loop_source_free(u->io);
	fd_close(u->fd);
	free(u);
}

const struct transport_ops transport_unix = {
	.create = create,
	.connect = connect_unix,
	.read = read_unix,
	.write = write_unix,
	.watch = watch_unix,
	.free = free_unix,
};
