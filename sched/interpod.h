/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Inter-pod affinity and anti-affinity (core/v1 PodAffinity; kube-scheduler plugin InterPodAffinity): required terms of the pod, required
 * anti-affinity of those that are there, and as a term of the score (score.h) all that is preferred on either side.
 *
 * Costs: a node O(terms of the pod + different terms about it); the score of one node alone O(nodes), for its ends.
 */
#pragma once

#include "sched/part.h"

struct sched_count;
struct sched_ties;

struct sched_interpod_rule {
	struct sched_count *count;
	int32_t weight; /* carried: what a pod is in it; preferred: of the term */
};
struct sched_interpod_rules {
	struct sched_interpod_rule *items; /* [count] */
	size_t count;
};
/* The least and greatest RAW (score.h) of nodes; { 0 } is of none. */
struct sched_interpod_range {
	int64_t low, high;
	bool any;
};
struct sched_interpod {
	struct sched_interpod_rules carried; /* its terms, for others; from when it is first seen */
	/* Its terms, for itself; from before it is first placed. */
	struct sched_interpod_rules affinity, anti, preferred;
	bool self; /* it matches all its affinity terms */
	/* Others' terms about it: as of when they were last gathered. */
	struct sched_interpod_rules refused_by, weighed_by;
	bool stale; /* there are others meanwhile */
	/* of all nodes that it may be on, when c->changes was range_changes */
	struct sched_interpod_range range;
	uint64_t range_changes;
};

/* Makes what T's pods carry; its own rules; forgets both. */
void sched_interpod_in(struct sched_cluster *c, struct sched_ties *t);
void sched_interpod_ready(struct sched_cluster *c, struct sched_ties *t);
void sched_interpod_done(struct sched_cluster *c, struct sched_ties *t);
/* Gathers others' terms about T if there are other ones. O(selections that match T). */
void sched_interpod_gather(struct sched_ties *t);

/* The filter. The node's domains alone matter, so that it can judge all nodes of equal domains by one of them. */
bool sched_interpod_fits(const struct sched_look *l);

/* Is anything preferred by T or about it? Once it is gathered. */
bool sched_interpod_scores(const struct sched_ties *t);
/* The sum of all that is preferred on NODE (score.h: RAW). */
int64_t sched_interpod_raw(const struct sched_ties *t, uint32_t node);
/* RAW is one of those in RANGE, too. */
void sched_interpod_range(struct sched_interpod_range *range, int64_t raw);
/* What a node with RAW gets among those in RANGE, 0 to 100. */
int64_t sched_interpod_percent(const struct sched_interpod_range *range, int64_t raw);
/* The term, for one node among all that the pod may be on; one that is looked at alone is the least and the greatest at once. */
int64_t sched_interpod_term(const struct sched_look *l);
