/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * "Up" is from the local peer to the pod, "down" from the pod to the local peer. Handlers move what can be moved; then settle()
 * looks at the state alone: is it over, and what is to be waited for?
 */
#include "reconciler/ctl/port_forward_tunnel.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

enum { REQUEST = 1, CHUNK = WIRE_DATA_MAX / 2 };

struct tunnel {
	struct loop *loop;
	struct client client;
	int local; /* -1: closed, both ways are at their end here */
	struct loop_source *local_io, *client_io;
	struct buf down;  /* of the pod, not yet taken by the local peer */
	bool up_ended;    /* the local peer has said all */
	bool down_ended;  /* the pod has */
	bool shut;        /* and the local peer knows */
	bool answered;    /* the request is over */
	bool reset;       /* the local peer is gone, or is to see a reset */
	struct err error; /* why; code 0: in order */
	void (*done)(struct tunnel *t, const char *error, void *arg);
	void *arg;
};

/* Its peer sees a reset. */
static int close_hard(int fd)
{
	const struct linger hard = { .l_onoff = 1 };
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	return fd_close(fd);
}

struct tunnel *tunnel_free(struct tunnel *t)
{
	if (!t)
		return NULL;
	loop_source_free(t->local_io);
	loop_source_free(t->client_io);
	t->local = close_hard(t->local);
	/* With the connection goes the request: pintled cancels it at the agent. */
	client_done(&t->client);
	buf_done(&t->down);
	free(t);
	return NULL;
}

/* --- up -------------------------------------------------------------------------------------------------- */

static bool wants_up(const struct tunnel *t)
{
	return t->local >= 0 && !t->up_ended && !t->answered && !t->client.paused &&
	       t->client.out.len < TUNNEL_BACKLOG;
}

static void say_end(struct tunnel *t)
{
	const struct wire_end end = { .id = REQUEST };
	wire_write_end(&t->client.out, &end);
	t->up_ended = true;
}

static void read_local(struct tunnel *t)
{
	uint8_t bytes[CHUNK];
	ssize_t n = recv(t->local, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		t->reset = true;
		return;
	}
	if (n == 0) {
		say_end(t);
		return;
	}
	const struct wire_data m = { .id = REQUEST, .stream = "stdin", .data = { bytes, (size_t)n } };
	wire_write_data(&t->client.out, &m);
}

/* --- down ------------------------------------------------------------------------------------------------- */

static bool wants_down(const struct tunnel *t)
{
	return !t->answered && t->down.len < TUNNEL_BACKLOG;
}

static void take_data(struct tunnel *t, const struct wire_data *m)
{
	if (m->data.len == 0)
		t->down_ended = true;
	else if (t->local >= 0)
		buf_add(&t->down, m->data.data, m->data.len);
}

static void take_end(struct tunnel *t, const struct wire_end *m)
{
	t->answered = t->down_ended = true;
	if (!str_empty(m->error))
		err_set(&t->error, -EIO, "%s", m->error);
}

static int take_all(struct tunnel *t, struct err *err)
{
	struct wire_message m;
	int r = 0;
	while (!t->answered && (r = client_next(&t->client, &m, err)) > 0) {
		if (m.type == WIRE_DATA)
			take_data(t, m.data);
		else
			take_end(t, m.end);
		wire_message_done(&m);
	}
	return r < 0 ? r : 0;
}

static int read_client(struct tunnel *t, struct err *err)
{
	int r = client_receive(&t->client, err);
	if (r == -EAGAIN)
		return 0;
	return r < 0 ? r : take_all(t, err);
}

static void write_local(struct tunnel *t)
{
	while (t->local >= 0 && t->down.len > 0 && !t->reset) {
		ssize_t n = send(t->local, t->down.data, t->down.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			t->reset = true;
		else
			buf_consume(&t->down, (size_t)n);
	}
	if (t->local < 0 || t->reset || !t->down_ended || t->shut || t->error.code)
		return;
	shutdown(t->local, SHUT_WR);
	t->shut = true;
}

/* --- what comes of it ---------------------------------------------------------------------------------------- */

/*
 * Has it come to an end? A local peer that is gone: now. Else when the request is over and what came before that is
 * written. Both ways may be at their end here while the pod has not taken all: then the answer is waited for.
 */
static bool is_over(const struct tunnel *t)
{
	return t->reset || (t->answered && t->down.len == 0);
}

static void finish(struct tunnel *t)
{
	if (!t->reset && !t->error.code)
		t->local = fd_close(t->local);
	t->done(t, t->reset || !t->error.code ? NULL : err_text(&t->error), t->arg);
	tunnel_free(t);
}

static int on_local(int fd, uint32_t events, void *arg);

/*
 * The local descriptor is watched only while it is waited for: a hang-up that can't be acted upon yet (its end is not to be
 * read before the pod has taken what came before it) would be reported again and again.
 */
static int watch_local(struct tunnel *t, uint32_t events, struct err *err)
{
	if (t->local >= 0 && t->local_io)
		return loop_io_set_events(t->local_io, events);
	if (t->local < 0 || !events)
		return 0;
	return loop_io(t->loop, t->local, events, on_local, t, &t->local_io, err);
}

static int watch(struct tunnel *t, struct err *err)
{
	if (t->up_ended && t->shut && t->local >= 0) {
		t->local_io = loop_source_free(t->local_io);
		t->local = fd_close(t->local);
	}
	int r = watch_local(t, (wants_up(t) ? EPOLLIN : 0u) | (t->down.len > 0 ? EPOLLOUT : 0u), err);
	if (t->answered)
		t->client_io = loop_source_free(t->client_io);
	if (r == 0 && t->client_io)
		r = loop_io_set_events(t->client_io,
			(wants_down(t) ? EPOLLIN : 0u) | (t->client.out.len > 0 ? EPOLLOUT : 0u));
	return r;
}

/* After each handler; T may be gone then. */
static int settle(struct tunnel *t, int r, struct err *err)
{
	if (r == 0)
		r = client_push(&t->client, err);
	write_local(t);
	if (r == 0 && !is_over(t))
		r = watch(t, err);
	if (r < 0 && !t->answered) {
		t->answered = true;
		t->error = *err;
		buf_clear(&t->down);
	}
	if (is_over(t))
		finish(t);
	return 0;
}

static int on_local(int fd, uint32_t events, void *arg)
{
	struct tunnel *t = arg;
	struct err err = { 0 };
	(void)fd;
	if (events & EPOLLERR)
		t->reset = true;
	else if ((events & (EPOLLIN | EPOLLHUP)) && wants_up(t))
		read_local(t);
	else if (events & EPOLLHUP)
		t->local_io = loop_source_free(t->local_io);
	return settle(t, 0, &err);
}

static int on_client(int fd, uint32_t events, void *arg)
{
	struct tunnel *t = arg;
	struct err err = { 0 };
	int r = 0;
	(void)fd;
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		r = read_client(t, &err);
	return settle(t, r, &err);
}

static void ask(struct tunnel *t, const struct tunnel_spec *spec)
{
	const struct wire_request q = {
		.id = REQUEST,
		.method = "forward",
		.params = { .namespace = spec->ns, .pod = spec->pod, .uid = spec->uid, .port = spec->port },
	};
	wire_write_request(&t->client.out, &q);
}

int tunnel_new(const struct tunnel_spec *spec, int local, struct client *client, struct tunnel **ret,
	struct err *err)
{
	const int on = 1;
	struct tunnel *t = xcalloc(1, sizeof(*t));
	*t = (struct tunnel){
		.loop = spec->loop,
		.client = *client,
		.local = local,
		.down = BUF_INIT,
		.done = spec->done,
		.arg = spec->arg,
	};
	setsockopt(local, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	ask(t, spec);
	int r = loop_io(t->loop, t->client.fd, EPOLLIN | EPOLLOUT, on_client, t, &t->client_io, err);
	if (r == 0)
		r = loop_io(t->loop, local, EPOLLIN, on_local, t, &t->local_io, err);
	if (r < 0) {
		tunnel_free(t);
		return r;
	}
	*ret = t;
	return 0;
}
