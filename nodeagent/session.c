/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/session_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/disk.h"
#include "nodeagent/node_status.h"
#include "nodeagent/pressure.h"
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

static struct wire_held_pod held_pod(const struct session *s, const struct pod_view *v)
{
	struct wire_held_pod h = { .uid = v->uid, .digest = str_or_empty(v->digest) };
	if (sessions_protocol(s->all) >= 2) {
		h.namespace = v->namespace;
		h.name = v->name;
	}
	return h;
}

static void send_hello(struct session *s)
{
	struct arena *a = arena_new(0);
	const struct identity *id = s->all->o.identity;
	struct pods *pods = s->all->o.pods;
	struct wire_hello hello = {
		.version = sessions_protocol(s->all),
		.min_version = WIRE_MIN_VERSION,
		.agent = PINTLE_VERSION,
		.cluster_id = id->cluster_id,
		.node = id->node,
		.boot_id = node_boot_id(a),
		.term = id->term,
		.holder = id->holder,
		.status = s->all->node_status,
		.pressure = &s->all->pressure,
		.objects = held_hashes(s->all->o.node->held, a),
	};
	hello.pods.items = arena_array(a, pods_count(pods), sizeof(*hello.pods.items));
	for (size_t i = 0; i < pods_count(pods); i++) {
		struct pod_view v = pods_view(pods, i);
		hello.pods.items[hello.pods.count++] = held_pod(s, &v);
	}
	if (hello.version >= 2) {
		hello.time = time_now();
		hello.tree_version = s->all->tree_version;
	}
	wire_write_hello(&s->out, &hello);
	session_flush(s);
	arena_free(a);
}

/* --- reports ------------------------------------------------------------------------------------------- */

static void remember_gone(struct session *s, const char *uid)
{
	s->gone = grow(s->gone, &s->gone_cap, s->gone_count + 1, sizeof(*s->gone));
	s->gone[s->gone_count++] = (struct gone){ xstrdup(uid), s->seq };
}

static void add_report(struct session *s, struct arena *a, struct wire_report *r, const struct pod_view *v)
{
	r->pods.items[r->pods.count++] = (struct wire_report_pod){
		.uid = v->uid,
		.namespace = v->namespace,
		.name = v->name,
		.status = v->object ? pods_status(s->all->o.pods, a, v, time_now()) : NULL,
		.gone = v->gone,
		.events = pods_events_take(s->all->o.pods, v->uid, a),
	};
	if (v->gone)
		remember_gone(s, v->uid);
}

void session_report(struct session *s, struct arena *a, const struct strings *uids, bool node)
{
	struct pods *pods = s->all->o.pods;
	struct wire_report r = { .seq = ++s->seq };
	size_t count = uids ? uids->count : pods_count(pods);
	char network[WIRE_NETWORK_DIGEST];
	if (node) {
		r.time = s->version >= 2 ? time_now() : 0;
		r.node = s->all->node_status;
		r.pressure = &s->all->pressure;
	}
	if (!uids && s->version >= 2) {
		peers_digest(routes_peers(s->all->o.node->routes), network);
		r.network = network;
	}
	r.pods.items = arena_array(a, count, sizeof(*r.pods.items));
	for (size_t i = 0; i < count; i++) {
		struct pod_view v;
		if (!uids)
			v = pods_view(pods, i);
		else if (!pods_by_uid(pods, uids->items[i], &v))
			continue;
		add_report(s, a, &r, &v);
	}
	wire_write_report(&s->out, &r);
	session_flush(s);
}

static struct session *obeyed(const struct sessions *all)
{
	for (struct session *s = all->list; s; s = s->next)
		if (s->welcomed && !s->closing)
			return s;
	return NULL;
}

static void report_changes(struct sessions *all)
{
	struct session *s = obeyed(all);
	if (!s)
		return; /* the next welcome is answered with everything */
	struct arena *a = arena_new(0);
	struct strings uids = pods_changed(all->o.pods, a);
	if (uids.count)
		session_report(s, a, &uids, false);
	arena_free(a);
}

/* --- acknowledging what was applied ---------------------------------------------------------------------- */

/* Tried again when something changes, or with the next look at the node. */
static void acknowledge_later(struct session *s)
{
	if (s->applied_wanted < s->sync_revision)
		s->applied_wanted = s->sync_revision;
}

static void on_synced(const struct proc_result *result, const struct err *err, void *arg)
{
	struct session *s = arg;
	s->sync = NULL;
	if (err || result->status != 0) {
		log_warning("writing assignments to disk: %s", err ? err_text(err) : result->errs.data);
		acknowledge_later(s);
	} else
		wire_write_applied(&s->out, &(struct wire_applied){ .revision = s->sync_revision });
	session_flush(s);
}

/* What the disk did not take is tried again; until it does nothing is acknowledged. */
static bool all_is_saved(struct sessions *all)
{
	struct err err = { 0 };

	return pods_save(all->o.pods, &err) >= 0 && held_save(all->o.node->held, &err) >= 0;
}

/* Once no start is under way, what was assigned is brought to disk by a child, and acknowledged. */
static void acknowledge(struct session *s)
{
	struct err err = { 0 };
	if (!s->applied_wanted || s->sync || s->closing || !pods_idle(s->all->o.pods) ||
		!all_is_saved(s->all))
		return;
	const char *argv[] = { "sync", "-f", s->all->o.node->env->state_dir, NULL };
	struct proc_spec spec = { .argv = argv };
	s->sync_revision = s->applied_wanted;
	s->applied_wanted = 0;
	if (proc_start(s->all->o.node->loop, &spec, on_synced, s, &s->sync, &err) < 0) {
		log_warning("writing assignments to disk: %s", err_text(&err));
		acknowledge_later(s);
	}
}

/* --- the node -------------------------------------------------------------------------------------------------- */

/* What is said of the routes to other nodes stands behind Ready. */
static void add_network(const struct sessions *all, struct node_status *s, struct arena *a)
{
	struct condition *c = arena_array(a, s->conditions.count + 1, sizeof(*c));
	memcpy(c, s->conditions.items, s->conditions.count * sizeof(*c));
	s->conditions.items = c;
	if (!routes_condition(all->o.node->routes, &c[s->conditions.count]))
		return;
	c[s->conditions.count].message = arena_strdup(a, c[s->conditions.count].message);
	s->conditions.count++;
}

/* Says it once; what waited for room is tried again when there is some. */
static void look_at_disk(struct sessions *all)
{
	const char *dir = all->o.node->env->state_dir;
	struct err err = { 0 };
	bool was_bad = all->disk.code < 0;

	if (disk_probe(dir, &err) >= 0) {
		all->disk = (struct err){ 0 };
		if (was_bad) {
			log_info("%s takes what is written again", dir);
			pods_retry(all->o.pods);
		}
		return;
	}
	if (!was_bad) {
		log_error("%s", err_text(&err));
		all->disk_since = time_now();
	}
	all->disk = err;
}

/* Reads the node's status, and how much is waited; true: they differ from those before, which they replace. */
static bool refresh_node(struct sessions *all)
{
	struct arena *a = arena_new(0);
	struct node_status *now = node_status_read(a, all->o.node->env->state_dir, time_now());
	bool pressed = pressure_read(&all->pressure);

	look_at_disk(all);
	if (all->disk.code < 0)
		node_status_disk(now, err_text(&all->disk), all->disk_since, a);
	node_status_images(now, all->o.node->images, a);
	add_network(all, now, a);
	if (all->node_status) /* Ready since the agent started */
		now->conditions.items[0].last_transition_time =
			all->node_status->conditions.items[0].last_transition_time;
	if (all->node_status && schema_equal(&schema_node_status, all->node_status, now)) {
		arena_free(a);
		return pressed;
	}
	arena_free(all->node_arena);
	all->node_arena = a;
	all->node_status = now;
	return true;
}

/* Has somebody set the clock since the last look? Whoever goes by our times must know. */
static bool clock_was_set(struct sessions *all)
{
	nsec_t clock = time_now() - time_monotonic(), by = clock - all->clock;

	all->clock = clock;
	return by > NSEC_PER_SEC || by < -NSEC_PER_SEC;
}

/* The node as it is now, where that is news; with all pods, whose statuses tell it too, where its address is another one. */
static void look_at_node(struct sessions *all)
{
	struct node_services *node = all->o.node;
	struct session *s = obeyed(all);
	bool changed = refresh_node(all), set = clock_was_set(all), moved;
	moved = !str_eq(node->host_ip, node_status_address(all->node_status));
	if (moved)
		snprintf(node->host_ip, sizeof(node->host_ip), "%s", node_status_address(all->node_status));
	if (!(changed || set) || !s)
		return;
	struct arena *a = arena_new(0);
	session_report(s, a, moved ? NULL : &(struct strings){ 0 }, true);
	arena_free(a);
}

/* Routes to other nodes' pods, which may have been told, or have gone with a link of the host's. */
static void look_at_routes(struct sessions *all)
{
	if (routes_sync(all->o.node->routes, all->o.identity->node))
		look_at_node(all);
}

/* Also when its addresses or routes have changed. */
static int on_host_changed(void *arg)
{
	struct sessions *all = arg;
	sessions_take_subnet(all);
	routes_sync(all->o.node->routes, all->o.identity->node);
	look_at_node(all);
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
		look_at_routes(all);
	report_changes(all);
	bool look = all->pods_changed;
	all->pods_changed = false;
	for (struct session *s = all->list, *next; s; s = next) {
		next = s->next;
		if (look)
			requests_look(s->requests);
		if (s->out.len < OUT_FULL / 2 && !s->closing)
			requests_resume(s->requests);
		acknowledge(s);
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
	send_hello(s);
	return 0;
}

/* --- all of them ------------------------------------------------------------------------------------------------ */

int sessions_new(const struct session_options *options, struct sessions **ret, struct err *err)
{
	_cleanup_(sessions_freep) struct sessions *all = xcalloc(1, sizeof(*all));
	struct loop *l = options->node->loop;
	all->o = *options;
	all->tree_version = tree_version_load(options->node->env->state_dir);
	refresh_node(all);
	clock_was_set(all);
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
