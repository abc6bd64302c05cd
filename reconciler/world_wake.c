/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Who waits for a time, as a binary heap: the next one due is first, so that a pass looks at those that are due and at no
 * others. Each object knows its place (wake_index, from 1), for it may leave before its time or be asked to wake sooner.
 */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "reconciler/world_internal.h"

static void put_at(struct world_list *heap, size_t i, struct world_object *o)
{
	heap->items[i] = o;
	o->wake_index = (uint32_t)i + 1;
}

/* Moves O from place I to where it belongs, towards the first. */
static void rise(struct world_list *heap, size_t i, struct world_object *o)
{
	while (i > 0 && heap->items[(i - 1) / 2]->wake > o->wake) {
		put_at(heap, i, heap->items[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put_at(heap, i, o);
}

/* Likewise, away from the first. */
static void sink(struct world_list *heap, size_t i, struct world_object *o)
{
	for (size_t child = 2 * i + 1; child < heap->count; child = 2 * i + 1) {
		if (child + 1 < heap->count && heap->items[child + 1]->wake < heap->items[child]->wake)
			child++;
		if (heap->items[child]->wake >= o->wake)
			break;
		put_at(heap, i, heap->items[child]);
		i = child;
	}
	put_at(heap, i, o);
}

void world_wake(struct world *w, struct world_object *o, nsec_t when)
{
	struct world_list *heap = &w->wakes;

	if (when >= o->wake || o->dropped)
		return;
	o->wake = when;
	if (o->wake_index == 0) {
		heap->items = grow(heap->items, &heap->cap, heap->count + 1, sizeof(heap->items[0]));
		o->wake_index = (uint32_t)++heap->count;
	}
	rise(heap, o->wake_index - 1, o);
}

void world_wake_cancel(struct world *w, struct world_object *o)
{
	struct world_list *heap = &w->wakes;
	size_t i = o->wake_index;
	struct world_object *last;

	if (i == 0)
		return;
	o->wake_index = 0;
	o->wake = NSEC_NEVER;
	last = heap->items[--heap->count];
	if (last == o)
		return;
	rise(heap, i - 1, last);
	sink(heap, last->wake_index - 1, last);
}

nsec_t world_wake_next(const struct world *w)
{
	return w->wakes.count > 0 ? w->wakes.items[0]->wake : NSEC_NEVER;
}

nsec_t world_wake_due(struct world *w, nsec_t now)
{
	while (world_wake_next(w) <= now) {
		struct world_object *o = w->wakes.items[0];

		world_wake_cancel(w, o);
		world_dirty(w, o);
	}
	return world_wake_next(w);
}
