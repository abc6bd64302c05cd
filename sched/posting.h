/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Lists by hash: what is posted under a number is found under it again, in the order in which it came but for removals, which the last
 * fills. Two things may have the same hash without being equal: who looks something up compares for himself.
 *
 * Initialise with { 0 }; end with sched_postings_done. Things are borrowed. Adding and finding O(1); removing O(length of the list).
 */
#pragma once

#include "lib/base/cleanup.h"

struct sched_posting {
	uint64_t hash;
	void **items; /* [count], never empty */
	uint32_t count, cap;
};
struct sched_postings {
	struct sched_posting *slots; /* [cap], open addressing; count 0: free */
	uint32_t cap, used;
};

void sched_postings_done(struct sched_postings *p);
void sched_postings_add(struct sched_postings *p, uint64_t hash, void *item);
/* Takes away one that was added; one that isn't there is ignored. */
void sched_postings_remove(struct sched_postings *p, uint64_t hash, const void *item);
/* What is posted under HASH, or NULL. Valid until something is added or removed. */
const struct sched_posting *sched_postings_find(const struct sched_postings *p, uint64_t hash);
