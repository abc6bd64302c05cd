/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Nodes: a pod subnet of their own (durable, in spec.podCIDR), and Ready or not. A node is ready while a session with its
 * agent is there, in which it has told how its pods are, and the agent doesn't say otherwise; it stays so for 40 seconds after the session ended, so that a
 * restart on either side disturbs nothing. Where git has no Node, this host is one (the implicit node).
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/control/daemon_set.h"
#include "reconciler/control/node_lifecycle.h"

#define NODE_GRACE (NODE_GRACE_SECONDS * NSEC_PER_SEC)

/* --- subnets ---------------------------------------------------------------------------------------------- */

/* An IPv4 network, by its first and last address. */
struct network {
	uint64_t first, last;
};

static bool network_parse(const char *text, struct network *ret)
{
	return world_subnet_parse(text, &ret->first, &ret->last);
}

static void network_format(const struct network *n, unsigned bits, char *ret, size_t size)
{
	struct in_addr a = { .s_addr = htonl((uint32_t)n->first) };
	char text[INET_ADDRSTRLEN];

	snprintf(ret, size, "%s/%u", inet_ntop(AF_INET, &a, text, sizeof(text)), bits & 63);
}

static bool overlaps_others(const struct world *w, const struct world_node *but, const struct network *n)
{
	for (size_t i = 0; i < w->subnet_count; i++) {
		const struct world_subnet *s = &w->subnets[i];

		if (s->node != but && s->first <= n->last && n->first <= s->last)
			return true;
	}
	return false;
}

/* The first subnet of the pod network that no node but BUT has; false when there is none. */
static bool first_free(const struct world *w, const struct world_node *but, struct network *ret)
{
	uint64_t size = 1ULL << (32 - w->node_prefix), at;
	struct network all;

	if (!network_parse(w->pod_cidr, &all) || w->node_prefix < 8 || w->node_prefix > 30)
		return false;
	at = all.first;
	for (size_t i = 0; i < w->subnet_count && w->subnets[i].first < at + size; i++)
		if (w->subnets[i].node != but && w->subnets[i].last >= at)
			at += (w->subnets[i].last - at + size) / size * size;
	*ret = (struct network){ at, at + size - 1 };
	return ret->last <= all.last;
}

/* What the Node manifest asks for, or "". */
static const char *asked_subnet(const struct world_node *n)
{
	return n->o.origin ? str_or_empty(object_node(n->o.origin->object)->spec.pod_cidr) : "";
}

static bool is_taken(struct control *c, struct world_node *n, const char *asked)
{
	struct network net;

	if (*asked == '\0' || !network_parse(asked, &net) || !overlaps_others(c->world, n, &net))
		return false;
	control_event_once(c, &n->o, "Warning", "PodCIDRTaken",
		"podCIDR %s of its manifest overlaps another node's", asked);
	return true;
}

/* Is what it has still what it would get? */
static bool subnet_fits(const struct world *w, const char *has, const char *asked)
{
	struct network all, net;

	if (*asked != '\0')
		return str_eq(has, asked);
	return network_parse(has, &net) && network_parse(w->pod_cidr, &all) && net.first >= all.first &&
	       net.last <= all.last && net.last - net.first + 1 == 1ULL << (32 - w->node_prefix);
}

static bool choose_subnet(
	struct control *c, const struct world_node *n, const char *asked, char *ret, size_t size)
{
	struct network net;

	if (*asked != '\0')
		snprintf(ret, size, "%s", asked);
	else if (first_free(c->world, n, &net))
		network_format(&net, (unsigned)c->world->node_prefix, ret, size);
	else
		return false;
	return true;
}

/*
 * A node has its subnet from the first commit on, which may say where pods have their addresses from. Another pod
 * network moves a node only once none of its pods has an address of the old one.
 */
static bool sync_subnet(struct control *c, struct world_node *n)
{
	const char *asked = asked_subnet(n);
	char cidr[20];

	n->subnet_waits = false;
	if (!c->world->has_snapshot || (n->pod_cidr[0] != '\0' && subnet_fits(c->world, n->pod_cidr, asked)))
		return false;
	if (is_taken(c, n, asked))
		asked = "";
	if (n->pod_cidr[0] != '\0' && subnet_fits(c->world, n->pod_cidr, asked))
		return false;
	if (!choose_subnet(c, n, asked, cidr, sizeof(cidr))) {
		control_event_once(c, &n->o, "Warning", "CIDRNotAvailable",
			"the pod network %s has no subnet left", c->world->pod_cidr);
		return false;
	}
	if (n->pod_cidr[0] != '\0' && world_node_addresses(n) > 0) {
		n->subnet_waits = true;
		control_event_once(c, &n->o, "Warning", "PodCIDRKept",
			"pods have addresses of %s: the node moves to a subnet of %s once none of them is "
			"left",
			n->pod_cidr, *asked != '\0' ? asked : c->world->pod_cidr);
		return false;
	}
	if (n->pod_cidr[0] != '\0')
		plan_step(c->plan, PLAN_UPDATE, &n->o, "pod subnet %s instead of %s", cidr, n->pod_cidr);
	world_node_take_subnet(c->world, n, cidr);
	return true;
}

/* --- readiness ---------------------------------------------------------------------------------------------- */

static bool agent_says_ready(const struct world_node *n)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	const struct node_status *s = world_node_status(n, arena);
	const struct conditions *c = s ? &s->conditions : NULL;

	if (!c)
		return false;
	for (size_t i = 0; i < c->count; i++)
		if (str_eq(c->items[i].type, "Ready"))
			return str_eq(c->items[i].status, "True");
	return true;
}

/* Where a pintled has just started, a node gets its grace from then. */
nsec_t node_grace_end(const struct control *c, const struct world_node *n)
{
	nsec_t since = n->seen > c->world->started ? n->seen : c->world->started;

	return since + NODE_GRACE;
}

static bool is_ready(struct control *c, struct world_node *n)
{
	if (n->told)
		return agent_says_ready(n);
	if (!n->ready)
		return false;
	if (c->now >= node_grace_end(c, n))
		return false;
	world_wake(c->world, &n->o, node_grace_end(c, n));
	return true;
}

static void say_ready(struct control *c, struct world_node *n)
{
	const char *word = n->ready ? "NodeReady" : "NodeNotReady";

	if (n->ready || n->status)
		control_event(c, &n->o, "Normal", word, "Node %s status is now: %s", n->o.name, word);
}

static bool sync_ready(struct control *c, struct world_node *n)
{
	bool ready = is_ready(c, n);

	if (ready == n->ready && n->ready_since != 0)
		return false;
	n->ready = ready;
	n->ready_since = c->now;
	say_ready(c, n);
	for (size_t i = 0; i < n->pods.count && !ready; i++)
		pod_lost_sight(c, n->pods.items[i]);
	c->world->zones_changed = true;
	return true;
}

/* --- the controller ------------------------------------------------------------------------------------------- */

static bool same_labels(const struct object *a, const struct object *b)
{
	return a && b && string_map_equal(&a->meta->labels, &b->meta->labels);
}

/* Removes what is still there. Returns whether N is gone with that. */
static bool is_gone(struct control *c, struct world_node *n)
{
	for (size_t i = n->pods.count; i > 0; i--)
		pod_delete(c, n->pods.items[i - 1], "its node leaves the cluster");
	if (n->pods.count > 0 && (n->connected || n->ready))
		return false;
	control_node_drop(c, n);
	return true;
}

void control_node_leaves(struct control *c, struct world_node *n)
{
	n->leaving = true;
	n->view_generation = -1;
	if (is_gone(c, n))
		return;
	control_daemon_sets_dirty(c);
	world_dirty(c->world, &n->o);
}

void control_node_stays(struct control *c, struct world_node *n)
{
	if (!n->leaving)
		return;
	n->leaving = false;
	n->view_generation = -1;
	control_daemon_sets_dirty(c);
	world_dirty(c->world, &n->o);
}

void control_node_sync(struct control *c, struct world_node *n)
{
	bool subnet = sync_subnet(c, n), ready = sync_ready(c, n);

	if (n->leaving && is_gone(c, n))
		return;
	bool drain = node_drain_begins(n);
	bool taints = node_taints_sync(c, n, node_is_given_up(n));

	if (!n->ready && !node_is_given_up(n))
		c->world->zones_changed = true;
	if (subnet || ready || drain || taints || !n->view || n->view_generation != n->o.generation) {
		_cleanup_(object_unrefp) struct object *before = n->view ? object_ref(n->view) : NULL;

		n->view_generation = n->o.generation;
		world_node_refresh(c->world, n);
		world_touch(c->world, &n->o);
		if (ready || taints || !same_labels(before, n->view))
			control_daemon_sets_dirty(c);
	}
	node_evict(c, n);
	node_drain_look(c, n, drain);
}

void control_node_connected(struct control *c, struct world_node *n, bool connected)
{
	n->connected = connected;
	world_node_news(n);
	n->seen = c->now;
	if (connected && world_node_reach(n, REACH_YES, NULL, NULL, c->now))
		n->view_generation = -1;
	world_dirty(c->world, &n->o);
}

bool control_node_trouble(struct control *c, struct world_node *n, const char *reason, const char *message)
{
	if (!world_node_reach(n, REACH_NO, reason, message, c->now))
		return false;
	n->view_generation = -1;
	control_event(c, &n->o, "Warning", reason, "%s", message);
	world_dirty(c->world, &n->o);
	return true;
}

void control_node_report(struct control *c, struct world_node *n, const struct node_status *status)
{
	if (world_node_take_status(n, status))
		n->view_generation = -1;
	world_dirty(c->world, &n->o);
}

void control_node_pressure(struct control *c, struct world_node *n, struct sched_pressure p)
{
	if (memcmp(&n->pressure, &p, sizeof(p)) == 0)
		return;
	n->pressure = p;
	n->view_generation = -1;
	world_dirty(c->world, &n->o);
}

/* --- coming and going ----------------------------------------------------------------------------------------- */

void control_nodes_dirty(struct control *c)
{
	const struct world_list *nodes = &c->world->of_kind[KIND_NODE];

	for (size_t i = 0; i < nodes->count; i++)
		world_dirty(c->world, nodes->items[i]);
}

void control_node_drop(struct control *c, struct world_node *n)
{
	while (n->pods.count > 0) {
		struct world_pod *p = n->pods.items[0];

		plan_step(c->plan, PLAN_DELETE, &p->o, "its node %s is no longer in the cluster", n->o.name);
		pod_gone(c, p);
	}
	world_strays_clear(n);
	node_duplicates_end(c, n);
	sched_cluster_remove_node(c->world->sched, n->o.name);
	world_drop(c->world, &n->o);
	control_daemon_sets_dirty(c);
	c->world->zones_changed = true;
	control_nodes_dirty(c); /* its subnet is free */
}

static struct world_node *implicit_node(const struct world *w, size_t *ret_declared)
{
	struct world_node *implicit = NULL;

	*ret_declared = 0;
	for (size_t i = 0; i < w->of_kind[KIND_NODE].count; i++) {
		struct world_object *o = w->of_kind[KIND_NODE].items[i];

		if (o->origin)
			(*ret_declared)++;
		else
			implicit = world_node(o);
	}
	return implicit;
}

/* This host has another name from now on. */
static void implicit_is_named(struct control *c)
{
	const struct world_list *nodes = &c->world->of_kind[KIND_NODE];

	for (size_t i = 0; i < nodes->count; i++)
		if (nodes->items[i]->origin)
			control_node_renamed(c, NULL, nodes->items[i]->origin->object);
}

void control_implicit_node(struct control *c)
{
	size_t declared;
	struct world_node *n = implicit_node(c->world, &declared);
	struct world_object *o;

	if (n && declared > 0) {
		plan_step(c->plan, PLAN_DELETE, &n->o, "the repository names its nodes now");
		control_node_drop(c, n);
		implicit_is_named(c);
	}
	if (n || declared > 0 || !c->world->host_name)
		return;
	o = world_add(c->world, KIND_NODE, NULL, c->world->host_name, NULL, c->now);
	o->generation = 1;
	plan_step(c->plan, PLAN_CREATE, o, "this host");
	world_touch(c->world, o);
	world_dirty(c->world, o);
}
