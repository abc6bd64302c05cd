/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Which routes of the host are ours: those to interfaces that carry our short id, and the
 * `unreachable` route to the subnet that RUN_DIR/subnet names, written before the route is made.
 */
#include "nodeagent/podnet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "nodeagent/netlink.h"

static char *record_path(const struct node_env *env)
{
	return xasprintf("%s/subnet", env->run_dir);
}

/* The subnet of before into RET; -ENOENT where there is none that can be read. */
static int record_read(const struct node_env *env, struct cidr *ret)
{
	_cleanup_(freep) char *path = record_path(env);
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	if (fs_read(AT_FDCWD, path, CIDR_TEXT_MAX, &text, NULL) < 0 || cidr_parse(text.data, ret, NULL) < 0)
		return -ENOENT;
	return 0;
}

/* --- overlap ------------------------------------------------------------------------------------------------- */

struct overlap {
	const struct cidr *subnet;
	const struct cidr *recorded; /* NULL: none */
	const struct cidr *cluster;  /* of all pods; NULL: not known */
	char prefix[16];             /* of our interfaces' names */
	struct netlink_seen found;
};

/* Made by people, so that a router carries packets between nodes. */
static bool leads_to_others(const struct netlink_seen *seen, const struct overlap *o)
{
	return !seen->is_address && seen->has_via && o->cluster && cidr_contains(o->cluster, &seen->prefix) &&
	       seen->prefix.prefix < o->subnet->prefix && cidr_contains(&seen->prefix, o->subnet);
}

static int overlap_check(const struct netlink_seen *seen, void *arg)
{
	struct overlap *o = arg;

	if (!cidr_overlaps(&seen->prefix, o->subnet) || (!seen->is_address && seen->prefix.prefix == 0))
		return 0;
	if (str_starts(seen->ifname, o->prefix))
		return 0;
	if (seen->unreachable && o->recorded && cidr_equal(&seen->prefix, o->recorded))
		return 0;
	if (leads_to_others(seen, o))
		return 0;
	o->found = *seen;
	return 1;
}

static bool cluster_of(const struct peers *peers, struct cidr *ret)
{
	return peers->cluster_cidr && cidr_parse(peers->cluster_cidr, ret, NULL) == 0 &&
	       ret->family == AF_INET;
}

static int overlap_find(const struct node_env *env, struct netlink *nl, const struct cidr *subnet,
	const struct peers *peers, struct err *err)
{
	struct overlap o = { .subnet = subnet };
	char mine[CIDR_TEXT_MAX], theirs[CIDR_TEXT_MAX];
	struct cidr recorded, cluster;
	int r = -EINTR;

	if (cluster_of(peers, &cluster))
		o.cluster = &cluster;
	if (record_read(env, &recorded) == 0)
		o.recorded = &recorded;
	snprintf(o.prefix, sizeof(o.prefix), "p%s", env->short_id);
	for (int i = 0; i < NETLINK_TRIES && r == -EINTR; i++) {
		err_clear(err);
		r = netlink_each(nl, overlap_check, &o, err);
	}
	if (r <= 0)
		return r;
	return err_set(err, -EADDRINUSE, "pod subnet %s overlaps the host's %s %s%s%s",
		cidr_format(subnet, mine),
		o.found.is_address    ? "address"
		: o.found.unreachable ? "unreachable route (another home's pod subnet?)"
				      : "route",
		cidr_format(&o.found.prefix, theirs), o.found.ifname[0] ? " on " : "", o.found.ifname);
}

/* --- nftables ------------------------------------------------------------------------------------------------ */

static int nft_run(const struct buf *script, struct err *err)
{
	const char *const argv[] = { "nft", "-f", "-", NULL };
	struct proc_spec spec = { .argv = argv, .input = script->data, .input_len = script->len };
	int r = proc_check(&spec, NULL, err);

	return r < 0 ? err_wrap(err, r, "nft") : 0;
}

/* Deleting needs the table to be there: hence made first. */
static void table_delete_write(struct buf *out, const struct node_env *env)
{
	buf_addf(out, "table ip pintle_%s\ndelete table ip pintle_%s\n", env->short_id, env->short_id);
}

static void pods_add(struct buf *out, const struct cidr *c)
{
	char text[CIDR_TEXT_MAX];

	buf_addf(out, "%s%s", out->len > 0 ? ", " : "", cidr_format(c, text));
}

void podnet_pods(const char *subnet, const struct peers *peers, struct buf *out)
{
	struct cidr cluster, c;
	bool known = cluster_of(peers, &cluster);

	if (known)
		pods_add(out, &cluster);
	if (cidr_parse(subnet, &c, NULL) == 0 && !(known && cidr_contains(&cluster, &c)))
		pods_add(out, &c);
	for (size_t i = 0; i < peers->count; i++)
		if (cidr_parse(peers->items[i].said.pod_cidr, &c, NULL) == 0 && c.family == AF_INET &&
			!(known && cidr_contains(&cluster, &c)))
			pods_add(out, &c);
}

/* What a pod sends to anything but pods leaves with the host's address. */
int podnet_masquerade(
	const struct node_env *env, const char *subnet, const struct peers *peers, struct err *err)
{
	_cleanup_(buf_done) struct buf script = BUF_INIT, pods = BUF_INIT;

	table_delete_write(&script, env);
	podnet_pods(subnet, peers, &pods);
	buf_addf(&script,
		"table ip pintle_%s {\n"
		"\tset pods {\n"
		"\t\ttype ipv4_addr\n"
		"\t\tflags interval\n"
		"\t\tauto-merge\n"
		"\t\telements = { %s }\n"
		"\t}\n"
		"\tchain postrouting {\n"
		"\t\ttype nat hook postrouting priority srcnat\n"
		"\t\tip saddr %s ip daddr != @pods oifname != \"p%s*\" masquerade\n"
		"\t}\n"
		"}\n",
		env->short_id, pods.data, subnet, env->short_id);
	return nft_run(&script, err);
}

/* --- up, down ------------------------------------------------------------------------------------------------ */

static int forwarding_on(struct err *err)
{
	static const char path[] = "/proc/sys/net/ipv4/ip_forward";
	_cleanup_(buf_done) struct buf now = BUF_INIT;
	_cleanup_(closep) int fd = -1;

	if (fs_read(AT_FDCWD, path, 16, &now, NULL) == 0 && now.data[0] == '1')
		return 0;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "1", 1) != 1)
		return err_errno(err, -errno, "switching forwarding on (%s)", path);
	return 0;
}

static int route_delete(struct netlink *nl, const struct cidr *subnet, struct err *err)
{
	struct netlink_route route = { .type = NETLINK_ROUTE_UNREACHABLE, .to = *subnet };
	struct err last = { 0 };
	int r;

	netlink_add_route_delete(nl, &route);
	r = netlink_commit(nl, &last);
	return r < 0 && r != -ESRCH ? err_set(err, r, "%s", err_text(&last)) : 0;
}

static int route_make(
	const struct node_env *env, struct netlink *nl, const struct cidr *subnet, struct err *err)
{
	_cleanup_(freep) char *path = record_path(env);
	struct netlink_route route = { .type = NETLINK_ROUTE_UNREACHABLE, .to = *subnet };
	struct cidr old;
	char text[CIDR_TEXT_MAX];
	int r = 0;

	if (record_read(env, &old) == 0 && !cidr_equal(&old, subnet))
		r = route_delete(nl, &old, err);
	cidr_format(subnet, text);
	if (r == 0)
		r = fs_write(AT_FDCWD, path, text, strlen(text), 0600, 0, err);
	if (r < 0)
		return r;
	netlink_add_route(nl, &route);
	return netlink_commit(nl, err);
}

int podnet_up(const struct node_env *env, const char *subnet, const struct peers *peers, struct err *err)
{
	_cleanup_(netlink_closep) struct netlink *nl = NULL;
	struct cidr c;
	int r = cidr_parse(subnet, &c, err);

	if (r == 0 && c.family != AF_INET)
		r = err_set(err, -EINVAL, "%s: only IPv4 is supported yet", subnet);
	if (r < 0)
		return err_wrap(err, r, "pod subnet");
	r = netlink_open(&nl, err);
	if (r == 0)
		r = overlap_find(env, nl, &c, peers, err);
	if (r == 0)
		r = fs_mkdir_p(AT_FDCWD, env->run_dir, 0700, err);
	if (r == 0)
		r = route_make(env, nl, &c, err);
	if (r == 0)
		r = forwarding_on(err);
	return r < 0 ? r : podnet_masquerade(env, subnet, peers, err);
}

/* The kernel may be taking one away itself at this moment: -ENODEV is as good. */
static int interface_delete(struct netlink *nl, const char *name, struct err *err)
{
	struct err last = { 0 };
	int r;

	netlink_add_link_delete(nl, name);
	r = netlink_commit(nl, &last);
	return r < 0 && r != -ENODEV ? err_set(err, r, "%s", err_text(&last)) : 0;
}

static int interfaces_delete(const struct node_env *env, struct netlink *nl, struct err *err)
{
	_cleanup_(freep) char *prefix = xasprintf("p%s", env->short_id);
	struct if_nameindex *all = if_nameindex();
	int r = 0;

	if (!all)
		return err_errno(err, -errno, "listing interfaces");
	for (const struct if_nameindex *i = all; r == 0 && i->if_name; i++)
		if (str_starts(i->if_name, prefix))
			r = interface_delete(nl, i->if_name, err);
	if_freenameindex(all);
	return r;
}

int podnet_down(const struct node_env *env, struct err *err)
{
	_cleanup_(netlink_closep) struct netlink *nl = NULL;
	_cleanup_(buf_done) struct buf script = BUF_INIT;
	_cleanup_(freep) char *path = record_path(env);
	struct cidr old;
	int r = netlink_open(&nl, err);

	if (r == 0 && record_read(env, &old) == 0)
		r = route_delete(nl, &old, err);
	if (r == 0)
		r = interfaces_delete(env, nl, err);
	if (r < 0)
		return r;
	if (unlink(path) < 0 && errno != ENOENT)
		return err_errno(err, -errno, "removing %s", path);
	table_delete_write(&script, env);
	return nft_run(&script, err);
}
