/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/heap.h"

#include <stdlib.h>

#include "lib/base/mem.h"

void sched_heap_done(struct sched_heap *h)
{
	free(h->keys);
	*h = (struct sched_heap){ 0 };
}

static void put_at(struct sched_heap *h, const struct sched_places *p, uint32_t i, uint64_t key)
{
	h->keys[i] = key;
	p->place[p->by_order[sched_key_order(key)]] = i + 1;
}

/* KEY goes up from I, where there is a gap; returns where it stays. */
static uint32_t rise(struct sched_heap *h, const struct sched_places *p, uint32_t i, uint64_t key)
{
	while (i > 0 && key > h->keys[(i - 1) / 2]) {
		put_at(h, p, i, h->keys[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put_at(h, p, i, key);
	return i;
}

static void sink(struct sched_heap *h, const struct sched_places *p, uint32_t i, uint64_t key)
{
	for (uint32_t child = 2 * i + 1; child < h->count; child = 2 * i + 1) {
		child += child + 1 < h->count && h->keys[child + 1] > h->keys[child];
		if (h->keys[child] <= key)
			break;
		put_at(h, p, i, h->keys[child]);
		i = child;
	}
	put_at(h, p, i, key);
}

void sched_heap_append(struct sched_heap *h, uint64_t key)
{
	if (h->count == h->cap) {
		size_t cap = h->cap;

		h->keys = grow(h->keys, &cap, h->count + 1, sizeof(h->keys[0]));
		h->cap = (uint32_t)cap;
	}
	h->keys[h->count++] = key;
}

void sched_heap_build(struct sched_heap *h, const struct sched_places *p)
{
	for (uint32_t i = h->count; i > h->count / 2; i--)
		put_at(h, p, i - 1, h->keys[i - 1]);
	for (uint32_t i = h->count / 2; i > 0; i--)
		sink(h, p, i - 1, h->keys[i - 1]);
}

void sched_heap_put(struct sched_heap *h, const struct sched_places *p, uint32_t node, uint64_t key)
{
	uint32_t place = p->place[node];

	if (place == 0) {
		sched_heap_append(h, key);
		rise(h, p, h->count - 1, key);
	} else if (key > h->keys[place - 1]) {
		rise(h, p, place - 1, key);
	} else {
		sink(h, p, place - 1, key);
	}
}

void sched_heap_take(struct sched_heap *h, const struct sched_places *p, uint32_t node)
{
	uint32_t i = p->place[node] - 1;
	uint64_t last = h->keys[--h->count];

	p->place[node] = 0;
	if (i == h->count)
		return;
	if (rise(h, p, i, last) == i)
		sink(h, p, i, last);
}
