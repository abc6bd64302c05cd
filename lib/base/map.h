/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * String → pointer hash map.
 *
 * Keys are borrowed: they must live as long as the entry (usually they are a member of
 * the value). Iteration is in insertion order with removals filled from the end, hence
 * deterministic for a deterministic caller; where order matters to people, sort. Values are never owned. Hash seeds are fixed
 * (the maps hold what an administrator committed, and a deterministic core wants equal runs).
 * Initialise with { 0 }; end with map_done.
 */
#pragma once

#include "lib/base/cleanup.h"

struct map_entry {
	const char *key;
	void *value;
	uint32_t hash;
};

struct map {
	struct map_entry *entries; /* [count], in order */
	size_t count, cap;
	uint32_t *slots; /* [slot_count], index + 1 into entries; 0 = empty */
	size_t slot_count;
};

void map_done(struct map *m);
void map_clear(struct map *m);
/* The value for KEY or NULL. */
void *map_get(const struct map *m, const char *key);
bool map_has(const struct map *m, const char *key);
/* Sets KEY to VALUE; returns the previous value or NULL. A replaced entry keeps its place but takes the new KEY pointer. */
void *map_put(struct map *m, const char *key, void *value);
/* Removes KEY; returns its value or NULL. The last entry takes the removed one's place. */
void *map_remove(struct map *m, const char *key);
/* Entries sorted by key (strcmp), in a fresh array of m->count; the caller frees it. */
struct map_entry *map_sorted(const struct map *m);
