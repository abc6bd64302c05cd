/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Readers, their requests, and the sessions that answer them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/readsock.h"

/*
 * What a reader has not taken yet: from BACKLOG_HIGH bytes on the agents are asked to pause, below BACKLOG_LOW to go on. Beyond
 * BACKLOG_MAX (an agent that knows no pausing) the reader is cut off.
 */
enum {
	REQUESTS_MAX = 1024,
	READERS_MAX = REQUESTS_MAX + 256 /* a connection that is forwarded is a reader */
};
/* Where descriptors are short, those who wait are looked at again after a while. */
#define ACCEPT_PAUSE NSEC_PER_SEC
enum { BACKLOG_LOW = 256 << 10, BACKLOG_HIGH = 1 << 20, BACKLOG_MAX = 16 << 20 };

struct reader {
	struct readsock *sock;
	int fd;
	struct loop_source *io;
	struct wire_reader lines;
	struct buf out;
	bool broken, paused;
	bool held;    /* it is not read: an agent's link is full of what it has said */
	bool watches; /* the status, under watch_id */
	int64_t watch_id;
};

/* One request under way: the agent's number for it, the reader's number for it. */
struct request {
	int64_t id, reader_id;
	struct reader *reader;
	struct agentlink *link;
};

struct readsock {
	struct loop *loop;
	struct readsock_spec spec;
	char *path;
	int fd;
	struct loop_source *io, *again; /* after ACCEPT_PAUSE */
	struct reader **readers;
	size_t reader_count, reader_cap;
	struct request *requests;
	size_t request_count, request_cap;
	int64_t next_id;
};

/* --- requests --------------------------------------------------------------------------------------------------- */

static struct request *request_by_id(struct readsock *s, int64_t id, const struct agentlink *link)
{
	for (size_t i = 0; i < s->request_count; i++)
		if (s->requests[i].id == id && s->requests[i].link == link)
			return &s->requests[i];
	return NULL;
}

static struct request *request_of_reader(struct readsock *s, const struct reader *r, int64_t reader_id)
{
	for (size_t i = 0; i < s->request_count; i++)
		if (s->requests[i].reader == r && s->requests[i].reader_id == reader_id)
			return &s->requests[i];
	return NULL;
}

static void request_remove(struct readsock *s, struct request *q)
{
	*q = s->requests[--s->request_count];
}

/*
 * Takes out one request of READER, or of LINK (the other is NULL). One at a time: what is then said to either end may
 * show that the link is down, which takes requests out as well.
 */
static bool request_take(
	struct readsock *s, const struct reader *reader, const struct agentlink *link, struct request *ret)
{
	for (size_t i = 0; i < s->request_count; i++) {
		struct request *q = &s->requests[i];

		if (reader ? q->reader != reader : q->link != link)
			continue;
		*ret = *q;
		request_remove(s, q);
		return true;
	}
	return false;
}

/* Tells the agent that answers Q whether the reader is slow. */
static void tell_pause(const struct request *q)
{
	const struct wire_pause m = { .id = q->id };

	if (!agentlink_is_up(q->link))
		return;
	if (q->reader->paused)
		wire_write_pause(agentlink_out(q->link), &m);
	else
		wire_write_resume(agentlink_out(q->link), &m);
	agentlink_send(q->link);
}

static void set_paused(struct reader *r, bool paused)
{
	struct readsock *s = r->sock;

	if (r->paused == paused)
		return;
	r->paused = paused;
	for (size_t i = 0; i < s->request_count; i++)
		if (s->requests[i].reader == r)
			tell_pause(&s->requests[i]);
}

static void reader_watch(struct reader *r)
{
	loop_io_set_events(r->io, (r->held ? 0u : EPOLLIN) | (r->out.len > 0 ? EPOLLOUT : 0u));
}

static void reader_push(struct reader *r)
{
	while (r->out.len > 0 && !r->broken) {
		ssize_t n = send(r->fd, r->out.data, r->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			r->broken = true;
		else
			buf_consume(&r->out, (size_t)n);
	}
	if (r->out.len > BACKLOG_MAX)
		r->broken = true;
	if (r->out.len == 0 && r->out.cap > BACKLOG_LOW)
		buf_done(&r->out);
	if (r->out.len > BACKLOG_HIGH)
		set_paused(r, true);
	else if (r->out.len < BACKLOG_LOW)
		set_paused(r, false);
	reader_watch(r);
}

/* Applies of the same node have their turn before more of a reader's standard input. */
static void reader_hold(struct reader *r, bool held)
{
	if (r->held == held)
		return;
	r->held = held;
	reader_watch(r);
}

static void answer_end(struct reader *r, int64_t id, const char *error)
{
	const struct wire_end end = { .id = id, .exit_code = error ? 1 : 0, .error = error };

	wire_write_end(&r->out, &end);
	reader_push(r);
}

static void forward_request(struct reader *r, const struct wire_request *q)
{
	struct readsock *s = r->sock;
	const char *why = "no agent can answer";
	struct agentlink *link = s->spec.route(&q->params, &why, s->spec.arg);
	struct wire_request out = *q;

	if (link && request_of_reader(s, r, q->id)) {
		why = "a request of that id is under way already";
		link = NULL;
	}
	if (!link || s->request_count >= REQUESTS_MAX) {
		answer_end(r, q->id, link ? "too many requests are under way" : why);
		return;
	}
	out.id = ++s->next_id;
	s->requests = grow(s->requests, &s->request_cap, s->request_count + 1, sizeof(s->requests[0]));
	s->requests[s->request_count++] = (struct request){
		.id = out.id, .reader_id = q->id, .reader = r, .link = link
	};
	wire_write_request(agentlink_out(link), &out);
	agentlink_send(link);
	if (r->paused && request_of_reader(s, r, q->id))
		tell_pause(request_of_reader(s, r, q->id));
}

static void send_status(struct reader *r, int64_t id)
{
	struct buf text = BUF_INIT;
	struct wire_data data = { .id = id, .stream = "stdout" };

	r->sock->spec.status(&text, r->sock->spec.arg);
	data.data = (struct bytes){ (const uint8_t *)text.data, text.len };
	wire_write_data(&r->out, &data);
	buf_done(&text);
	reader_push(r);
}

static void take_status(struct reader *r, const struct wire_request *q)
{
	if (q->params.follow && r->watches) {
		answer_end(r, q->id, "the status is followed already");
		return;
	}
	send_status(r, q->id);
	if (!q->params.follow) {
		answer_end(r, q->id, NULL);
		return;
	}
	r->watches = true;
	r->watch_id = q->id;
}

static void take_request(struct reader *r, const struct wire_request *q)
{
	static const char *const methods[] = { "logs", "exec", "forward", "stats", "images" };

	if (str_eq(q->method, "sync")) {
		r->sock->spec.sync(r->sock->spec.arg);
		answer_end(r, q->id, NULL);
		return;
	}
	if (str_eq(q->method, "status")) {
		take_status(r, q);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		if (!str_eq(q->method, methods[i]))
			continue;
		forward_request(r, q);
		return;
	}
	answer_end(r, q->id, "unknown method");
}

static void cancel_at_agent(const struct request *q)
{
	const struct wire_cancel cancel = { .id = q->id };

	if (!agentlink_is_up(q->link))
		return;
	wire_write_cancel(agentlink_out(q->link), &cancel);
	agentlink_send(q->link);
}

/* --- readers ------------------------------------------------------------------------------------------------------ */

static void reader_free(struct reader *r)
{
	struct readsock *s = r->sock;
	struct request q;

	while (request_take(s, r, NULL, &q))
		cancel_at_agent(&q);
	for (size_t i = 0; i < s->reader_count; i++)
		if (s->readers[i] == r)
			s->readers[i--] = s->readers[--s->reader_count];
	loop_source_free(r->io);
	fd_close(r->fd);
	wire_reader_done(&r->lines);
	buf_done(&r->out);
	free(r);
}

static void take_input(struct reader *r, const struct wire_message *m)
{
	struct request *q = NULL;
	struct agentlink *link;

	if (m->type == WIRE_CANCEL && r->watches && m->cancel->id == r->watch_id)
		r->watches = false;
	if (m->type == WIRE_DATA)
		q = request_of_reader(r->sock, r, m->data->id);
	else if (m->type == WIRE_END)
		q = request_of_reader(r->sock, r, m->end->id);
	else if (m->type == WIRE_CANCEL)
		q = request_of_reader(r->sock, r, m->cancel->id);
	if (!q || !agentlink_is_up(q->link))
		return;
	link = q->link; /* Q may be gone once something is sent */
	if (m->type == WIRE_DATA) {
		struct wire_data data = *m->data;

		data.id = q->id;
		wire_write_data(agentlink_out(q->link), &data);
	} else if (m->type == WIRE_END) {
		struct wire_end end = *m->end;

		end.id = q->id;
		wire_write_end(agentlink_out(q->link), &end);
	} else {
		struct request gone = *q;

		request_remove(r->sock, q);
		cancel_at_agent(&gone);
		return;
	}
	agentlink_send(link);
	if (agentlink_is_full(link))
		reader_hold(r, true);
}

static int take_line(struct reader *r, const char *line, size_t len)
{
	struct wire_message m = { 0 };
	int e = wire_parse(line, len, &m, NULL);

	if (e < 0)
		return e;
	if (m.type == WIRE_REQUEST)
		take_request(r, m.request);
	else if (m.type == WIRE_PING) {
		wire_write_pong(&r->out);
		reader_push(r);
	} else
		take_input(r, &m);
	wire_message_done(&m);
	return r->broken ? -EPIPE : 0;
}

static int reader_pull(struct reader *r)
{
	char bytes[64 << 10];
	const char *line;
	size_t len;
	ssize_t n = recv(r->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	int e;

	if (n == 0)
		return -ECONNRESET;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	wire_reader_feed(&r->lines, bytes, (size_t)n);
	while ((e = wire_reader_line(&r->lines, &line, &len)) > 0) {
		e = take_line(r, line, len);
		if (e < 0)
			return e;
	}
	return e;
}

static int on_reader(int fd, uint32_t events, void *arg)
{
	struct reader *r = arg;
	int e = 0;

	(void)fd;
	if (events & EPOLLOUT)
		reader_push(r);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		e = reader_pull(r);
	if (e < 0 || r->broken)
		reader_free(r);
	return 0;
}

static bool peer_is_allowed(const struct readsock *s, int fd)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return false;
	return cred.uid == 0 || cred.uid == s->spec.owner;
}

static int on_listen(int fd, uint32_t events, void *arg)
{
	struct readsock *s = arg;
	_cleanup_(closep) int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct reader *r;

	(void)events;
	if (peer < 0 && (errno == EMFILE || errno == ENFILE)) {
		loop_io_set_events(s->io, 0);
		loop_timer_set(s->again, time_monotonic() + ACCEPT_PAUSE);
	}
	if (peer < 0 || !peer_is_allowed(s, peer) || s->reader_count >= READERS_MAX)
		return 0;
	r = xcalloc(1, sizeof(*r));
	r->sock = s;
	r->fd = TAKE_FD(peer);
	r->out = BUF_INIT;
	wire_reader_init(&r->lines, 1 << 20);
	s->readers = grow(s->readers, &s->reader_cap, s->reader_count + 1, sizeof(s->readers[0]));
	s->readers[s->reader_count++] = r;
	if (loop_io(s->loop, r->fd, EPOLLIN, on_reader, r, &r->io, NULL) < 0)
		reader_free(r);
	return 0;
}

static int on_again(void *arg)
{
	const struct readsock *s = arg;

	loop_io_set_events(s->io, EPOLLIN);
	return 0;
}

/* --- from the agents -------------------------------------------------------------------------------------------------- */

/* The number of the request that M, of an agent, is about; 0: it is none of what answers consist of. */
static int64_t answer_id(const struct wire_message *m)
{
	if (m->type == WIRE_DATA)
		return m->data->id;
	if (m->type == WIRE_END)
		return m->end->id;
	if (m->type == WIRE_PAUSE || m->type == WIRE_RESUME)
		return m->pause->id;
	return 0;
}

/* M under the reader's own number. */
static void answer_write(struct buf *out, const struct wire_message *m, int64_t reader_id)
{
	const struct wire_pause pause = { .id = reader_id };

	if (m->type == WIRE_DATA) {
		struct wire_data data = *m->data;

		data.id = reader_id;
		wire_write_data(out, &data);
	} else if (m->type == WIRE_END) {
		struct wire_end end = *m->end;

		end.id = reader_id;
		wire_write_end(out, &end);
	} else if (m->type == WIRE_PAUSE)
		wire_write_pause(out, &pause);
	else
		wire_write_resume(out, &pause);
}

void readsock_answer(struct readsock *s, struct agentlink *from, const struct wire_message *m)
{
	int64_t id = answer_id(m);
	struct request *q = id > 0 ? request_by_id(s, id, from) : NULL;
	struct reader *r;

	if (!q)
		return;
	r = q->reader;
	answer_write(&r->out, m, q->reader_id);
	if (m->type == WIRE_END)
		request_remove(s, q);
	reader_push(r);
	if (r->broken)
		reader_free(r);
}

void readsock_status_changed(struct readsock *s)
{
	for (size_t i = s->reader_count; i > 0; i--) {
		struct reader *r = s->readers[i - 1];

		if (r->watches)
			send_status(r, r->watch_id);
		if (r->broken)
			reader_free(r);
	}
}

void readsock_link_drained(struct readsock *s)
{
	for (size_t i = 0; i < s->reader_count; i++)
		reader_hold(s->readers[i], false);
}

void readsock_link_down(struct readsock *s, const struct agentlink *l)
{
	struct request q;

	readsock_link_drained(s);
	while (request_take(s, NULL, l, &q))
		answer_end(q.reader, q.reader_id, "the session with the node's agent has ended");
}

/* --- the socket ---------------------------------------------------------------------------------------------------------- */

static int listen_at(struct readsock *s, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t mask;
	int r;

	if (strlen(s->path) >= sizeof(address.sun_path))
		return err_set(err, -ENAMETOOLONG, "%s is too long for a socket", s->path);
	strcpy(address.sun_path, s->path);
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return err_errno(err, -errno, "opening a socket");
	(void)unlink(s->path);
	mask = umask(0177);
	r = bind(s->fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	umask(mask);
	if (r < 0)
		return err_errno(err, r, "binding %s", s->path);
	if (geteuid() == 0 && chown(s->path, s->spec.owner, s->spec.group) < 0)
		return err_errno(err, -errno, "giving %s to the home's owner", s->path);
	if (listen(s->fd, 64) < 0)
		return err_errno(err, -errno, "listening at %s", s->path);
	r = loop_timer(s->loop, NSEC_NEVER, on_again, s, &s->again, err);
	return r < 0 ? r : loop_io(s->loop, s->fd, EPOLLIN, on_listen, s, &s->io, err);
}

int readsock_new(struct loop *loop, const struct readsock_spec *spec, struct readsock **ret, struct err *err)
{
	struct readsock *s = xcalloc(1, sizeof(*s));
	int r;

	s->loop = loop;
	s->spec = *spec;
	s->path = xstrdup(spec->path);
	s->fd = -1;
	r = listen_at(s, err);
	if (r < 0) {
		readsock_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

struct readsock *readsock_free(struct readsock *s)
{
	if (!s)
		return NULL;
	while (s->reader_count > 0)
		reader_free(s->readers[0]);
	loop_source_free(s->io);
	loop_source_free(s->again);
	if (s->fd >= 0)
		(void)unlink(s->path);
	fd_close(s->fd);
	free(s->readers);
	free(s->requests);
	free(s->path);
	free(s);
	return NULL;
}
