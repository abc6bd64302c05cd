/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What the files of the world share; nobody else includes this. */
#pragma once

#include "reconciler/world.h"

struct world_scratch;

/*
 * What a kind is in the world beyond its manifest: a file world_KIND.c each. A kind without one is its manifest and
 * nothing else. Members may be NULL.
 */
struct world_kind {
	size_t size;     /* of the struct that begins with its world_object */
	bool keeps_pods; /* the struct begins with a world_set */
	void (*free)(struct world_object *o);
	/* FROM, an object of the tree, into O; nothing else of the world may be looked at. */
	void (*load)(struct world *w, struct object *from, struct world_object *o);
	/* Once all are loaded: finds what O belongs to. Pods are linked last. */
	void (*link)(struct world *w, struct world_object *o);
	/* A shallow struct of the kind in the scratch's arena, as the tree has it. */
	void *(*body)(struct world_scratch *s, const struct world_object *o);
	/* Instead of body: the whole JSON text. */
	void (*write)(
		struct world_scratch *s, const struct world_object *o, const char *version, struct buf *out);

	/* Of those that keep pods. */

	/* Adds to B, a pod of P's set made from P's revision, what is P's own: labels, host name, environment … */
	void (*dress)(struct world_scratch *s, const struct world_pod *p, struct pod *b);
	/* What dress goes by, read back from the stored pod. P is of the set, and has no revision yet. */
	void (*undress)(struct world_pod *p, const struct pod *stored);
	/* The Ith revision that a pod of S may have been made from (a reference), NULL: no more. The first is the likeliest. */
	struct world_revision *(*revision)(struct world *w, struct world_set *s, size_t i);
};
extern const struct world_kind world_kind_namespace, world_kind_node, world_kind_service, world_kind_pod,
	world_kind_replica_set, world_kind_replication_controller, world_kind_deployment, world_kind_event,
	world_kind_budget, world_kind_autoscaler, world_kind_stateful_set, world_kind_daemon_set,
	world_kind_controller_revision, world_kind_claim;
extern const struct world_kind world_kind_job, world_kind_cron_job;
/* Of kind ID; never NULL. */
const struct world_kind *world_kind(enum kind_id id);

/* world_node_taints.c */
void world_node_taints_done(struct world_node *n);
/* Takes over those of the tree. */
void world_node_load_taints(struct world_node *n, const struct node_spec *spec);
/* Gives SPEC those of N. */
void world_node_add_taints(struct world_scratch *s, const struct world_node *n, struct node_spec *spec);

/* world_node_conditions.c */
/*
 * S without what the tree would not have again: our own conditions, and of the agent's Ready all but whether it is. So an agent that
 * says what the tree has says nothing new, and after a restart no node is written once more.
 */
struct node_status world_node_as_kept(const struct node_status *s, struct arena *arena);
/* What the tree has: SAID, the agent's, NULL where it never said any, and ours. */
struct conditions world_node_conditions(
	struct world_scratch *s, const struct world_node *n, const struct conditions *said);
/* Takes over ours of the tree. */
void world_node_load_conditions(struct world *w, struct world_node *n, const struct conditions *list);

/* world_node_notes.c: conditions of a node that say what is odd about its agent, and are there only while it is so. */
enum { WORLD_NODE_NOTES = 5 };
bool world_node_is_note(const char *type);
/* Adds those of N to LIST, which has room for them. */
void world_node_notes(struct world_scratch *s, const struct world_node *n, struct conditions *list);
/* Takes over C of the tree, if it is one. */
void world_node_note_load(struct world *w, struct world_node *n, const struct condition *c);

/* Who uses one ConfigMap or Secret: sets and bare pods. */
struct world_users {
	char *key;
	struct world_object **items;
	size_t count, cap;
};
void world_users_done(struct world *w);
/* USER uses what R names. */
void world_users_join(struct world *w, const struct world_revision *r, struct world_object *user);
void world_users_leave(struct world *w, const struct world_revision *r, const struct world_object *user);

/* The one text of namespace NAME (NULL of NULL), for as long as what joined has not left. */
const char *world_space_join(struct world *w, const char *name);
void world_space_leave(struct world *w, const char *name);
/* O is there, or no longer: counts who keeps its namespace. */
void world_space_count(struct world *w, const struct world_object *o, bool there);
/* It waits no longer. */
void world_wake_cancel(struct world *w, struct world_object *o);
/* The node goes: no list of the world has it any more. */
void world_node_forget(struct world *w, struct world_node *n);
/* Of a template's annotations, those that its pods have: people's, and of ours what says how they are placed. */
struct string_map world_pod_notes(struct arena *a, const struct string_map *annotations);
/* A pod as it is in the tree, without what is the tree's alone (annotations, version). */
void world_pod_body(struct world_scratch *s, const struct world_pod *p, struct pod *b);
/* world_pod_load.c: world_kind's load and link of pods, and the end of loading. */
void world_pod_load(struct world *w, struct object *from, struct world_object *o);
void world_pod_link(struct world *w, struct world_object *o);
void world_pods_loaded(struct world *w);
/* Forgets the status and the texts it shares. */
void world_pod_drop_status(struct world *w, struct world_pod *p);
/* The lists of budgets by namespace. */
void world_budget_join(struct world *w, struct world_budget *b);
void world_budget_leave(struct world *w, struct world_budget *b);
void world_budgets_done(struct world *w);
/* world_sched.c: O changed, or goes: where it is something that pods refer to, the scheduler must hear of it. */
void world_sched_news(struct world *w, struct world_object *o);
void world_sched_forget(struct world *w, struct world_object *o);
/* After loading: it has yet to hear of everything. */
void world_sched_begin(struct world *w);
/* world_request.c: R, which is equal to BEFORE, asks for the same. */
void world_revision_follow(struct world_revision *r, struct world_revision *before);
/* What was P's own request goes. */
void world_request_drop(struct world *w, struct world_pod *p);

enum world_phase world_phase_of(const char *phase);
/* What all that begin with a world_set give back. */
void world_set_done(struct world_set *s);
/* The status that ReplicaSets and ReplicationControllers have. */
void world_set_load_status(struct world_set *s, const struct replica_set_status *from);
struct replica_set_status world_set_status(struct world_scratch *s, const struct world_set *t);
/* What all that begin with a world_roller give back. */
void world_roller_done(struct world_roller *r);
/* The same for `revision` of world_kind. */
struct world_revision *world_roller_revision(struct world *w, struct world_set *s, size_t i);
/* SPEC in NAMESPACE with the defaults of LimitRanges; SPEC itself where none is missing. */
const struct pod_spec *world_limit(
	const struct world *w, const char *namespace, struct arena *arena, const struct pod_spec *spec);
