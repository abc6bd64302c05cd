/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Masks: what of a request depends on nodes' names, labels and taints alone, a bit a node.
 *
 * A mask belongs to conditions (eligible.h): a node selector with required node affinity, a preferred term of it, or tolerations. Equal
 * conditions share a mask; when a node comes or goes its bit is set anew in all masks. A request has its masks from when it is first
 * to be placed: whether a pod of it may be on a node is a few bits then.
 *
 * Costs: a mask that is new O(nodes × requirements), for names O(names); a node that comes O(masks); a bit O(1). Memory: a
 * bit a node.
 */
#pragma once

#include "lib/base/intern.h"
#include "sched/eligible.h"
#include "sched/topology.h"
#include "sched/part.h"

struct sched_mask {
	struct sched_eligible *what;
	uint64_t *bits; /* by node, for c->cap of them; a mask of tolerations: of tainted nodes alone */
	struct sched_key **keys; /* [key_count] columns of labels that it was made from */
	size_t key_count, key_cap;
	unsigned refs;
};

/* The masks of a cluster, and of its nodes' own. Each of c->cap bits. */
struct sched_masks {
	struct map by_text;
	uint64_t *there, *drained;
	uint64_t *cordoned; /* unschedulable */
	uint64_t *tainted;  /* with a taint that keeps pods away */
	uint64_t *mild;     /* with a taint PreferNoSchedule */
	uint32_t mild_count;
	struct intern *plights;
	uint32_t *plight;      /* [c->cap], of tainted nodes: see sched_mask_plight */
	uint64_t plights_gone; /* grows when a number may come to mean other taints than before */
};

struct sched_preferred {
	struct sched_mask *mask;
	int64_t weight;
};
/* Of a request that is ready. */
struct sched_request_masks {
	struct sched_mask *affinity;       /* node selector and required node affinity; NULL: every node */
	struct sched_mask *taints;         /* its tolerations; NULL: none */
	bool tolerates_cordon;             /* may be where it is unschedulable */
	struct sched_preferred *preferred; /* [preferred_count] */
	size_t preferred_count;
	int64_t preferred_weight; /* of all */
};

static inline bool sched_bit(const uint64_t *bits, uint32_t node)
{
	return bits[node / 64] >> node % 64 & 1;
}

/* May a pod of R (ready) be on NODE, which is there, by its node selector and required affinity; by taints; by unschedulable? */
bool sched_mask_affinity(const struct sched_request *r, uint32_t node);
bool sched_mask_taints(const struct sched_cluster *c, const struct sched_request *r, uint32_t node);
bool sched_mask_cordon(const struct sched_cluster *c, const struct sched_request *r, uint32_t node);
/* Tainted nodes of one number have the same taints: they keep a pod away for the same reason, or don't. Numbers are small. */
uint32_t sched_mask_plight(const struct sched_cluster *c, uint32_t node);
/* Bits of the nodes 64 × WORD and following where a pod of R, which names no node, may be by all that, and that aren't drained. */
uint64_t sched_mask_word(const struct sched_cluster *c, const struct sched_request *r, uint32_t word);

extern const struct sched_part sched_masks_part;
