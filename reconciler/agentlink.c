/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* A session with one node's agent over a Unix socket. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/agentlink.h"

enum { PULLS_A_TURN = 16 /* an agent that never stops talking must not keep the loop to itself */ };
#define RETRY_FIRST (50 * NSEC_PER_MSEC)
#define RETRY_MAX (2 * NSEC_PER_SEC)

struct agentlink {
	struct loop *loop;
	struct agentlink_spec spec;
	char *node, *path;
	int fd;
	struct loop_source *io, *timer, *watch_io;
	int watch; /* inotify on the socket's directory: the agent has come */
	struct wire_reader reader;
	struct buf out;
	nsec_t pause;
	bool up, said;
};

static int on_io(int fd, uint32_t events, void *arg);

/* --- ending and trying again ---------------------------------------------------------------------------------- */

static void close_session(struct agentlink *l)
{
	l->io = loop_source_free(l->io);
	l->fd = fd_close(l->fd);
	wire_reader_done(&l->reader);
	buf_clear(&l->out);
	l->up = false;
}

void agentlink_drop(struct agentlink *l, const char *why)
{
	bool was_up = l->up;

	if (!l->said)
		log_info("node %s: %s", l->node, why);
	l->said = true;
	close_session(l);
	loop_timer_set(l->timer, time_monotonic() + l->pause);
	l->pause = l->pause * 2 < RETRY_MAX ? l->pause * 2 : RETRY_MAX;
	if (was_up)
		l->spec.down(l, why, l->spec.arg);
}

/* --- out --------------------------------------------------------------------------------------------------------- */

struct buf *agentlink_out(struct agentlink *l)
{
	return &l->out;
}

static int push(struct agentlink *l)
{
	while (l->out.len > 0) {
		ssize_t n = send(l->fd, l->out.data, l->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		buf_consume(&l->out, (size_t)n);
	}
	return 0;
}

void agentlink_send(struct agentlink *l)
{
	if (l->fd < 0)
		return;
	if (push(l) < 0 || l->out.len > LINK_BACKLOG_MAX) {
		agentlink_drop(l, "the agent does not take what it is sent");
		return;
	}
	loop_io_set_events(l->io, EPOLLIN | (l->out.len > 0 ? EPOLLOUT : 0));
}

/* --- in ------------------------------------------------------------------------------------------------------------ */

static int take_line(struct agentlink *l, const char *line, size_t len)
{
	struct wire_message m = { 0 };
	struct err err = { 0 };
	int r = wire_parse(line, len, &m, &err);

	if (r < 0) {
		log_warning("node %s: a message that can't be read: %s", l->node, err_text(&err));
		return r;
	}
	if (!l->up && m.type != WIRE_HELLO && m.type != WIRE_ERROR) {
		r = -EPROTO;
	} else {
		l->up |= m.type == WIRE_HELLO;
		r = l->spec.message(l, &m, l->spec.arg);
		/* A hello that is refused is a failure like any other: said once, and tried again ever later. */
		if (m.type == WIRE_HELLO && r >= 0 && l->fd >= 0) {
			l->said = false;
			l->pause = RETRY_FIRST;
		}
	}
	wire_message_done(&m);
	return r;
}

static int take_lines(struct agentlink *l)
{
	const char *line;
	size_t len;
	int r;

	while ((r = wire_reader_line(&l->reader, &line, &len)) > 0) {
		r = take_line(l, line, len);
		if (r < 0 || l->fd < 0)
			return r;
	}
	return r;
}

/* Returns 1 when there may be more, 0 when there is none now. */
static int pull(struct agentlink *l)
{
	char bytes[64 << 10];
	ssize_t n = recv(l->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n == 0)
		return -ECONNRESET;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	wire_reader_feed(&l->reader, bytes, (size_t)n);
	n = take_lines(l);
	return n < 0 ? (int)n : l->fd >= 0;
}

static int on_io(int fd, uint32_t events, void *arg)
{
	struct agentlink *l = arg;
	int r = 1;

	(void)fd;
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		for (unsigned n = 0; n < PULLS_A_TURN && r > 0 && l->fd >= 0; n++)
			r = pull(l);
	if (l->fd < 0)
		return 0;
	if (r < 0)
		agentlink_drop(l, r == -ECONNRESET ? "the agent has closed the session" : strerror(-r));
	else if (events & EPOLLOUT)
		agentlink_send(l);
	return 0;
}

/* --- connecting ------------------------------------------------------------------------------------------------------ */

static bool peer_is_allowed(const struct agentlink *l, int fd)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return false;
	return cred.uid == 0 || cred.uid == l->spec.owner;
}

static int open_socket(const struct agentlink *l, struct err *err)
{
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (fd < 0)
		return err_errno(err, -errno, "opening a socket");
	if (strlen(l->path) >= sizeof(address.sun_path))
		return err_set(err, -ENAMETOOLONG, "%s is too long for a socket", l->path);
	strcpy(address.sun_path, l->path);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return err_errno(err, -errno, "no agent at %s", l->path);
	if (!peer_is_allowed(l, fd))
		return err_set(err, -EPERM, "%s belongs to neither root nor the home's owner", l->path);
	return TAKE_FD(fd);
}

static void connect_now(struct agentlink *l)
{
	struct err err = { 0 };
	int fd;

	if (l->fd >= 0)
		return;
	fd = open_socket(l, &err);
	if (fd < 0) {
		agentlink_drop(l, err_text(&err));
		return;
	}
	l->fd = fd;
	wire_reader_init(&l->reader, 0);
	if (loop_io(l->loop, fd, EPOLLIN, on_io, l, &l->io, &err) < 0)
		agentlink_drop(l, err_text(&err));
}

static int on_timer(void *arg)
{
	connect_now(arg);
	return 0;
}

/* Something has appeared beside the socket: try at once. */
static int on_watch(int fd, uint32_t events, void *arg)
{
	struct agentlink *l = arg;
	char bytes[4096];

	(void)events;
	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
	if (l->fd < 0)
		loop_timer_set(l->timer, time_monotonic());
	return 0;
}

static int watch_directory(struct agentlink *l, struct err *err)
{
	_cleanup_(freep) char *dir = xstrdup(l->path);
	char *slash = strrchr(dir, '/');

	if (slash)
		*slash = '\0';
	l->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (l->watch < 0 || inotify_add_watch(l->watch, dir, IN_CREATE | IN_MOVED_TO | IN_ATTRIB) < 0)
		return err_errno(err, -errno, "watching %s", dir);
	return loop_io(l->loop, l->watch, EPOLLIN, on_watch, l, &l->watch_io, err);
}

int agentlink_new(
	struct loop *loop, const struct agentlink_spec *spec, struct agentlink **ret, struct err *err)
{
	struct agentlink *l = xcalloc(1, sizeof(*l));
	int r;

	l->loop = loop;
	l->spec = *spec;
	l->node = xstrdup(spec->node);
	l->path = xstrdup(spec->path);
	l->fd = l->watch = -1;
	l->out = BUF_INIT;
	l->pause = RETRY_FIRST;
	r = loop_timer(loop, time_monotonic(), on_timer, l, &l->timer, err);
	if (r >= 0)
		r = watch_directory(l, err);
	if (r < 0) {
		agentlink_free(l);
		return err_wrap(err, r, "node %s", spec->node);
	}
	*ret = l;
	return 0;
}

struct agentlink *agentlink_free(struct agentlink *l)
{
	if (!l)
		return NULL;
	loop_source_free(l->io);
	loop_source_free(l->timer);
	loop_source_free(l->watch_io);
	fd_close(l->fd);
	fd_close(l->watch);
	wire_reader_done(&l->reader);
	buf_done(&l->out);
	free(l->node);
	free(l->path);
	free(l);
	return NULL;
}

const char *agentlink_node(const struct agentlink *l)
{
	return l->node;
}

bool agentlink_is_up(const struct agentlink *l)
{
	return l->up;
}
