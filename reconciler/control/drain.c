/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Draining: a Node with pintle.dev/drain: "true" takes no new pods, and those that it has are evicted as their budgets allow,
 * again whenever one of them has room. Pods of DaemonSets stay, as with kubectl drain; a pod of git without a
 * controller is made anew elsewhere, unless it has ended: then it stays what it is.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/annotations.h"
#include "reconciler/control/budget.h"
#include "reconciler/control/node_lifecycle.h"

static bool wants_drain(const struct world_node *n)
{
	return n->o.origin &&
	       str_eq(string_map_get(&n->o.origin->object->meta->annotations, ANNOTATION_DRAIN), "true");
}

static bool must_leave(const struct world_pod *p)
{
	if (pod_is_done(p))
		return false;
	return !p->set || p->set->o.kind->id != KIND_DAEMON_SET;
}

static int pod_cmp(const void *a, const void *b)
{
	const struct world_pod *x = *(struct world_pod *const *)a, *y = *(struct world_pod *const *)b;

	return strcmp(x->o.key, y->o.key);
}

static void evict(struct control *c, struct world_node *n, struct world_pod *p)
{
	_cleanup_(freep) char *why = xasprintf("its node %s is being drained", n->o.name);
	const char *budget = pod_evict(c, p, why);

	if (!budget)
		return;
	free(n->drain_waits);
	n->drain_waits = xstrdup(budget);
	control_event_once(
		c, &n->o, "Warning", "DrainWaits", "%s waits: %s allows no disruption now", p->o.key, budget);
}

static size_t left(const struct world_node *n)
{
	size_t count = 0;

	for (size_t i = 0; i < n->pods.count; i++)
		count += must_leave(n->pods.items[i]);
	return count;
}

static void evict_all(struct control *c, struct world_node *n)
{
	size_t count = n->pods.count;
	_cleanup_(freep) struct world_pod **pods = xcalloc(count, sizeof(pods[0]));

	if (count > 0)
		memcpy(pods, n->pods.items, count * sizeof(pods[0]));
	if (count > 1)
		qsort(pods, count, sizeof(pods[0]), pod_cmp);
	for (size_t i = 0; i < count; i++)
		if (must_leave(pods[i]) && !pods[i]->o.deleting)
			evict(c, n, pods[i]);
}

bool node_drain_begins(struct world_node *n)
{
	bool before = n->draining;

	n->draining = wants_drain(n);
	return n->draining != before;
}

void node_drain_look(struct control *c, struct world_node *n, bool changed)
{
	if (!n->draining && !changed)
		return;
	n->drain_due = true;
	c->world->drains_due = true;
}

static void drain(struct control *c, struct world_node *n)
{
	size_t before = n->drain_left;
	_cleanup_(freep) char *waited = TAKE_PTR(n->drain_waits);

	if (n->draining)
		evict_all(c, n);
	n->drain_left = n->draining ? left(n) : 0;
	if (n->draining && n->drain_left == 0 && before > 0)
		control_event(c, &n->o, "Normal", "Drained", "no pod is left but those of DaemonSets");
	if (before != n->drain_left || !str_eq(waited, n->drain_waits))
		world_touch(c->world, &n->o);
}

bool control_drains(struct control *c)
{
	struct world_entry_list nodes;

	if (!c->world->drains_due)
		return false;
	c->world->drains_due = false;
	nodes = world_kind_entries(c->world, KIND_NODE);
	for (size_t i = 0; i < nodes.count; i++) {
		struct world_node *n = world_node(nodes.items[i]);

		if (n->drain_due)
			drain(c, n);
		n->drain_due = false;
	}
	free(nodes.items);
	return true;
}
