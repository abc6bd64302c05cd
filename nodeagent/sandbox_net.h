/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The two ends of a sandbox's veth pair; for sandbox.c. Order: init, then inside (called in the
 * new network namespace, with our memory), then outside.
 */
#pragma once

#include "nodeagent/netlink.h"
#include "nodeagent/sandbox.h"

struct sandbox_net {
	struct cidr address;
	struct netlink *host;            /* socket in the host's namespace */
	int host_netns;                  /* descriptor */
	char ifname[SANDBOX_IFNAME_MAX]; /* of the host's end; set by sandbox_net_inside */
	const char *short_id, *id;       /* borrowed */
	uint32_t mtu;
};
#define SANDBOX_NET_INIT ((struct sandbox_net){ .host_netns = -1 })

int sandbox_net_init(struct sandbox_net *ret, const struct node_env *env, const struct sandbox_spec *spec,
	struct err *err);
void sandbox_net_done(struct sandbox_net *n);
/* lo and eth0 up, address, neighbour, routes; the host's end is made with a name that is free. */
int sandbox_net_inside(struct sandbox_net *n, struct err *err);
/* The host's end up, with proxy ARP, neighbour and route. */
int sandbox_net_outside(struct sandbox_net *n, struct err *err);

/* The ATTEMPTth name for the host's end of sandbox ID: 'p', SHORT, six characters of a hash. RET has SANDBOX_IFNAME_MAX bytes. Pure. */
void sandbox_net_ifname(const char *short_id, const char *id, unsigned attempt, char *ret);
