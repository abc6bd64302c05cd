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
 * A pod is bound to its node when it is made, as in Kubernetes by required node affinity to the node's name. Nodes that are not
 * ready get no pod, keep theirs (not-ready is tolerated only as NoExecute), and hold no rollout up: their pods are replaced
 * when they are back (in Kubernetes such a node may stop a rollout for as long as it is away).
 */
#pragma once

#include "reconciler/control/control.h"

void control_daemon_set_sync(struct control *c, struct world_daemon_set *s);
/* It is gone from git: so are its pods. */
void control_daemon_set_drop(struct control *c, struct world_daemon_set *s);
/* Something that DaemonSets look at has changed on a node. */
void control_daemon_sets_dirty(struct control *c);

/* --- what its files share -------------------------------------------------------------------------------- */

/* One node, with the DaemonSet's pods for it. */
struct daemon_node {
	struct world_node *node; /* NULL: no longer there */
	const char *name;
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
/* Makes the node's pod; FAILURES: how many before it failed there, one after the other. */
void daemon_create(struct daemon *v, const struct daemon_node *n, int32_t failures);
void daemon_delete(struct daemon *v, struct world_pod *p, const char *why);
/* The step roll (daemon_update.c). */
void daemon_roll(struct daemon *v);
