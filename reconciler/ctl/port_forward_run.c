/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/port_forward_run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/ctl/port_forward_tunnel.h"

#define RETRY_AFTER (100 * NSEC_PER_MSEC)

struct listening {
	struct forwarding *all;
	const struct forward_listener *at;
	struct loop_source *io;
};

/* A connection under way. */
struct forwarded {
	struct forwarding *all;
	const struct forward_listener *at;
	struct tunnel *tunnel;
};

struct forwarding {
	const struct forward_run *spec;
	struct loop *loop;
	struct client pintled; /* shows when it goes; nothing is asked over it */
	struct loop_source *pintled_io, *interrupted, *terminated;
	struct loop_source *retry; /* armed: no connection is taken until then */
	struct forward_watch *watch;
	struct listening *listening; /* [spec->listeners->count] */
	bool held;                   /* no connection is taken */
	struct forwarded *tunnels[FORWARD_TUNNELS_MAX];
	size_t count;
};

/* --- what is said ---------------------------------------------------------------------------------------- */

/* Would a line go out at once? Nobody who does not read what is said here holds up the connections. */
static bool can_say(FILE *f)
{
	struct pollfd p = { .fd = fileno(f), .events = POLLOUT };
	return poll(&p, 1, 0) > 0;
}

static void say_handling(const struct forward_listener *at)
{
	if (!can_say(stdout))
		return;
	printf("Handling connection for %d\n", at->local);
	fflush(stdout);
}

static void say_failed(const struct forwarded *f, const char *error)
{
	const struct ctl *c = f->all->spec->c;
	const char *node = f->all->spec->target->pod->spec.node_name;
	if (!can_say(stderr))
		return;
	/* What agents say that are older than this method. */
	if (str_starts(error, "there is no method"))
		ctl_fail(c,
			"forwarding %d -> %d: the agent of node %s is too old for it: pintle node upgrade %s",
			f->at->local, f->at->remote, node, node);
	else
		ctl_fail(c, "forwarding %d -> %d: %s", f->at->local, f->at->remote, error);
}

/* --- connections -------------------------------------------------------------------------------------------- */

static void hold(struct forwarding *all, bool held)
{
	if (all->held == held)
		return;
	all->held = held;
	for (size_t i = 0; i < all->spec->listeners->count; i++)
		loop_io_set_events(all->listening[i].io, held ? 0 : EPOLLIN);
}

static int on_retry(void *arg)
{
	struct forwarding *all = arg;
	hold(all, all->count == FORWARD_TUNNELS_MAX);
	return 0;
}

/* Something is short for the moment: later again, at the latest when a connection is over. */
static void hold_for_now(struct forwarding *all)
{
	hold(all, true);
	loop_timer_set(all->retry, time_monotonic() + RETRY_AFTER);
}

static void forget(struct forwarded *f)
{
	struct forwarding *all = f->all;
	for (size_t i = 0; i < all->count; i++)
		if (all->tunnels[i] == f) {
			all->tunnels[i] = all->tunnels[--all->count];
			break;
		}
	free(f);
	hold(all, false);
}

static void on_done(struct tunnel *t, const char *error, void *arg)
{
	struct forwarded *f = arg;
	(void)t;
	if (error)
		say_failed(f, error);
	forget(f);
}

static void begin(struct listening *l, int fd, struct client *client)
{
	struct forwarding *all = l->all;
	const struct object_meta *pod = &all->spec->target->pod->meta;
	struct forwarded *f = xcalloc(1, sizeof(*f));
	struct err err = { 0 };
	const struct tunnel_spec spec = {
		.loop = all->loop,
		.ns = pod->namespace,
		.pod = pod->name,
		.uid = pod->uid,
		.port = l->at->remote,
		.done = on_done,
		.arg = f,
	};
	*f = (struct forwarded){ .all = all, .at = l->at };
	say_handling(l->at);
	if (tunnel_new(&spec, fd, client, &f->tunnel, &err) < 0) {
		say_failed(f, err_text(&err));
		free(f);
		return;
	}
	all->tunnels[all->count++] = f;
	hold(all, all->count == FORWARD_TUNNELS_MAX);
}

/* What connects is taken only with a way to pintled at hand: until there is one it waits in the kernel. */
static int on_listener(int fd, uint32_t events, void *arg)
{
	struct listening *l = arg;
	struct client client;
	struct err err = { 0 };
	(void)events;
	int r = client_open_now(l->all->spec->home, &client, &err);
	if (r < 0) {
		/* Where it is pintled that has gone, its own connection shows it. */
		hold_for_now(l->all);
		return 0;
	}
	int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (peer >= 0) {
		begin(l, peer, &client);
		return 0;
	}
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
		hold_for_now(l->all);
	client_done(&client);
	return 0;
}

/* --- what ends it ---------------------------------------------------------------------------------------------- */

static int on_signal(int signo, void *arg)
{
	struct forwarding *all = arg;
	(void)signo;
	loop_stop(all->loop, CTL_DONE);
	return 0;
}

static void on_gone(const struct err *why, void *arg)
{
	struct forwarding *all = arg;
	if (why)
		ctl_fail_err(all->spec->c, why);
	else
		ctl_fail(all->spec->c, "lost connection to pod %s", all->spec->target->pod->meta.name);
	loop_stop(all->loop, CTL_FAILED);
}

static int on_pintled(int fd, uint32_t events, void *arg)
{
	struct forwarding *all = arg;
	struct wire_message m;
	struct err err = { 0 };
	(void)fd;
	(void)events;
	int r = client_receive(&all->pintled, &err);
	while (r == 0 && (r = client_next(&all->pintled, &m, &err)) > 0) {
		wire_message_done(&m);
		r = 0;
	}
	if (r < 0 && r != -EAGAIN)
		on_gone(&err, all);
	return 0;
}

/* --- the whole ---------------------------------------------------------------------------------------------------- */

static int start_listening(struct forwarding *all, struct err *err)
{
	const struct forward_listeners *l = all->spec->listeners;
	int r = 0;
	all->listening = xcalloc(l->count, sizeof(*all->listening));
	for (size_t i = 0; i < l->count && r == 0; i++) {
		struct listening *one = &all->listening[i];
		*one = (struct listening){ .all = all, .at = &l->items[i] };
		r = loop_io(all->loop, l->items[i].fd, EPOLLIN, on_listener, one, &one->io, err);
	}
	return r;
}

/* Two descriptors a connection, and some to spare; as many as may be had. */
static void raise_limit(void)
{
	const rlim_t wanted = 2 * FORWARD_TUNNELS_MAX + FORWARD_PORTS_MAX * FORWARD_ADDRESSES_MAX + 64;
	struct rlimit l;
	if (getrlimit(RLIMIT_NOFILE, &l) < 0 || l.rlim_cur >= wanted)
		return;
	l.rlim_cur = l.rlim_max < wanted ? l.rlim_max : wanted;
	setrlimit(RLIMIT_NOFILE, &l);
}

static int start(struct forwarding *all, struct err *err)
{
	const struct forward_run *spec = all->spec;
	raise_limit();
	int r = loop_new(&all->loop, err);
	if (r == 0)
		r = loop_signal(all->loop, SIGINT, on_signal, all, &all->interrupted, err);
	if (r == 0)
		r = loop_signal(all->loop, SIGTERM, on_signal, all, &all->terminated, err);
	if (r == 0)
		r = client_open(spec->home, &all->pintled, err);
	if (r == 0)
		r = loop_io(all->loop, all->pintled.fd, EPOLLIN, on_pintled, all, &all->pintled_io, err);
	if (r == 0)
		r = loop_timer(all->loop, NSEC_NEVER, on_retry, all, &all->retry, err);
	if (r == 0)
		r = forward_watch_new(all->loop, spec->home, spec->target, on_gone, all, &all->watch, err);
	return r < 0 ? r : start_listening(all, err);
}

static void stop(struct forwarding *all)
{
	while (all->count > 0) {
		struct forwarded *f = all->tunnels[--all->count];
		tunnel_free(f->tunnel);
		free(f);
	}
	for (size_t i = 0; all->listening && i < all->spec->listeners->count; i++)
		loop_source_free(all->listening[i].io);
	free(all->listening);
	forward_watch_free(all->watch);
	loop_source_free(all->retry);
	loop_source_free(all->pintled_io);
	loop_source_free(all->terminated);
	loop_source_free(all->interrupted);
	if (all->pintled.lines.max)
		client_done(&all->pintled);
	loop_free(all->loop);
}

int forward_run(const struct forward_run *spec)
{
	struct err err = { 0 };
	struct forwarding all = { .spec = spec, .pintled.fd = -1 };
	int r = start(&all, &err);
	for (size_t i = 0; i < spec->listeners->count && r == 0; i++)
		printf("Forwarding from %s -> %d\n", spec->listeners->items[i].text,
			spec->listeners->items[i].remote);
	if (r == 0) {
		fflush(stdout);
		r = loop_run(all.loop, &err);
	}
	stop(&all);
	return r < 0 ? ctl_fail_err(spec->c, &err) : r;
}
