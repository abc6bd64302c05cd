/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Pods of which their agents must not hear yet: there may be another of that name.
 *
 * In a world that has never forgotten anything a name is free only when the pod that had it is gone. But a tree can be lost, or be an old
 * copy, and a node can be struck off while its pods go on. What agents hold and the world does not have are strays:
 *
 *    1  an agent holds a stray of the name             it waits until the stray is gone, or its node is out of service
 *    2  a StatefulSet's pod or one of git, and a node  it waits until the node has told, or is out of service, or leaves git
 *       of which it is not known what it holds
 *    3  … and pintled has just started                 every node that it has heard of before has 40 s to tell: the tree may
 *                                                      be an old copy, which nobody has said yet
 *    4  its own agent holds it already                 it waits for nothing
 *
 * That a tree is old shows when a node was told of a version that the tree does not have (pintle-protocol(7), treeVersion). Other pods
 * do not wait in 2 and 3: nobody else gives them the names that they have.
 */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "reconciler/control/node_lifecycle.h"

#define TELL_GRACE (NODE_GRACE_SECONDS * NSEC_PER_SEC)

/* Why a pod waits. */
struct doubt {
	const struct world_node *node; /* NULL: it does not wait */
	const char *text;
};
struct withholding {
	struct control *c;
	bool looked; /* UNTOLD is known */
	struct doubt untold;
};

static bool may_hold_strays(const struct world_node *n)
{
	return !node_is_off(n);
}

static struct doubt of_strays(const struct world *w, const struct world_pod *p)
{
	const struct world_stray *s = world_strays_named(w, p->o.namespace, p->o.name);

	for (; s; s = s->next)
		if (may_hold_strays(s->node))
			return (struct doubt){ s->node,
				"still holds another pod of this name, which is to go first" };
	return (struct doubt){ 0 };
}

static struct doubt of_node(const struct control *c, struct world_node *n)
{
	if (n->told || node_is_off(n))
		return (struct doubt){ 0 };
	if (n->pods_unknown && !MUTANT(22))
		return (struct doubt){ n,
			"may hold another pod of this name, and has not told what it holds since the "
			"actual tree was lost" };
	if (n->from_tree && n->status && c->now < c->world->started + TELL_GRACE)
		return (struct doubt){ n, "has not told yet what it holds" };
	return (struct doubt){ 0 };
}

static struct doubt of_nodes(struct withholding *h)
{
	const struct world_list *nodes = world_nodes_by_name(h->c->world);

	for (size_t i = 0; !h->looked && i < nodes->count && !h->untold.node; i++)
		h->untold = of_node(h->c, world_node(nodes->items[i]));
	h->looked = true;
	return h->untold;
}

static struct doubt doubt_of(struct withholding *h, const struct world_pod *p)
{
	struct doubt d = { 0 };

	if (p->held || p->o.deleting || MUTANT(21))
		return d;
	d = of_strays(h->c->world, p);
	if (!d.node && (!p->set || p->set->o.kind->id == KIND_STATEFUL_SET))
		d = of_nodes(h);
	return d;
}

static bool say(struct control *c, struct world_pod *p, const struct doubt *d)
{
	_cleanup_(freep) char *text = xasprintf("it waits: node %s %s", d->node->o.name, d->text);

	p->withheld = true;
	if (str_eq(p->waiting, text))
		return false;
	free(p->waiting);
	p->waiting = TAKE_PTR(text);
	plan_step(c->plan, PLAN_WAIT, &p->o, "%s", p->waiting);
	control_event(c, &p->o, "Warning", WORLD_REASON_WITHHELD, "%s", p->waiting);
	world_touch(c->world, &p->o);
	return true;
}

static bool let_go(struct control *c, struct world_pod *p)
{
	if (!p->withheld)
		return false;
	p->withheld = false;
	free(p->waiting);
	p->waiting = NULL;
	world_touch(c->world, &p->o);
	return true;
}

/* What is queued for N's agent. */
static bool look_at_node(struct withholding *h, struct world_node *n)
{
	bool news = false, waits = false;

	for (size_t i = 0; i < n->queue.count; i++) {
		struct world_pod *p = n->queue.items[i];
		const struct doubt d = doubt_of(h, p);

		news |= d.node ? say(h->c, p, &d) : let_go(h->c, p);
		waits |= d.node != NULL;
	}
	if (waits && h->c->now < h->c->world->started + TELL_GRACE)
		world_wake(h->c->world, &n->o, h->c->world->started + TELL_GRACE);
	return news;
}

bool control_withhold(struct control *c)
{
	struct withholding h = { .c = c };
	bool news = false;

	for (size_t i = 0; i < c->world->news_count; i++)
		if (c->world->news[i]->connected)
			news |= look_at_node(&h, c->world->news[i]);
	return news;
}
