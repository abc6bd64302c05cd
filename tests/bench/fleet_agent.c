/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* An agent's sockets, and what becomes of the lines that come in. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "tests/bench/fleet.h"

enum {
	KEEP_BYTES = 4096, /* of a buffer that is empty; more is given back */
};

static void watch(const struct fleet *f, int operation, struct fleet_end *end, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = end };

	if (epoll_ctl(f->epoll, operation, end->fd, &e) < 0)
		fleet_die("epoll_ctl");
}

void fleet_agent_listen(struct fleet_agent *a)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s.sock", a->fleet->dir,
		    a->name) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		fleet_die(a->fleet->dir);
	}
	a->listening = (struct fleet_end){ a,
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) };
	a->session = (struct fleet_end){ a, -1 };
	a->out = BUF_INIT;
	if (a->listening.fd < 0 || bind(a->listening.fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(a->listening.fd, 8) < 0)
		fleet_die(address.sun_path);
	watch(a->fleet, EPOLL_CTL_ADD, &a->listening, EPOLLIN);
}

void fleet_agent_hang_up(struct fleet_agent *a)
{
	if (a->session.fd < 0)
		return;
	close(a->session.fd);
	a->session.fd = -1;
	wire_reader_done(&a->in);
	buf_done(&a->out);
	a->out = BUF_INIT;
	a->writing = a->welcomed = false;
	a->fleet->counts.ended++;
}

/* --- out ---------------------------------------------------------------------------------------------------- */

static void flush(struct fleet_agent *a)
{
	while (a->out.len > 0) {
		ssize_t n = send(a->session.fd, a->out.data, a->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			fleet_agent_hang_up(a);
			return;
		}
		a->fleet->counts.bytes_out += (uint64_t)n;
		buf_consume(&a->out, (size_t)n);
	}
	if (a->writing != (a->out.len > 0)) {
		a->writing = !a->writing;
		watch(a->fleet, EPOLL_CTL_MOD, &a->session, EPOLLIN | (a->writing ? EPOLLOUT : 0));
	}
	if (a->out.len == 0 && a->out.cap > KEEP_BYTES) {
		buf_done(&a->out);
		a->out = BUF_INIT;
	}
}

/* --- what it holds --------------------------------------------------------------------------------------------- */

static void pod_done(struct fleet_pod *p)
{
	free(p->uid);
	free(p->namespace);
	free(p->name);
	free(p->digest);
	free(p->container);
	free(p->image);
}

static struct fleet_pod *pod_by_uid(struct fleet_agent *a, const char *uid)
{
	for (size_t i = 0; i < a->pod_count; i++)
		if (str_eq(a->pods[i].uid, uid))
			return &a->pods[i];
	return NULL;
}

static void set(char **where, const char *text)
{
	free(*where);
	*where = xstrdup(str_or_empty(text));
}

/* It runs from now on, at the end of the list: reports are about the end. */
static void take_pod(struct fleet_agent *a, const struct wire_pod *from)
{
	const struct pod *pod = from->pod ? from->pod->body : NULL;
	const struct container *c = pod && pod->spec.containers.count > 0 ? pod->spec.containers.items : NULL;
	struct fleet_pod *held, p = { .started = time_now(), .place = a->places++ };

	if (!c)
		return;
	held = pod_by_uid(a, pod->meta.uid);
	if (held) {
		pod_done(held);
		*held = a->pods[--a->pod_count];
	}
	set(&p.uid, pod->meta.uid);
	set(&p.namespace, pod->meta.namespace);
	set(&p.name, pod->meta.name);
	set(&p.digest, from->digest);
	set(&p.container, c->name);
	set(&p.image, c->image);
	set(&a->applied_image, c->image);
	a->pods = grow(a->pods, &a->pod_cap, a->pod_count + 1, sizeof(a->pods[0]));
	a->pods[a->pod_count++] = p;
}

/* To the end of the list too; one that it never held is gone as well. */
static void remove_pod(struct fleet_agent *a, const char *uid)
{
	struct fleet_pod *held = pod_by_uid(a, uid), p = { 0 };

	if (held) {
		p = *held;
		memmove(held, held + 1, (size_t)(&a->pods[--a->pod_count] - held) * sizeof(*held));
	} else {
		p.uid = xstrdup(uid);
	}
	p.gone_seq = a->seq + 1;
	a->pods = grow(a->pods, &a->pod_cap, a->pod_count + 1, sizeof(a->pods[0]));
	a->pods[a->pod_count++] = p;
}

static void forget_gone(struct fleet_agent *a, int64_t seq)
{
	size_t kept = 0;

	for (size_t i = 0; i < a->pod_count; i++) {
		if (a->pods[i].gone_seq > 0 && a->pods[i].gone_seq <= seq)
			pod_done(&a->pods[i]);
		else
			a->pods[kept++] = a->pods[i];
	}
	a->pod_count = kept;
}

/* A new session, whose reports are counted anew: the first one says it of all. */
static void say_gone_again(struct fleet_agent *a)
{
	a->seq = a->acked = 0;
	for (size_t i = 0; i < a->pod_count; i++)
		if (a->pods[i].gone_seq > 0)
			a->pods[i].gone_seq = 1;
}

/* --- what it is told ---------------------------------------------------------------------------------------------- */

static void on_welcome(struct fleet_agent *a, const struct wire_welcome *m)
{
	bool again = a->welcomed;

	set(&a->cluster_id, m->cluster_id);
	set(&a->holder, m->holder);
	set(&a->pod_cidr, m->pod_cidr);
	a->term = m->term;
	a->welcomed = true;
	if (!again)
		a->welcomed_at = time_monotonic();
	/* Also where nothing but the subnet is new: as an agent does. */
	fleet_say_report(a, 0, true, &a->out);
}

static void on_apply(struct fleet_agent *a, const struct wire_apply *m)
{
	size_t from;

	a->fleet->counts.pods += m->pods.count;
	a->fleet->counts.removals += m->remove.count;
	for (size_t i = 0; i < m->pods.count; i++)
		take_pod(a, &m->pods.items[i]);
	for (size_t i = 0; i < m->remove.count; i++)
		remove_pod(a, m->remove.items[i].uid);
	wire_write_applied(&a->out, &(struct wire_applied){ .revision = m->revision });
	a->applied_at = time_monotonic();
	from = m->pods.count + m->remove.count;
	from = from < a->pod_count ? a->pod_count - from : 0;
	if (m->pods.count + m->remove.count > 0)
		fleet_say_report(a, from, false, &a->out);
}

static void on_reported(struct fleet_agent *a, int64_t seq)
{
	a->acked = seq;
	if (a->acked == a->seq)
		a->settled_at = time_monotonic();
	forget_gone(a, seq);
}

static void on_request(struct fleet_agent *a, const struct wire_request *m)
{
	const struct wire_end end = { .id = m->id, .exit_code = 1, .error = "nothing runs here" };

	wire_write_end(&a->out, &end);
}

static void on_line(struct fleet_agent *a, const char *line, size_t len)
{
	struct wire_message m = { 0 };
	struct err err = { 0 };

	if (fleet_network_line(&a->fleet->network, line, len)) {
		a->fleet->counts.of_type[WIRE_NETWORK]++;
		return;
	}
	if (wire_parse(line, len, &m, &err) < 0) {
		fprintf(stderr, "fleet: %s: %s\n", a->name, err_text(&err));
		exit(2);
	}
	a->fleet->counts.of_type[m.type]++;
	if (m.type == WIRE_WELCOME)
		on_welcome(a, m.welcome);
	else if (m.type == WIRE_APPLY)
		on_apply(a, m.apply);
	else if (m.type == WIRE_REPORTED)
		on_reported(a, m.reported->seq);
	else if (m.type == WIRE_REQUEST)
		on_request(a, m.request);
	else if (m.type == WIRE_PING)
		wire_write_pong(&a->out);
	else if (m.type == WIRE_ERROR)
		fprintf(stderr, "fleet: %s is told %s: %s\n", a->name, m.error->code, m.error->message);
	wire_message_done(&m);
}

/* --- in ------------------------------------------------------------------------------------------------------------- */

static void take_lines(struct fleet_agent *a)
{
	const char *line;
	size_t len;

	while (wire_reader_line(&a->in, &line, &len) > 0)
		on_line(a, line, len);
	/* Nothing is left: most of the time an agent holds no bytes at all. */
	if (a->in.start == a->in.in.len && a->in.in.cap > KEEP_BYTES) {
		wire_reader_done(&a->in);
		wire_reader_init(&a->in, 0);
	}
}

static void pull(struct fleet_agent *a)
{
	char bytes[64 << 10];
	ssize_t n = recv(a->session.fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		fleet_agent_hang_up(a);
		return;
	}
	a->fleet->counts.bytes_in += (uint64_t)n;
	wire_reader_feed(&a->in, bytes, (size_t)n);
	take_lines(a);
	flush(a);
}

/* The newest session counts, as with an agent that is welcomed anew. */
static void take_session(struct fleet_agent *a)
{
	int fd = accept4(a->listening.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	fleet_agent_hang_up(a);
	a->session.fd = fd;
	a->connected_at = time_monotonic();
	say_gone_again(a);
	a->fleet->counts.sessions++;
	wire_reader_init(&a->in, 0);
	watch(a->fleet, EPOLL_CTL_ADD, &a->session, EPOLLIN);
	fleet_say_hello(a, &a->out);
	flush(a);
}

void fleet_agent_ready(struct fleet_end *end, uint32_t events)
{
	struct fleet_agent *a = end->agent;

	if (end == &a->listening) {
		take_session(a);
		return;
	}
	if (end->fd >= 0 && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		pull(a);
	if (end->fd >= 0 && (events & EPOLLOUT))
		flush(a);
}

void fleet_agent_done(struct fleet_agent *a)
{
	fleet_agent_hang_up(a);
	close(a->listening.fd);
	for (size_t i = 0; i < a->pod_count; i++)
		pod_done(&a->pods[i]);
	free(a->pods);
	free(a->cluster_id);
	free(a->holder);
	free(a->pod_cidr);
	free(a->applied_image);
}
