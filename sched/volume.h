/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Volumes: which nodes a pod's claims let it run on. The rules are those of kube-scheduler's VolumeRestrictions, NodeVolumeLimits,
 * VolumeBinding and VolumeZone; the words too.
 *
 * A pod's claims are those that its persistentVolumeClaim volumes name, in its namespace, and one for each `ephemeral` volume. The latter
 * is named POD-VOLUME, but equal pods share a request, which knows no pod's name: each such volume counts as a claim of its own with the
 * template's spec, not bound yet. Whoever wants the real claim considered gives the pod a request whose spec names it.
 *
 * The class of a claim that names none is the default class (annotation storageclass.kubernetes.io/is-default-class; of several the newest, then
 * the first by name); "" is no class.
 *
 * Of the whole pod, before any node is looked at, in the order of its volumes:
 *
 *     the claim isn't there                   persistentvolumeclaim "x" not found
 *     its phase is Lost                       persistentvolumeclaim "x" bound to non-existent persistentvolume "v"
 *     it is being deleted                     persistentvolumeclaim "x" is being deleted
 *     not bound, and Immediate (as a claim    pod has unbound immediate PersistentVolumeClaims
 *     without a class, or of one that isn't
 *     there, is too)
 *     bound to a volume that isn't there      persistentvolume "v" not found
 *
 * Bound is a claim with volumeName, unless that volume's claimRef is another's: what controllers do about the rest of it, and when, decides nothing.
 *
 * Of each node:
 *
 *     a claim is ReadWriteOncePod and a pod   node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode
 *     uses it, wherever that is
 *     too many volumes for the node           node(s) exceed max volume count
 *     bound, and the volume's nodeAffinity    node(s) had volume node affinity conflict
 *     doesn't match
 *     not bound, and neither a volume for     node(s) didn't find available persistent volumes to bind
 *     it nor provisioning
 *     bound, and the volume's labels of zone  node(s) had no available volume zone
 *     or region are other than the node's
 *
 * Attach limits. Where a node's allocatable has attachable-volumes-csi-P, that many different claims of provisioner P (their class's, or that of
 * the class that their volume names) can be on it; attachable-volumes-X stands for kubernetes.io/X likewise. Only a pod that brings such
 * a claim is refused. Room that is kept counts, but the claims of its pod
 * are not there yet. Volumes of CSI drivers are refused by Pintle: this is for nodes and claims as kubectl prints them.
 *
 * Zones. The labels topology.kubernetes.io/zone and region, and their predecessors failure-domain.beta.kubernetes.io/zone and region; a
 * volume's value may be several, with "__" between them; a value with an empty part says nothing. Where the node has none of the four
 * labels it is no conflict; where it lacks a predecessor, its successor counts. Volumes that are yet to be bound are not asked.
 *
 * Binding. Claims that wait for their first consumer take a volume each, the smallest request first. It has the claim's class and volumeMode, is
 * large enough and isn't going away, and is the one whose claimRef names the claim; without such a one, of those that are
 * available (phase Available or not told, no claimRef, no claim that names it) and whose access modes, labels (the selector) and node affinity
 * match the smallest, then the first by name. Where there is none, the class has to provision
 * (any provisioner but kubernetes.io/no-provisioner) and its allowedTopologies to match the node. A claim with the annotation
 * volume.kubernetes.io/selected-node is provisioned on that node.
 *
 * What a pod in the books would bind is assumed until the objects say so: the volume is the claim's, or the claim is to be provisioned on that
 * node, for as long as pods in the books use it and the objects don't say otherwise. So no two pods are given the same volume. Room that
 * is kept for a pod binds nothing. Where nothing can be assumed as a pod comes, it is as soon as something can, before others have their turns: for claims
 * by name, each where the first by name of the nodes is that have pods which use it, then for `ephemeral` volumes as their pods came.
 *
 * The score is about claims whose data is somewhere: bound (or assumed so) to a volume with nodeAffinity or labels of zone or region. The
 * data is here where the affinity matches and the node has such labels with such values, all of them.
 *
 * To look at a node costs O(own claims); what doesn't depend on the node is found out once after a change of the objects (O(volumes) a
 * claim that isn't bound). Pods without claims cost nothing.
 */
#pragma once

#include "sched/part.h"

extern const struct sched_part sched_volume_part;

/* Claims of pods in the books for which nothing could be assumed when these came: now, if something has happened that could help. O(1) if not. */
void sched_volumes_settle(struct sched_cluster *c);
/*
 * Until it ends (a freeze in a freeze ends with the last), pods that go come back, and those that come are they, or go again: a trial. What is
 * assumed of claims stays as it is, for in kube-scheduler to try without a pod unbinds nothing; who uses them changes.
 */
void sched_volumes_freeze(struct sched_cluster *c);
void sched_volumes_thaw(struct sched_cluster *c);

/* While it is on, pods that come go again, the last first, and what was assumed for their coming with them; pods that go are those. */
void sched_volumes_try(struct sched_cluster *c, bool on);

/* Rows of part.h's tables. */
bool sched_volume_asked(const struct sched_request *r);
bool sched_volume_possible(const struct sched_look *l);
bool sched_fit_volume_restrictions(const struct sched_look *l);
bool sched_fit_volume_limits(const struct sched_look *l);
/* May a pod of R be on NODE because of another there? One that uses its claims already, where too many would be attached else. */
bool sched_volume_wants_pods(const struct sched_cluster *c, const struct sched_request *r, uint32_t node);
bool sched_fit_volume_binding(const struct sched_look *l);
bool sched_fit_volume_zone(const struct sched_look *l);
bool sched_score_volumes_asked(const struct sched_cluster *c, const struct sched_request *r);
int64_t sched_score_volumes(const struct sched_look *l);
