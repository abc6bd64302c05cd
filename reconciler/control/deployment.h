/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Deployments: one ReplicaSet a template. The set whose template is the manifest's is the newest; rollout.c says how many pods
 * each set may have, deployment_status.c what is said of it, rollback.c what happens when it fails. The rules are Kubernetes'
 * (pkg/controller/deployment); where they differ a case says so. The cases, which tests/golden/deployment-NN-… go by:
 *
 *   rollout
 *    1  it is new                            its set is made and has all pods at once; revision 1
 *    2  another template, RollingUpdate      a new set grows and the old ones shrink, within maxSurge and maxUnavailable
 *    3  shares in per cent                   maxSurge rounds up, maxUnavailable down; both 0: one may be unavailable
 *    4  new pods do not become available     it stops at the budget: old pods serve on
 *    5  old pods that are not available      go first: they serve nobody
 *    6  another template in mid-rollout      the newest grows; the set in between is an old one like the others
 *    7  a template that it had before        its old set serves again, with the highest revision number; those it had
 *                                            before are in its annotation deployment.kubernetes.io/revision-history
 *    8  Recreate                             old pods go; when nothing of them is left, terminating ones included, the
 *                                            new set is made
 *    9  minReadySeconds                      a pod counts as available when it has been ready for that long; old sets keep the
 *                                            number that they had
 *   10  anything but the template changes    no rollout; annotations go over to the newest set
 *   11  replicas and template change         the old pods are scaled, then rolled out
 *   scaling
 *   12  one set has pods                     it gets as many as are wanted
 *   13  several sets have pods               what is added or taken is shared out in proportion; what rounding leaves
 *                                            is the biggest set's
 *   14  to 0 and back                        as 12; a rollout of no pods is complete at once
 *   15  pods of a scaled set are not ready   the condition Progressing stays as it is: only a rollout has a deadline
 *   pause
 *   16  paused: another template             waits; no set is made
 *   17  paused in mid-rollout                every set stays as it is; scaling goes by 13, and so does a lower maxSurge
 *   18  no longer paused                     Progressing is Unknown (DeploymentResumed) and its time begins anew
 *   19  paused                               Progressing is Unknown (DeploymentPaused), or stays ProgressDeadlineExceeded
 *   progress
 *   20  nothing got better for progressDeadlineSeconds    Progressing is False (ProgressDeadlineExceeded), at that time;
 *                                            trying goes on
 *   21  a pod more is new, ready or available, an old one less     the time begins anew
 *   22  complete                             Progressing is True (NewReplicaSetAvailable), also after 20; stays so whatever
 *                                            becomes of the pods later
 *   23  another template after 20            Progressing is True (NewReplicaSetCreated), or (FoundNewReplicaSet) in case 7,
 *                                            where Kubernetes waits for the first pod before it measures
 *   24  progressDeadlineSeconds 2147483647   no deadline, and no condition Progressing
 *   25  fewer than replicas - maxUnavailable are available     Available is False (MinimumReplicasUnavailable)
 *   26  a set can't make its pods            its condition ReplicaFailure is the Deployment's too
 *   history
 *   27  revisionHistoryLimit                 older empty sets go, lowest revision first, when the rollout is complete
 *   28  … 0                                  all of them
 *   29  … in mid-rollout                     none, unless paused
 *   ownership
 *   30  a set without its Deployment (whose record was lost)     is taken on where it bears the Deployment's name and the
 *                                            selector matches its labels; else it goes, with its pods
 *   31  a ReplicaSet of git that matches     is git's, and stays what it is (Kubernetes would take it on)
 *   32  the new set's name is taken          another hash, counted in status.collisionCount
 *   33  it leaves git                        so do its sets and their pods
 *   34  it leaves git and comes back         it is a new one
 *   35  it uses what is not supported yet    what runs stays as it is (NotYetSupported)
 *   36  a pod's node is gone                 the pod is made anew; no rollout
 *   going back (rollback.c; pintle.dev/rollback: OnFailure)
 *   40  a deadline passes as in 20           the set with the highest revision among those that were complete once is
 *                                            rolled out in the place of the manifest's, within the same budgets; the
 *                                            commit is distrusted: annotation, condition and event RolledBack
 *   41  none was ever complete               it stays (condition RolledBack is False, NoGoodRevision)
 *   42  a newer commit changes the Deployment, or what case 1 of config_hash.h makes of it     it is trusted: rolled out
 *   43  … only its replicas or its metadata  they count; the template stays distrusted
 *   44  … takes rollback: OnFailure away     as 42
 *   45  pintled starts anew                  as it was: what is distrusted is in the tree
 *   46  the set gone back to fails as well   it stays there: going back is done once a commit
 *   47  several commits failed               each went back to the same one: what failed is never gone back to
 *   48  Recreate                             as 40, with its gap
 *   49  paused                               there is no deadline, so nothing goes back
 *   50  asked for when it has failed already as 40, at once
 */
#pragma once

#include "reconciler/control/control.h"

/* How far a rolling update may go, as absolute numbers (ResolveFenceposts). */
struct rollout_budget {
	int64_t surge, unavailable;
};
struct rollout_budget rollout_budget(const struct deployment_spec *spec);

/* What a sync works with. */
struct rollout {
	struct world_deployment *d;
	struct world_revision *revision; /* of the manifest, borrowed from d */
	struct world_set *newest;        /* that is to have all pods; NULL: not made yet */
	enum rollout_news { ROLLOUT_SAME, ROLLOUT_CREATED, ROLLOUT_FOUND } news; /* of newest, in this sync */
};

/* The deployment's spec, from the manifest in force. */
const struct deployment_spec *deployment_spec_of(const struct world_deployment *d);
/* Is D complete with NEWEST (DeploymentComplete)? */
bool deployment_is_complete(const struct world_deployment *d, const struct world_set *newest);
/* Makes r->newest where it is not there yet. */
void deployment_make_newest(struct control *c, struct rollout *r);
/* Takes on S, a set that has lost its Deployment, where there is one for it (case 30). */
bool deployment_adopt(struct control *c, struct world_set *s);

/* --- rollout.c --------------------------------------------------------------------------------------- */

/* One step of a rolling update: sets each set's `wanted`. Returns whether any changed. */
bool rollout_rolling(struct control *c, struct world_deployment *d, struct world_set *newest);
/* One step of Recreate; makes the newest set when its time has come. */
bool rollout_recreate(struct control *c, struct rollout *r);
/* Is there a pod, terminating or not, of another set than NEWEST? */
bool rollout_others_run(const struct world_deployment *d, const struct world_set *newest);
/* The Deployment was scaled, or is paused: shares out the replicas among its sets (sync.go scale). */
bool rollout_scale(struct control *c, struct world_deployment *d, struct world_set *newest);
/* Sets s->wanted, with the annotations that go with it. */
bool rollout_set_wanted(struct control *c, struct world_deployment *d, struct world_set *s, int64_t wanted);
/* Is this the moment of a change of spec.replicas (and not of a rollout)? */
bool rollout_is_scaling(const struct world_deployment *d);

/* --- deployment_status.c ----------------------------------------------------------------------------- */

/* Status and conditions from the sets (sync.go, progress.go). Returns whether the progress deadline has passed. */
bool deployment_status_sync(struct control *c, const struct rollout *r);

/* --- rollback.c -------------------------------------------------------------------------------------- */

/* Does D want to go back when a rollout fails? */
bool rollback_wanted(const struct world_deployment *d);
/* The deadline of r->newest's rollout has passed: is it still to be decided what becomes of it? */
bool rollback_is_due(const struct rollout *r);
/* The set with the highest revision among those of D that were complete once, but for EXCEPT (may be NULL); or NULL. */
struct world_set *rollback_good(const struct world_deployment *d, const struct world_set *except);
/* Trusts what is no longer what failed. Returns whether the manifest's template is (still) distrusted. */
bool rollback_distrusts(struct control *c, struct world_deployment *d, const struct world_revision *revision);
/* What was distrusted without anything to go back to is complete after all. */
void rollback_mended(struct control *c, struct world_deployment *d);
/* The rollout of r->newest has failed: whether to go back, from the next round of the same sync on. */
bool rollback_begin(struct control *c, const struct rollout *r);
