/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * ReplicaSets and ReplicationControllers: as many equal pods as are wanted. The two differ in nothing but the form of
 * their selector. The rules are Kubernetes' (pkg/controller/replicaset); where they differ a case says so. The
 * cases, which tests/golden/replica-set-NN-… and replication-controller-NN-… go by:
 *
 *    1  fewer pods than wanted            they are made at once (no slow start: no server has to be spared)
 *    2  more pods than wanted             those whose loss costs least go (set_rank.h)
 *    3  a pod is being deleted            it counts no more; another takes its place at once
 *    4  a pod ends (Failed, Succeeded)    it counts no more and is replaced; the last two such pods of a set stay to be
 *                                         looked at
 *    5  a pod's node leaves git           the pod is gone with it and is replaced
 *    6  the template changes              pods that are there stay; new ones are made from the new template
 *    7  replicas 0                        all go; the set stays
 *    8  minReadySeconds                   status.availableReplicas counts what has been ready for that long
 *    9  status                            replicas: pods that count; fullyLabeledReplicas: the same; readyReplicas;
 *                                         observedGeneration
 *   10  it leaves git                     its pods go
 *   11  it leaves git and comes back      it is another one: it makes pods of its own while the old ones end
 *   12  a bare pod of git that matches    is git's and stays what it is, and does not count. (Kubernetes would adopt it, and
 *                                         might delete it for another; what git has is not deleted for being too many)
 *   13  a pod without its set (whose record was lost)     goes; the set makes its own
 *   14  it uses what is not supported yet what runs stays as it is (ReplicaFailure, NotYetSupported)
 *   15  it belongs to a Deployment        the Deployment syncs it (deployment.h)
 *   16  the selector of another set matches its pods      nothing: pods are known by their owner
 */
#pragma once

#include "reconciler/control/control.h"

/* Brings the number of pods to s->wanted and the status up to date. */
void set_scale(struct control *c, struct world_set *s);
