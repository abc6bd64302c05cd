/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/join.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 64 << 10 };

/* One way. */
struct way {
	int from, to;
	bool ended; /* FROM says nothing more */
	bool gone;  /* TO takes nothing more */
	size_t start, len;
	char data[BUFFER];
};

/* Does not block after poll said that there is something. */
static int take(struct way *w, struct err *err)
{
	ssize_t n;

	if (w->start > 0)
		memmove(w->data, w->data + w->start, w->len);
	w->start = 0;
	n = read(w->from, w->data + w->len, BUFFER - w->len);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n < 0 && errno != ECONNRESET)
		return err_errno(err, -errno, "reading");
	w->ended = n <= 0;
	w->len += n > 0 ? (size_t)n : 0;
	return 0;
}

/* As much as is taken without blocking: of a pipe that is ready that is PIPE_BUF, of a socket what it says. */
static int give(struct way *w, struct err *err)
{
	ssize_t n = send(w->to, w->data + w->start, w->len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno == ENOTSOCK)
		n = write(w->to, w->data + w->start, w->len < PIPE_BUF ? w->len : PIPE_BUF);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) {
		w->gone = true;
		return 0;
	}
	if (n < 0)
		return err_errno(err, -errno, "writing");
	w->start += (size_t)n;
	w->len -= (size_t)n;
	return 0;
}

/* Nothing more is to be handed on, or nobody takes it. */
static bool is_over(const struct way *w)
{
	return w->ended && (w->len == 0 || w->gone);
}

static int serve(struct way *w, const struct pollfd *from, const struct pollfd *to, struct err *err)
{
	int r = 0;

	if (from->revents)
		r = take(w, err);
	if (r >= 0 && to->revents & (POLLOUT | POLLERR) && w->len > 0)
		r = give(w, err);
	else if (to->revents & (POLLERR | POLLHUP))
		w->gone = true;
	return r;
}

/* Once one end has gone, only what it had said matters. */
static bool takes(const struct way *w, const struct way *other)
{
	return !w->ended && !w->gone && !other->ended && w->len < BUFFER;
}

int join_streams(int in, int out, int socket, struct err *err)
{
	struct way ways[2] = { { .from = in, .to = socket }, { .from = socket, .to = out } };
	int r = 0;

	signal(SIGPIPE, SIG_IGN);
	/* That the socket takes nothing more is no end: what it said last is still to be read. */
	while (r >= 0 && !is_over(&ways[0]) && !is_over(&ways[1]) && !ways[1].gone) {
		struct pollfd p[4];

		for (size_t i = 0; i < 2; i++) {
			struct way *w = &ways[i];

			p[2 * i] = (struct pollfd){ .fd = takes(w, &ways[1 - i]) ? w->from : -1,
				.events = POLLIN };
			p[2 * i + 1] = (struct pollfd){ .fd = w->gone ? -1 : w->to,
				.events = w->len > 0 ? POLLOUT : 0 };
		}
		if (poll(p, 4, -1) < 0) {
			r = errno == EINTR ? 0 : err_errno(err, -errno, "waiting");
			continue;
		}
		for (size_t i = 0; i < 2 && r >= 0; i++)
			r = serve(&ways[i], &p[2 * i], &p[2 * i + 1], err);
	}
	return r;
}
