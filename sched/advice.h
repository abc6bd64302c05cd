/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What would let a pod fit that fits nowhere: the smallest of all single changes. Each node is asked what keeps the pod away. Where that is one
 * thing only, taking it away is a change that helps; of all these the first in this order is chosen, then the one with the lesser amount, then
 * the first node by name:
 *
 *      1  one request lowered by a quarter of it at most       cpu: request 1800m instead of 2, then node-b takes it
 *      2  a taint tolerated (one that keeps it away alone)     tolerate the taint {dedicated: gpu}, then node-b takes it
 *      3  a label on a node                                    label node-b with disk=ssd, then it takes it
 *      4  a node uncordoned                                    uncordon node-b, then it takes it
 *      5  the topology spread loosened                         raise maxSkew, or say ScheduleAnyway, of the topology spread …
 *      6  anti-affinity, affinity                              make its anti-affinity preferred …
 *      7  another host port                                    another host port, then node-b takes it
 *      8  node affinity that a label doesn't meet              drop its node selector or affinity, …
 *      9  one request lowered by more
 *     10  one more node like one that only lacks room          one more node like node-b
 *
 * What keeps a pod away as a whole (volumes, names) has no advice.
 */
#pragma once

#include "sched/internal.h"

/* AMOUNT of RESOURCE as people write it ("200m", "1Gi"); RET has QUANTITY_TEXT_MAX bytes; returns RET. */
char *sched_amount_text(const char *resource, int64_t amount, char *ret);
/* For R, which has been prepared and fits nowhere. PINNED: the only node that counts, or NULL. RET has SCHED_ADVICE_TEXT bytes. O(nodes). */
void sched_advise(struct sched_cluster *c, struct sched_request *r, const char *pinned, char *ret);
