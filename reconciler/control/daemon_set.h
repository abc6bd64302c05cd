/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * DaemonSets: one pod on each node that matches (pkg/controller/daemon).
 *
 * Each look goes over the nodes and the DaemonSet's pods, both by the node's name, and does the first of these that has something
 * to do:
 *
 *   manage    nodes that match and have no pod get one; nodes that don't match lose theirs; finished pods are replaced,
 *             later and later if they fail again and again; of several on one node the oldest stays
 *   roll      pods of old templates are replaced, those that aren't available first, the others as far as maxUnavailable
 *             allows; with maxSurge the new pod is made first and the old one goes when the new one is available
 *
 * The cases (tests/golden/daemon-set-NN-…), as Kubernetes documents them; where Pintle differs there is a *:
 *
 *    1  a new one                                a pod on each node that is ready
 *    2  nodeSelector                             … that has the labels
 *    3  required node affinity                   … that matches one of the terms
 *    4  taints NoSchedule and NoExecute          … whose taints it tolerates; PreferNoSchedule means nothing here
 *    5  a cordoned node                          gets a pod
 *    6  its pods                                 tolerate not-ready, unreachable, the pressures, unschedulable and (hostNetwork)
 *                                                network-unavailable; are bound by affinity to the node's name; controller-revision-hash
 *    7  a node comes                             it gets a pod when it is ready
 *    8  a node leaves git                        its pod is gone
 *    9  a node's labels change                   it gets a pod, or loses it
 *   10  a taint comes                            NoSchedule: the pod stays, misscheduled; NoExecute: it goes
 *   11  a node is lost                           its pod is not deleted; nobody waits for it
 *   12  another template                         maxUnavailable: 1 where not given, by the nodes' names
 *   13  … a share                                rounded up
 *   14  … old pods that aren't available         first, and beyond the budget
 *   15  … that is broken                         the rollout stops; the next template replaces the broken pods at once
 *   16  … minReadySeconds                        a new pod counts when it has been ready that long
 *   17  maxSurge                                 the new pod first; the old one goes when the new one is available
 *   18  … the new template is broken             no old pod goes; mended: the broken one is replaced
 *   19  … an old pod is not ready                its node gets the new one beyond the budget, and loses the old one
 *   20  OnDelete                                 a node's next pod has the new template
 *   21  a pod fails or ends                      replaced; after failures later and later: 0, 1, 2, 4 … 900 s after it was made
 *   22  a node is away in a rollout              * it holds nothing up; its pod is replaced when it is back
 *   23  no room on a node                        the pod waits for its node; the others have theirs
 *   24  back to the template before              its revision is the newest again, pods that have it stay
 *   25  revisionHistoryLimit                     that many templates beside those in use
 *   26  leaves git                               all pods; one that comes back makes new ones
 *   27  something not supported yet              held: goes on with the template that it has, on new nodes too
 *   28  a node is drained                        daemon pods stay
 *   29  … out of service                         the pod is gone
 *   30  nodeName in the template                 that node only
 *   31  pintle.dev/on-config-change: Restart     rolled when a ConfigMap or Secret that it names changes (config_hash.h)
 *   32  another choice of nodes                  those that match no more lose their pod, the others are rolled
 *   33  a node comes in a rollout                it gets the new template, and counts among those that miss a pod
 *
 * A pod is bound to its node when it is made, as in Kubernetes by required node affinity to the node's name. Nodes that are not
 * ready get no pod and keep theirs: not-ready is tolerated only as NoExecute. To 22: in Kubernetes such a node may stop a rollout
 * for as long as it is away, once its pod is deleted.
 */
#pragma once

#include "reconciler/control/control.h"

void control_daemon_set_sync(struct control *c, struct world_daemon_set *s);
/* It is gone from git: so are its pods. */
void control_daemon_set_drop(struct control *c, struct world_daemon_set *s);
/* Something that DaemonSets look at has changed on a node. */
void control_daemon_sets_dirty(struct control *c);

/* --- what its files share -------------------------------------------------------------------------------- */

/* One node, with the DaemonSet's pods for it; the last one stands for all that are no longer there. */
struct daemon_node {
	struct world_node *node; /* NULL: that one */
	const char *name;        /* NULL: likewise */
	enum sched_daemon fits;
	struct world_pod **pods; /* [count], in the look's array: placed ones first, then the oldest */
	size_t count;
};
/* One look at a DaemonSet. */
struct daemon {
	struct control *c;
	struct world_daemon_set *s;
	const struct daemon_set_spec *spec;
	struct world_pod **pods; /* all, by node */
	struct daemon_node *nodes;
	size_t node_count;
	int64_t desired; /* nodes that are to have a pod */
	bool surges;     /* maxSurge is not 0 */
	bool acted;      /* a pod was made or deleted */
};
/* Ready for minReadySeconds; the set wakes when it will have been. */
bool daemon_available(struct daemon *v, const struct world_pod *p);
/* It isn't ready, and not only because its node was lost sight of and its agent has said nothing since. */
bool daemon_serves_nobody(const struct world_pod *p);
/* Makes the node's pod; FAILURES: how many before it failed there, one after the other. */
void daemon_create(struct daemon *v, const struct daemon_node *n, int32_t failures);
void daemon_delete(struct daemon *v, struct world_pod *p, const char *why);
/* The step roll (daemon_update.c). */
void daemon_roll(struct daemon *v);
