/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Topology spread (core/v1 TopologySpreadConstraint; kube-scheduler plugin PodTopologySpread): constraints with DoNotSchedule keep pods
 * from nodes, those with ScheduleAnyway and those by default are a term of the score (score.h).
 *
 * Costs: a node O(constraints), whatever the cluster's size: counts and their ends are kept (counter.h).
 */
#pragma once

#include "sched/part.h"

struct sched_count;
struct sched_ties;

struct sched_spread_rule {
	struct sched_count *count;
	int64_t max_skew, min_domains;
	bool self;       /* hard: the pod itself is one of those counted */
	bool by_default; /* soft: of no account where no node has the label */
	/* Soft, as of sched_spread_weigh: the count up to which nothing is lost, how far the fullest domain is above it, and whether it counts at all. */
	int32_t charge, range;
	bool weighed;
};
struct sched_spread {
	struct sched_spread_rule *hard, *soft; /* [hard_count], [soft_count] */
	size_t hard_count, soft_count;
};

/* Makes T's rules by its request's spec, before it is first placed. */
void sched_spread_ready(struct sched_cluster *c, struct sched_ties *t);
void sched_spread_done(struct sched_cluster *c, struct sched_ties *t);

bool sched_spread_asked(const struct sched_request *r);
bool sched_spread_fits(const struct sched_look *l);
bool sched_spread_scores(const struct sched_cluster *c, const struct sched_request *r);
int64_t sched_spread_term(const struct sched_look *l);
/* The same in two steps, for many nodes: the ends of all rules; what a node gets. */
void sched_spread_weigh(struct sched_spread *s);
int32_t sched_spread_weighed(const struct sched_spread *s, uint32_t node);
