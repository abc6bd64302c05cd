/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Pods that wait for a node (or for their class: a list of its own), in one list: those that have had a turn, and behind them those
 * that have come since. Each knows its place, so that one that goes leaves a hole; holes and the new ones are dealt with when
 * somebody goes through the list. A pass that has nothing new to place doesn't look at it. In which order they have their turn is
 * the scheduler's to say; those that wait for a class are kept in an order of their own.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/world_internal.h"

static struct world_waiting *list_of(struct world *w, const struct world_pod *p)
{
	return p->ranked ? &w->waiting : &w->unranked;
}

bool world_pod_is_gated(const struct world_pod *p)
{
	return p->revision->template.spec.scheduling_gates.count > 0;
}

bool world_pod_is_foreign(const struct world_pod *p)
{
	const struct pod_spec *spec = &p->revision->template.spec;

	return !str_empty(spec->scheduler_name) && !str_eq(spec->scheduler_name, "default-scheduler") &&
	       str_empty(spec->node_name);
}

void world_pod_wait(struct world *w, struct world_pod *p)
{
	struct world_waiting *list = list_of(w, p);

	if (p->waits || (p->ranked && (world_pod_is_gated(p) || world_pod_is_foreign(p))))
		return;
	assert(!p->node);
	p->waits = true;
	p->node_index = (uint32_t)list->count;
	list->items = grow(list->items, &list->cap, list->count + 1, sizeof(list->items[0]));
	list->items[list->count++] = p;
}

void world_pod_unwait(struct world *w, struct world_pod *p)
{
	struct world_waiting *list = list_of(w, p);

	if (!p->waits)
		return;
	assert(list->items[p->node_index] == p);
	p->waits = false;
	if (p->nominated)
		sched_cluster_unnominate(w->sched, p);
	p->nominated = false;
	list->items[p->node_index] = NULL;
	list->holes++;
}

static int order(const void *a, const void *b)
{
	const struct world_pod *x = *(struct world_pod *const *)a, *y = *(struct world_pod *const *)b;

	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	if (x->o.created != y->o.created)
		return x->o.created < y->o.created ? -1 : 1;
	return strcmp(x->o.key, y->o.key);
}

static void close_holes(struct world_waiting *list)
{
	size_t kept = 0, ordered = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i])
			list->items[kept++] = list->items[i];
		if (i + 1 == list->ordered)
			ordered = kept;
	}
	list->count = kept;
	list->ordered = ordered;
	list->holes = 0;
}

/* The new ones, which are sorted, between the others: from the end, into room of their own. */
static void merge(struct world_waiting *list)
{
	size_t fresh = list->count - list->ordered, old = list->ordered, to = list->count;
	_cleanup_(freep) struct world_pod **come = xmemdup(
		list->items + list->ordered, fresh * sizeof(come[0]));

	while (fresh > 0) {
		bool is_old = old > 0 && order(&list->items[old - 1], &come[fresh - 1]) > 0;

		list->items[--to] = is_old ? list->items[--old] : come[--fresh];
	}
	list->ordered = list->count;
}

static void number(const struct world_waiting *list)
{
	for (size_t i = 0; i < list->count; i++)
		list->items[i]->node_index = (uint32_t)i;
}

void world_waiting_close(struct world_waiting *list)
{
	if (list->holes > 0) {
		close_holes(list);
		number(list);
	}
	list->ordered = list->count;
}

void world_waiting_order(struct world_waiting *list)
{
	if (list->holes == 0 && list->ordered == list->count)
		return;
	if (list->holes > 0)
		close_holes(list);
	if (list->count - list->ordered > 1)
		qsort(list->items + list->ordered, list->count - list->ordered, sizeof(list->items[0]),
			order);
	merge(list);
	number(list);
}
