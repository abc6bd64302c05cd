/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * In which order pods that have no node have their turn: the highest priority first, then the nearest deadline
 * (pintle.dev/deadline), then the oldest. Of those that came together, the largest first (its greatest share of what all nodes have of a
 * resource), so that the small ones fill what the large ones leave; equal pods one after the other (the requests of one size
 * in the order of their first pod by key); then by key.
 *
 * A turn, and what comes of it (place.c):
 *
 *     1. A node that takes the pod as things are: PLACED on the best one. Where room is kept for it (NOMINATED before), there
 *        if that node takes it now.
 *     2. None, but one would without certain pods that matter less (preempt.h): NOMINATED.
 *     3. Neither: it is tried again in the same call when something has happened in it that could help; at the end it hears NOWHERE,
 *        or WAITS where it failed in an earlier call already and nothing since then could help.
 *
 * Equal pods that have failed in the same call are not tried one by one. What could help (event.c):
 *
 *     refused because of                        tried again when
 *     resources, pod count, host ports          a node came or changed, a pod went, room that was kept is free again
 *     name, unschedulable, taints, affinity     a node came or changed
 *     pod affinity                              … or a pod came, or went (the first need find nobody), or a Namespace changed
 *     anti-affinity, either way                 … or a pod went, or a Namespace changed
 *     topology spread                           … or a pod came, is leaving, or went
 *     topology spread: no such label            a node came or changed
 *     volumes                                   … or a volume, a claim or a StorageClass changed, or a pod went
 *     volumes: ReadWriteOncePod                 a pod went, a claim changed
 *     another of its gang                       what could help that one; a node came or changed, a pod went
 *     anything else                             any of these
 *     whatever it is, of a pod that may be at   any of these
 *     others' expense and minds where pods are
 *
 * Budgets aren't in it: they never keep a pod waiting (preempt.h). Nor is a pod of lower priority that came: what it
 * takes was there before.
 *
 * A gang (sched_pending.gang; of one namespace) has its turn with its first member: all that wait are tried with the others' places taken, and
 * none is placed unless all are. Members that run already aren't counted. Where they don't fit, the same is tried at others' expense, as
 * pods of the least of their priorities, each as far as its own policy lets it; if all find room so, all are NOMINATED, with
 * the victims that each needs, and are placed together once the last victim is gone. If not, nobody has to go.
 */
#pragma once

#include "sched/sched.h"

/* Puts the COUNT PODS in order. O(count × log count), and O(nodes) where requests of several sizes came together. */
void sched_queue_order(struct sched_cluster *c, struct sched_pending *pods, size_t count);
