/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The plan is made on the books themselves: each move is done to them, so that the next is judged by what will be, and all are taken
 * back in the end.
 */
#include "sched/rebalance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "sched/fit.h"
#include "sched/turns.h"
#include "sched/volume.h"

struct plan {
	struct sched_cluster *c;
	sched_movable_fn movable;
	void *arg;
	struct sched_move *moves; /* [count], at most max */
	size_t count, max;
	struct sched_ids moved; /* pods */
	struct sched_verdict verdict;
};

/* --- a move ---------------------------------------------------------------------------------------------- */

static void take(struct plan *p, const char *node, const struct sched_pod *pod)
{
	sched_request_ref(pod->request);
	sched_cluster_remove_pod(p->c, node, pod->id);
}

static void put(struct plan *p, const char *node, const struct sched_pod *pod)
{
	sched_cluster_add_pod(p->c, node, pod);
	sched_request_unref(pod->request);
}

static enum sched_movable movable(const struct plan *p, const struct sched_pod *pod)
{
	if (sched_nominations_is(p->c, pod->id))
		return SCHED_STAYS;
	return p->movable(pod, p->arg);
}

static bool may_move(struct plan *p, const struct sched_pod *pod)
{
	bool broken;

	if (pod->leaving || sched_ids_get(&p->moved, pod->id) || movable(p, pod) != SCHED_MOVES)
		return false;
	sched_budgets_broken(p->c, pod, 1, &broken);
	return !broken;
}

/* Where the scheduler would put the like of POD, which is off the books; NULL: nowhere, or on FROM again. */
static const struct sched_node *goes_to(
	struct plan *p, const struct sched_node *from, const struct sched_pod *pod)
{
	sched_pick_quick(p->c, pod->request, &p->verdict);
	if (!p->verdict.node || str_eq(p->verdict.node, from->name))
		return NULL;
	return sched_node_find(p->c, p->verdict.node);
}

/* POD, which is off the books, is on TO from now on. */
static void move(struct plan *p, const struct sched_pod *pod, const struct sched_node *from,
	const struct sched_node *to, enum sched_move_why why)
{
	struct sched_move *m = &p->moves[p->count++];

	*m = (struct sched_move){ .pod = *pod, .from = from->name, .to = to->name, .why = why };
	put(p, to->name, pod);
	sched_budgets_take(p->c, pod, 1, true);
	sched_ids_put(&p->moved, pod->id, pod->id);
}

/* The last moves are undone, down to COUNT. */
static void undo(struct plan *p, size_t count)
{
	while (p->count > count) {
		const struct sched_move *m = &p->moves[--p->count];

		take(p, m->to, &m->pod);
		put(p, m->from, &m->pod);
		sched_ids_remove(&p->moved, m->pod.id);
		sched_budgets_take(p->c, &m->pod, 1, false);
	}
}

/* --- nodes and pods in order -------------------------------------------------------------------------------- */

static int64_t share(const struct sched_cluster *c, uint32_t node, uint32_t resource)
{
	int64_t have = sched_allocatable(c, node, resource), used = sched_used(c, node, resource);

	return have > 0 ? (int64_t)((__int128)used * 100 / have) : 0;
}

static int64_t load_of(const struct sched_cluster *c, uint32_t node)
{
	int64_t cpu = share(c, node, RESOURCE_CPU), memory = share(c, node, RESOURCE_MEMORY);

	return cpu > memory ? cpu : memory;
}

struct loaded {
	const struct sched_node *node;
	int64_t load;
};

static int fullest_first(const void *x, const void *y)
{
	const struct loaded *a = x, *b = y;

	if (a->load != b->load)
		return a->load > b->load ? -1 : 1;
	return strcmp(a->node->name, b->node->name);
}

static int emptiest_first(const void *x, const void *y)
{
	const struct loaded *a = x, *b = y;

	if (a->load != b->load)
		return a->load < b->load ? -1 : 1;
	return strcmp(a->node->name, b->node->name);
}

static struct loaded *nodes_in_order(
	const struct sched_cluster *c, int (*order)(const void *, const void *), size_t *ret)
{
	struct loaded *list = xcalloc(c->span, sizeof(list[0]));
	size_t count = 0;

	for (uint32_t i = 0; i < c->span; i++)
		if (c->nodes[i])
			list[count++] = (struct loaded){ c->nodes[i], load_of(c, i) };
	if (count > 1)
		qsort(list, count, sizeof(list[0]), order);
	*ret = count;
	return list;
}

static int least_important_first(const void *x, const void *y)
{
	return sched_importance_cmp(y, x);
}

static struct sched_pod *pods_in_order(const struct sched_cluster *c, const struct sched_node *n, size_t *ret)
{
	struct sched_pod *list = xcalloc(n->pod_count, sizeof(list[0]));

	for (uint32_t i = 0; i < n->pod_count; i++)
		list[i] = sched_bound_pod(c, &n->pods[i]);
	*ret = n->pod_count;
	if (*ret > 1)
		qsort(list, *ret, sizeof(list[0]), least_important_first);
	return list;
}

/* --- 1: what may not be where it is --------------------------------------------------------------------------- */

/* The first reason that is a violation is kept. */
static void note_violation(const char *text, void *arg)
{
	static const char *const words[] = {
		"node(s) didn't match Pod's node affinity/selector",
		"node(s) had untolerated taint",
		"node(s) didn't match pod affinity rules",
		"node(s) didn't match pod anti-affinity rules",
		"node(s) didn't satisfy existing pods anti-affinity rules",
		"node(s) didn't match pod topology spread constraints",
	};
	char *kept = arg;

	for (size_t i = 0; i < ARRAY_LEN(words) && !*kept; i++)
		if (strncmp(text, words[i], strlen(words[i])) == 0)
			snprintf(kept, SCHED_REASON_TEXT, "%s", text);
}

static void move_if_violating(struct plan *p, const struct sched_node *n, const struct sched_pod *pod)
{
	char text[SCHED_REASON_TEXT] = "";
	const struct sched_look l = {
		.c = p->c, .r = pod->request, .node = n->index, .n = n, .add = note_violation, .arg = text
	};
	const struct sched_node *to = NULL;

	take(p, n->name, pod);
	sched_request_prepare(p->c, pod->request);
	if (!sched_fit(&l) && *text)
		to = goes_to(p, n, pod);
	if (!to) {
		put(p, n->name, pod);
		return;
	}
	move(p, pod, n, to, SCHED_MOVE_VIOLATES);
	memcpy(p->moves[p->count - 1].text, text, sizeof(text));
}

static void move_violating(struct plan *p)
{
	size_t node_count, pod_count;
	_cleanup_(freep) struct loaded *nodes = nodes_in_order(p->c, fullest_first, &node_count);

	for (size_t i = 0; i < node_count; i++) {
		_cleanup_(freep) struct sched_pod *pods = pods_in_order(p->c, nodes[i].node, &pod_count);

		for (size_t k = 0; k < pod_count && p->count < p->max; k++)
			if (may_move(p, &pods[k]))
				move_if_violating(p, nodes[i].node, &pods[k]);
	}
}

/* --- 2: from full nodes ------------------------------------------------------------------------------------------ */

static void move_if_lighter(struct plan *p, const struct sched_node *n, const struct sched_pod *pod)
{
	int64_t before = load_of(p->c, n->index);
	const struct sched_node *to;

	take(p, n->name, pod);
	to = goes_to(p, n, pod);
	if (to) {
		move(p, pod, n, to, SCHED_MOVE_LOADED);
		if (load_of(p->c, to->index) + SCHED_LOAD_MARGIN > before)
			undo(p, p->count - 1);
		return;
	}
	put(p, n->name, pod);
}

static void move_from_full(struct plan *p)
{
	size_t node_count, pod_count;
	_cleanup_(freep) struct loaded *nodes = nodes_in_order(p->c, fullest_first, &node_count);
	int64_t limit = 0;

	for (size_t i = 0; i < node_count; i++)
		limit += nodes[i].load;
	limit = node_count > 0 ? limit / (int64_t)node_count + SCHED_LOAD_MARGIN : 0;
	for (size_t i = 0; i < node_count && nodes[i].load > limit; i++) {
		const struct sched_node *n = nodes[i].node;
		_cleanup_(freep) struct sched_pod *pods = pods_in_order(p->c, n, &pod_count);

		for (size_t k = 0; k < pod_count && p->count < p->max && load_of(p->c, n->index) > limit; k++)
			if (may_move(p, &pods[k]))
				move_if_lighter(p, n, &pods[k]);
	}
}

/* --- 3: emptying nodes --------------------------------------------------------------------------------------------- */

/* All that is on it is its own. */
static bool is_empty(const struct plan *p, const struct sched_node *n)
{
	for (uint32_t i = 0; i < n->pod_count; i++) {
		const struct sched_pod pod = sched_bound_pod(p->c, &n->pods[i]);

		if (movable(p, &pod) != SCHED_OF_NODE)
			return false;
	}
	return true;
}

static bool move_to_used(struct plan *p, const struct sched_node *n, const struct sched_pod *pod)
{
	const struct sched_node *to;

	if (p->count == p->max || !may_move(p, pod))
		return false;
	take(p, n->name, pod);
	to = goes_to(p, n, pod);
	if (!to || is_empty(p, to)) {
		put(p, n->name, pod);
		return false;
	}
	move(p, pod, n, to, SCHED_MOVE_EMPTIES);
	return true;
}

/* The most important first: it is the one that must find its place. */
static void empty(struct plan *p, const struct sched_node *n)
{
	size_t count, before = p->count;
	_cleanup_(freep) struct sched_pod *pods = pods_in_order(p->c, n, &count);
	bool all = true;

	for (size_t i = count; i > 0 && all; i--)
		if (pods[i - 1].leaving || movable(p, &pods[i - 1]) != SCHED_OF_NODE)
			all = !pods[i - 1].leaving && move_to_used(p, n, &pods[i - 1]);
	if (!all)
		undo(p, before);
}

static bool was_moved_to(const struct plan *p, const struct sched_node *n)
{
	for (size_t i = 0; i < p->count; i++)
		if (str_eq(p->moves[i].to, n->name))
			return true;
	return false;
}

static void empty_nodes(struct plan *p)
{
	size_t count;
	_cleanup_(freep) struct loaded *nodes = nodes_in_order(p->c, emptiest_first, &count);

	for (size_t i = 0; i < count && p->count < p->max; i++)
		if (!was_moved_to(p, nodes[i].node) && !is_empty(p, nodes[i].node))
			empty(p, nodes[i].node);
}

/* --- the face ------------------------------------------------------------------------------------------------------- */

size_t sched_rebalance(
	struct sched_cluster *c, sched_movable_fn movable_fn, void *arg, size_t max, struct sched_move *ret)
{
	struct plan *p = xcalloc(1, sizeof(*p));
	size_t count;

	*p = (struct plan){ .c = c, .movable = movable_fn, .arg = arg, .moves = ret, .max = max };
	c->turns->trial++;
	sched_volumes_settle(c);
	sched_volumes_freeze(c);
	sched_budgets_begin(c);
	move_violating(p);
	if (c->strategy == SCHED_SPREAD)
		move_from_full(p);
	else
		empty_nodes(p);
	count = p->count;
	undo(p, 0);
	sched_budgets_end(c);
	sched_volumes_thaw(c);
	c->turns->trial--;
	sched_ids_done(&p->moved);
	free(p);
	return count;
}
