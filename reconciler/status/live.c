/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/status/live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/json.h"
#include "lib/wire/wire.h"

#define RETRY (2 * NSEC_PER_SEC)
enum { LINE_MAX_BYTES = 1 << 20, READ_SIZE = 16 << 10 };

struct live {
	struct loop *loop;
	const struct home *home;
	loop_fn changed;
	void *arg;
	int fd; /* -1: not connected */
	struct loop_source *io, *timer;
	struct wire_reader lines;
	char *trouble;
};

static void set_trouble(struct live *l, const char *text)
{
	if (str_eq(l->trouble, text))
		return;
	free(l->trouble);
	l->trouble = text ? xstrdup(text) : NULL;
	l->changed(l->arg);
}

static void hang_up(struct live *l)
{
	l->io = loop_source_free(l->io);
	if (l->fd >= 0)
		wire_reader_done(&l->lines);
	l->fd = fd_close(l->fd);
}

static void try_later(struct live *l)
{
	hang_up(l);
	loop_timer_set(l->timer, time_monotonic() + RETRY);
	set_trouble(l, NULL);
}

/* One answer: a SyncState. */
static void take_status(struct live *l, const struct wire_data *data)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct value *v = NULL;

	if (json_parse(arena, (const char *)data->data.data, data->data.len, &v, NULL) < 0)
		return;
	set_trouble(l, str_eq(value_get_string(v, "state"), "Stuck") ? value_get_string(v, "message") : NULL);
}

static int take_lines(struct live *l)
{
	const char *line;
	size_t len;
	int r;

	while ((r = wire_reader_line(&l->lines, &line, &len)) > 0) {
		struct wire_message m = { 0 };

		r = wire_parse(line, len, &m, NULL);
		if (r < 0)
			return r;
		if (m.type == WIRE_DATA)
			take_status(l, m.data);
		wire_message_done(&m);
	}
	return r;
}

static int on_io(int fd, uint32_t events, void *arg)
{
	struct live *l = arg;
	char bytes[READ_SIZE];
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n > 0)
		wire_reader_feed(&l->lines, bytes, (size_t)n);
	if (n <= 0 || take_lines(l) < 0)
		try_later(l);
	return 0;
}

static int send_request(int fd)
{
	const struct wire_request q = { .id = 1, .method = "status", .params = { .follow = true } };
	_cleanup_(buf_done) struct buf out = BUF_INIT;

	wire_write_request(&out, &q);
	return send(fd, out.data, out.len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)out.len ? 0 : -EIO;
}

static int dial(struct live *l)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	/* Through the directory's descriptor: the path itself may be longer than a socket's address can be. */
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/run/read.sock", l->home->fd);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	if (send_request(fd) < 0 || loop_io(l->loop, fd, EPOLLIN, on_io, l, &l->io, NULL) < 0)
		return -EIO;
	wire_reader_init(&l->lines, LINE_MAX_BYTES);
	l->fd = TAKE_FD(fd);
	return 0;
}

static int on_timer(void *arg)
{
	struct live *l = arg;

	if (l->fd < 0 && dial(l) < 0)
		try_later(l);
	return 0;
}

int live_new(struct loop *loop, const struct home *home, loop_fn changed, void *arg, struct live **ret,
	struct err *err)
{
	struct live *l = xcalloc(1, sizeof(*l));
	int r;

	*l = (struct live){ .loop = loop, .home = home, .changed = changed, .arg = arg, .fd = -1 };
	r = loop_timer(loop, time_monotonic(), on_timer, l, &l->timer, err);
	if (r < 0) {
		live_free(l);
		return r;
	}
	*ret = l;
	return 0;
}

struct live *live_free(struct live *l)
{
	if (!l)
		return NULL;
	hang_up(l);
	loop_source_free(l->timer);
	free(l->trouble);
	free(l);
	return NULL;
}

const char *live_trouble(const struct live *l)
{
	return l->trouble;
}
