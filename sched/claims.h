/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The claims of a request, and what these come to as objects are and as is assumed (storage.h): volumes that are theirs, volumes that
 * they want, or why no node will do. Made when the request is first seen; found out anew when something has changed, and not
 * before somebody asks.
 */
#pragma once

#include "sched/binding.h"
#include "sched/internal.h"

/* Those of `ephemeral` volumes have no key: they are models for those of each pod. */
struct sched_claims {
	struct sched_claim **items; /* [count] in the order of the pod's volumes, each once */
	size_t count;

	/* What they come to, as of the storage's GENERATION. */
	uint64_t generation;
	char trouble[SCHED_REASON_TEXT]; /* what keeps the pod from all nodes; then nothing below holds */
	bool in_use;                     /* another pod has a ReadWriteOncePod claim of these */
	struct sched_volume **bound;     /* [bound_count] they are there */
	size_t bound_count;
	struct sched_binding *wanted; /* [wanted_count] the smallest first */
	uint32_t *wanted_item;        /* [wanted_count] of which item */
	size_t wanted_count;
	struct sched_volume **chosen; /* [wanted_count] for scratch */
};

/* NULL: a pod of R has no claims. End with sched_claims_free. */
struct sched_claims *sched_claims_new(struct sched_storage *s, const struct sched_request *r);
struct sched_claims *sched_claims_free(struct sched_storage *s, struct sched_claims *k);
/* Finds out what they come to, unless that is known. */
void sched_claims_find(const struct sched_storage *s, struct sched_claims *k);

/* Lost, or being deleted: nobody comes to use it any more. */
bool sched_claim_is_over(const struct claim *c);
/* Does its volume wait for the first pod that uses it? */
bool sched_claim_waits(const struct sched_storage *s, const struct claim *c);
/* Who makes or made C's volume; NULL: nobody. */
const char *sched_claim_provisioner(const struct sched_storage *s, const struct sched_claim *c);
