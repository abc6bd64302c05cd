/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Topology spread and inter-pod affinity by groups of nodes (part.h): what one placement changes about them changes for whole
 * domains, so that looking at nodes one by one would mean all of them, each time.
 *
 * For a topology key whose domains have several nodes (zones) the node's domain is a word. For one whose domains have one node each
 * (hostname) the counts themselves are: nodes on which as many pods are that matter are alike, whichever they are. These change only with the
 * node's own pods, so that no other node has to be looked at again. Of anti-affinity it matters only whether there is anybody, of affinity
 * whether there is company, of what is preferred the sum.
 *
 * Costs: words of a node O(rules); judging O(groups × rules). Groups are at most the domains of the crowded keys × different counts
 * on single nodes: a few dozen for zones and hostnames.
 */
#pragma once

#include "sched/part.h"

extern const struct sched_judge sched_relations_judge;
