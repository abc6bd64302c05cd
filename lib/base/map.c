/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Entries stand in an array in order; beside it an open-addressed table of indices with
 * linear probing, at most three quarters full. Removal shifts the following run back, so
 * there are no tombstones and look-ups stay short however long the map lives.
 */
#include "lib/base/map.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"

enum { SLOTS_MIN = 8 };

static uint32_t key_hash(const char *key)
{
	uint64_t h = hash_string(key);

	return (uint32_t)(h ^ h >> 32);
}

void map_done(struct map *m)
{
	free(m->entries);
	free(m->slots);
	*m = (struct map){ 0 };
}

void map_clear(struct map *m)
{
	m->count = 0;
	if (m->slots)
		memset(m->slots, 0, m->slot_count * sizeof(m->slots[0]));
}

/* The slot that holds KEY, or the empty one where it belongs. Needs slots. */
static size_t find_slot(const struct map *m, const char *key, uint32_t hash)
{
	size_t mask = m->slot_count - 1, i = hash & mask;

	for (; m->slots[i]; i = (i + 1) & mask) {
		const struct map_entry *e = &m->entries[m->slots[i] - 1];

		if (e->hash == hash && strcmp(e->key, key) == 0)
			break;
	}
	return i;
}

/* The slot that holds entry INDEX. */
static size_t slot_of(const struct map *m, size_t index)
{
	size_t mask = m->slot_count - 1, i = m->entries[index].hash & mask;

	while (m->slots[i] != index + 1)
		i = (i + 1) & mask;
	return i;
}

static void rehash(struct map *m, size_t slot_count)
{
	free(m->slots);
	m->slots = xcalloc(slot_count, sizeof(m->slots[0]));
	m->slot_count = slot_count;

	size_t mask = slot_count - 1;
	for (size_t n = 0; n < m->count; n++) {
		size_t i = m->entries[n].hash & mask;

		while (m->slots[i])
			i = (i + 1) & mask;
		m->slots[i] = (uint32_t)(n + 1);
	}
}

void *map_get(const struct map *m, const char *key)
{
	if (m->count == 0)
		return NULL;

	uint32_t n = m->slots[find_slot(m, key, key_hash(key))];
	return n ? m->entries[n - 1].value : NULL;
}

bool map_has(const struct map *m, const char *key)
{
	return m->count && m->slots[find_slot(m, key, key_hash(key))];
}

void *map_put(struct map *m, const char *key, void *value)
{
	uint32_t hash = key_hash(key);

	if (m->count >= m->slot_count / 4 * 3)
		rehash(m, m->slot_count ? m->slot_count * 2 : SLOTS_MIN);

	size_t i = find_slot(m, key, hash);
	if (m->slots[i]) {
		struct map_entry *e = &m->entries[m->slots[i] - 1];
		void *old = e->value;

		e->key = key;
		e->value = value;
		return old;
	}

	m->entries = grow(m->entries, &m->cap, m->count + 1, sizeof(m->entries[0]));
	m->entries[m->count++] = (struct map_entry){ .key = key, .value = value, .hash = hash };
	m->slots[i] = (uint32_t)m->count;
	return NULL;
}

/* Empties slot HOLE and moves back those behind it that would no longer be found. */
static void close_hole(struct map *m, size_t hole)
{
	size_t mask = m->slot_count - 1;

	for (size_t i = (hole + 1) & mask; m->slots[i]; i = (i + 1) & mask) {
		size_t home = m->entries[m->slots[i] - 1].hash & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		m->slots[hole] = m->slots[i];
		hole = i;
	}
	m->slots[hole] = 0;
}

void *map_remove(struct map *m, const char *key)
{
	if (m->count == 0)
		return NULL;

	size_t slot = find_slot(m, key, key_hash(key));
	if (!m->slots[slot])
		return NULL;

	size_t index = m->slots[slot] - 1, last = m->count - 1;
	void *value = m->entries[index].value;

	close_hole(m, slot);
	if (index != last) {
		m->slots[slot_of(m, last)] = (uint32_t)(index + 1);
		m->entries[index] = m->entries[last];
	}
	m->count--;
	return value;
}

static int entry_cmp(const void *a, const void *b)
{
	const struct map_entry *x = a, *y = b;

	return strcmp(x->key, y->key);
}

struct map_entry *map_sorted(const struct map *m)
{
	struct map_entry *v = xmemdup(m->entries, m->count * sizeof(m->entries[0]));

	if (m->count > 1)
		qsort(v, m->count, sizeof(v[0]), entry_cmp);
	return v;
}
