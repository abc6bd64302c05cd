/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Numbers by number: how many pods in which domain, on which node. Only what isn't 0 takes room, 8 bytes a slot in a table
 * of open addressing at most three quarters full, so that thousands of tallies over thousands of nodes stay small.
 *
 * Initialise with { 0 }; end with sched_tally_done. Keys are from 1 on. get and add: O(1).
 */
#pragma once

#include "lib/base/cleanup.h"

struct sched_tally_slot {
	uint32_t key; /* 0: free */
	int32_t value;
};
struct sched_tally {
	struct sched_tally_slot *slots; /* [cap] */
	uint32_t cap, count;            /* cap: a power of two, or 0; count: keys whose value isn't 0 */
};

void sched_tally_done(struct sched_tally *t);
/* The value of KEY; 0 for what was never added to. */
int32_t sched_tally_find(const struct sched_tally *t, uint32_t key);
static inline int32_t sched_tally_get(const struct sched_tally *t, uint32_t key)
{
	return t->count > 0 ? sched_tally_find(t, key) : 0;
}
/* Adds DELTA to KEY's value, which is returned. */
int32_t sched_tally_add(struct sched_tally *t, uint32_t key, int32_t delta);
