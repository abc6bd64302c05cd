/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What changed since somebody last looked, and the order of names.
 *
 * Changes of nodes stand in a ring of twice as many as there can be nodes: who is further behind than that looks at all nodes
 * anew, which is not more work. A node that changed often is looked at once: only the last of its changes counts.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "sched/part.h"

enum { RING_MIN = 64 };

void sched_changes_grow(struct sched_cluster *c, uint32_t cap)
{
	struct sched_log *l = &c->log;

	l->last = xreallocarray(l->last, cap, sizeof(l->last[0]));
	memset(l->last + c->cap, 0, (cap - c->cap) * sizeof(l->last[0]));
	free(l->ring);
	l->size = RING_MIN;
	while (l->size < 2 * (uint64_t)cap)
		l->size *= 2;
	l->ring = xcalloc(l->size, sizeof(l->ring[0]));
	l->begin = l->end;
	c->order = xreallocarray(c->order, cap, sizeof(c->order[0]));
	c->by_order = xreallocarray(c->by_order, cap, sizeof(c->by_order[0]));
}

void sched_changes_done(struct sched_cluster *c)
{
	free(c->log.last);
	free(c->log.ring);
	free(c->order);
	free(c->by_order);
}

void sched_node_changed(struct sched_cluster *c, uint32_t node)
{
	struct sched_log *l = &c->log;

	c->changes++;
	l->ring[l->end & (l->size - 1)] = node;
	l->last[node] = l->end++;
	if (l->end - l->begin > l->size)
		l->begin = l->end - l->size;
}

void sched_request_changed(struct sched_cluster *c, struct sched_request *r)
{
	r->changed = ++c->changes;
}

void sched_all_changed(struct sched_cluster *c)
{
	c->all_changed = ++c->changes;
}

static int by_name(const void *x, const void *y)
{
	const struct sched_node *const *a = x, *const *b = y;

	return strcmp((*a)->name, (*b)->name);
}

void sched_order_names(struct sched_cluster *c)
{
	_cleanup_(freep) struct sched_node **sorted = NULL;
	uint32_t count = 0;

	if (!c->order_stale)
		return;
	c->order_stale = false;
	sorted = xcalloc(c->span, sizeof(struct sched_node *));
	for (uint32_t i = 0; i < c->span; i++)
		if (c->nodes[i])
			sorted[count++] = c->nodes[i];
	if (count > 1)
		qsort(sorted, count, sizeof(struct sched_node *), by_name);
	for (uint32_t i = 0; i < count; i++) {
		c->order[sorted[i]->index] = i;
		c->by_order[i] = sorted[i]->index;
	}
	sched_all_changed(c);
}
