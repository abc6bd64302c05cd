/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What becomes of the pods of a node that can't be reached, isn't ready, or doesn't want them (kube-controller-manager's
 * node life-cycle and taint-eviction controllers).
 *
 *    1  a session, its agent has told of its pods, is ready  Ready=True; the taints of its manifest and of its conditions
 *    2  no session for 40 s                                 Ready=Unknown; unreachable:NoSchedule; its pods count as not ready
 *    3  a session, but the agent can't run pods             Ready=False; not-ready:NoSchedule; its pods count as not ready
 *    4  2 or 3, and the zone allows it                      the same taint as NoExecute, with the time: the node is given up
 *    5  a zone has more than 2 nodes and 55 % not ready     its nodes are given up at 1 in 100 s where it has more than 50, else not at all
 *    6  no node of any zone is ready                        none is given up, and those that were are not any more: it is us
 *    7  else                                                a zone's nodes are given up one in 10 s
 *    8  a pod tolerates a NoExecute taint without an end    it stays
 *    9  … for tolerationSeconds                             it is deleted when they are over, counted from when the taint
 *                                                           came, or the pod where that was later
 *   10  … not, and the taint is one of 4                    as if it tolerated it for 300 s (DefaultTolerationSeconds)
 *   11  … not, another taint                                it is deleted now; where it names the node it waits to come back
 *   12  a pod of a node that can't be reached is deleted    it stays in the tree until the agent says that it is gone (a
 *                                                           Deployment has its replacement at once, a StatefulSet doesn't)
 *   13  … and pintle.dev/node-out-of-service: "true"        people say that it is off: out-of-service:NoExecute; the pods
 *                                                           that do not tolerate it, or were being deleted, are gone at once
 *   14  the node is back before that                        nothing happened; pods that were deleted are removed by its agent
 *   15  pintled has just started                            a node has its 40 s before its pods are deleted
 *   16  pintle.dev/drain: "true"                            it takes no new pods; its pods are evicted as their budgets allow
 *                                                           (budget.h), but for those of DaemonSets; condition Drained
 *   17  a pod of git without a controller has ended         it stays where it was, in 9 to 13 and 16
 *   18  the node leaves git                                 its agent removes its pods, and it leaves when they are gone; at once
 *                                                           where nobody has heard of it for 40 s
 */
#pragma once

#include "reconciler/control/control.h"

#define NODE_TAINT_NOT_READY "node.kubernetes.io/not-ready"
#define NODE_TAINT_UNREACHABLE "node.kubernetes.io/unreachable"
#define NODE_TAINT_UNSCHEDULABLE "node.kubernetes.io/unschedulable"
#define NODE_TAINT_OUT_OF_SERVICE "node.kubernetes.io/out-of-service"

/* Taints of N as it is now; GIVEN_UP: case 4, where N isn't ready. Returns whether any came or went. */
bool node_taints_sync(struct control *c, struct world_node *n, bool given_up);
bool node_is_given_up(const struct world_node *n);
/* node_agent.c: N leaves; whom it was mistaken for, or who for it, is so no longer. */
void node_duplicates_end(struct control *c, struct world_node *n);
/* The times in S, told by N's agent, as if its clock were right: what is done at a time, and how long a pod is ready, goes by them. */
void node_correct_times(const struct world_node *n, struct pod_status *s);
/* Do people say that it is off, and nobody has heard of it? */
bool node_is_off(const struct world_node *n);

/* zones.c: which nodes are given up, and which no more. After the controllers of nodes, where world->zones_changed. */
void control_zones(struct control *c);

/* evict.c: deletes the pods of N that its NoExecute taints drive out now; N is woken when the next is due. */
void node_evict(struct control *c, struct world_node *n);
/* Has P, of git and without a controller, ended? It does nothing on its node; made anew it would run once more. */
bool pod_is_done(const struct world_pod *p);
/* When a pod that was placed at PLACED on a node with taint T has to go; 0: at once; NSEC_NEVER: it may stay. */
nsec_t node_eviction_time(const struct pod_spec *spec, const struct world_taint *t, nsec_t placed);
/*
 * drain.c. Controllers act first, then drains: whether a pod may leave depends on what there is once they are done, not on who
 * looked first.
 */
/* N is draining, or (CHANGED) just began or stopped: this pass looks who may leave. */
void node_drain_look(struct control *c, struct world_node *n, bool changed);
/* Evicts what may leave now. False: no node was due. */
bool control_drains(struct control *c);
/* Takes over what N's manifest says of it. Returns whether that is new. */
bool node_drain_begins(struct world_node *n);
/* Until when nothing is done about what happened while no pintled was there. */
nsec_t node_grace_end(const struct control *c, const struct world_node *n);
