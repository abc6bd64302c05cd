/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"

enum { ADDRESSES_MAX = 8 };
#define LOOKUP_TIME (10 * NSEC_PER_SEC)
#define ADDRESS_TIME (5 * NSEC_PER_SEC) /* for one, where there is another */

struct dial {
	struct loop *loop;
	const struct ssh_address *to;
	struct arena *arena;
	const char *label; /* HOST:PORT, for people */
	void (*ready)(void *arg);
	void *arg;
	struct proc *lookup;
	bool looked_up;
	const char *wrong; /* with the name */
	char *addresses[ADDRESSES_MAX];
	size_t count, at; /* of addresses; the one that is tried */
	int fd;
	struct loop_source *io, *timer;
	bool waited; /* ADDRESS_TIME for it */
};

struct dial *dial_new(
	struct loop *loop, const struct ssh_address *address, void (*ready)(void *arg), void *arg)
{
	struct dial *d = xcalloc(1, sizeof(*d));

	*d = (struct dial){ .loop = loop, .to = address, .ready = ready, .arg = arg, .fd = -1 };
	d->arena = arena_new(0);
	d->label = ssh_address_format(d->arena, address);
	return d;
}

static void hang_up(struct dial *d)
{
	d->io = loop_source_free(d->io);
	d->timer = loop_source_free(d->timer);
	d->fd = fd_close(d->fd);
}

struct dial *dial_free(struct dial *d)
{
	if (!d)
		return NULL;
	if (d->lookup)
		proc_cancel(d->lookup);
	hang_up(d);
	arena_free(d->arena);
	free(d);
	return NULL;
}

/* --- names ------------------------------------------------------------------------------------------------- */

static void add_address(struct dial *d, const char *text, size_t len)
{
	char *address = arena_strndup(d->arena, text, len);

	for (size_t i = 0; i < d->count; i++)
		if (str_eq(d->addresses[i], address))
			return;
	if (len > 0 && d->count < ADDRESSES_MAX)
		d->addresses[d->count++] = address;
}

/* Lines "ADDRESS TYPE [NAME]", an address several times. */
static void on_lookup(const struct proc_result *result, const struct err *err, void *arg)
{
	struct dial *d = arg;

	d->lookup = NULL;
	d->looked_up = true;
	if (err)
		d->wrong = arena_strdup(d->arena, err_text(err));
	else if (result->timed_out)
		d->wrong = "no answer from the name servers";
	else
		for (const char *at = result->out.data; *at != '\0';
			at += strcspn(at, "\n"), at += *at != '\0')
			add_address(d, at, strcspn(at, " \t\n"));
	d->ready(d->arg);
}

static int look_up(struct dial *d, struct trouble *why)
{
	const char *const argv[] = { "getent", "ahosts", d->to->host, NULL };
	const struct proc_spec spec = { .argv = argv, .timeout = LOOKUP_TIME, .die_with_parent = true };
	struct in6_addr address;
	struct err err = { 0 };

	if (inet_pton(AF_INET, d->to->host, &address) == 1 || strchr(d->to->host, ':')) {
		add_address(d, d->to->host, strlen(d->to->host));
		d->looked_up = true;
		return 0;
	}
	if (proc_start(d->loop, &spec, on_lookup, d, &d->lookup, &err) < 0)
		return trouble_set(
			why, -EIO, TROUBLE_HOST_UNKNOWN, "looking up %s: %s", d->to->host, err_text(&err));
	return -EAGAIN;
}

/* --- connections -------------------------------------------------------------------------------------------- */

static int on_io(int fd, uint32_t events, void *arg)
{
	struct dial *d = arg;

	(void)fd;
	(void)events;
	d->ready(d->arg);
	return 0;
}

static int on_timer(void *arg)
{
	struct dial *d = arg;

	d->waited = true;
	d->ready(d->arg);
	return 0;
}

/* Begins with the address: 0, or why not. */
static int begin(struct dial *d)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *a = NULL;
	char port[8];
	int one = 1, r = 0;

	snprintf(port, sizeof(port), "%d", d->to->port);
	if (getaddrinfo(d->addresses[d->at], port, &hints, &a) != 0)
		return -EADDRNOTAVAIL;
	d->fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (d->fd < 0 || (connect(d->fd, a->ai_addr, a->ai_addrlen) < 0 && errno != EINPROGRESS))
		r = -errno;
	freeaddrinfo(a);
	if (r == 0)
		(void)setsockopt(d->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (r == 0)
		r = loop_io(d->loop, d->fd, EPOLLOUT, on_io, d, &d->io, NULL);
	if (r == 0 && d->at + 1 < d->count)
		r = loop_timer(d->loop, time_monotonic() + ADDRESS_TIME, on_timer, d, &d->timer, NULL);
	return r;
}

/* What became of it: 0 it is there, -EAGAIN not yet, or why not. */
static int look(struct dial *d)
{
	struct sockaddr_storage peer;
	socklen_t size = sizeof(int), peer_size = sizeof(peer);
	int code = 0;

	if (getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &code, &size) < 0)
		return -errno;
	if (code != 0)
		return -code;
	if (getpeername(d->fd, (struct sockaddr *)&peer, &peer_size) == 0)
		return 0;
	if (errno != ENOTCONN)
		return -errno;
	return d->waited ? -ETIMEDOUT : -EAGAIN;
}

static int failed(const struct dial *d, int code, struct trouble *why)
{
	if (d->wrong || d->count == 0)
		return trouble_set(why, -ENOENT, TROUBLE_HOST_UNKNOWN, "the name %s has no address%s%s",
			d->to->host, d->wrong ? ": " : "", str_or_empty(d->wrong));
	if (code == -ECONNREFUSED)
		return trouble_set(why, code, TROUBLE_CONNECT_FAILED,
			"%s refuses the connection: is sshd running there?", d->label);
	return trouble_set(
		why, code, TROUBLE_CONNECT_FAILED, "connecting to %s: %s", d->label, strerror(-code));
}

static int connected(struct dial *d)
{
	int fd = TAKE_FD(d->fd);

	d->io = loop_source_free(d->io);
	d->timer = loop_source_free(d->timer);
	return fd;
}

int dial_step(struct dial *d, struct trouble *why)
{
	int r = 0;

	if (d->lookup)
		return -EAGAIN;
	if (!d->looked_up)
		r = look_up(d, why);
	if (r < 0)
		return r;
	for (r = -ENOENT; d->at < d->count; d->at++) {
		r = d->fd < 0 ? begin(d) : 0;
		if (r == 0)
			r = look(d);
		if (r == 0)
			return connected(d);
		if (r == -EAGAIN)
			return r;
		hang_up(d);
		d->waited = false;
	}
	return failed(d, r, why);
}
