/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The connections of reconcilers, from accept to close; what is to happen at the end of a turn, and now and then. */
#include "nodeagent/session_private.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "nodeagent/subnet.h"

enum {
	OUT_MAX = 64 << 20, /* bytes that wait for a reconciler which does not read: it is let go */
	OUT_FULL =
		256 << 10, /* likewise: answers to requests wait, so that reports are not long behind them */
	READ_SIZE = 64 << 10
};
#define NODE_STATUS_INTERVAL (10 * NSEC_PER_SEC)

/* --- sending ----------------------------------------------------------------------------------------- */

void session_close(struct session *s)
{
	s->closing = true;
	loop_defer_arm(s->all->drain);
}

void session_flush(struct session *s)
{
	while (s->out.len) {
		ssize_t n = send(s->fd, s->out.data, s->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			session_close(s);
		if (n < 0)
			break;
		buf_consume(&s->out, (size_t)n);
	}
	if (s->out.len > OUT_MAX)
		session_close(s);
	/* Whoever's line it was that drained it: those who wait hear of it at the turn's end. */
	if (s->out.len < OUT_FULL / 2 && requests_waiting(s->requests))
		loop_defer_arm(s->all->drain);
	if (!s->closing)
		loop_io_set_events(s->io, EPOLLIN | (s->out.len ? EPOLLOUT : 0));
}

static bool send_line(const struct buf *line, void *arg)
{
	struct session *s = arg;
	buf_add(&s->out, line->data, line->len);
	session_flush(s);
	return s->out.len < OUT_FULL;
}

void session_error(struct session *s, const char *code, const char *message, struct opt_int term)
{
	struct wire_error e = { .code = code, .message = message, .term = term };
	if (term.set && sessions_protocol(s->all) >= 2)
		e.holder = s->all->o.identity->holder;
	wire_write_error(&s->out, &e);
	session_flush(s);
}

int64_t sessions_protocol(const struct sessions *all)
{
	return all->o.protocol > 0 ? all->o.protocol : WIRE_VERSION;
}

struct session *sessions_obeyed(const struct sessions *all)
{
	for (struct session *s = all->list; s; s = s->next)
		if (s->welcomed && !s->closing)
			return s;
	return NULL;
}

/* --- now and then ------------------------------------------------------------------------------------------------ */

/* Also when its addresses or routes have changed. */
static int on_host_changed(void *arg)
{
	struct sessions *all = arg;
	sessions_take_subnet(all);
	routes_sync(all->o.node->routes, all->o.identity->node);
	sessions_look_at_node(all);
	return 0;
}

static int on_node_timer(void *arg)
{
	struct sessions *all = arg;
	on_host_changed(all);
	pods_rotate_logs(all->o.pods, time_now());
	loop_io_set_events(all->listen_io, EPOLLIN);
	loop_defer_arm(all->drain); /* acknowledgements that could not be given */
	loop_timer_set(all->node_timer, time_monotonic() + NODE_STATUS_INTERVAL);
	return 0;
}

/* --- descriptors --------------------------------------------------------------------------------------------- */

/* All lines that have arrived. */
static int take_lines(struct session *s)
{
	const char *line;
	size_t len;
	int r;
	while (!s->closing && (r = wire_reader_line(&s->in, &line, &len)) != 0) {
		if (r < 0) {
			session_error(s, "TooLong", "a line is longer than the protocol allows",
				(struct opt_int){ 0 });
			return r;
		}
		r = session_take_line(s, line, len);
		if (r < 0)
			return r;
	}
	return 0;
}

static int on_io(int fd, uint32_t events, void *arg)
{
	struct session *s = arg;
	char data[READ_SIZE];
	if (events & EPOLLOUT)
		session_flush(s);
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)) || s->closing)
		return 0;
	ssize_t n = recv(fd, data, sizeof(data), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		session_close(s);
		return 0;
	}
	s->heard = time_monotonic();
	wire_reader_feed(&s->in, data, (size_t)n);
	if (take_lines(s) < 0)
		session_close(s);
	return 0;
}

static void session_free(struct session *s)
{
	for (struct session **p = &s->all->list; *p; p = &(*p)->next)
		if (*p == s) {
			*p = s->next;
			break;
		}
	requests_free(s->requests);
	if (s->sync)
		proc_cancel(s->sync);
	loop_source_free(s->io);
	loop_source_free(s->silence);
	s->all->count--;
	fd_close(s->fd);
	wire_reader_done(&s->in);
	buf_done(&s->out);
	for (size_t i = 0; i < s->gone_count; i++)
		free(s->gone[i].uid);
	free(s->gone);
	free(s);
}

/* The end of a turn: what changed is reported, what is done acknowledged, what closed let go. */
static int on_drain(void *arg)
{
	struct sessions *all = arg;
	/* The last pod with an old address may have gone; what can't be set up waits for the timer, or for news of the network. */
	if (all->o.node->ipam || routes_is_due(all->o.node->routes))
		sessions_take_subnet(all);
	if (routes_is_due(all->o.node->routes))
		sessions_look_at_routes(all);
	sessions_report_changes(all);
	bool look = all->pods_changed;
	all->pods_changed = false;
	for (struct session *s = all->list, *next; s; s = next) {
		next = s->next;
		if (look)
			requests_look(s->requests);
		if (s->out.len < OUT_FULL / 2 && !s->closing)
			requests_resume(s->requests);
		session_acknowledge(s);
		if (s->closing)
			session_free(s);
	}
	return 0;
}

int sessions_changed(void *sessions)
{
	struct sessions *all = sessions;
	all->pods_changed = true;
	loop_defer_arm(all->drain);
	return 0;
}

static bool may_connect(const struct sessions *all, int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return false;
	return peer.uid == 0 || peer.uid == all->o.owner;
}

static nsec_t silence_of(const struct sessions *all)
{
	return all->o.silence > 0 ? all->o.silence : SESSION_SILENCE;
}

static int on_silence(void *arg)
{
	struct session *s = arg;
	nsec_t due = s->heard + silence_of(s->all);

	if (s->welcomed && s->version < 2)
		return 0;
	if (time_monotonic() < due) {
		loop_timer_set(s->silence, due);
		return 0;
	}
	log_info("a session on which nothing comes any more is dropped");
	session_close(s);
	return 0;
}

/* Ends that never say who they are do not pile up. The list begins with the newest. */
static void drop_too_many(struct sessions *all)
{
	struct session *oldest = NULL;

	if (all->count <= SESSIONS_MAX)
		return;
	for (struct session *s = all->list; s; s = s->next)
		if (!s->welcomed && !s->closing)
			oldest = s;
	if (oldest)
		session_close(oldest);
}

static int on_accept(int fd, uint32_t events, void *arg)
{
	struct sessions *all = arg;
	struct err err = { 0 };
	(void)events;
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (client < 0) {
		/* Descriptors are short, and it goes on waiting: looked at again with the node. Else it has gone. */
		if (errno == EMFILE || errno == ENFILE)
			loop_io_set_events(all->listen_io, 0);
		return 0;
	}
	if (!may_connect(all, client)) {
		log_warning("a process of another user was turned away");
		fd_close(client);
		return 0;
	}
	struct session *s = xcalloc(1, sizeof(*s));
	*s = (struct session){
		.all = all, .fd = client, .heard = time_monotonic(), .out = BUF_INIT, .next = all->list
	};
	wire_reader_init(&s->in, 0);
	s->requests = requests_new(all->o.node, all->o.pods, send_line, s);
	all->list = s;
	all->count++;
	drop_too_many(all);
	if (loop_io(all->o.node->loop, client, EPOLLIN, on_io, s, &s->io, &err) < 0 ||
		loop_timer(all->o.node->loop, s->heard + silence_of(all), on_silence, s, &s->silence, &err) <
			0) {
		log_error("accepting a session: %s", err_text(&err));
		session_free(s);
		return 0;
	}
	session_hello(s);
	return 0;
}

/* --- all of them ------------------------------------------------------------------------------------------------ */

int sessions_new(const struct session_options *options, struct sessions **ret, struct err *err)
{
	_cleanup_(sessions_freep) struct sessions *all = xcalloc(1, sizeof(*all));
	struct loop *l = options->node->loop;
	all->o = *options;
	all->tree_version = tree_version_load(options->node->env->state_dir);
	sessions_node_begin(all);
	int r = loop_defer(l, on_drain, all, &all->drain, err);
	if (r == 0)
		r = loop_timer(l, time_monotonic() + NODE_STATUS_INTERVAL, on_node_timer, all,
			&all->node_timer, err);
	if (r == 0)
		r = loop_io(l, all->o.listen_fd, EPOLLIN, on_accept, all, &all->listen_io, err);
	if (r == 0)
		r = routes_watch(options->node->routes, l, on_host_changed, all, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(all);
	return 0;
}

struct sessions *sessions_free(struct sessions *all)
{
	if (!all)
		return NULL;
	while (all->list)
		session_free(all->list);
	loop_source_free(all->listen_io);
	loop_source_free(all->node_timer);
	loop_source_free(all->drain);
	fd_close(all->o.listen_fd);
	arena_free(all->node_arena);
	free(all);
	return NULL;
}

void sessions_freep(struct sessions **s)
{
	sessions_free(*s);
}
