/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The taints in force on a node: those of its manifest, but for keys that say how a node is, and those of how it is
 * (kube-controller-manager's node life-cycle controller, TaintNodesByCondition).
 */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/annotations.h"
#include "reconciler/control/node_lifecycle.h"

#define PREFIX "node.kubernetes.io/"

/*
 * A condition of the agent's that keeps new pods away; not for the reason BUT. One node that is on no network of the others, or
 * two sites without a way between them, don't stop the cluster: who can still reach some nodes' pods takes pods.
 */
static const struct {
	const char *type, *key, *but;
} conditions[] = {
	{ "MemoryPressure", PREFIX "memory-pressure", NULL },
	{ "DiskPressure", PREFIX "disk-pressure", NULL },
	{ "PIDPressure", PREFIX "pid-pressure", NULL },
	{ "NetworkUnavailable", PREFIX "network-unavailable", "NodesUnreachable" },
};

static bool is_ours(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(conditions); i++)
		if (str_eq(conditions[i].key, key))
			return true;
	return str_eq(key, NODE_TAINT_UNSCHEDULABLE) || str_eq(key, NODE_TAINT_NOT_READY) ||
	       str_eq(key, NODE_TAINT_UNREACHABLE);
}

/* People say that it is off, and nobody hears of it. (The taint may stand in the manifest itself, too.) */
static bool is_off(const struct world_node *n)
{
	return n->o.origin && !n->connected && !n->ready &&
	       str_eq(string_map_get(&n->o.origin->object->meta->annotations, ANNOTATION_OUT_OF_SERVICE),
		       "true");
}

bool node_is_off(const struct world_node *n)
{
	for (size_t i = 0; i < n->taint_count; i++)
		if (str_eq(n->taints[i].key, NODE_TAINT_OUT_OF_SERVICE) && !n->connected)
			return true;
	return false;
}

struct taints {
	struct world_taint *items;
	size_t count, cap;
	nsec_t now;
};

static void add(struct taints *t, const char *key, const char *value, const char *effect)
{
	t->items = grow(t->items, &t->cap, t->count + 1, sizeof(t->items[0]));
	/* Copied by who takes the list over. */
	t->items[t->count++] = (struct world_taint){
		.key = (char *)(uintptr_t)key,
		.value = (char *)(uintptr_t)value,
		.effect = effect,
		.added = t->now,
	};
}

static bool has(const struct taints *t, const char *key, const char *effect)
{
	for (size_t i = 0; i < t->count; i++)
		if (str_eq(t->items[i].key, key) && str_eq(t->items[i].effect, effect))
			return true;
	return false;
}

static void add_manifest(struct taints *t, const struct world_node *n)
{
	const struct node *m = n->o.origin ? object_node(n->o.origin->object) : NULL;

	for (size_t i = 0; m && i < m->spec.taints.count; i++)
		if (!is_ours(m->spec.taints.items[i].key))
			add(t, m->spec.taints.items[i].key, m->spec.taints.items[i].value,
				m->spec.taints.items[i].effect);
	if (m && (m->spec.unschedulable || n->draining))
		add(t, NODE_TAINT_UNSCHEDULABLE, NULL, "NoSchedule");
}

static void add_conditions(struct taints *t, const struct world_node *n)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	const struct node_status *s = world_node_status(n, arena);
	const struct conditions *c = s ? &s->conditions : NULL;

	for (size_t i = 0; c && i < c->count; i++)
		for (size_t k = 0; k < ARRAY_LEN(conditions); k++)
			if (str_eq(c->items[i].type, conditions[k].type) &&
				str_eq(c->items[i].status, "True") &&
				!(conditions[k].but && str_eq(c->items[i].reason, conditions[k].but)))
				add(t, conditions[k].key, NULL, "NoSchedule");
}

static const char *state_key(const struct world_node *n)
{
	return n->told ? NODE_TAINT_NOT_READY : NODE_TAINT_UNREACHABLE;
}

bool node_is_given_up(const struct world_node *n)
{
	for (size_t i = 0; i < n->taint_count; i++)
		if (str_eq(n->taints[i].effect, "NoExecute") &&
			(str_eq(n->taints[i].key, NODE_TAINT_NOT_READY) ||
				str_eq(n->taints[i].key, NODE_TAINT_UNREACHABLE)))
			return true;
	return false;
}

bool node_taints_sync(struct control *c, struct world_node *n, bool given_up)
{
	struct taints t = { .now = c->now };
	bool changed;

	add_manifest(&t, n);
	add_conditions(&t, n);
	if (!n->ready)
		add(&t, state_key(n), NULL, "NoSchedule");
	if (!n->ready && given_up)
		add(&t, state_key(n), NULL, "NoExecute");
	if (is_off(n) && !has(&t, NODE_TAINT_OUT_OF_SERVICE, "NoExecute"))
		add(&t, NODE_TAINT_OUT_OF_SERVICE, "nodeshutdown", "NoExecute");
	changed = world_node_taint(n, t.items, t.count);
	free(t.items);
	return changed;
}
