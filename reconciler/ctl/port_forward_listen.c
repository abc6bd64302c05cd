/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/port_forward_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/mem.h"

/* How often another free port is taken where the kernel's choice for one address is taken at the next. */
enum { FREE_TRIES = 32, BACKLOG = 128 };

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t address_of(const struct ip_network *ip, uint16_t port, union address *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (ip->bits == 32) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons(port);
		memcpy(&ret->v4.sin_addr, ip->bytes, sizeof(ret->v4.sin_addr));
		return sizeof(ret->v4);
	}
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = htons(port);
	memcpy(&ret->v6.sin6_addr, ip->bytes, sizeof(ret->v6.sin6_addr));
	return sizeof(ret->v6);
}

static void write_text(const struct ip_network *ip, uint16_t port, char ret[FORWARD_TEXT_MAX])
{
	char host[INET6_ADDRSTRLEN] = "";
	inet_ntop(ip->bits == 32 ? AF_INET : AF_INET6, ip->bytes, host, sizeof(host));
	snprintf(ret, FORWARD_TEXT_MAX, ip->bits == 32 ? "%s:%d" : "[%s]:%d", host, port);
}

/* 0: any port; *RET_PORT is the one it has. Returns the descriptor. */
static int bind_at(const struct ip_network *ip, uint16_t port, uint16_t *ret_port)
{
	union address address;
	socklen_t len = address_of(ip, port, &address);
	_cleanup_(closep) int fd = socket(
		address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int on = 1;
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address.any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, &address.any, len) < 0 || listen(fd, BACKLOG) < 0 ||
		getsockname(fd, &address.any, &len) < 0)
		return -errno;
	*ret_port = ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
	return TAKE_FD(fd);
}

static void drop_from(struct forward_listeners *l, size_t from)
{
	while (l->count > from)
		fd_close(l->items[--l->count].fd);
}

/* Of one port. */
struct trying {
	const struct forward_addresses *addresses;
	uint16_t local, remote;
	struct forward_listeners *ret;
	bool any;        /* LOCAL is the kernel's choice, once there is one */
	bool again;      /* which is taken at another address */
	bool found;      /* one address at least */
	struct buf left; /* what is said of those that were left out */
};

static void add_listener(struct trying *t, struct forward_listener new)
{
	struct forward_listeners *l = t->ret;
	l->items = grow(l->items, &l->cap, l->count + 1, sizeof(*l->items));
	l->items[l->count++] = new;
	t->local = new.local;
	t->found = true;
}

/* What stands in ERR is of the first address that failed, or of one that must not. */
static int try_address(struct trying *t, const struct forward_address *a, struct err *err)
{
	struct forward_listener new = { .remote = t->remote };
	uint16_t wanted = t->local;
	new.fd = bind_at(&a->ip, wanted, &new.local);
	write_text(&a->ip, new.fd < 0 ? wanted : new.local, new.text);
	if (new.fd >= 0) {
		add_listener(t, new);
		return 0;
	}
	t->again = t->any && wanted && new.fd == -EADDRINUSE;
	if (!err->code || !a->optional)
		err_errno(err, new.fd, "listening at %s", new.text);
	if (new.fd == -EADDRINUSE)
		buf_addf(&t->left, "Unable to listen at %s: %s\n", new.text, strerror(-new.fd));
	return a->optional && !t->again ? 0 : new.fd;
}

static int listen_port(struct trying *t, struct err *err)
{
	size_t from = t->ret->count;
	int r;
	for (int i = 0; i < FREE_TRIES; i++) {
		t->again = t->found = false;
		t->local = t->any ? 0 : t->local;
		buf_clear(&t->left);
		err_clear(err);
		r = 0;
		for (size_t k = 0; k < t->addresses->count && r == 0; k++)
			r = try_address(t, &t->addresses->items[k], err);
		if (r == 0 && t->found)
			return 0;
		drop_from(t->ret, from);
		if (!t->again)
			break;
	}
	return err->code;
}

int forward_listen(const struct forward_addresses *addresses, const struct forward_port *ports, size_t count,
	FILE *warn, struct forward_listeners *ret, struct err *err)
{
	struct err why = { 0 };
	*ret = (struct forward_listeners){ 0 };
	for (size_t i = 0; i < count; i++) {
		struct trying t = {
			.addresses = addresses,
			.local = ports[i].local,
			.remote = ports[i].remote,
			.any = ports[i].local == 0,
			.ret = ret,
			.left = BUF_INIT,
		};
		int r = listen_port(&t, &why);
		if (r == 0)
			fputs(t.left.data, warn);
		buf_done(&t.left);
		if (r < 0) {
			forward_listeners_done(ret);
			return err_set(err, r, "%s", err_text(&why));
		}
	}
	return 0;
}

void forward_listeners_done(struct forward_listeners *l)
{
	drop_from(l, 0);
	free(l->items);
	*l = (struct forward_listeners){ 0 };
}
