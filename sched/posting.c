/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Linear probing; a list that becomes empty goes, and those behind it move up. */
#include "sched/posting.h"

#include <stdlib.h>

#include "lib/base/mem.h"

enum { FIRST_CAP = 16, FIRST_ITEMS = 2 };

void sched_postings_done(struct sched_postings *p)
{
	for (uint32_t i = 0; i < p->cap; i++)
		free(p->slots[i].items);
	free(p->slots);
	*p = (struct sched_postings){ 0 };
}

static struct sched_posting *find(const struct sched_postings *p, uint64_t hash)
{
	uint32_t i = (uint32_t)hash & (p->cap - 1);

	while (p->slots[i].count > 0 && p->slots[i].hash != hash)
		i = (i + 1) & (p->cap - 1);
	return &p->slots[i];
}

static void resize(struct sched_postings *p, uint32_t cap)
{
	const struct sched_postings old = *p;

	p->cap = cap;
	p->slots = xcalloc(cap, sizeof(p->slots[0]));
	for (uint32_t i = 0; i < old.cap; i++)
		if (old.slots[i].count > 0)
			*find(p, old.slots[i].hash) = old.slots[i];
	free(old.slots);
}

/* Most lists have one or two. */
static void widen(struct sched_posting *s)
{
	if (s->count < s->cap)
		return;
	s->cap = s->cap > 0 ? s->cap * 2 : FIRST_ITEMS;
	s->items = xreallocarray(s->items, s->cap, sizeof(s->items[0]));
}

void sched_postings_add(struct sched_postings *p, uint64_t hash, void *item)
{
	struct sched_posting *s;

	if ((uint64_t)(p->used + 1) * 4 > (uint64_t)p->cap * 3)
		resize(p, p->cap > 0 ? p->cap * 2 : FIRST_CAP);
	s = find(p, hash);
	if (s->count == 0) {
		s->hash = hash;
		p->used++;
	}
	widen(s);
	s->items[s->count++] = item;
}

static void vacate(struct sched_postings *p, uint32_t i)
{
	const uint32_t mask = p->cap - 1;

	free(p->slots[i].items);
	for (uint32_t j = (i + 1) & mask; p->slots[j].count > 0; j = (j + 1) & mask) {
		uint32_t far = (j - (uint32_t)p->slots[j].hash) & mask;

		if (far < ((j - i) & mask))
			continue;
		p->slots[i] = p->slots[j];
		i = j;
	}
	p->slots[i] = (struct sched_posting){ 0 };
	p->used--;
}

void sched_postings_remove(struct sched_postings *p, uint64_t hash, const void *item)
{
	struct sched_posting *s = p->used > 0 ? find(p, hash) : NULL;
	uint32_t i = 0;

	if (!s || s->count == 0)
		return;
	while (i < s->count && s->items[i] != item)
		i++;
	if (i == s->count)
		return;
	s->items[i] = s->items[--s->count];
	if (s->count == 0)
		vacate(p, (uint32_t)(s - p->slots));
}

const struct sched_posting *sched_postings_find(const struct sched_postings *p, uint64_t hash)
{
	const struct sched_posting *s = p->used > 0 ? find(p, hash) : NULL;

	return s && s->count > 0 ? s : NULL;
}
