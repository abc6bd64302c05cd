/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * In which order pods that have no node have their turn: the highest priority first, then the nearest deadline
 * (pintle.dev/deadline), then the oldest. Of those that came together, the largest first (its greatest share of what all nodes have of a
 * resource), so that the small ones fill what the large ones leave; equal pods one after the other; then by key.
 */
#pragma once

#include "sched/sched.h"

/* Puts the COUNT PODS in order. */
void sched_queue_order(struct sched_cluster *c, struct sched_pending *pods, size_t count);
