/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The controllers: each looks at one object and does what it takes to bring the world nearer to what git says.
 *
 * A controller changes the world through world.h, and tells the plan what it decided. It reads no clock: `now` is
 * given. It is idempotent: run again on an unchanged world it changes nothing. It is called for dirty objects only, so
 * whoever changes something that a controller looks at marks that controller's object dirty.
 */
#pragma once

#include "reconciler/plan.h"
#include "reconciler/snapshot.h"
#include "reconciler/world.h"

struct control {
	struct world *world;
	struct plan *plan;
	nsec_t now;
	bool imagined; /* a plan to its end: nothing waits for a time to pass */
};

/* --- dispatch.c ------------------------------------------------------------------------------------- */

/* Runs the controller of O's kind; kinds without one: nothing. */
void control_sync(struct control *c, struct world_object *o);
/* Git has O no more: it goes, with all that its controller made of it. */
void control_drop(struct control *c, struct world_object *o);
/* P, of a set, is about to leave the world. */
void control_pod_leaves(struct control *c, struct world_pod *p);

/* --- manifests (manifests.c) ------------------------------------------------------------------------ */

/* Takes what git says now: SNAPSHOT against the world (BEFORE: the snapshot the world already follows, or NULL: compare everything). */
void control_take_snapshot(struct control *c, const struct snapshot *before, const struct snapshot *snapshot);

/* The version of git, OBJ, comes into force as of COMMIT: created, or in the place of the one before. WAITS: it is there, and waits for these; NULL: it begins. */
struct world_object *control_begin(
	struct control *c, struct object *obj, const char *commit, const char *waits);

/* --- depend.c ------------------------------------------------------------------------------------------- */

/* Does OBJ, a new version, depend on anything? Then it waits until control_release finds that it need not. */
bool control_wait(struct control *c, struct object *obj);
/* Nothing of KEY waits any more. */
void control_unwait(struct control *c, const char *key);
/* Looks at what waits for something that changed: begins or says so. Returns whether anything began, so that controllers are to run again. */
bool control_release(struct control *c);

/* --- node.c ------------------------------------------------------------------------------------------ */

enum {
	/* without a session until NotReady (kube-controller-manager's node-monitor-grace-period) */
	NODE_GRACE_SECONDS = 40
};
void control_node_sync(struct control *c, struct world_node *n);
/* Makes the implicit node of this host where git has no Node, and takes it away where it has. */
void control_implicit_node(struct control *c);
/* What subnets nodes can have has changed. */
void control_nodes_dirty(struct control *c);
/* A session with the node's agent is there, or has ended. */
void control_node_connected(struct control *c, struct world_node *n, bool connected);
/* The node can't be reached, for REASON (CamelCase; MESSAGE is a sentence, the same from try to try). Returns whether that is new: there is something to record. */
bool control_node_trouble(struct control *c, struct world_node *n, const char *reason, const char *message);
/* The agent reported the node's status (borrowed). */
void control_node_report(struct control *c, struct world_node *n, const struct node_status *status);
/* Likewise how much its pods wait. */
void control_node_pressure(struct control *c, struct world_node *n, struct sched_pressure p);
/* The agent may hold pods that the tree does not have; NODE_TOLD: it has told which, or that one of them is gone. */
void control_node_doubt(struct control *c, struct world_node *n);
void control_node_told(struct control *c, struct world_node *n);
/* The tree was lost, or turned out to be an old copy: nodes may hold what it does not have, until they tell. */
void control_tree_is_old(struct control *c);
/* AFTER, of git, is new, and BEFORE (NULL: the implicit node) has gone with the same commit: may it be the same host, and hold what that held? */
void control_node_renamed(struct control *c, const struct object *before, const struct object *after);
/* Its agent has obeyed no reconciler yet, though the tree knows the node: it was installed again. */
void control_node_begins_anew(struct control *c, struct world_node *n);
/* N's agent is that of OTHER, which is in the world as well; NULL: of N alone. */
void control_node_duplicate(struct control *c, struct world_node *n, const struct world_node *other);
/* The agent's clock shows TIME now. */
void control_node_clock(struct control *c, struct world_node *n, nsec_t time);
/*
 * Git has the node no more: its agent removes its pods, and it leaves the world when they are gone. One that nobody hears of leaves at
 * once, and its pods are taken to be gone with it. STAYS: git has it again.
 */
void control_node_leaves(struct control *c, struct world_node *n);
void control_node_stays(struct control *c, struct world_node *n);
/* The node leaves the world: its pods are gone with it. */
void control_node_drop(struct control *c, struct world_node *n);

/* --- deployment.c (the rest of it is in deployment.h) ------------------------------------------------- */

void control_deployment_sync(struct control *c, struct world_deployment *d);
/* The Deployment is gone from git: so are its sets and their pods. */
void control_deployment_drop(struct control *c, struct world_deployment *d);

/* --- replica_set.c (the rest of it is in replica_set.h) ------------------------------------------------------------------------------------ */

void control_set_sync(struct control *c, struct world_set *s);
void control_set_drop(struct control *c, struct world_set *s);
/* Deletes all its pods, which are nobody's from then on. */
void set_drop_pods(struct control *c, struct world_set *s);
/* "VERB pod: FIRST", or how many and the first of them; COUNT > 0. */
void set_say_pods(struct control *c, struct world_set *s, const char *reason, const char *verb, size_t count,
	const char *first);
/* Is the pod one that counts: neither finished nor being deleted? */
bool set_pod_active(const struct world_pod *p);
/* Ready for min_ready_seconds at NOW; *RET_WHEN (may be NULL): when it will be, NSEC_NEVER where it isn't ready. */
bool set_pod_available(const struct world_pod *p, int64_t min_ready_seconds, nsec_t now, nsec_t *ret_when);

/* --- pod.c --------------------------------------------------------------------------------------------- */

void control_pod_sync(struct control *c, struct world_pod *p);
/* How a new pod of a set differs from the others; zeroes: in nothing. */
struct pod_own {
	const char *name;                /* NULL: prefix and a suffix */
	const char *prefix;              /* NULL: the set's name */
	struct world_revision *revision; /* its own reference, taken over; NULL: the set's, as admitted now */
	const char *pinned;              /* the node that it must be on; NULL: any */
	int32_t ordinal;
};
/* A new pod of S. NULL: its name is taken (only where one is given). */
struct world_pod *pod_create(struct control *c, struct world_set *s, const struct pod_own *own);
/* A new bare pod. Takes over ORIGIN. */
struct world_pod *pod_create_bare(
	struct control *c, const char *namespace, const char *name, struct world_origin *origin);
/* Its node can't be reached or isn't ready: it counts as not ready until the agent says otherwise. */
void pod_lost_sight(struct control *c, struct world_pod *p);
/* It is about to be ended for a reason that is not its own: condition DisruptionTarget. REASON is one of Kubernetes' (a constant). */
void pod_disrupt(struct control *c, struct world_pod *p, const char *reason, const char *message);
/* withhold.c: which pods their agents must not hear of yet. After the controllers; returns whether there is something to say. */
bool control_withhold(struct control *c);
/* finished.c: the oldest of too many that have ended go. After the controllers. */
void control_finished(struct control *c);
/* Begins its deletion; what no agent can know of is gone at once. REASON is for the plan. */
void pod_delete(struct control *c, struct world_pod *p, const char *reason);
/* It is gone from its node: drop it (a bare pod that git still wants comes back as a new one). */
void pod_gone(struct control *c, struct world_pod *p);
/* Finds P's priority, once (priority.c). NULL: it has it; else why not, in ARENA. */
const char *pod_rank(struct control *c, struct world_pod *p, struct arena *arena);
/* Puts it on NODE. */
void pod_place(struct control *c, struct world_pod *p, struct world_node *n, const char *why);
/* Whoever controls the pod must look. */
void pod_dirty_owner(struct control *c, struct world_pod *p);
/* Its refs to ConfigMaps and Secrets and its digest, as they are now; queues it for its node when they changed. */
void pod_refresh_digest(struct control *c, struct world_pod *p);
/* The agent reported the pod (STATUS may be NULL with GONE). */
void control_pod_report(struct control *c, struct world_pod *p, const struct pod_status *status, bool gone);

/* --- service.c, config.c, cluster.c, namespace.c -------------------------------------------------------- */

void control_service_sync(struct control *c, struct world_service *s);
/* A ConfigMap or Secret came, went or changed: the pods that use it get another digest. */
void control_config_sync(struct control *c, const char *key);
/* The Cluster manifest (NULL: none), before any controller of a commit runs: nodes get their subnets by it. */
void control_cluster(struct control *c, const struct cluster *cluster);
/* Every namespace that is used exists; implicit ones go with the last user. */
void control_namespaces(struct control *c, const struct snapshot *s);
/* Those that nothing is in any more go. At the end of each pass. */
void control_namespaces_settle(struct control *c);
/* A ServiceAccount has left git. */
void control_account_drop(struct control *c, struct world_object *o);
void control_namespace_use(struct control *c, const char *namespace);

/* --- held.c, event.c ------------------------------------------------------------------------------------- */

/* Says why the workload is held (event; the condition is its controller's). */
void control_held(struct control *c, struct world_object *o);
/* Counts an event about ABOUT; TYPE "Normal" or "Warning". Equal reason and message are one event with a count. */
void control_event(struct control *c, const struct world_object *about, const char *type, const char *reason,
	const char *message, ...) _printf_(5, 6);
/* The same, but an event that is there already is left as it is: for what a controller finds each time it looks. Returns whether it is new. */
bool control_event_once(struct control *c, const struct world_object *about, const char *type,
	const char *reason, const char *message, ...) _printf_(5, 6);
/* A warning about the cluster itself, with or without a Cluster manifest; one that is there already is left as it is. */
void control_event_cluster(struct control *c, const char *reason, const char *message, ...) _printf_(3, 4);
/* Drops it when it is an hour old, else wakes then. */
void control_event_sync(struct control *c, struct world_event *e);
