/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The nodes as one request sees them, kept from one choice to the next.
 *
 * Pods come in crowds of one template. Between two choices for the same request few nodes change: those that took a pod or gave
 * one back. A view holds the nodes that the request may be on (by name, labels, taints, unschedulable) in groups, where all that
 * depends on pods of other nodes is the same within a group (part.h), and for each group a heap of the nodes that have room, by what depends on the node
 * alone. A choice looks again at the nodes that changed, lets the judges judge the groups, and takes the best of the groups' best: the same
 * as a look at every node, at a fraction of the cost. Where nothing fits, the reasons of each node are kept likewise.
 *
 * The cluster keeps the views of the last SCHED_VIEWS requests. Of N nodes, G groups:
 *
 *     the first choice for a request    O(N)
 *     the next ones                     O(changed nodes × log N + G), O(1) where nothing changed at all
 *     memory of a view                  24 bytes a node, 4 more where nothing fitted
 */
#pragma once

#include "sched/internal.h"

struct sched_choice {
	const struct sched_node *node; /* NULL: none fits */
	int64_t sum;                   /* of weight × term */
	uint32_t feasible;             /* nodes that fit */
};
/* The best node for R (prepared) now. */
struct sched_choice sched_view_choose(struct sched_cluster *c, struct sched_request *r);

typedef void (*sched_count_fn)(const char *text, uint32_t nodes, void *arg);
/* Why no node fits, each reason once for each group of nodes: after sched_view_choose, when nothing changed since. */
void sched_view_reasons(struct sched_cluster *c, struct sched_request *r, sched_count_fn add, void *arg);

/* R goes. */
void sched_view_forget(struct sched_cluster *c, struct sched_request *r);
void sched_views_done(struct sched_cluster *c);
