/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * StatefulSets: pods with numbers, each with a name and volumes of its own (pkg/controller/statefulset).
 *
 * One step at a time, the first of these that has something to do (OrderedReady stops there, Parallel goes on):
 *
 *   force     a pod of an old template that is broken makes room for the new one
 *   make      pods from the lowest number up, each once those before it are available; finished ones anew
 *   condemn   pods of numbers that are too many, from the highest down
 *   roll      available pods of an old template, from the highest number down, while enough others are available
 *
 * There are never two pods of one number: a name is free only once the pod that had it is gone from its node, has
 * lost the node to a commit, or was let go because its node carries pintle.dev/node-out-of-service.
 *
 * The cases (tests/golden/stateful-set-NN-…), as Kubernetes documents them; where Pintle differs there is a *:
 *
 *    1  a new one, OrderedReady                  pods in order, each when those before it are running and ready
 *    2  a pod isn't ready                        the next is not made
 *    3  minReadySeconds                          the next waits for that, too; health and availableReplicas as well
 *    4  Parallel                                 all at once
 *    5  scaled up                                from the newest template, in order
 *    6  scaled down                              the highest first, the next when it is gone
 *    7  … a lower pod that stays is not ready    nothing goes
 *    8  … the one that is to go is not ready     it goes
 *    9  … Parallel                               all at once, whoever is ready
 *   10  to 0, and back                           as 6, then as 1
 *   11  another template                         from the highest down, one at a time, each available before the next
 *   12  partition                                only numbers from it on; lowered: more of them; 0: the rest, and it is complete
 *   13  … a pod below it ends                    comes back from the template before
 *   14  … above replicas                         nothing is replaced, and new pods have the template before
 *   15  OnDelete                                 a pod gets the new template when it is made anew, and not before
 *   16  maxUnavailable (a number or a share,     so many are missing at once (Parallel); in order they come back one by one
 *       rounded up)
 *   17  the new template is broken               the rollout stops at the first pod
 *   18  … and the next one mends it              * the broken pod makes room at once, but never before it is gone
 *   19  … back to the template before            * likewise; its revision is the newest again, pods that have it stay
 *   20  a pod of the old template that was       * waits while another is on its way, and doesn't keep that from coming back; then
 *       ready is not                             it is the next
 *   21  … in a crash loop                        * at once
 *   22  a pod fails or succeeds                  made anew under its name
 *   23  its node is lost                         deleted when the taint's time is over, made anew only when the node's agent says it is gone
 *   24  … out of service, or leaves git          made anew at once, elsewhere; where its agent is heard of, when that has removed it
 *   25  another pod has the name                 it waits for the name (event FailedCreate)
 *   26  ordinals.start                           numbers count from it, and so does the partition; changed: the new first, then the old go
 *   27  identity                                 labels pod-name, pod-index and controller-revision-hash; hostname; subdomain = serviceName
 *   28  revisionHistoryLimit                     that many templates beside those in use; one that comes back is renumbered or made anew
 *   29  scaled and rolled in one commit          scaling first
 *   30  leaves git                               all pods at once; one that comes back waits for each name
 *   31  volumeClaimTemplates                     TEMPLATE-SET-N with the selector's labels; they outlive pods and set, and are found again
 *   32  whenScaled: Delete                       a claim goes with the pod that goes by scaling, and with no other; * it stays when the number
 *                                                is wanted again before the pod is gone
 *   33  whenDeleted: Delete                      claims go with the set, each after its pod; another policy counts from then on
 *   34  a claim that git has                     is used, never owned; git may take one over
 *   35  something not supported yet              held: nothing is made; goes on when it isn't any more
 *   36  … later                                  held: what it has stays, at its number, from the template that it has
 *   37  Parallel and another template            one at a time as 11; * what isn't ready is first
 *   38  too many, and of a broken template       * they don't wait for each other
 *   39  other fields change                      no revision, no pod is replaced
 *   40  no node has room                         the next pods wait, as 2
 *   41  pintle.dev/on-config-change: Restart     rolled when a ConfigMap or Secret that it names changes (config_hash.h)
 *
 * To 18 to 21: in Kubernetes a broken pod stops every rollout until somebody deletes it, even that of the template that mends it (its
 * documentation's "forced rollback"). Here it is replaced at once when it has never been ready or is stuck (a crash loop, an image that is
 * not there), for nobody misses it; one that was ready before, when no other pod is on its way.
 */
#pragma once

#include "reconciler/control/control.h"

void control_stateful_set_sync(struct control *c, struct world_stateful_set *s);
/* It is gone from git: so are its pods, in no order (as in Kubernetes), and the claims that are to go with it. */
void control_stateful_set_drop(struct control *c, struct world_stateful_set *s);

/* --- what its files share -------------------------------------------------------------------------------- */

/* One look at a StatefulSet. */
struct stateful {
	struct control *c;
	struct world_stateful_set *s;
	const struct stateful_set_spec *spec;
	int64_t replicas, start, partition;
	int64_t budget;               /* pods that may be missing while it rolls */
	bool ordered, rolls;          /* OrderedReady; RollingUpdate */
	struct world_pod **slots;     /* [slot_count], by number from start; NULL: no pod */
	size_t slot_count;            /* ordered: no more than are looked at */
	struct world_pod **condemned; /* [condemned_count], highest number first */
	size_t condemned_count;
};
/* Ready for minReadySeconds, and to stay. */
bool stateful_available(const struct stateful *v, const struct world_pod *p);
/* A pod of the template before that has never been ready, or is stuck: nobody misses it. */
bool stateful_broken(const struct stateful *v, const struct world_pod *p);
/* Deletes the pod in *SLOT; NULL then if it is gone at once. */
void stateful_delete(struct stateful *v, struct world_pod **slot, const char *why);
/* The steps force and roll (stateful_update.c). Force returns whether it did something. */
bool stateful_force(struct stateful *v);
void stateful_roll(struct stateful *v);
