/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * How good a node is for a pod that it has room for: terms from 0 to 100, whole numbers, rounded down at each division, and the
 * better node is the one whose sum of weight × term is greater. What people see as score is that sum by the sum of the weights.
 *
 *     term          Spread  Pack   what it is
 *     fit                1    10   Spread: mean over CPU and memory of the share that stays free with the pod on it;
 *                                  Pack: of the share that is used then. 0 for a resource of which it has none or too little
 *     balance            1     2   100 - half the difference between the shares of CPU and of memory used (each 100 at most)
 *     affinity           2     2   preferred node affinity: the weights of the terms that it meets by the sum of all
 *     taints             3     3   100 / (1 + taints PreferNoSchedule that the pod doesn't tolerate)
 *     spread             2     2   mean over the pod's soft spread constraints, see below
 *     pods               2     2   preferred inter-pod affinity, see below
 *     images             1     1   bytes of the pod's images that it has (each once, by its name as image.h writes it): 0 up to 23 MB, 100
 *                                  from 1000 MB × the containers on, init containers too, between them in proportion (MB: 1024 × 1024)
 *     volumes            1     1   of the pod's claims whose data is on certain nodes only, the share whose data is here (volume.h)
 *     interference       1     1   100 - the greatest of its pressures (CPU, memory, I/O), in steps of 10, rounded down
 *
 * A term about something that the pod doesn't ask for is 100 on all nodes.
 *
 * For fit and balance a container without a request for CPU counts as 100m, without one for memory as 200 MiB (kube-scheduler's
 * non-zero requests), in the sum that sched_pod_amounts makes, of the pod and of those that are there. For balance a resource of which the
 * node has none is all used.
 *
 * Spread. The soft constraints are those with ScheduleAnyway. A pod without any constraint has two where the strategy is Spread:
 * topology.kubernetes.io/zone and kubernetes.io/hostname, maxSkew 1, about the pods of its namespace that have the same labels, all of them; each only where some eligible node has the label.
 * Eligible are nodes that the inclusion policies let through and that have all labels of the soft constraints (for those by default: any).
 * COUNT is the number of pods that it is about, which are not leaving, in the node's domain, on eligible nodes; LOW and HIGH the least and greatest
 * COUNT of all domains with an eligible node. Within maxSkew nothing is lost: with RANGE = HIGH - LOW - (maxSkew - 1) and EXCESS = COUNT - LOW -
 * (maxSkew - 1), neither below 0, the constraint gives 100 × (RANGE - EXCESS) / RANGE, 100 where RANGE is 0, and 0 on a node without the label.
 *
 * Pods. RAW is the sum of: for each of the pod's preferred terms, its weight (negative: anti-affinity) × the pods in the node's domain that it is about;
 * for each preferred term of a pod that is there and that is about the pod, likewise its weight, where that pod's domain is the node's;
 * for each required affinity term of such a pod, 1. LOW and HIGH are the least and greatest RAW of the nodes that the pod may be on by their
 * names, labels, taints and unschedulable, whatever room there is; of one that is pinned to a node (a daemon's), of that node alone. The term
 * is 100 × (RAW - LOW) / (HIGH - LOW), 100 where they are equal.
 */
#pragma once

#include "sched/internal.h"

/* The weight of TERM. */
int64_t sched_weight(enum sched_strategy strategy, enum sched_term term);

/* One term of one node, 0 to 100. */
int64_t sched_score_term(const struct sched_look *l, enum sched_term term);
/* Which terms that go by a node alone (part.h: fixed and local) are asked of a request as things are, with their weights. */
struct sched_scoring {
	int64_t fit, balance; /* their weights */
	int64_t alike;        /* of all that isn't asked: weight × 100 */
	struct {
		int64_t (*of)(const struct sched_look *l);
		int64_t weight;
	} terms[SCHED_TERM_COUNT]; /* [count] the others */
	size_t count;
};
void sched_scoring_of(
	const struct sched_cluster *c, const struct sched_request *r, struct sched_scoring *ret);
/* The sum of weight × term of those; of those elsewhere that aren't asked; judges add the rest. */
int64_t sched_score_here(const struct sched_scoring *s, const struct sched_look *l);
int64_t sched_score_unjudged(const struct sched_cluster *c, const struct sched_request *r);
/* The sum of weight × term, and what people see of it: 0 to 100. */
int64_t sched_score_sum(const struct sched_look *l);
int64_t sched_score_percent(enum sched_strategy strategy, int64_t sum);

/* The terms that go by the node alone: rows of part.h's table. O(1) in nodes and pods. */
int64_t sched_score_fit(const struct sched_look *l);
int64_t sched_score_balance(const struct sched_look *l);
bool sched_score_affinity_asked(const struct sched_cluster *c, const struct sched_request *r);
int64_t sched_score_affinity(const struct sched_look *l);
bool sched_score_taints_asked(const struct sched_cluster *c, const struct sched_request *r);
int64_t sched_score_taints(const struct sched_look *l);
bool sched_score_interference_asked(const struct sched_cluster *c, const struct sched_request *r);
int64_t sched_score_interference(const struct sched_look *l);
