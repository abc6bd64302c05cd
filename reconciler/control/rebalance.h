/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Rebalancing, where the Cluster asks for it (scheduling.rebalance): pods that would now be placed better elsewhere (sched/rebalance.h)
 * are evicted, and made anew by who made them.
 *
 *    1  no scheduling.rebalance           nothing
 *    2  a round is due                    at most maxEvictions pods go, as their budgets allow
 *    3  the next one                      intervalSeconds later, and when the sets that lost pods have all of them ready again
 *    4  after a start                     intervalSeconds later: agents are to be heard first
 *    5  pods of DaemonSets                belong to their node
 *    6  pods of Jobs, pods without a      stay: what they have done would be lost, or nobody makes another
 *       controller
 *    7  pods that aren't ready, or are    stay: others deal with them
 *       on a node that isn't, or that
 *       is being drained
 *    8  system-cluster-critical and       stay
 *       above
 *    9  a plan (pintle diff)              all rounds, as if each were over at once
 */
#pragma once

#include "reconciler/control/control.h"

/* Once controllers are done and pods have their nodes. Returns whether anything was evicted. O(pods) where a round is due. */
bool control_rebalance(struct control *c);
