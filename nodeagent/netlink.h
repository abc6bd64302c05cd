/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * rtnetlink(7): interfaces, addresses, routes and neighbours of the network namespace in which the
 * socket was opened. The only file that knows libmnl is netlink.c.
 *
 * Requests are queued by netlink_add_…, and sent together by netlink_commit: one system call for a
 * sandbox's end, in order. A request that fails does not stop those behind it; netlink_commit
 * reports the first failure, with what it was. Strings and addresses are copied when queued.
 */
#pragma once

#include "lib/base/err.h"
#include "nodeagent/cidr.h"

struct netlink;

/* A socket in the caller's network namespace. */
int netlink_open(struct netlink **ret, struct err *err);
struct netlink *netlink_close(struct netlink *nl);
void netlink_closep(struct netlink **nl);
/* Sends what is queued and waits for the answers. The first failure as negative errno: -EEXIST for a name that is taken. */
int netlink_commit(struct netlink *nl, struct err *err);

enum { NETLINK_MAC = 6 };
struct netlink_veth {
	const char *name; /* the end made in this namespace */
	uint32_t index;   /* its interface index (must be free); 0: any */
	const char *peer; /* the other end's name */
	int peer_netns;   /* descriptor of the namespace that gets it, or -1: this one */
	uint8_t mac[NETLINK_MAC], peer_mac[NETLINK_MAC];
	uint32_t mtu; /* 0: the kernel's */
};
/* Both ends are down. */
void netlink_add_veth(struct netlink *nl, const struct netlink_veth *veth);
/*
 * No IPv6 link-local address for the interface, hence no duplicate address detection and no router solicitations. Before it
 * comes up. A host without IPv6 refuses this, and that is no failure.
 */
void netlink_add_quiet(struct netlink *nl, uint32_t index);
void netlink_add_link_up(struct netlink *nl, uint32_t index);
/* Deletes an interface by name: -ENODEV where there is none. */
void netlink_add_link_delete(struct netlink *nl, const char *name);
/* ADDRESS with its prefix on interface INDEX. */
void netlink_add_address(struct netlink *nl, uint32_t index, const struct cidr *address);
/* The same for this link alone: packets that leave by another one never come from it. */
void netlink_add_link_address(struct netlink *nl, uint32_t index, const struct cidr *address);

enum netlink_route_type { NETLINK_ROUTE_UNICAST, NETLINK_ROUTE_UNREACHABLE };
struct netlink_route {
	enum netlink_route_type type;
	struct cidr to;            /* prefix 0: the default route */
	const struct cidr *via;    /* gateway, or NULL: on the link */
	const struct cidr *source; /* preferred source, or NULL */
	uint32_t index;            /* interface; 0 for unreachable */
};
/* Replaces a route to the same destination. */
void netlink_add_route(struct netlink *nl, const struct netlink_route *route);
/* -ESRCH where there is none. */
void netlink_add_route_delete(struct netlink *nl, const struct netlink_route *route);
/* A permanent neighbour entry. */
void netlink_add_neighbour(
	struct netlink *nl, uint32_t index, const struct cidr *address, const uint8_t mac[NETLINK_MAC]);
/* Proxy ARP on an interface, answered at once. */
void netlink_add_proxy_arp(struct netlink *nl, uint32_t index);

/* One address or route of the host. */
struct netlink_seen {
	bool is_address; /* else a route */
	bool unreachable;
	struct cidr prefix;
	bool has_via; /* a route by way of a gateway, VIA; or of several, or of one of another family: zeros */
	struct cidr via;
	char ifname[16]; /* "" where it has none, or several */
};
typedef int (*netlink_seen_fn)(const struct netlink_seen *seen, void *arg);
/*
 * Calls FN for each address and route (main table) of the namespace, both families, until it returns other than 0; that is returned.
 * -EINTR: they changed meanwhile, and FN may have missed some; to be asked again, NETLINK_TRIES times in all.
 */
enum { NETLINK_TRIES = 5 };
int netlink_each(struct netlink *nl, netlink_seen_fn fn, void *arg, struct err *err);
/*
 * A socket that hears of each IPv4 address and route (main table) of the namespace that comes or goes; never blocks, and takes no requests.
 * (Routes that go with their interface or its address are not said one by one: the address is.)
 */
int netlink_listen(struct netlink **ret, struct err *err);
/* Readable when there is something to hear. */
int netlink_fd(const struct netlink *nl);
/*
 * Calls FN for all that has been said, until it returns other than 0: that is returned, and the rest is passed over. -ENOBUFS: there was
 * more than the kernel keeps.
 */
int netlink_hear(struct netlink *nl, netlink_seen_fn fn, void *arg);
/* The interface's index, or -ENODEV. */
int netlink_index(struct netlink *nl, const char *name, uint32_t *ret);
