/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Topology spread and inter-pod affinity by groups of nodes (part.h): what one placement changes about them changes for whole
 * domains, so that looking at nodes one by one would mean all of them, each time.
 *
 * For a topology key whose domains have many nodes (zones) the node's domain is a word. For one whose domains are small (hostname: one
 * node each; sched_key_small) the counts themselves are: domains with as many pods that matter are alike, whichever they are. When they
 * change, all nodes of that domain are looked at again, and no others. Of anti-affinity it matters only whether there is anybody, of affinity
 * whether there is company, of what is preferred the sum.
 *
 * Costs: words of a node O(rules); judging O(groups × rules). Groups are at most the large domains × different counts in small ones: a
 * few dozen for zones and hostnames.
 */
#pragma once

#include "sched/part.h"

extern const struct sched_judge sched_relations_judge;
