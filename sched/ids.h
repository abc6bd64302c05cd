/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Pointer → pointer hash map: what is known of a pod by its id, of a request by its address. Keys and values are never looked into nor
 * owned. The order of the slots follows addresses: nothing may be decided by it. Initialise with { 0 }; end with sched_ids_done.
 * Each operation: O(1).
 */
#pragma once

#include "lib/base/cleanup.h"

struct sched_ids_slot {
	const void *id; /* NULL: free */
	void *value;
};
struct sched_ids {
	struct sched_ids_slot *slots; /* [cap], a power of two or 0 */
	size_t cap, count;
};

void sched_ids_done(struct sched_ids *m);
/* The value of ID, which may not be NULL; NULL: there is none. */
void *sched_ids_get(const struct sched_ids *m, const void *id);
/* Sets ID's value, which may not be NULL; returns the one before, or NULL. */
void *sched_ids_put(struct sched_ids *m, const void *id, void *value);
/* Forgets ID; returns its value, or NULL. */
void *sched_ids_remove(struct sched_ids *m, const void *id);
