/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Requests stand one behind the other in one buffer and go out in one message; the kernel
 * handles them in order and acknowledges each by its sequence number. A name for each queued
 * request is kept for the error that may come back.
 */
#include "nodeagent/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

enum {
	QUEUE_BYTES = 8192, /* of one commit; a sandbox needs 700 */
	QUEUE_MAX = 16,     /* requests in one commit */
	REQUEST_MAX = 512,  /* bytes of the largest request */
	WHAT_MAX = 96,
	ANSWER_BYTES = 32768, /* the kernel's largest dump part */
	IPV4_DEVCONF_PROXY_ARP_ID = 3,
};

struct netlink {
	struct mnl_socket *socket;
	unsigned port;
	unsigned seq;   /* of the last request */
	unsigned first; /* of the first queued one */
	size_t count;   /* queued */
	size_t used;    /* bytes of queue[] */
	char what[QUEUE_MAX][WHAT_MAX];
	bool may_fail[QUEUE_MAX];
	_Alignas(struct nlmsghdr) char queue[QUEUE_BYTES];
	_Alignas(struct nlmsghdr) char answer[ANSWER_BYTES];
};

int netlink_open(struct netlink **ret, struct err *err)
{
	_cleanup_(netlink_closep) struct netlink *nl = xcalloc(1, sizeof(*nl));

	nl->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!nl->socket || mnl_socket_bind(nl->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return err_errno(err, -errno, "opening rtnetlink");
	nl->port = mnl_socket_get_portid(nl->socket);
	*ret = TAKE_PTR(nl);
	return 0;
}

struct netlink *netlink_close(struct netlink *nl)
{
	if (!nl)
		return NULL;
	if (nl->socket)
		mnl_socket_close(nl->socket);
	free(nl);
	return NULL;
}

void netlink_closep(struct netlink **nl)
{
	*nl = netlink_close(*nl);
}

/* --- queueing ------------------------------------------------------------------------------------------------ */

/* Begins a request. More than a commit holds is the programmer's error. */
static struct nlmsghdr *request_begin(struct netlink *nl, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h;

	if (nl->count == QUEUE_MAX || nl->used + REQUEST_MAX > QUEUE_BYTES)
		abort();
	h = mnl_nlmsg_put_header(nl->queue + nl->used);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	h->nlmsg_seq = ++nl->seq;
	if (nl->count == 0)
		nl->first = nl->seq;
	nl->may_fail[nl->count] = false;
	return h;
}

static _printf_(3, 4) void request_end(struct netlink *nl, const struct nlmsghdr *h, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(nl->what[nl->count], WHAT_MAX, fmt, ap);
	va_end(ap);
	nl->count++;
	nl->used += MNL_ALIGN(h->nlmsg_len);
}

static void put_address(struct nlmsghdr *h, uint16_t type, const struct cidr *c)
{
	mnl_attr_put(h, type, c->family == AF_INET ? 4 : 16, c->bytes);
}

static void put_end(struct nlmsghdr *h, const char *name, const uint8_t *mac, uint32_t mtu)
{
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	mnl_attr_put(h, IFLA_ADDRESS, NETLINK_MAC, mac);
	if (mtu > 0)
		mnl_attr_put_u32(h, IFLA_MTU, mtu);
}

/*
 * A veth uses one queue unless told otherwise, but is made with one for each processor; taking the others away again waits
 * for a grace period of RCU each time. Asked for one, the kernel has nothing to take away.
 */
static void put_one_queue(struct nlmsghdr *h)
{
	mnl_attr_put_u32(h, IFLA_NUM_TX_QUEUES, 1);
	mnl_attr_put_u32(h, IFLA_NUM_RX_QUEUES, 1);
}

void netlink_add_veth(struct netlink *nl, const struct netlink_veth *veth)
{
	struct nlmsghdr *h = request_begin(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(h, sizeof(*info));
	struct nlattr *link, *data, *nested;

	info->ifi_index = (int)veth->index;
	put_end(h, veth->name, veth->mac, veth->mtu);
	put_one_queue(h);
	link = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_str(h, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	nested = mnl_attr_nest_start(h, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	put_end(h, veth->peer, veth->peer_mac, veth->mtu);
	put_one_queue(h);
	if (veth->peer_netns >= 0)
		mnl_attr_put_u32(h, IFLA_NET_NS_FD, (uint32_t)veth->peer_netns);
	mnl_attr_nest_end(h, nested);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, link);
	request_end(nl, h, "making interface %s with peer %s", veth->name, veth->peer);
}

void netlink_add_quiet(struct netlink *nl, uint32_t index)
{
	struct nlmsghdr *h = request_begin(nl, RTM_SETLINK, 0);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(h, sizeof(*info));
	struct nlattr *spec, *inet6;

	info->ifi_index = (int)index;
	spec = mnl_attr_nest_start(h, IFLA_AF_SPEC);
	inet6 = mnl_attr_nest_start(h, AF_INET6);
	mnl_attr_put_u8(h, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(h, inet6);
	mnl_attr_nest_end(h, spec);
	nl->may_fail[nl->count] = true;
	request_end(nl, h, "keeping interface %u without link-local address", index);
}

void netlink_add_link_up(struct netlink *nl, uint32_t index)
{
	struct nlmsghdr *h = request_begin(nl, RTM_NEWLINK, 0);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(h, sizeof(*info));

	info->ifi_index = (int)index;
	info->ifi_flags = info->ifi_change = IFF_UP;
	request_end(nl, h, "bringing interface %u up", index);
}

void netlink_add_link_delete(struct netlink *nl, const char *name)
{
	struct nlmsghdr *h = request_begin(nl, RTM_DELLINK, 0);

	mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	request_end(nl, h, "deleting interface %s", name);
}

static void address_request(
	struct netlink *nl, uint32_t index, const struct cidr *address, unsigned char scope)
{
	struct nlmsghdr *h = request_begin(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
	struct ifaddrmsg *a = mnl_nlmsg_put_extra_header(h, sizeof(*a));
	char text[CIDR_TEXT_MAX];

	a->ifa_family = (uint8_t)address->family;
	a->ifa_prefixlen = (uint8_t)address->prefix;
	a->ifa_index = index;
	a->ifa_scope = scope;
	put_address(h, IFA_LOCAL, address);
	put_address(h, IFA_ADDRESS, address);
	request_end(nl, h, "giving interface %u the address %s", index, cidr_format(address, text));
}

void netlink_add_address(struct netlink *nl, uint32_t index, const struct cidr *address)
{
	address_request(nl, index, address, RT_SCOPE_UNIVERSE);
}

void netlink_add_link_address(struct netlink *nl, uint32_t index, const struct cidr *address)
{
	address_request(nl, index, address, RT_SCOPE_LINK);
}

static void route_request(struct netlink *nl, uint16_t type, uint16_t flags, const struct netlink_route *r)
{
	static const uint8_t kinds[] = {
		[NETLINK_ROUTE_UNICAST] = RTN_UNICAST,
		[NETLINK_ROUTE_UNREACHABLE] = RTN_UNREACHABLE,
	};
	struct nlmsghdr *h = request_begin(nl, type, flags);
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	char text[CIDR_TEXT_MAX];

	m->rtm_family = (uint8_t)r->to.family;
	m->rtm_dst_len = (uint8_t)r->to.prefix;
	m->rtm_table = RT_TABLE_MAIN;
	m->rtm_protocol = RTPROT_STATIC;
	m->rtm_type = kinds[r->type];
	m->rtm_scope = r->via || r->type != NETLINK_ROUTE_UNICAST ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	if (r->to.prefix > 0)
		put_address(h, RTA_DST, &r->to);
	if (r->via)
		put_address(h, RTA_GATEWAY, r->via);
	if (r->source)
		put_address(h, RTA_PREFSRC, r->source);
	if (r->index > 0)
		mnl_attr_put_u32(h, RTA_OIF, r->index);
	request_end(nl, h, "%s the route to %s", type == RTM_NEWROUTE ? "making" : "deleting",
		cidr_format(&r->to, text));
}

void netlink_add_route(struct netlink *nl, const struct netlink_route *route)
{
	route_request(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, route);
}

void netlink_add_route_delete(struct netlink *nl, const struct netlink_route *route)
{
	route_request(nl, RTM_DELROUTE, 0, route);
}

void netlink_add_neighbour(
	struct netlink *nl, uint32_t index, const struct cidr *address, const uint8_t mac[NETLINK_MAC])
{
	struct nlmsghdr *h = request_begin(nl, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
	struct ndmsg *n = mnl_nlmsg_put_extra_header(h, sizeof(*n));
	char text[CIDR_TEXT_MAX];

	n->ndm_family = (uint8_t)address->family;
	n->ndm_ifindex = (int)index;
	n->ndm_state = NUD_PERMANENT;
	put_address(h, NDA_DST, address);
	mnl_attr_put(h, NDA_LLADDR, NETLINK_MAC, mac);
	request_end(nl, h, "making the neighbour %s", cidr_format(address, text));
}

static void proxy_arp_on(struct netlink *nl, uint32_t index)
{
	struct nlmsghdr *h = request_begin(nl, RTM_SETLINK, 0);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(h, sizeof(*info));
	struct nlattr *spec, *inet, *conf;

	info->ifi_index = (int)index;
	spec = mnl_attr_nest_start(h, IFLA_AF_SPEC);
	inet = mnl_attr_nest_start(h, AF_INET);
	conf = mnl_attr_nest_start(h, IFLA_INET_CONF);
	mnl_attr_put_u32(h, IPV4_DEVCONF_PROXY_ARP_ID, 1);
	mnl_attr_nest_end(h, conf);
	mnl_attr_nest_end(h, inet);
	mnl_attr_nest_end(h, spec);
	request_end(nl, h, "switching proxy ARP on for interface %u", index);
}

/* Without this the kernel waits up to 0.8 s before it answers for another. */
static void proxy_delay_off(struct netlink *nl, uint32_t index)
{
	struct nlmsghdr *h = request_begin(nl, RTM_SETNEIGHTBL, 0);
	struct ndtmsg *t = mnl_nlmsg_put_extra_header(h, sizeof(*t));
	struct nlattr *parms;

	t->ndtm_family = AF_INET;
	mnl_attr_put_strz(h, NDTA_NAME, "arp_cache");
	parms = mnl_attr_nest_start(h, NDTA_PARMS);
	mnl_attr_put_u32(h, NDTPA_IFINDEX, index);
	mnl_attr_put_u64(h, NDTPA_PROXY_DELAY, 0);
	mnl_attr_nest_end(h, parms);
	request_end(nl, h, "setting the proxy ARP delay of interface %u", index);
}

void netlink_add_proxy_arp(struct netlink *nl, uint32_t index)
{
	proxy_arp_on(nl, index);
	proxy_delay_off(nl, index);
}

/* --- answers ------------------------------------------------------------------------------------------------- */

/* Counts the acknowledgements in LEN bytes of answers; the earliest failure to *CODE and *FAILED. */
static size_t answers_read(const struct netlink *nl, size_t len, int *code, size_t *failed)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)nl->answer;
	size_t seen = 0;

	for (int rest = (int)len; mnl_nlmsg_ok(h, rest); h = mnl_nlmsg_next(h, &rest)) {
		const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
		size_t nr = h->nlmsg_seq - nl->first;

		if (h->nlmsg_type != NLMSG_ERROR || nr >= nl->count)
			continue;
		seen++;
		if (e->error < 0 && nr < *failed && !nl->may_fail[nr]) {
			*failed = nr;
			*code = e->error;
		}
	}
	return seen;
}

int netlink_commit(struct netlink *nl, struct err *err)
{
	size_t seen = 0, failed = SIZE_MAX;
	int code = 0;

	if (nl->count == 0)
		return 0;
	if (mnl_socket_sendto(nl->socket, nl->queue, nl->used) < 0)
		code = err_errno(err, -errno, "writing to rtnetlink");
	while (seen < nl->count && (code == 0 || failed != SIZE_MAX)) {
		ssize_t n = mnl_socket_recvfrom(nl->socket, nl->answer, sizeof(nl->answer));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			failed = SIZE_MAX;
			code = err_errno(err, -errno, "reading from rtnetlink");
			break;
		}
		seen += answers_read(nl, (size_t)n, &code, &failed);
	}
	if (failed != SIZE_MAX)
		err_errno(err, code, "%s", nl->what[failed]);
	nl->count = nl->used = 0;
	return code;
}

/* --- reading ------------------------------------------------------------------------------------------------- */

struct each {
	netlink_seen_fn fn;
	void *arg;
	int stopped;    /* what FN returned */
	uint32_t index; /* the last interface's, and its name: most routes are on few interfaces */
	char ifname[16];
};

static void take_address(struct cidr *to, const struct nlattr *attr)
{
	size_t size = to->family == AF_INET ? 4 : 16;

	if (mnl_attr_get_payload_len(attr) >= size)
		memcpy(to->bytes, mnl_attr_get_payload(attr), size);
}

static void take_ifname(struct each *e, struct netlink_seen *seen, uint32_t index)
{
	if (index != e->index && !if_indextoname(index, e->ifname))
		e->ifname[0] = '\0';
	e->index = index;
	memcpy(seen->ifname, e->ifname, sizeof(seen->ifname));
}

static bool address_decode(const struct nlmsghdr *h, struct each *e, struct netlink_seen *seen)
{
	const struct ifaddrmsg *a = mnl_nlmsg_get_payload(h);
	const struct nlattr *attr;
	bool local = false;

	seen->is_address = true;
	seen->prefix.family = a->ifa_family;
	seen->prefix.prefix = a->ifa_prefixlen;
	mnl_attr_for_each(attr, h, sizeof(*a))
	{
		unsigned type = mnl_attr_get_type(attr);

		if (type == IFA_LOCAL || (type == IFA_ADDRESS && !local))
			take_address(&seen->prefix, attr);
		local |= type == IFA_LOCAL;
	}
	take_ifname(e, seen, a->ifa_index);
	return a->ifa_family == AF_INET || a->ifa_family == AF_INET6;
}

static bool route_decode(const struct nlmsghdr *h, struct each *e, struct netlink_seen *seen)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *attr;
	uint32_t table = m->rtm_table;

	seen->prefix.family = m->rtm_family;
	seen->prefix.prefix = m->rtm_dst_len;
	seen->unreachable = m->rtm_type == RTN_UNREACHABLE;
	mnl_attr_for_each(attr, h, sizeof(*m))
	{
		switch (mnl_attr_get_type(attr)) {
		case RTA_DST:
			take_address(&seen->prefix, attr);
			break;
		case RTA_OIF:
			take_ifname(e, seen, mnl_attr_get_u32(attr));
			break;
		case RTA_GATEWAY:
			seen->via = (struct cidr){ .family = m->rtm_family,
				.prefix = m->rtm_family == AF_INET ? 32 : 128 };
			take_address(&seen->via, attr);
			seen->has_via = true;
			break;
		case RTA_MULTIPATH:
		case RTA_VIA:
			seen->has_via = true;
			break;
		case RTA_TABLE:
			table = mnl_attr_get_u32(attr);
			break;
		}
	}
	return table == RT_TABLE_MAIN && (m->rtm_family == AF_INET || m->rtm_family == AF_INET6);
}

static int each_one(const struct nlmsghdr *h, void *arg)
{
	struct each *e = arg;
	struct netlink_seen seen = { 0 };
	bool ours = false;

	if (h->nlmsg_type == RTM_NEWADDR || h->nlmsg_type == RTM_DELADDR)
		ours = address_decode(h, e, &seen);
	else if (h->nlmsg_type == RTM_NEWROUTE || h->nlmsg_type == RTM_DELROUTE)
		ours = route_decode(h, e, &seen);
	if (ours && e->stopped == 0)
		e->stopped = e->fn(&seen, e->arg);
	return MNL_CB_OK;
}

/*
 * LEN bytes of a list; true: its last. One that changed while it was told (-EINTR) is heard to its end all the same: what was left of
 * it would stand before the next answer.
 */
static bool part_take(const struct netlink *nl, size_t len, struct each *e, int *code)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)nl->answer;

	for (int rest = (int)len; mnl_nlmsg_ok(h, rest); h = mnl_nlmsg_next(h, &rest)) {
		if (h->nlmsg_seq != nl->seq)
			continue;
		if (h->nlmsg_flags & NLM_F_DUMP_INTR)
			*code = -EINTR;
		if (h->nlmsg_type == NLMSG_ERROR)
			*code = ((const struct nlmsgerr *)mnl_nlmsg_get_payload(h))->error;
		if (h->nlmsg_type == NLMSG_ERROR || h->nlmsg_type == NLMSG_DONE)
			return true;
		each_one(h, e);
	}
	return false;
}

static int dump(struct netlink *nl, uint16_t type, size_t header, struct each *e, struct err *err)
{
	_Alignas(struct nlmsghdr) char request[128];
	struct nlmsghdr *h = mnl_nlmsg_put_header(request);
	int code = 0;
	bool last = false;

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = ++nl->seq;
	mnl_nlmsg_put_extra_header(h, header);
	if (mnl_socket_sendto(nl->socket, h, h->nlmsg_len) < 0)
		return err_errno(err, -errno, "writing to rtnetlink");
	while (!last) {
		ssize_t n = mnl_socket_recvfrom(nl->socket, nl->answer, sizeof(nl->answer));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, -errno, "reading from rtnetlink");
		last = part_take(nl, (size_t)n, e, &code);
	}
	return code < 0 ? err_errno(err, code, "listing addresses and routes") : 0;
}

int netlink_each(struct netlink *nl, netlink_seen_fn fn, void *arg, struct err *err)
{
	struct each e = { .fn = fn, .arg = arg };
	int r = dump(nl, RTM_GETADDR, sizeof(struct ifaddrmsg), &e, err);

	if (r == 0 && e.stopped == 0)
		r = dump(nl, RTM_GETROUTE, sizeof(struct rtmsg), &e, err);
	return r < 0 ? r : e.stopped;
}

/* --- listening ------------------------------------------------------------------------------------------------ */

int netlink_listen(struct netlink **ret, struct err *err)
{
	_cleanup_(netlink_closep) struct netlink *nl = xcalloc(1, sizeof(*nl));

	nl->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!nl->socket ||
		mnl_socket_bind(nl->socket, RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE, MNL_SOCKET_AUTOPID) < 0)
		return err_errno(err, -errno, "listening to rtnetlink");
	*ret = TAKE_PTR(nl);
	return 0;
}

int netlink_fd(const struct netlink *nl)
{
	return mnl_socket_get_fd(nl->socket);
}

int netlink_hear(struct netlink *nl, netlink_seen_fn fn, void *arg)
{
	struct each e = { .fn = fn, .arg = arg };

	for (;;) {
		ssize_t n = mnl_socket_recvfrom(nl->socket, nl->answer, sizeof(nl->answer));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? e.stopped : -errno;
		mnl_cb_run(nl->answer, (size_t)n, 0, 0, each_one, &e);
	}
}

/* --- interfaces ----------------------------------------------------------------------------------------------- */

static int index_one(const struct nlmsghdr *h, void *arg)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(h);

	*(uint32_t *)arg = (uint32_t)info->ifi_index;
	return MNL_CB_OK;
}

int netlink_index(struct netlink *nl, const char *name, uint32_t *ret)
{
	_Alignas(struct nlmsghdr) char request[128];
	struct nlmsghdr *h = mnl_nlmsg_put_header(request);
	ssize_t n;

	h->nlmsg_type = RTM_GETLINK;
	h->nlmsg_flags = NLM_F_REQUEST;
	h->nlmsg_seq = ++nl->seq;
	mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	mnl_attr_put_u32(h, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (mnl_socket_sendto(nl->socket, h, h->nlmsg_len) < 0)
		return -errno;
	do
		n = mnl_socket_recvfrom(nl->socket, nl->answer, sizeof(nl->answer));
	while (n < 0 && errno == EINTR);
	*ret = 0;
	if (n < 0 || mnl_cb_run(nl->answer, (size_t)n, nl->seq, nl->port, index_one, ret) < 0)
		return -errno;
	return *ret > 0 ? 0 : -ENODEV;
}
