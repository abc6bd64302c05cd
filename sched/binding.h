/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * A claim that waits for its first consumer, and what it could have: volumes that are there, in the order in which they would be taken, or
 * provisioning (volume.h, "Binding"). Finding the volumes costs O(volumes); choosing one for a node O(log) where they name
 * their nodes by kubernetes.io/hostname, O(volumes found) otherwise.
 */
#pragma once

#include "sched/internal.h"
#include "sched/storage.h"

/* A volume for one hostname: the RANK-th found. */
struct sched_binding_host {
	const char *host;
	uint32_t rank;
};
struct sched_binding {
	const struct claim *claim;
	const struct storage_class *class;
	const char *selected;        /* the node that it is provisioned on; or NULL */
	struct sched_volume **found; /* [found_count] best first */
	uint32_t found_count;
	uint32_t *anywhere; /* [anywhere_count] ranks of those that aren't in hosts, ascending */
	uint32_t anywhere_count;
	struct sched_binding_host *hosts; /* [host_count] by host, then rank */
	uint32_t host_count;
};

/* What C, of CLASS, could have as things are; to be ended with sched_binding_done. */
void sched_binding_find(const struct sched_storage *s, const struct sched_claim *c,
	const struct storage_class *class, struct sched_binding *ret);
/* The volume that it would have on N, none of the COUNT ones in TAKEN; NULL: none is there for it. */
struct sched_volume *sched_binding_choose(const struct sched_binding *b, const struct sched_node *n,
	struct sched_volume *const *taken, size_t count);
/* Could it be provisioned on N? */
bool sched_binding_provisions(const struct sched_binding *b, const struct sched_node *n);
void sched_binding_done(struct sched_binding *b);

/* Does V's node affinity let it be used on N? One without is everywhere. */
bool sched_volume_reaches(const struct persistent_volume *v, const struct sched_node *n);
