/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Both ends know each other's MAC address and hold it as a permanent neighbour, so that the first
 * packet waits for nobody. All host ends have the same one, which is harmless point to point; a
 * pod's is 0a:58 and its IPv4 address. Proxy ARP answers a pod that flushed its neighbours.
 *
 * The gateway's address is each host end's, so that the host reaches its pods (probes do) whether or not it has an address
 * of its own at the moment.
 */
#include "nodeagent/sandbox_net.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/base/hash.h"

enum { LOOPBACK_INDEX = 1, POD_INDEX = 2, NAME_ATTEMPTS = 32, NAME_HASH_LEN = 6 };

static const uint8_t host_mac[NETLINK_MAC] = { 0xee, 0xee, 0xee, 0xee, 0xee, 0xee };
static const struct cidr gateway = { .family = AF_INET, .bytes = { 169, 254, 1, 1 }, .prefix = 32 };
static const struct cidr everywhere = { .family = AF_INET };

void sandbox_net_ifname(const char *short_id, const char *id, unsigned attempt, char *ret)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
	char key[SANDBOX_ID_MAX + 16];
	uint64_t hash;
	size_t len;

	snprintf(key, sizeof(key), "%s/%u", id, attempt);
	hash = hash_string(key);
	len = (size_t)snprintf(ret, SANDBOX_IFNAME_MAX - NAME_HASH_LEN, "p%.8s", short_id);
	for (size_t i = 0; i < NAME_HASH_LEN; i++, hash >>= 5)
		ret[len + i] = digits[hash & 31];
	ret[len + NAME_HASH_LEN] = '\0';
}

static void pod_mac(const struct sandbox_net *n, uint8_t ret[NETLINK_MAC])
{
	ret[0] = 0x0a;
	ret[1] = 0x58;
	memcpy(ret + 2, n->address.bytes, 4);
}

int sandbox_net_init(
	struct sandbox_net *ret, const struct node_env *env, const struct sandbox_spec *spec, struct err *err)
{
	_cleanup_(sandbox_net_done) struct sandbox_net n = SANDBOX_NET_INIT;
	int r = cidr_parse_address(spec->address ? spec->address : "", &n.address, err);

	if (r < 0)
		return r;
	if (n.address.family != AF_INET)
		return err_set(err, -EINVAL, "address %s: only IPv4 is supported yet", spec->address);
	n.short_id = env->short_id;
	n.id = spec->id;
	n.mtu = spec->mtu;
	n.host_netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (n.host_netns < 0)
		return err_errno(err, -errno, "opening /proc/self/ns/net");
	r = netlink_open(&n.host, err);
	if (r < 0)
		return r;
	*ret = n;
	n = SANDBOX_NET_INIT;
	return 0;
}

void sandbox_net_done(struct sandbox_net *n)
{
	n->host = netlink_close(n->host);
	n->host_netns = fd_close(n->host_netns);
}

static void inside_queue(const struct sandbox_net *n, struct netlink *nl)
{
	struct netlink_veth veth = {
		.name = "eth0",
		.index = POD_INDEX,
		.peer = n->ifname,
		.peer_netns = n->host_netns,
		.mtu = n->mtu,
	};
	struct netlink_route to_gateway = { .to = gateway, .index = POD_INDEX };
	struct netlink_route to_all = { .to = everywhere, .via = &gateway, .index = POD_INDEX };

	pod_mac(n, veth.mac);
	memcpy(veth.peer_mac, host_mac, NETLINK_MAC);
	netlink_add_veth(nl, &veth);
	netlink_add_quiet(nl, POD_INDEX);
	netlink_add_link_up(nl, LOOPBACK_INDEX);
	netlink_add_link_up(nl, POD_INDEX);
	netlink_add_address(nl, POD_INDEX, &n->address);
	netlink_add_neighbour(nl, POD_INDEX, &gateway, host_mac);
	netlink_add_route(nl, &to_gateway);
	netlink_add_route(nl, &to_all);
}

int sandbox_net_inside(struct sandbox_net *n, struct err *err)
{
	_cleanup_(netlink_closep) struct netlink *nl = NULL;
	struct err last = { 0 };
	int r = netlink_open(&nl, err);

	if (r < 0)
		return r;
	/* A namespace that was let go is removed later, and its interface's name is taken until then. */
	r = -EEXIST;
	for (unsigned attempt = 0; r == -EEXIST && attempt < NAME_ATTEMPTS; attempt++) {
		sandbox_net_ifname(n->short_id, n->id, attempt, n->ifname);
		inside_queue(n, nl);
		r = netlink_commit(nl, &last);
	}
	return r < 0 ? err_set(err, r, "%s", err_text(&last)) : 0;
}

int sandbox_net_outside(struct sandbox_net *n, struct err *err)
{
	struct netlink_route route = { .to = n->address };
	uint8_t mac[NETLINK_MAC];
	int r = netlink_index(n->host, n->ifname, &route.index);

	if (r < 0)
		return err_errno(err, r, "looking for interface %s", n->ifname);
	pod_mac(n, mac);
	netlink_add_quiet(n->host, route.index);
	netlink_add_proxy_arp(n->host, route.index);
	netlink_add_link_up(n->host, route.index);
	netlink_add_link_address(n->host, route.index, &gateway);
	netlink_add_neighbour(n->host, route.index, &n->address, mac);
	netlink_add_route(n->host, &route);
	return netlink_commit(n->host, err);
}
