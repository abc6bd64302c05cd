/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Open addressing, at most half full; what is removed is filled by those behind it that may stand there. */
#include "sched/ids.h"

#include <stdint.h>
#include <stdlib.h>

#include "lib/base/mem.h"

enum { CAP_MIN = 16 };

void sched_ids_done(struct sched_ids *m)
{
	free(m->slots);
	*m = (struct sched_ids){ 0 };
}

/* Where ID would best stand. */
static size_t home_of(const struct sched_ids *m, const void *id)
{
	uint64_t h = (uint64_t)(uintptr_t)id * UINT64_C(0x9e3779b97f4a7c15);

	return (size_t)(h >> 32) & (m->cap - 1);
}

/* ID's slot, or the free one where it would go. */
static size_t slot_of(const struct sched_ids *m, const void *id)
{
	size_t i = home_of(m, id);

	while (m->slots[i].id && m->slots[i].id != id)
		i = (i + 1) & (m->cap - 1);
	return i;
}

void *sched_ids_get(const struct sched_ids *m, const void *id)
{
	return m->count > 0 ? m->slots[slot_of(m, id)].value : NULL;
}

static void enlarge(struct sched_ids *m)
{
	struct sched_ids old = *m;

	m->cap = old.cap > 0 ? old.cap * 2 : CAP_MIN;
	m->slots = xcalloc(m->cap, sizeof(m->slots[0]));
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].id)
			m->slots[slot_of(m, old.slots[i].id)] = old.slots[i];
	free(old.slots);
}

void *sched_ids_put(struct sched_ids *m, const void *id, void *value)
{
	struct sched_ids_slot *s;
	void *before;

	if ((m->count + 1) * 2 > m->cap)
		enlarge(m);
	s = &m->slots[slot_of(m, id)];
	before = s->value;
	m->count += before == NULL;
	*s = (struct sched_ids_slot){ .id = id, .value = value };
	return before;
}

/* Slot I is free now: those behind it move up where they were only pushed past it. */
static void close_gap(struct sched_ids *m, size_t i)
{
	for (size_t k = (i + 1) & (m->cap - 1); m->slots[k].id; k = (k + 1) & (m->cap - 1)) {
		size_t home = home_of(m, m->slots[k].id);

		/* Does HOME lie behind the gap, cyclically? Then K stays. */
		if (((k - home) & (m->cap - 1)) < ((k - i) & (m->cap - 1)))
			continue;
		m->slots[i] = m->slots[k];
		m->slots[k] = (struct sched_ids_slot){ 0 };
		i = k;
	}
}

void *sched_ids_remove(struct sched_ids *m, const void *id)
{
	size_t i;
	void *value;

	if (m->count == 0)
		return NULL;
	i = slot_of(m, id);
	value = m->slots[i].value;
	if (!value)
		return NULL;
	m->slots[i] = (struct sched_ids_slot){ 0 };
	m->count--;
	close_gap(m, i);
	return value;
}
