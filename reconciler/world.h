/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What is true now, in memory: the actual tree as structs, with the indexes that controllers need.
 *
 * Everything of the world is a world_object: an entry of the tree with an identity (kind, namespace, name, UID). What came
 * from git has an origin: the manifest and where it stands. The structs of the kinds begin with their world_object.
 * A pod is an identity, a reference to the revision of its template, and a status.
 *
 * Rules: whoever changes an object calls world_touch, so that the pass records it; world_drop takes it out of the
 * tree and frees it when the pass ends. Whatever may have to act on a change is marked with world_dirty; the
 * pass drains the dirty ones. Pointers between objects are kept right by the functions here. Every list has a fixed
 * order for equal histories, and controllers sort where order decides.
 */
#pragma once

#include "reconciler/world_objects.h"

/* Everything the core needs to know of the home. */
struct world_settings {
	char cluster_id[33];
	int64_t term;
	uint8_t key[WORLD_KEY_SIZE]; /* for what stands in for Secrets */
	const char *host_name;       /* of the implicit node; NULL: none is made. Copied */
};

/* Pods that wait: those that came since the list was last put in order stand last. */
struct world_waiting {
	struct world_pod **items; /* [count]; NULL: one that waits no longer */
	size_t count, cap;
	size_t ordered; /* so many from the first are in order */
	size_t holes;
};
struct world_list {
	struct world_object **items;
	size_t count, cap;
};
/* A namespace that something is in, whether or not there is a Namespace of that name. */
struct world_space {
	size_t objects; /* that are in it, those being dropped included */
	size_t users;   /* of them those that keep a namespace: not Events, not dropped */
	char name[];
};
/* The addresses of a node's pods, first and last. */
struct world_subnet {
	uint64_t first, last;
	struct world_node *node;
};

struct network;

struct world {
	struct names names;
	uint8_t key[WORLD_KEY_SIZE];
	char *host_name;
	nsec_t started;
	struct map objects;     /* key → struct world_object */
	struct map pods;        /* uid → struct world_pod */
	struct map strays;      /* "ns/name" → struct world_stray */
	struct map service_ips; /* address → struct world_service */
	struct map users;       /* "ConfigMap/ns/name" → struct world_users (world.c) */
	size_t counts[KIND_COUNT];
	/* The objects of each kind: in the order in which they came, the last one in the place of one that went. */
	struct world_list of_kind[KIND_COUNT];
	struct world_list nodes_by_name; /* see world_nodes_by_name */
	bool nodes_unsorted;
	uint64_t daemon_version; /* grows with each change of nodes that DaemonSets look at */
	struct world_list wakes; /* a heap: who waits, the next one due first */
	/* pods that have ended for good; of what controllers made, so many are kept */
	size_t finished, finished_max;
	bool space_emptied;           /* a namespace may have nothing in it any more */
	struct map spaces;            /* name → struct world_space */
	struct world_subnet *subnets; /* [subnet_count], by first address */
	size_t subnet_count, subnet_cap;
	struct network *network;  /* as agents are told it */
	struct world_node **news; /* [news_count] */
	size_t news_count, news_cap;
	struct world_object **dirty;
	size_t dirty_count, dirty_cap;
	struct world_object **changed;
	size_t changed_count, changed_cap;
	struct world_object **dropped;
	size_t dropped_count, dropped_cap;
	struct world_waiting waiting;  /* for a node */
	struct world_waiting unranked; /* for their PriorityClass */
	bool classes_changed;          /* a PriorityClass came: look for theirs again */
	bool nodes_changed;            /* room may have come: try all pods that wait again */
	/* While it is loaded: pods as the tree has them, by kind_index, and "namespace/hash" → a revision (world_pod.c). */
	struct world_stored *stored;
	struct intern *stored_texts; /* of them: most are of one pod each, and would leave w->texts large */
	size_t stored_count, stored_cap;
	struct map kept;
	uint64_t looked;       /* objects that passes looked at, for tests: a pass costs what changed */
	bool drains_due;       /* of some node: see control/drain.c */
	bool zones_changed;    /* a node's readiness changed, or its eviction waits: see control/zones.c */
	struct map budgets;    /* namespace → struct world_budgets */
	struct map zones;      /* "REGION/ZONE" → struct world_zone (control/zones.c) */
	struct map time_zones; /* name → struct world_clocks (world_cron_job.c) */
	struct sched_cluster *sched;
	struct world_list untold; /* what the scheduler has yet to hear of (world_sched.c) */
	struct map requests;      /* uid → struct world_request (world_request.c) */
	struct intern *texts;     /* of packed statuses */
	/* From the Cluster manifest; defaults where there is none. */
	char pod_cidr[20], service_cidr[20], dns_domain[254];
	int64_t node_prefix;
	bool config_restarts;                     /* onConfigChange: Restart */
	int64_t rebalance_seconds, rebalance_max; /* scheduling.rebalance; seconds 0: no */
	nsec_t rebalance_next;                    /* when the next round may begin (control/rebalance.h) */
	struct map moved;          /* key → the same key, owned: sets that lost pods in the last round */
	struct objects limits;     /* LimitRanges, sorted */
	uint64_t limits_version;   /* grows whenever they change */
	char commit[65];           /* in force; "" = none yet */
	struct world_waits *waits; /* objects that wait for others; NULL: none ever did */
	/* The tree's last version that is durable, as far as is known here: no agent was told of a later one, unless the tree is a copy. */
	int64_t tree_version;
	size_t duplicates; /* nodes with agent_of */
	bool tree_old;     /* it was lost, or is an old copy, as this process has found out */
	bool has_left;     /* some object may have an origin that has left git */
	bool has_snapshot; /* git has been looked at, now or before the last start: its settings are known */
};

void world_init(struct world *w, const struct world_settings *s, nsec_t now);
void world_done(struct world *w);

/* The object of KIND NAMESPACE (NULL for cluster-scoped) NAME, or NULL. Dropped ones are not found. */
struct world_object *world_find(
	const struct world *w, enum kind_id kind, const char *namespace, const char *name);
struct world_pod *world_pod_by_uid(const struct world *w, const char *uid);
/* Adds a zeroed object of KIND with an identity; UID NULL makes a new one. The caller fills the rest and touches it. -EEXIST → NULL. */
struct world_object *world_add(struct world *w, enum kind_id kind, const char *namespace, const char *name,
	const char *uid, nsec_t created);
/* It must be recorded by this pass. */
void world_touch(struct world *w, struct world_object *o);
/* It leaves the tree; freed by world_sweep. */
void world_drop(struct world *w, struct world_object *o);
/* Its controller must look at it. */
void world_dirty(struct world *w, struct world_object *o);
/* Dirty again at WHEN, if that is sooner than what was asked before. */
void world_wake(struct world *w, struct world_object *o, nsec_t when);
/* Marks all objects dirty that are due at NOW; returns the next time, NSEC_NEVER: none. */
nsec_t world_wake_due(struct world *w, nsec_t now);
/* When the next one is due. */
nsec_t world_wake_next(const struct world *w);
/* The namespace's counts, or NULL: nothing is in it. */
const struct world_space *world_space(const struct world *w, const char *name);
/* The ClusterIP of a service ("" or "None": none), known by address from now on. */
void world_service_ip(struct world *w, struct world_service *s, const char *ip);
/* Marks all objects dirty. */
void world_dirty_all(struct world *w);
/* All objects, sorted by kind, namespace and name: a fresh array, which the caller frees. */
struct world_entry_list {
	struct world_object **items;
	size_t count;
};
struct world_entry_list world_entries(const struct world *w);
/* Those of one kind. */
struct world_entry_list world_kind_entries(const struct world *w, enum kind_id kind);
/* All nodes by name, the world's own list; each knows its place in it. */
const struct world_list *world_nodes_by_name(struct world *w);
/* The order of world_entries, for qsort over struct world_object *. */
int world_object_cmp(const void *a, const void *b);
/* Frees what was dropped and clears the lists of what changed. Called once the pass has recorded them. */
void world_sweep(struct world *w);

struct world_origin *world_origin_free(struct world_origin *o);

/* world_scale.c: does O (a Deployment, ReplicaSet …) have a number of replicas? */
bool world_scales(const struct world_object *o);
/* The replicas that O, which scales, wants now. */
int64_t world_replicas(const struct world_object *o);
/* From now on O wants REPLICAS, whatever its manifest says (not set: what its manifest says). */
void world_scale(struct world *w, struct world_object *o, struct opt_int replicas);
/* G takes the place of BEFORE as O's origin: it is scaled as that was. */
void world_origin_follow(struct world_origin *g, const struct world_origin *before);
/* "path:line" of O's origin, or of its owner's; NULL where there is none. */
const char *world_source(const struct world_object *o);

/* The typed views; each asserts the kind. */
struct world_node *world_node(struct world_object *o);
struct world_deployment *world_deployment(struct world_object *o);
struct world_set *world_set(struct world_object *o); /* of any kind that keeps pods */
/* Do objects of this kind keep pods: does their struct begin with a world_set? */
bool world_keeps_pods(enum kind_id id);
struct world_pod *world_pod(struct world_object *o);
struct world_roller *world_roller(struct world_object *o); /* a StatefulSet or DaemonSet */
struct world_stateful_set *world_stateful_set(struct world_object *o);
struct world_daemon_set *world_daemon_set(struct world_object *o);
struct world_controller_revision *world_controller_revision(struct world_object *o);
struct world_claim *world_claim(struct world_object *o);
struct world_service *world_service(struct world_object *o);
struct world_event *world_event(struct world_object *o);
struct world_budget *world_budget(struct world_object *o);
struct world_autoscaler *world_autoscaler(struct world_object *o);
void world_usage_free(struct world_usage *u);
/* What A's manifest says that it scales, where that is there and has replicas of git; or NULL. */
struct world_object *world_autoscaler_target(const struct world *w, const struct world_autoscaler *a);

/* Does a Deployment's annotation KEY stand on its sets too? */
bool world_set_note_is_copied(const char *key);

/* --- revisions ---------------------------------------------------------------------------------- */

/* TEMPLATE lives in HOLDER, of which a reference is taken. */
struct world_revision *world_revision_new(
	struct object *holder, const char *namespace, const struct pod_template *template);
struct world_revision *world_revision_ref(struct world_revision *r);
/* When a pod of R that was made at CREATED should run; NSEC_NEVER: no matter. */
nsec_t world_revision_deadline(const struct world_revision *r, nsec_t created);
struct world_revision *world_revision_unref(struct world_revision *r);

/* --- links (each keeps both ends right) ---------------------------------------------------------- */

void world_set_join(struct world *w, struct world_set *s, struct world_deployment *d);
void world_set_leave(struct world_set *s);
/* The revision of a set or a bare pod, and who uses its ConfigMaps and Secrets. Takes the reference. */
void world_set_revision(struct world *w, struct world_set *s, struct world_revision *r);
void world_pod_revision(struct world *w, struct world_pod *p, struct world_revision *r);
/* S and those of its pods that share its revision share R, whose template is the same: one is kept, not two. */
void world_set_share_revision(struct world *w, struct world_set *s, struct world_revision *r);
/* H, which has its template, is R's from now on. */
void world_history_join(struct world *w, struct world_controller_revision *h, struct world_roller *r);
void world_history_leave(struct world *w, struct world_controller_revision *h);
/* The revision of H's pods that are made now, with the defaults of LimitRanges and what its owner adds: a reference. */
struct world_revision *world_history_admitted(struct world *w, struct world_controller_revision *h);
/* With whom claim C goes; NULL: with nobody. */
void world_claim_own(struct world_claim *c, struct world_object *owner);
void world_pod_join(struct world_pod *p, struct world_set *s);
void world_pod_leave(struct world_pod *p);
/* Does P have scheduling gates? Is it for another scheduler than ours (spec.schedulerName)? Neither gets a turn. */
bool world_pod_is_gated(const struct world_pod *p);
bool world_pod_is_foreign(const struct world_pod *p);
/* P waits for a node (or, unless it is ranked, for its class), or no longer (placing it ends it too). One that gets no turn, once it is ranked, doesn't. */
void world_pod_wait(struct world *w, struct world_pod *p);
void world_pod_unwait(struct world *w, struct world_pod *p);
/* Puts LIST in order, without holes: the highest priority first, then the oldest, then by key. */
void world_waiting_order(struct world_waiting *list);
/* Only without holes: those that are there have been seen. */
void world_waiting_close(struct world_waiting *list);
/* Before it leaves a set that dresses its pods: it stays as it is, with all that the set added. */
void world_pod_keep_looks(struct world *w, struct world_pod *p);
/* Counts the pod on NODE in the scheduler's books too. */
void world_pod_place(struct world *w, struct world_pod *p, struct world_node *n);
void world_pod_unplace(struct world *w, struct world_pod *p);
/* After a change of phase, node or revision: books what the pod needs on its node, or gives it back. */
void world_pod_book(struct world *w, struct world_pod *p);
/* Gives it back, whatever its phase: before its revision changes. */
void world_pod_unbook(struct world *w, struct world_pod *p);
/* It is being deleted from now on: it takes room until it is gone, and is no longer one to spread from. */
void world_pod_leaves(struct world *w, struct world_pod *p);
/* Room is kept for P, which waits, on NODE, as before a restart. */
void world_pod_nominate(struct world *w, struct world_pod *p, const char *node);
/* What P asks of nodes; the world's. */
struct sched_request *world_pod_request(struct world *w, struct world_pod *p);
/* What a pod of R asks of nodes that nothing sets apart from the others; R's. */
struct sched_request *world_revision_request(struct world_revision *r);
/* The scheduler hears of what pods refer to (Namespaces, volumes, claims, storage classes, budgets), where it has changed. */
void world_sched_tell(struct world *w);
/* The digest of P, which is placed, and its refs: what tells its agent whether it has it as it should be. */
void world_pod_digest(const struct world_pod *p, char ret[WORLD_DIGEST]);
/* Its agent holds it under DIGEST (hex; NULL or anything else: does not hold it). */
void world_pod_take_sent(struct world_pod *p, const char *digest);
/* Is what its agent holds what P is now? */
bool world_pod_is_sent(const struct world_pod *p);
/* The node's agent must hear of it. */
void world_pod_queue(struct world_pod *p);
void world_pods_add(struct world_pods *list, struct world_pod *p);
/* Adds it unless it is there. */
void world_pods_put(struct world_pods *list, struct world_pod *p);
void world_pods_remove(struct world_pods *list, struct world_pod *p);
/* Those who use a ConfigMap or Secret (sets and bare pods): calls FN for each. */
void world_users_each(struct world *w, const char *key,
	void (*fn)(struct world *w, struct world_object *user, void *arg), void *arg);

/*
 * Takes over a PodStatus from the agent or the tree (S is copied): all it says, and what controllers look at. Returns
 * whether it says anything new.
 */
bool world_pod_take_status(struct world *w, struct world_pod *p, const struct pod_status *s);
/* Has it ended for good? */
bool world_pod_finished(const struct world_pod *p);
/* What was taken over last, in ARENA; NULL: the agent has said nothing yet. */
const struct pod_status *world_pod_status(
	const struct world *w, const struct world_pod *p, struct arena *arena);
/* The COUNT taints of LIST are in force on N from now on: copied; those that were there keep their time. Returns whether any changed. */
bool world_node_taint(struct world_node *n, const struct world_taint *list, size_t count);
/* The node's agent may have to hear something: the next pass looks. What queues pods and strays calls it. */
void world_node_news(struct world_node *n);
/* Whether N can be reached, since NOW where that is new; with REACH_NO why not (copied), else NULL. Returns whether anything is new. */
bool world_node_reach(
	struct world_node *n, enum world_reach reach, const char *reason, const char *trouble, nsec_t now);
/* Something in n->held may have lost its last user, or has to be sent. */
void world_node_held_changed(struct world_node *n);
/* N's agent holds UID, which the world does not have there. The name may be NULL, and told later. */
void world_stray_put(struct world_node *n, const char *uid, const char *namespace, const char *name);
/* Nothing of it is left. False: it was none. */
bool world_stray_gone(struct world_node *n, const char *uid);
void world_strays_clear(struct world_node *n);
/* Those of one name, on whatever nodes; NULL: none. */
const struct world_stray *world_strays_named(const struct world *w, const char *namespace, const char *name);
/* The node's pod subnet ("" = none), known by its addresses from now on. */
void world_node_take_subnet(struct world *w, struct world_node *n, const char *cidr);
/* An IPv4 network's first and last address; false: TEXT is none. */
bool world_subnet_parse(const char *text, uint64_t *ret_first, uint64_t *ret_last);
/* Takes over what N's agent says of it (S is copied). Returns whether it says anything new. */
bool world_node_take_status(struct world_node *n, const struct node_status *s);
/* What was taken over last, in ARENA; NULL: nothing yet. */
const struct node_status *world_node_status(const struct world_node *n, struct arena *arena);
/* Makes the node's view (manifest and status) anew and gives it to the scheduler. */
void world_node_refresh(struct world *w, struct world_node *n);
/* Pod and service networks and domain as the Cluster manifest has them, or (NULL) as they are without one. */
void world_take_cluster(struct world *w, const struct cluster *cluster);
/* The COUNT LimitRanges in force, in object_cmp order: pods that are made from now on go by them. */
void world_take_limits(struct world *w, struct object *const *ranges, size_t count);
/* SPEC as a new pod in NAMESPACE has it: with the defaults that it lacks. What is new is in ARENA. */
struct pod_spec world_admit(
	const struct world *w, const char *namespace, struct arena *arena, const struct pod_spec *spec);
/* The revision of a new pod of S, likewise: a reference. */
struct world_revision *world_set_admitted(struct world *w, struct world_set *s);
/* Those of NAMESPACE, in no order; an empty list where there are none. */
const struct world_budgets *world_budgets_of(const struct world *w, const char *namespace);
/* The node's pods that have an address of its subnet. */
size_t world_node_addresses(const struct world_node *n);

/* Sets condition TYPE. TYPE and STATUS are constants (TYPE is in the table of stored.c); REASON and MESSAGE are copied. Times follow Kubernetes: transitioned when status changes, updated when anything does. Returns whether it changed. */
bool world_condition_set(struct world_conditions *c, const char *type, const char *status, const char *reason,
	const char *message, nsec_t now);
const struct world_condition *world_condition_get(const struct world_conditions *c, const char *type);
void world_condition_remove(struct world_conditions *c, const char *type);

/* The hash of an object of git that stands in for it: HMAC of its hash, hex. */
void world_digest(const struct world *w, const struct object *o, char ret[WORLD_DIGEST]);

/* --- to and from the tree ------------------------------------------------------------------------- */

/*
 * One stored object into the world; call for every entry of the tree, in any order, then world_load_finish once.
 * ERR names what can't be read; the caller must then not act on the tree as if it were whole.
 */
int world_load(struct world *w, const char *json, size_t len, struct err *err);
/* Links owners and pods and nodes, fills the scheduler's books, marks everything dirty. */
void world_load_finish(struct world *w);
/* The object as `kubectl get -o json` would print it. VERSION is its resourceVersion. */
void world_write(const struct world *w, const struct world_object *o, int64_t version, struct buf *out);
/* The pod as the agent gets it: metadata and spec; a shallow object in ARENA that borrows from the world. */
struct object *world_pod_object(const struct world *w, const struct world_pod *p, struct arena *arena);

/* SPEC with the tolerations that every pod of a DaemonSet has; what is new is in ARENA. */
const struct pod_spec *world_daemon_spec(struct arena *arena, const struct pod_spec *spec);
