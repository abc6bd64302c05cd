/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What volume.c asks: what a request's claims come to as things are (claims.h); which claims are in use on which node.
 * volume_books.c keeps it up, and what is assumed of the claims of pods in the books.
 *
 * Room that is kept (sched_pod.kept) uses claims like a pod, but nothing is assumed for it: in kube-scheduler a pod reserves
 * volumes when it has its node, a nomination none.
 */
#pragma once

#include "sched/claims.h"
#include "sched/part.h"

/* A claim in use on a node. */
struct sched_claim_use {
	struct sched_claim *claim;
	/* of an `ephemeral` volume's: whose it is; the use owns the claim. NULL: of a named one */
	const void *pod;
	uint32_t item; /* then which of the claims of the pod's request */
	/* pods that use it; of these, room that is kept. 0: an ephemeral one's pod is away for a trial */
	uint32_t count, kept;
};
/* At most LIMIT claims of PROVISIONER. */
struct sched_attach_limit {
	char *provisioner;
	int64_t limit;
};
struct sched_volume_node {
	struct sched_claim_use *uses; /* [use_count] */
	size_t use_count, use_cap;
	struct sched_attach_limit *limits; /* [limit_count] */
	size_t limit_count;
};

struct sched_volumes {
	struct sched_storage storage;
	struct sched_volume_node *nodes; /* [c->cap] by index */
	struct sched_request **requests; /* [request_count] that have claims */
	size_t request_count, request_cap;
	uint64_t told;   /* the storage's generation that these have heard of */
	unsigned frozen; /* sched_volumes_freeze */
	bool tries;      /* sched_volumes_try */
	unsigned tried;  /* pods that came while it was so, and haven't gone */
	unsigned away;   /* pods that left while it was so, and haven't come back */
};

/* What R's claims come to as things are. */
struct sched_claims *sched_claims_resolve(const struct sched_cluster *c, const struct sched_request *r);
