/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * How many pods there are in each domain.
 *
 * A space says in which domain each node is: the number of its value of the topology key, or 0 where it has none or doesn't
 * count (spread constraints leave out nodes by affinity and taints). Spaces are shared by all counters of the same key and
 * the same nodes. A counter counts pods (or weighs them) by domain of its space: it is told of each pod that comes and
 * goes, by node, and never looks at pods itself.
 *
 * A ranked counter knows the least and the greatest count of all domains that have a node, too: domains by count are kept
 * in a histogram, and counts move by one, so that both ends move by one. Its counts are never negative.
 *
 * A node that changes its domain: take away its pods from the counters, set the space, add the pods again.
 *
 * Costs: adding to a counter O(1); the ends O(1) amortised: the low end is looked for only where no domain is empty, from where it
 * was last, so that a domain which is emptied and filled again by turns costs nothing. A counter takes 8 to 22 bytes a domain that has pods, a space 8 bytes a node.
 */
#pragma once

#include "sched/tally.h"

struct sched_space {
	uint32_t *domain;  /* [node_cap], by node: from 1; 0: in none */
	uint32_t *members; /* [domain_cap], by domain: nodes in it */
	uint32_t node_cap, domain_cap;
	uint32_t domains; /* that have a node */
	uint32_t nodes;   /* that are in one */
};

void sched_space_done(struct sched_space *s);
/* NODE is in DOMAIN now (0: in none). No counter may count a pod of it meanwhile. */
void sched_space_set(struct sched_space *s, uint32_t node, uint32_t domain);
/* Where NODE is; 0: in no domain. */
static inline uint32_t sched_space_domain(const struct sched_space *s, uint32_t node)
{
	return node < s->node_cap ? s->domain[node] : 0;
}

struct sched_counter {
	struct sched_space *space; /* borrowed */
	struct sched_tally counts; /* by domain */
	int64_t total;             /* of all domains */
	bool ranked;
	uint32_t *domains_with; /* ranked: [rank_cap], by count from 1: domains that have so many */
	uint32_t rank_cap;
	/* ranked: no count but 0 is below low (which may lag behind), none above high; 0: all are 0 */
	int32_t low, high;
};

void sched_counter_init(struct sched_counter *c, struct sched_space *s, bool ranked);
void sched_counter_done(struct sched_counter *c);
/* AMOUNT (of either sign) comes to NODE. Where the node is in no domain, nothing happens. */
void sched_counter_add(struct sched_counter *c, uint32_t node, int32_t amount);
/* The count of DOMAIN; 0 for domain 0. */
static inline int32_t sched_counter_get(const struct sched_counter *c, uint32_t domain)
{
	return domain > 0 ? sched_tally_get(&c->counts, domain) : 0;
}
/* The count of NODE's domain. */
static inline int32_t sched_counter_at(const struct sched_counter *c, uint32_t node)
{
	return sched_counter_get(c, sched_space_domain(c->space, node));
}
/* Ranked: the least and the greatest count of the domains that have a node; 0 where there are none. */
int32_t sched_counter_low(struct sched_counter *c);
int32_t sched_counter_high(const struct sched_counter *c);
