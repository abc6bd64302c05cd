/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The queue of free addresses is a doubly linked list over host numbers (the address minus the
 * subnet's), so that taking one from the middle costs nothing. Entry 0, an address that is never
 * given, is the list's head; a host number that is in use, or never given, has next = NONE.
 */
#include "nodeagent/ipam.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "nodeagent/cidr.h"

enum { HEAD = 0, FIRST = 2, PREFIX_MIN = 16, PREFIX_MAX = 29 };
static const uint32_t NONE = UINT32_MAX;

struct ipam_link {
	uint32_t next, prev;
};

struct ipam {
	uint32_t base;            /* the subnet's address, host byte order */
	uint32_t last;            /* host number of the last address that is given */
	size_t free;              /* in the queue */
	struct ipam_link links[]; /* [last + 1] */
};

static void queue_remove(struct ipam *i, uint32_t host)
{
	struct ipam_link *l = &i->links[host];

	i->links[l->prev].next = l->next;
	i->links[l->next].prev = l->prev;
	l->next = l->prev = NONE;
	i->free--;
}

static void queue_append(struct ipam *i, uint32_t host)
{
	uint32_t tail = i->links[HEAD].prev;

	i->links[host] = (struct ipam_link){ .next = HEAD, .prev = tail };
	i->links[tail].next = host;
	i->links[HEAD].prev = host;
	i->free++;
}

int ipam_new(const char *subnet, struct ipam **ret, struct err *err)
{
	struct ipam *i;
	struct cidr c;
	uint32_t base, last;
	int r = cidr_parse(subnet, &c, err);

	if (r < 0)
		return err_wrap(err, r, "pod subnet");
	if (c.family != AF_INET)
		return err_set(err, -EINVAL, "pod subnet %s: only IPv4 is supported yet", subnet);
	if (c.prefix < PREFIX_MIN || c.prefix > PREFIX_MAX)
		return err_set(err, -ERANGE, "pod subnet %s: a node's subnet is between /%d and /%d", subnet,
			PREFIX_MIN, PREFIX_MAX);
	memcpy(&base, c.bytes, sizeof(base));
	last = (1U << (32 - c.prefix)) - 2;
	i = xcalloc(1, sizeof(*i) + (last + 1) * sizeof(i->links[0]));
	i->base = ntohl(base);
	i->last = last;
	i->links[HEAD] = (struct ipam_link){ HEAD, HEAD };
	i->links[1] = (struct ipam_link){ NONE, NONE };
	for (uint32_t host = FIRST; host <= last; host++)
		queue_append(i, host);
	*ret = i;
	return 0;
}

struct ipam *ipam_free(struct ipam *i)
{
	free(i);
	return NULL;
}

void ipam_freep(struct ipam **i)
{
	*i = ipam_free(*i);
}

int ipam_alloc(struct ipam *i, char *ret, struct err *err)
{
	uint32_t host = i->links[HEAD].next, address;

	if (host == HEAD)
		return err_set(
			err, -ENOSPC, "all %zu addresses of the node's pod subnet are in use", ipam_size(i));
	queue_remove(i, host);
	address = htonl(i->base + host);
	inet_ntop(AF_INET, &address, ret, IPAM_ADDRESS_MAX);
	return 0;
}

/* The host number of ADDRESS: -EINVAL, -ERANGE. */
static int host_of(const struct ipam *i, const char *address, uint32_t *ret)
{
	uint32_t net;

	if (inet_pton(AF_INET, address, &net) != 1)
		return -EINVAL;
	net = ntohl(net);
	if (net < i->base || net - i->base < FIRST || net - i->base > i->last)
		return -ERANGE;
	*ret = net - i->base;
	return 0;
}

int ipam_take(struct ipam *i, const char *address, struct err *err)
{
	uint32_t host;
	int r = host_of(i, address, &host);

	if (r == -EINVAL)
		return err_set(err, r, "\"%s\" is not an IPv4 address", address);
	if (r < 0)
		return err_set(err, r, "%s is not a pod address of this node", address);
	if (i->links[host].next == NONE)
		return err_set(err, -EADDRINUSE, "%s is in use already", address);
	queue_remove(i, host);
	return 0;
}

void ipam_release(struct ipam *i, const char *address)
{
	uint32_t host;

	if (host_of(i, address, &host) == 0 && i->links[host].next == NONE)
		queue_append(i, host);
}

void ipam_start_after(struct ipam *i, const char *address)
{
	uint32_t last;

	if (host_of(i, address, &last) < 0)
		return;
	for (uint32_t host = FIRST; host <= last; host++) {
		if (i->links[host].next == NONE)
			continue;
		queue_remove(i, host);
		queue_append(i, host);
	}
}

size_t ipam_free_count(const struct ipam *i)
{
	return i->free;
}

size_t ipam_size(const struct ipam *i)
{
	return i->last - FIRST + 1;
}
