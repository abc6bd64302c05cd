/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Which pods of a set go first when there are too many: those whose loss costs least (controller_utils.go ActivePodsWithRanks;
 * "Workloads / ReplicaSet / Scaling a ReplicaSet" in Kubernetes' documentation).
 *
 *    1  no node                      before a node
 *    2  Pending                      before Unknown, before Running
 *    3  not ready                    before ready
 *    4  ready, not yet available     before available. Not in Kubernetes: a rollout takes such pods for unavailable
 *                                    when it says how many may go, and must not lose others in their place
 *    5  a lower controller.kubernetes.io/pod-deletion-cost     before a higher one (none: 0)
 *    6  more pods on its node        before fewer; pods of all sets of the same Deployment count
 *    7  ready for less time          before longer
 *    8  more restarts                before fewer (of all containers together)
 *    9  made later                   before earlier
 *   10  the lower UID                first, so that equal worlds decide equally
 *
 * 7 and 9 compare in powers of two of nanoseconds, as Kubernetes: which of two pods of about the same age goes is left to the rules
 * below. (Kubernetes goes on to UIDs at once where both are ready; this way the order is one.)
 */
#pragma once

#include "reconciler/world.h"

#define SET_NOTE_COST "controller.kubernetes.io/pod-deletion-cost"

/* Brings the COUNT (at most HAVE) of LIST, all of them active pods of S, that go first to its front, in order. */
void set_rank(const struct world_set *s, struct world_pod **list, size_t have, size_t count, nsec_t now);
