/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A TCP connection to a port of a pod: made in the pod's network, to 127.0.0.1, and to ::1 where nobody listens there (as the CRI's
 * port-forward does). What listens on the pod's loopback alone is reached as well.
 *
 * Each way ends by itself: the asker's with its `end`, which becomes a FIN once all before it is written; the pod's FIN becomes a data
 * message of no bytes. When both have, the request is over, without an error. All other ends are a reset: the pod's ends the request
 * with an error, the asker's (cancel, or the session has gone) resets the connection to the pod. So does the end of the pod.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/request_input.h"
#include "nodeagent/sandbox.h"
#include "nodeagent/tcp.h"

enum { CHUNK = 32 << 10, TURN_CHUNKS = 4, PORT_MAX = 65535 };
#define CONNECT_TIME (30 * NSEC_PER_SEC)

struct forward {
	char *uid, *pod; /* "ns/name" */
	char *netns;     /* NULL: the node's own network */
	int port;
	/* connecting */
	struct tcp *tcp;
	struct loop_source *timer;
	struct err refused; /* what 127.0.0.1 said; code 0: nothing yet */
	/* connected */
	int fd;
	struct loop_source *io; /* NULL: nothing is watched for */
	struct request_input in;
	bool shut;     /* our FIN is sent */
	bool finished; /* the pod's FIN has come */
	bool hung;     /* the kernel says that nothing goes either way any more */
	bool in_order; /* it ends without a reset */
	int broken;    /* the -errno for which nothing can be written; what the pod had sent comes first */
};

static void forward_free(struct request *q)
{
	struct forward *s = q->state;
	const struct linger reset = { .l_onoff = 1 };

	tcp_cancel(s->tcp);
	loop_source_free(s->timer);
	loop_source_free(s->io);
	if (s->fd >= 0 && !s->in_order)
		(void)setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	fd_close(s->fd);
	request_input_done(&s->in);
	free(s->uid);
	free(s->pod);
	free(s->netns);
	free(s);
}

/* The connection is lost, or was never made: DOING what, and the -errno CODE. Q is freed. */
static void fail(struct request *q, const char *doing, int code)
{
	const struct forward *s = q->state;
	struct err err = { 0 };

	err_errno(&err, code, "%s port %d in pod %s", doing, s->port, s->pod);
	request_finish(q, 1, err_text(&err));
}

/* --- bytes ------------------------------------------------------------------------------------------------------ */

static int on_io(int fd, uint32_t events, void *arg);

static void watch(struct request *q)
{
	struct forward *s = q->state;
	uint32_t events = s->in.data.len > 0 ? EPOLLOUT : 0;

	if (!s->finished && request_may_send(q))
		events |= EPOLLIN;
	if (s->io)
		loop_io_set_events(s->io, events);
	/* A hang-up comes whatever is watched for: what is left to read waits for its turn. */
	else if (!s->hung || request_may_send(q))
		loop_io(q->all->node->loop, s->fd, events, on_io, q, &s->io, NULL);
}

/* Nothing more to do where both ways have ended; else goes on when there is. Q may be gone afterwards. */
static void settle(struct request *q)
{
	struct forward *s = q->state;

	if (s->finished && s->broken < 0)
		fail(q, "the connection to", s->broken);
	else if (s->finished && s->shut) {
		s->in_order = true;
		request_finish(q, 0, NULL);
	} else
		watch(q);
}

/* What the pod takes now, and the FIN behind it. */
static void give(struct request *q)
{
	struct forward *s = q->state;
	int r;

	if (s->fd < 0 || s->broken < 0 || s->shut)
		return;
	r = request_input_write(q, &s->in, s->fd);
	if (r > 0 && s->in.ended) {
		s->shut = true;
		r = shutdown(s->fd, SHUT_WR) < 0 ? -errno : 0;
	}
	if (r < 0) {
		s->broken = r;
		request_input_drop(q, &s->in);
	}
}

/*
 * Sends what the pod has sent, at most CHUNKS pieces; LAST: even where the asker is slow, unless the whole session is. < 0: the connection is
 * lost, with that -errno.
 */
static int take(struct request *q, size_t chunks, bool last)
{
	struct forward *s = q->state;
	char space[CHUNK];

	for (; chunks > 0 && !s->finished; chunks--) {
		ssize_t n;

		if (!request_may_send(q) && (!last || q->all->full))
			return 0;
		n = recv(s->fd, space, sizeof(space), MSG_DONTWAIT);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		if (n > 0)
			request_send(q, "stdout", space, (size_t)n);
		else {
			s->finished = true;
			/* Behind a reset that a write met first there is what looks like an end. */
			if (s->broken == 0)
				request_send_end(q, "stdout");
		}
	}
	return 0;
}

static int on_io(int fd, uint32_t events, void *arg)
{
	struct request *q = arg;
	struct forward *s = q->state;
	int r;

	(void)fd;
	if (events & (EPOLLHUP | EPOLLERR)) {
		s->hung = true;
		if (s->finished && s->broken == 0)
			s->broken = -ECONNRESET;
		if (!request_may_send(q))
			s->io = loop_source_free(s->io);
	}
	if (events & EPOLLOUT)
		give(q);
	r = take(q, TURN_CHUNKS, false);
	if (r < 0)
		fail(q, "the connection to", s->broken < 0 ? s->broken : r);
	else
		settle(q);
	return 0;
}

static void forward_data(struct request *q, const void *data, size_t len)
{
	struct forward *s = q->state;

	if (request_input_add(q, &s->in, data, len) < 0)
		fail(q, "more was sent than is taken by", -ENOBUFS);
	else if (s->fd >= 0) {
		give(q);
		settle(q);
	}
}

static void forward_end(struct request *q)
{
	struct forward *s = q->state;

	s->in.ended = true;
	if (s->fd >= 0) {
		give(q);
		settle(q);
	}
}

static void forward_resume(struct request *q)
{
	struct forward *s = q->state;

	if (s->fd >= 0)
		watch(q);
}

/* Its address may be another pod's next, and the socket keeps its network: what is left of what it had sent goes out as far as there is room. */
static void forward_look(struct request *q)
{
	struct forward *s = q->state;
	_cleanup_(freep) char *text = NULL;
	struct pod_view pod;
	int left = 0;

	if (pods_by_uid(q->all->pods, s->uid, &pod) && pod.record->phase == POD_UP)
		return;
	if (s->fd >= 0 && ioctl(s->fd, FIONREAD, &left) == 0)
		take(q, ((size_t)left + CHUNK - 1) / CHUNK, true);
	text = xasprintf("pod %s is not running any more", s->pod);
	request_finish(q, 1, text);
}

static const struct request_ops ops = { .data = forward_data,
	.end = forward_end,
	.resume = forward_resume,
	.look = forward_look,
	.free = forward_free };

/* --- connecting --------------------------------------------------------------------------------------------------- */

static int try(struct request *q, const char *host, struct err *err);

static void on_connected(int fd, const struct err *failed, void *arg)
{
	struct request *q = arg;
	struct forward *s = q->state;
	const int on = 1;

	s->tcp = NULL;
	if (fd < 0) {
		bool again = s->refused.code == 0 && failed->code == -ECONNREFUSED;

		if (s->refused.code == 0)
			s->refused = *failed;
		if (!again || try(q, "::1", NULL) < 0)
			fail(q, "connecting to", s->refused.code);
		return;
	}
	s->timer = loop_source_free(s->timer);
	s->fd = fd;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	give(q);
	settle(q);
}

static int try(struct request *q, const char *host, struct err *err)
{
	struct forward *s = q->state;
	const struct tcp_target target = { .host = host, .port = s->port, .netns = s->netns };

	return tcp_open(q->all->node->loop, &target, on_connected, q, &s->tcp, err);
}

static int on_timer(void *arg)
{
	fail(arg, "connecting to", -ETIMEDOUT);
	return 0;
}

static int begin(struct request *q, const struct wire_params *p, struct err *err)
{
	const struct node_services *node = q->all->node;
	struct forward *s = q->state;
	struct pod_view pod;
	int r = request_pod(q->all, p, &pod, err);

	if (r < 0)
		return r;
	if (p->port < 1 || p->port > PORT_MAX)
		return err_set(
			err, -EINVAL, "%lld is no port: ports are 1 to %d", (long long)p->port, PORT_MAX);
	if (pod.record->phase != POD_UP)
		return err_set(err, -ENOENT, "pod %s/%s is not running", pod.namespace, pod.name);
	s->uid = xstrdup(pod.uid);
	s->pod = xasprintf("%s/%s", pod.namespace, pod.name);
	s->port = (int)p->port;
	if (!object_pod(pod.object)->spec.host_network)
		s->netns = sandbox_namespace(node->env, pod.uid, "net");
	r = loop_timer(node->loop, time_monotonic() + CONNECT_TIME, on_timer, q, &s->timer, err);
	if (r >= 0)
		r = try(q, "127.0.0.1", err);
	return r < 0 ? err_wrap(err, r, "connecting to port %d in pod %s", s->port, s->pod) : 0;
}

void request_forward_start(struct request *q, const struct wire_params *p)
{
	struct forward *s = xcalloc(1, sizeof(*s));
	struct err err = { 0 };

	*s = (struct forward){ .fd = -1, .in = REQUEST_INPUT_INIT };
	q->ops = &ops;
	q->state = s;
	if (begin(q, p, &err) < 0)
		request_finish(q, 1, err_text(&err));
}
