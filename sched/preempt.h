/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Who has to go for whom: kube-scheduler's DefaultPreemption. A pod that fits on no node may take the place of pods of lower priority on
 * one, unless its spec.preemptionPolicy is Never, the caller says no_preemption, or it names its node itself (such a pod isn't
 * scheduled in Kubernetes). Each node is asked who would have to go (victims.h); of all nodes that would do, the one is chosen
 * with the least harm:
 *
 *     1. the fewest victims whose PodDisruptionBudget doesn't allow that they go (such victims are chosen only where nothing else
 *        does, as in Kubernetes)
 *     2. the least priority of the most important victim
 *     3. the least sum of the victims' priorities, each made positive by adding 2^31
 *     4. the fewest victims
 *     5. the latest start of the most important victim (of several the earliest start)
 *     6. the first by name
 *
 * There is never a victim of equal or of higher priority, and never one that could stay.
 *
 * What each node would cost is kept from one choice to the next, for the last SCHED_HARM_VIEWS requests and priorities: nodes by harm in a heap, of
 * which only those that changed are asked again. What depends on other nodes (spread, pods that it must be with or apart from) is not in
 * it: the first of the heap that passes those filters as things are is taken. Only nodes where a pod that could go matters to these
 * filters are asked anew each time. A choice is O(log nodes + p log p), p being the pods on a node, and as much again for
 * each node that is passed over or asked anew; the first for a request and priority is O(pods).
 */
#pragma once

#include "sched/victims.h"

struct sched_harm_view;

enum { SCHED_HARM_VIEWS = 4 };
struct sched_harms {
	struct sched_harm_view *views[SCHED_HARM_VIEWS]; /* the one that was used last first; NULL: none */
	/* Grows when all is to be reckoned anew: more may go than before, or other pods matter. */
	uint64_t anew;
};
/* NODE is another than it was; it goes, or has another name or nature from now on, and is as before when this is called. */
void sched_harms_node_changed(struct sched_harms *h, uint32_t node);
void sched_harms_node_goes(struct sched_cluster *c, uint32_t node);
void sched_harms_done(struct sched_harms *h);

/* May P take others' places at all? */
bool sched_preempts(const struct sched_cluster *c, const struct sched_pending *p);
/*
 * The node where a pod of R (prepared) and PRIORITY would do the least harm; NULL: there is none. ON: the only one that counts, or
 * NULL. RET: the victims, maybe none where pods are leaving already.
 */
struct sched_node *sched_preempt(struct sched_cluster *c, struct sched_request *r, int32_t priority,
	struct sched_node *on, struct sched_victims *ret);
