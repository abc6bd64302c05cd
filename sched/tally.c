/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Linear probing; who goes leaves no gap, those behind it move up. */
#include "sched/tally.h"

#include <stdlib.h>

#include "lib/base/mem.h"

enum { FIRST_CAP = 4 };

void sched_tally_done(struct sched_tally *t)
{
	free(t->slots);
	*t = (struct sched_tally){ 0 };
}

/* Multiplied by 2^32 / golden ratio: keys are dense, neighbours shall not be. */
static uint32_t home(const struct sched_tally *t, uint32_t key)
{
	return (uint32_t)(((uint64_t)(key * 2654435769u) * t->cap) >> 32);
}

/* The slot of KEY, or the free one where it belongs. */
static struct sched_tally_slot *find(const struct sched_tally *t, uint32_t key)
{
	uint32_t i = home(t, key);

	while (t->slots[i].key != 0 && t->slots[i].key != key)
		i = (i + 1) & (t->cap - 1);
	return &t->slots[i];
}

static void resize(struct sched_tally *t, uint32_t cap)
{
	const struct sched_tally old = *t;

	t->cap = cap;
	t->slots = xcalloc(cap, sizeof(t->slots[0]));
	for (uint32_t i = 0; i < old.cap; i++)
		if (old.slots[i].key != 0)
			*find(t, old.slots[i].key) = old.slots[i];
	free(old.slots);
}

/* Frees slot I; what could no longer be found behind the gap moves into it. */
static void vacate(struct sched_tally *t, uint32_t i)
{
	const uint32_t mask = t->cap - 1;

	for (uint32_t j = (i + 1) & mask; t->slots[j].key != 0; j = (j + 1) & mask) {
		uint32_t far = (j - home(t, t->slots[j].key)) & mask;

		if (far < ((j - i) & mask))
			continue;
		t->slots[i] = t->slots[j];
		i = j;
	}
	t->slots[i] = (struct sched_tally_slot){ 0 };
	t->count--;
}

int32_t sched_tally_find(const struct sched_tally *t, uint32_t key)
{
	return t->count > 0 ? find(t, key)->value : 0;
}

int32_t sched_tally_add(struct sched_tally *t, uint32_t key, int32_t delta)
{
	struct sched_tally_slot *s;

	if ((uint64_t)(t->count + 1) * 4 > (uint64_t)t->cap * 3)
		resize(t, t->cap > 0 ? t->cap * 2 : FIRST_CAP);
	s = find(t, key);
	if (s->key == 0) {
		if (delta == 0)
			return 0;
		*s = (struct sched_tally_slot){ .key = key };
		t->count++;
	}
	s->value += delta;
	if (s->value != 0)
		return s->value;
	vacate(t, (uint32_t)(s - t->slots));
	return 0;
}
