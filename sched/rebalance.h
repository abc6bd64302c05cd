/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * When pods should be elsewhere: the rules of sched_rebalance, in their order. They are like those of Kubernetes' descheduler (RemovePodsViolating…,
 * LowNodeUtilization, HighNodeUtilization), but a pod is only moved where the scheduler itself would put the one that is made in
 * its place, once it is gone.
 *
 *     1. VIOLATES. Without it, its node would refuse it now: by node affinity or selector, a taint NoSchedule or NoExecute that it doesn't tolerate,
 *        inter-pod affinity or anti-affinity, topology spread. Room, ports and volumes are no reason, nor is that a
 *        node is unschedulable: who wants it empty drains it.
 *     2. Strategy Spread: LOADED. A node's load is the greater of the shares of CPU and of memory that pods ask for. From nodes whose load
 *        is more than SCHED_LOAD_MARGIN points above the mean, the fullest first, the least important pods go, as long as
 *        the node is, to nodes that will then be SCHED_LOAD_MARGIN points or more below what this one was.
 *     3. Strategy Pack: EMPTIES. Of nodes with pods that may go, the least loaded first: where all that stays is of the node (daemons), and each of
 *        the others has a place on a node that isn't empty and has not been emptied, and the moves that are left suffice, all of
 *        them go. Nodes that pods moved to stay.
 *
 * No move breaks a PodDisruptionBudget, all moves before it counted; none is a second of the same pod.
 */
#pragma once

#include "sched/sched.h"

enum { SCHED_LOAD_MARGIN = 10 };
