/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * PodDisruptionBudgets (kube-controller-manager's disruption controller, and the rules of the eviction API). Whatever takes pods
 * away by its own choice asks pod_evict; nodes that are lost, NoExecute taints and rollouts don't ask (rollouts have budgets of
 * their own).
 *
 *    1  minAvailable: N                     so many of its pods must be healthy: ready, and not being deleted
 *    2  minAvailable: P%, maxUnavailable    of the replicas that the pods' controllers want, percentages rounded up
 *    3  … and a pod whose controller has    SyncFailed: nothing is allowed (a DaemonSet, a Job)
 *       no number of replicas
 *    4  … and a pod without a controller    doesn't count
 *    5  no pods                             nothing is allowed
 *    6  healthy pods over what is desired   may be evicted, one after the other as they are counted
 *    7  a pod that has ended, is being      leaves without counting
 *       deleted or is Pending
 *    8  a pod that runs but isn't ready     may leave when enough others are healthy (IfHealthyBudget), or always (AlwaysAllow)
 *    9  a pod of two budgets                stays, but in case 7: none can speak for it
 */
#pragma once

#include "reconciler/control/control.h"

void control_budget_sync(struct control *c, struct world_budget *b);
/* Git has it no more. */
void control_budget_drop(struct control *c, struct world_budget *b);
/* P came, changed or goes: the budgets that are about it must look. */
void budget_pod_joins(struct control *c, struct world_pod *p);
void budget_pod_changed(struct control *c, struct world_pod *p);
void budget_pod_leaves(struct control *c, struct world_pod *p);
/* O, which keeps pods or is a Deployment, wants another number of them: so do the budgets that are about them. */
void budget_replicas_changed(struct control *c, const struct world_object *o);

/*
 * Deletes P if its budgets allow. WHY says who wants it to go. NULL: done (or it was being deleted already); else the key of
 * the budget that says no, which is valid until the world's next change.
 */
const char *pod_evict(struct control *c, struct world_pod *p, const char *why);
