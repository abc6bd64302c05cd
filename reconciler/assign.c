/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* From a node's queue to one apply message: objects first, then pods, removals, and objects that nobody needs any more. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/assign.h"

struct assign {
	struct world *w;
	struct plan *plan;
	struct world_node *node;
	struct wire_apply *apply;
	size_t object_cap;
};

/* --- objects ------------------------------------------------------------------------------------------------ */

/* The ConfigMap or Secret behind a hash, if it is there with its values. */
static struct object *sendable(const struct world *w, const struct world_held *h)
{
	struct world_object *o = map_get(&w->objects, h->key);

	if (!o || !o->origin || o->origin->hollow || !str_eq(o->origin->digest, h->hash))
		return NULL;
	return o->origin->object;
}

static void add_object(struct assign *a, struct world_held *h)
{
	struct object *o = h->sent ? NULL : sendable(a->w, h);
	struct wire_object *items;

	if (!o)
		return;
	if (a->apply->objects.count == a->object_cap) {
		a->object_cap = a->object_cap ? 2 * a->object_cap : 8;
		items = arena_array(a->plan->arena, a->object_cap, sizeof(items[0]));
		if (a->apply->objects.count > 0)
			memcpy(items, a->apply->objects.items, a->apply->objects.count * sizeof(items[0]));
		a->apply->objects.items = items;
	}
	a->apply->objects.items[a->apply->objects.count++] = (struct wire_object){
		.hash = arena_strdup(a->plan->arena, h->hash), .object = o
	};
	h->sent = true;
}

/* --- pods -------------------------------------------------------------------------------------------------------- */

static struct string_map pod_refs(struct assign *a, const struct world_pod *p)
{
	const struct world_revision *r = p->revision;
	struct string_map m = { .items = arena_array(a->plan->arena, r->ref_count + 1, sizeof(m.items[0])) };

	for (size_t i = 0; i < r->ref_count; i++) {
		if (!p->refs[i])
			continue;
		m.items[m.count++] = (struct string_pair){
			.key = arena_printf(
				a->plan->arena, "%s/%s", kinds[r->refs[i].kind].name, r->refs[i].name),
			.value = p->refs[i],
		};
		add_object(a, map_get(&a->node->held, p->refs[i]));
	}
	return m;
}

static void add_pod(struct assign *a, struct world_pod *p)
{
	char digest[WORLD_DIGEST];

	world_pod_digest(p, digest);
	a->apply->pods.items[a->apply->pods.count++] = (struct wire_pod){
		.digest = arena_strdup(a->plan->arena, digest),
		.pod = world_pod_object(a->w, p, a->plan->arena),
		.refs = pod_refs(a, p),
	};
	world_pod_take_sent(p, digest);
	p->held = true;
}

static void add_removal(struct assign *a, const char *uid, int64_t grace)
{
	a->apply->remove.items[a->apply->remove.count++] = (struct wire_remove){
		.uid = arena_strdup(a->plan->arena, uid),
		.grace_period_seconds = { .set = grace >= 0, .value = grace },
	};
}

/* A pod with all it names already sent, under the digest the agent has: it was queued for nothing. */
static bool needs_sending(const struct assign *a, const struct world_pod *p)
{
	if (!world_pod_is_sent(p))
		return true;
	for (size_t i = 0; i < p->revision->ref_count; i++) {
		const struct world_held *h = p->refs[i] ? map_get(&a->node->held, p->refs[i]) : NULL;

		if (h && !h->sent && sendable(a->w, h))
			return true;
	}
	return false;
}

/* Returns whether it stays in the queue. */
static bool add_queued(struct assign *a, struct world_pod *p)
{
	if (p->withheld && !p->o.deleting)
		return true;
	p->queued = false;
	if (p->o.deleting) {
		if (!p->remove_sent)
			add_removal(a, p->o.uid, p->grace);
		p->remove_sent = true;
	} else if (needs_sending(a, p) && (p->held || !world_pod_finished(p))) {
		/* One that has ended, and its agent has no trace of, would run once more. */
		add_pod(a, p);
	}
	return false;
}

/* --- what nobody needs ------------------------------------------------------------------------------------------------ */

static void forget_objects(struct assign *a)
{
	struct map *held = &a->node->held;
	struct strings *forget = &a->apply->forget_objects;

	forget->items = arena_array(a->plan->arena, held->count + 1, sizeof(forget->items[0]));
	for (size_t i = 0; i < held->count;) {
		struct world_held *h = held->entries[i].value;

		if (h->users > 0) {
			i++;
			continue;
		}
		if (h->sent)
			forget->items[forget->count++] = arena_strdup(a->plan->arena, h->hash);
		map_remove(held, h->hash);
		free(h->key);
		free(h);
	}
}

/* Not before git has been looked at: a tree that was lost knows no pod, and git may be out of reach now. */
static void remove_strays(struct assign *a)
{
	if (!a->w->has_snapshot)
		return;
	for (size_t i = 0; i < a->node->stray_count; i++) {
		if (!a->node->strays[i]->sent)
			add_removal(a, a->node->strays[i]->uid, -1);
		a->node->strays[i]->sent = true;
	}
	a->node->strays_unsent = 0;
}

static int queue_order(const void *a, const void *b)
{
	const struct world_pod *x = *(struct world_pod *const *)a, *y = *(struct world_pod *const *)b;

	if (x->o.created != y->o.created)
		return x->o.created < y->o.created ? -1 : 1;
	return strcmp(x->o.key, y->o.key);
}

static void assign_node(struct world *w, struct plan *plan, struct world_node *n)
{
	struct wire_apply apply = { .term = w->names.term, .tree_version = w->tree_version };
	struct assign a = { .w = w, .plan = plan, .node = n, .apply = &apply };
	size_t count = n->queue.count, left = 0;

	apply.pods.items = arena_array(plan->arena, count + 1, sizeof(apply.pods.items[0]));
	apply.remove.items = arena_array(
		plan->arena, count + n->strays_unsent + 1, sizeof(apply.remove.items[0]));
	if (count > 1)
		qsort(n->queue.items, count, sizeof(n->queue.items[0]), queue_order);
	for (size_t i = 0; i < count; i++)
		if (add_queued(&a, n->queue.items[i]))
			n->queue.items[left++] = n->queue.items[i];
	n->queue.count = left;
	remove_strays(&a);
	forget_objects(&a);
	n->held_changed = false;
	if (apply.pods.count + apply.remove.count + apply.objects.count + apply.forget_objects.count == 0)
		return;
	apply.revision = ++n->revision;
	plan->applies = grow(
		plan->applies, &plan->apply_cap, plan->apply_count + 1, sizeof(plan->applies[0]));
	plan->applies[plan->apply_count++] = (struct plan_apply){ .node = n, .apply = apply };
}

static int node_order(const void *a, const void *b)
{
	const struct world_node *x = *(struct world_node *const *)a, *y = *(struct world_node *const *)b;

	return strcmp(x->o.name, y->o.name);
}

/* A node stays on the list while strays wait for the first look at git, or pods are withheld. What is not connected comes back when it is. */
void assign_nodes(struct world *w, struct plan *plan)
{
	size_t kept = 0;

	if (w->news_count > 1)
		qsort(w->news, w->news_count, sizeof(w->news[0]), node_order);
	for (size_t i = 0; i < w->news_count; i++) {
		struct world_node *n = w->news[i];

		w->looked++;
		if (n->connected)
			assign_node(w, plan, n);
		n->news = n->connected && (n->strays_unsent > 0 || n->queue.count > 0);
		if (n->news)
			w->news[kept++] = n;
	}
	w->news_count = kept;
}
