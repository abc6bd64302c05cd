/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/client.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int open_socket(const struct home *h, int flags, struct client *ret, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	if (fd < 0)
		return err_errno(err, -errno, "making a socket");
	/* Through the directory's descriptor: the path itself may be longer than a socket's address can be. */
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/run/read.sock", h->fd);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		if (errno == ENOENT || errno == ECONNREFUSED)
			return err_set(err, -ECONNREFUSED,
				"pintled is not running in %s: pintle up starts it", h->dir);
		return err_errno(err, -errno, "%s/run/read.sock", h->dir);
	}
	*ret = (struct client){ .fd = TAKE_FD(fd), .out = BUF_INIT };
	wire_reader_init(&ret->lines, 0);
	return 0;
}

int client_open(const struct home *h, struct client *ret, struct err *err)
{
	return open_socket(h, 0, ret, err);
}

int client_open_now(const struct home *h, struct client *ret, struct err *err)
{
	return open_socket(h, SOCK_NONBLOCK, ret, err);
}

void client_done(struct client *c)
{
	fd_close(c->fd);
	wire_reader_done(&c->lines);
	buf_done(&c->out);
}

static int send_out(struct client *c, int flags, struct err *err)
{
	while (c->out.len) {
		ssize_t n = send(c->fd, c->out.data, c->out.len, MSG_NOSIGNAL | flags);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return err_set(err, -ECONNRESET, "pintled has gone");
		if (n < 0)
			return err_errno(err, -errno, "talking to pintled");
		buf_consume(&c->out, (size_t)n);
	}
	return 0;
}

int client_flush(struct client *c, struct err *err)
{
	return send_out(c, 0, err);
}

int client_push(struct client *c, struct err *err)
{
	struct err why = { 0 };
	int r = send_out(c, MSG_DONTWAIT, &why);
	if (r == 0 || r == -EAGAIN)
		return 0;
	return err_set(err, r, "%s", err_text(&why));
}

int client_request(struct client *c, const struct wire_request *request, struct err *err)
{
	wire_write_request(&c->out, request);
	return client_flush(c, err);
}

static int take_line(
	struct client *c, const char *line, size_t len, struct wire_message *ret, struct err *err)
{
	int r = wire_parse(line, len, ret, err);
	if (r < 0)
		return err_wrap(err, r, "a message of pintled");
	if (ret->type == WIRE_DATA || ret->type == WIRE_END)
		return 1;
	if (ret->type == WIRE_ERROR)
		r = err_set(err, -EPROTO, "pintled: %s: %s", ret->error->code, ret->error->message);
	else if (ret->type == WIRE_PING)
		wire_write_pong(&c->out);
	else if (ret->type == WIRE_PAUSE || ret->type == WIRE_RESUME)
		c->paused = ret->type == WIRE_PAUSE;
	wire_message_done(ret);
	return r < 0 ? r : client_push(c, err);
}

int client_next(struct client *c, struct wire_message *ret, struct err *err)
{
	const char *line;
	size_t len;
	for (;;) {
		int r = wire_reader_line(&c->lines, &line, &len);
		if (r < 0)
			return err_set(err, r, "pintled sent a line that is too long");
		if (r > 0)
			r = take_line(c, line, len, ret, err);
		else
			return 0;
		if (r != 0)
			return r;
	}
}

int client_receive(struct client *c, struct err *err)
{
	char data[64 << 10];
	ssize_t n = recv(c->fd, data, sizeof(data), 0);
	if (n < 0 && errno == EINTR)
		return 0;
	if (n < 0 && errno != ECONNRESET)
		return err_errno(err, -errno, "listening to pintled");
	if (n <= 0)
		return err_set(err, -ECONNRESET, "pintled has gone");
	wire_reader_feed(&c->lines, data, (size_t)n);
	return 0;
}

int client_wait(struct client *c, struct wire_message *ret, struct err *err)
{
	for (;;) {
		int r = client_next(c, ret, err);
		if (r == 0)
			r = client_receive(c, err);
		if (r != 0)
			return r;
	}
}

int client_status(const struct home *h, struct buf *ret, struct err *err)
{
	const struct wire_request q = { .id = 1, .method = "status" };
	const struct timeval patience = { .tv_sec = 2 };
	struct client c;
	struct wire_message m;
	int r = client_open(h, &c, err);
	if (r < 0)
		return r;
	setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	r = client_request(&c, &q, err);
	for (bool more = true; more && r >= 0;) {
		r = client_wait(&c, &m, err);
		if (r < 0)
			break;
		if (m.type == WIRE_DATA)
			buf_add(ret, m.data->data.data, m.data->data.len);
		more = m.type == WIRE_DATA;
		wire_message_done(&m);
	}
	client_done(&c);
	return r < 0 ? r : 0;
}
