/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What volume.c asks: which claims a request has, and what these come to as things are; which claims are in use on which
 * node. volume_books.c keeps it up.
 */
#pragma once

#include "sched/binding.h"
#include "sched/part.h"

/* The claims of a request. Those of `ephemeral` volumes have no key: they are models for those of each pod. */
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

/* A claim in use on a node. */
struct sched_claim_use {
	struct sched_claim *claim;
	const struct sched_request *
		owner; /* of an `ephemeral` volume's: whose pod's it is; the use owns the claim. NULL: of a named one */
	uint32_t item, count; /* which of the owner's claims; pods that use it */
};
/* At most LIMIT claims of PROVISIONER. */
struct sched_attach_limit {
	char *provisioner;
	int64_t limit;
};
struct sched_volume_node {
	struct sched_claim_use *uses; /* [use_count] in the order in which they came */
	size_t use_count, use_cap;
	struct sched_attach_limit *limits; /* [limit_count] */
	size_t limit_count;
};

struct sched_volumes {
	struct sched_storage storage;
	struct sched_volume_node *nodes; /* [c->cap] by index */
	struct sched_request **requests; /* [request_count] that have claims */
	size_t request_count, request_cap;
	uint64_t told; /* the storage's generation that these have heard of */
};

/* What R's claims come to as things are. */
struct sched_claims *sched_claims_resolve(const struct sched_cluster *c, const struct sched_request *r);
/* Who makes or made C's volume; NULL: nobody. */
const char *sched_claim_provisioner(const struct sched_storage *s, const struct sched_claim *c);
