/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Nodes: a pod subnet of their own (durable, in spec.podCIDR), and Ready or not. A node is ready while a session with its
 * agent is there and the agent doesn't say otherwise; it stays so for 40 seconds after the session ended, so that a
 * restart on either side disturbs nothing. Where git has no Node, this host is one (the implicit node).
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/control/control.h"

#define NODE_GRACE (NODE_GRACE_SECONDS * NSEC_PER_SEC)

/* --- subnets ---------------------------------------------------------------------------------------------- */

static bool subnet_taken(const struct world *w, const char *cidr)
{
	for (size_t i = 0; i < w->objects.count; i++) {
		struct world_object *o = w->objects.entries[i].value;

		if (o->kind->id == KIND_NODE && str_eq(world_node(o)->pod_cidr, cidr))
			return true;
	}
	return false;
}

/* The first free subnet of the pod network; "" when there is none. */
static void allocate_subnet(const struct world *w, char *ret, size_t size)
{
	char text[20], candidate[20];
	const char *slash = strchr(w->pod_cidr, '/');
	struct in_addr a;
	int64_t bits;
	uint32_t first;

	ret[0] = '\0';
	if (!slash || (size_t)(slash - w->pod_cidr) >= sizeof(text))
		return;
	snprintf(text, sizeof(text), "%.*s", (int)(slash - w->pod_cidr), w->pod_cidr);
	if (inet_pton(AF_INET, text, &a) != 1 || str_to_i64(slash + 1, &bits) < 0 || bits < 8 ||
		w->node_prefix < bits || w->node_prefix > 30)
		return;
	first = ntohl(a.s_addr) & ~((1U << (32 - bits)) - 1);
	for (uint64_t i = 0; i < 1ULL << (w->node_prefix - bits); i++) {
		uint32_t at = first + (uint32_t)(i << (32 - w->node_prefix));

		snprintf(candidate, sizeof(candidate), "%u.%u.%u.%u/%u", at >> 24, at >> 16 & 255,
			at >> 8 & 255, at & 255, (unsigned)w->node_prefix & 31);
		if (subnet_taken(w, candidate))
			continue;
		snprintf(ret, size, "%s", candidate);
		return;
	}
}

static bool sync_subnet(struct control *c, struct world_node *n)
{
	char cidr[20];
	const char *asked = n->o.origin ? object_node(n->o.origin->object)->spec.pod_cidr : NULL;

	if (n->pod_cidr[0] != '\0')
		return false;
	if (!str_empty(asked) && !subnet_taken(c->world, asked))
		snprintf(cidr, sizeof(cidr), "%s", asked);
	else
		allocate_subnet(c->world, cidr, sizeof(cidr));
	if (cidr[0] == '\0') {
		control_event_once(c, &n->o, "Warning", "CIDRNotAvailable",
			"the pod network %s has no subnet left", c->world->pod_cidr);
		return false;
	}
	snprintf(n->pod_cidr, sizeof(n->pod_cidr), "%s", cidr);
	return true;
}

/* --- readiness ---------------------------------------------------------------------------------------------- */

static bool agent_says_ready(const struct world_node *n)
{
	const struct conditions *c = n->status ? &object_node(n->status)->status.conditions : NULL;

	if (!c)
		return false;
	for (size_t i = 0; i < c->count; i++)
		if (str_eq(c->items[i].type, "Ready"))
			return str_eq(c->items[i].status, "True");
	return true;
}

/* Where a pintled has just started, a node gets its grace from then. */
static nsec_t grace_end(const struct control *c, const struct world_node *n)
{
	nsec_t since = n->seen > c->world->started ? n->seen : c->world->started;

	return since + NODE_GRACE;
}

static bool is_ready(struct control *c, struct world_node *n)
{
	if (n->connected)
		return agent_says_ready(n);
	if (!n->ready)
		return false;
	if (c->now >= grace_end(c, n))
		return false;
	world_wake(c->world, &n->o, grace_end(c, n));
	return true;
}

static bool sync_ready(struct control *c, struct world_node *n)
{
	bool ready = is_ready(c, n);

	if (ready == n->ready && n->ready_since != 0)
		return false;
	n->ready = ready;
	n->ready_since = c->now;
	if (ready)
		control_event(c, &n->o, "Normal", "NodeReady", "Node %s status is now: NodeReady", n->o.name);
	else if (n->status)
		control_event(
			c, &n->o, "Normal", "NodeNotReady", "Node %s status is now: NodeNotReady", n->o.name);
	return true;
}

void control_node_sync(struct control *c, struct world_node *n)
{
	bool subnet = sync_subnet(c, n), ready = sync_ready(c, n);

	if (!subnet && !ready && n->view && n->view_generation == n->o.generation)
		return;
	n->view_generation = n->o.generation;
	world_node_refresh(c->world, n);
	world_touch(c->world, &n->o);
}

void control_node_connected(struct control *c, struct world_node *n, bool connected)
{
	n->connected = connected;
	n->seen = c->now;
	world_dirty(c->world, &n->o);
}

/* A node object that owns the status: taken through its text, so that nothing is borrowed. */
static struct object *status_object(const char *name, const struct node_status *status)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct json_writer json = JSON_WRITER(&text, 0);
	struct node body = { .meta = { .name = name }, .status = *status };
	struct object shell = { .kind = &kinds[KIND_NODE], .meta = &body.meta, .body = &body };
	struct object *ret = NULL;

	object_write_json(&json, &shell, 0, NULL);
	return object_load_json(text.data, text.len, &ret, NULL) < 0 ? NULL : ret;
}

void control_node_report(struct control *c, struct world_node *n, const struct node_status *status)
{
	struct object *o = status_object(n->o.name, status);

	if (!o)
		return;
	object_unref(n->status);
	n->status = o;
	n->view_generation = -1;
	world_dirty(c->world, &n->o);
}

/* --- coming and going ----------------------------------------------------------------------------------------- */

void control_node_drop(struct control *c, struct world_node *n)
{
	while (n->pods.count > 0) {
		struct world_pod *p = n->pods.items[0];

		plan_step(c->plan, PLAN_DELETE, &p->o, "its node %s is no longer in the cluster", n->o.name);
		pod_gone(c, p);
	}
	sched_cluster_remove_node(c->world->sched, n->o.name);
	world_drop(c->world, &n->o);
}

static struct world_node *implicit_node(const struct world *w, size_t *ret_declared)
{
	struct world_node *implicit = NULL;

	*ret_declared = 0;
	for (size_t i = 0; i < w->objects.count; i++) {
		struct world_object *o = w->objects.entries[i].value;

		if (o->kind->id != KIND_NODE)
			continue;
		if (o->origin)
			(*ret_declared)++;
		else
			implicit = world_node(o);
	}
	return implicit;
}

void control_implicit_node(struct control *c)
{
	size_t declared;
	struct world_node *n = implicit_node(c->world, &declared);
	struct world_object *o;

	if (n && declared > 0) {
		plan_step(c->plan, PLAN_DELETE, &n->o, "the repository names its nodes now");
		control_node_drop(c, n);
	}
	if (n || declared > 0 || !c->world->host_name)
		return;
	o = world_add(c->world, KIND_NODE, NULL, c->world->host_name, NULL, c->now);
	o->generation = 1;
	plan_step(c->plan, PLAN_CREATE, o, "this host");
	world_touch(c->world, o);
	world_dirty(c->world, o);
}
