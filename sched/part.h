/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * How the parts of the scheduler plug in: tables (parts.c) of who hears of what happens to the books, of the filters, and of the score
 * terms. A part is a file or two that adds a row; its own state hangs on the cluster (a member of struct sched_cluster)
 * and on requests (a member of struct sched_request).
 *
 * Three sorts of filters and terms differ in when they are asked:
 *   fixed      depend on the node's name, labels, taints and unschedulable alone
 *   local      depend on that and on what is on the node: asked again when sched_node_changed names the node
 *   elsewhere  depend on pods of other nodes: the nodes are grouped by what they depend on, and each group is judged at each choice
 */
#pragma once

#include "sched/internal.h"

/* --- what happens ----------------------------------------------------------------------------------------- */

/*
 * What a part hears of, each member may be NULL. Of nodes with pods on them only pods change: before node_out the node's pods are taken away,
 * after node_in they come back (pods), so that a node whose labels change is heard of as one that goes and one that comes.
 * Nothing here needs to call sched_node_changed for the node that it is about: that is done.
 */
struct sched_part {
	void (*init)(struct sched_cluster *c);
	/* The last: requests were heard of as gone; nodes and pods not, the cluster still has them. */
	void (*done)(struct sched_cluster *c);
	/* Arrays by node have to hold c->cap elements from now on, OLD before; what is new must be zeroed. */
	void (*grown)(struct sched_cluster *c, uint32_t old);
	/* R is seen for the first time, before any pod of it is counted. */
	void (*request_in)(struct sched_cluster *c, struct sched_request *r);
	/* R is to be placed, for the first time: before it is asked about in filters and terms. */
	void (*request_ready)(struct sched_cluster *c, struct sched_request *r);
	/* Nobody uses R any more and no pod of it is anywhere, or the cluster goes. What R borrows may be gone. */
	void (*request_out)(struct sched_cluster *c, struct sched_request *r);
	/* NODE is there from now on, without pods. */
	void (*node_in)(struct sched_cluster *c, uint32_t node);
	/* NODE is about to go (or to change), without pods; its object is still there. */
	void (*node_out)(struct sched_cluster *c, uint32_t node);
	/* NODE's status is new (allocatable, images, volumes …), all else is as it was. */
	void (*node_status)(struct sched_cluster *c, uint32_t node);
	/*
	 * P is on NODE from now on, or no longer: LIVE is 1 or -1 if it isn't leaving, else LEAVING is. One leaves: -1, 1. Its request's live
	 * and leaving are already right.
	 */
	void (*pods)(
		struct sched_cluster *c, uint32_t node, const struct sched_bound *p, int live, int leaving);
	/* An object of KIND came (old NULL), changed, or went (new NULL): c->objects is already right; both are still there. */
	void (*object)(struct sched_cluster *c, enum kind_id kind, const struct object *old,
		const struct object *new);
};
/* In the order in which they hear; those that go are told in the same order. NULL ends it. */
extern const struct sched_part *const sched_parts[];

/* --- filters ------------------------------------------------------------------------------------------------- */

enum sched_when { SCHED_FIXED, SCHED_LOCAL, SCHED_ELSEWHERE };

struct sched_filter {
	const char *name; /* kube-scheduler's plugin */
	enum sched_when when;
	bool named; /* asked of pods that name their node too: what the kubelet's own admission asks */
	/* Does it say anything about a pod of R on any node, ever? By the spec alone. NULL: it does. */
	bool (*asked)(const struct sched_request *r);
	/* false: no; every reason goes through sched_refuse. O(1) in nodes and pods. */
	bool (*fits)(const struct sched_look *l);
	/* Before any node is looked at (kube-scheduler's PreFilter; L's node is NULL): false where none can fit. NULL: always true. */
	bool (*possible)(const struct sched_look *l);
};
/* In the order of kube-scheduler; fits NULL ends it. */
extern const struct sched_filter sched_filters[];

/* --- score terms ------------------------------------------------------------------------------------------------ */

struct sched_scorer {
	enum sched_when when;
	/* NULL: it is always asked. A term that isn't is 100. By the spec and the cluster's strategy. */
	bool (*asked)(const struct sched_cluster *c, const struct sched_request *r);
	/* 0 to 100. Those elsewhere that are asked are added up by their judges, too; here it is for one node alone (for people, and daemons), and may cost O(nodes). NULL: 100 for all. */
	int64_t (*term)(const struct sched_look *l);
};
extern const struct sched_scorer sched_scorers[SCHED_TERM_COUNT];

/* --- what depends on other nodes ----------------------------------------------------------------------------------- */

/* Nodes on which a pod of one request is judged alike. */
struct sched_group {
	uint32_t node;     /* one of them, to judge all by */
	uint32_t eligible; /* how many the pod may be on by name, labels, taints, unschedulable; at least 1 */
	/* The judges' part: */
	bool refused;
	int32_t score; /* weight × term, of all terms elsewhere, added up */
};

enum { SCHED_WORDS_MAX = 32 };

/*
 * A part that judges groups. Nodes belong to one group when their words are equal: the domain's number for a topology key with
 * many nodes a domain, the counts themselves where domains are small (or no more of them than matters: "any" is enough for
 * anti-affinity). Where a node's words change without a change of the node itself, sched_node_changed has to be called for it;
 * where their number or meaning changes, sched_request_changed.
 */
struct sched_judge {
	/* How many words it has for R from now on; 0: all nodes are alike for it. At most SCHED_WORDS_MAX in all. Asked before all nodes are looked at. */
	size_t (*width)(const struct sched_cluster *c, const struct sched_request *r);
	/* Those of NODE, as many as width said; returns how many. O(width). */
	size_t (*words)(
		const struct sched_cluster *c, const struct sched_request *r, uint32_t node, uint32_t *ret);
	/* Sets refused and adds to score of the COUNT groups (all that have an eligible node). O(count × width). */
	void (*judge)(struct sched_cluster *c, const struct sched_request *r, struct sched_group *groups,
		size_t count);
};
/* NULL ends it. */
extern const struct sched_judge *const sched_judges[];

/* Tells the parts. */
void sched_parts_init(struct sched_cluster *c);
void sched_parts_done(struct sched_cluster *c);
void sched_parts_grown(struct sched_cluster *c, uint32_t old);
void sched_parts_request_in(struct sched_cluster *c, struct sched_request *r);
void sched_parts_request_ready(struct sched_cluster *c, struct sched_request *r);
void sched_parts_request_out(struct sched_cluster *c, struct sched_request *r);
void sched_parts_node_in(struct sched_cluster *c, uint32_t node);
void sched_parts_node_out(struct sched_cluster *c, uint32_t node);
void sched_parts_node_status(struct sched_cluster *c, uint32_t node);
void sched_parts_pods(
	struct sched_cluster *c, uint32_t node, const struct sched_bound *p, int live, int leaving);
void sched_parts_object(
	struct sched_cluster *c, enum kind_id kind, const struct object *old, const struct object *new);
