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

#include "lib/base/intern.h"
#include "lib/base/map.h"
#include "lib/base/time.h"
#include "lib/object/object.h"
#include "reconciler/names.h"
#include "sched/sched.h"

/* Annotations that the tree's objects carry. */
#define WORLD_NOTE_SOURCE "pintle.dev/source"   /* manifest's path:line */
#define WORLD_NOTE_COMMIT "pintle.dev/commit"   /* the commit that last changed the object */
#define WORLD_NOTE_DIGEST "pintle.dev/digest"   /* keyed hash of the manifest's object */
#define WORLD_NOTE_HELD "pintle.dev/held"       /* features that hold the workload, comma-separated */
#define WORLD_NOTE_WAITS "pintle.dev/waits-for" /* what has not begun waits for these objects */
#define WORLD_NOTE_CHANGE_WAITS \
	"pintle.dev/change-waits-for" /* a newer version waits for these; this one goes on */
#define WORLD_NOTE_LEFT \
	"pintle.dev/left-git" /* the commit since which git has no manifest of it, though it stays */
#define WORLD_NOTE_REVISION "deployment.kubernetes.io/revision"
#define WORLD_NOTE_DESIRED "deployment.kubernetes.io/desired-replicas"
#define WORLD_NOTE_MAX "deployment.kubernetes.io/max-replicas"
#define WORLD_NOTE_HISTORY "deployment.kubernetes.io/revision-history"
#define WORLD_NOTE_DISTRUSTED "pintle.dev/distrusted-commit"
#define WORLD_NOTE_DISTRUSTED_KEY "pintle.dev/distrusted"
#define WORLD_NOTE_COMPLETE "pintle.dev/was-complete"
#define WORLD_NOTE_KEPT \
	"pintle.dev/kept-replicas" /* of a StatefulSet that is held: the number that it goes on with */
#define WORLD_REASON_UNSEEN "NodeNotReady" /* of a pod's Ready condition: its node was lost sight of */
#define WORLD_LABEL_HASH "pod-template-hash"
#define WORLD_LABEL_REVISION "controller-revision-hash"

enum { WORLD_DIGEST = 65, WORLD_KEY_SIZE = 32 };

struct world_origin {
	struct object *object; /* the manifest's object, or after a restart the tree's copy of it */
	char *source;          /* "path:line" */
	char *commit;
	char digest[WORLD_DIGEST];
	char *held; /* NULL: not held */
	char *left; /* NULL: git has it; else the commit since which it has not (pintle.dev/prune: Never) */
	char *waits; /* NULL: it has begun; else what it waits for (world_waits.h): no controller looks at it */
	char *change_waits; /* what a newer version waits for, or NULL */
	bool hollow;        /* a Secret from the tree: its values are not there */
	/* An autoscaler's: object has these replicas in the place of the manifest's own. */
	struct opt_int scaled;
	struct object *
		manifest; /* as git has it; NULL: object is it, or git hasn't been looked at since the start */
};

struct world_object {
	const struct kind *kind;
	char *key;                    /* "Pod/ns/name"; owned; the name is its end */
	const char *namespace, *name; /* namespace NULL: cluster-scoped; the world's text of it */
	char uid[NAMES_UID];
	nsec_t created;
	nsec_t deleting; /* deletionTimestamp; 0 = not being deleted */
	int64_t generation;
	int64_t version;             /* resourceVersion; 0 = not in the tree yet */
	struct world_origin *origin; /* NULL for what controllers made */
	nsec_t wake;                 /* make it dirty at this time; NSEC_NEVER */
	uint32_t wake_index;         /* in the world's heap of those that wait, from 1; 0 = it doesn't wait */
	uint32_t kind_index;         /* in the world's list of its kind */
	bool changed, dirty, dropped;
};

/* --- revisions ---------------------------------------------------------------------------------- */

struct world_ref { /* a ConfigMap or Secret that a template names */
	enum kind_id kind;
	const char *name;
};
/* One pod template, shared by its pods. */
struct world_revision {
	struct object *holder;        /* keeps the template alive */
	struct pod_template template; /* shallow copy; labels without pod-template-hash */
	uint8_t hash[32];             /* schema_hash of template */
	char *namespace;
	struct sched_request *request;
	struct world_ref *refs; /* [ref_count], each once, sorted */
	size_t ref_count;
	char *label;    /* controller-revision-hash of its pods; NULL: they have none */
	unsigned count; /* of references */
	/* Why its pods fit nowhere, as found when the waiting pods were gone through for the `placings`th time. */
	char *why;
	uint64_t why_placings;
};
/* TEMPLATE lives in HOLDER, of which a reference is taken. */
struct world_revision *world_revision_new(
	struct object *holder, const char *namespace, const struct pod_template *template);
struct world_revision *world_revision_ref(struct world_revision *r);
struct world_revision *world_revision_unref(struct world_revision *r);

/* --- nodes -------------------------------------------------------------------------------------- */

/* A ConfigMap or Secret as pods of a node use it. */
struct world_held {
	char hash[WORLD_DIGEST];
	char *key;    /* "ConfigMap/ns/name" it was last seen as */
	size_t users; /* pods of the node whose refs name it */
	bool sent;    /* the agent has it, or is being sent it */
};
struct world_pods {
	struct world_pod **items;
	size_t count, cap;
};
/* Why pods stay away from a node. */
struct world_taint {
	char *key, *value;  /* owned; value may be "" */
	const char *effect; /* constant */
	nsec_t added;
};
struct world_node {
	struct world_object o; /* no origin: the implicit node of this host */
	void *status;          /* what the agent reported last, packed (world_node_status); NULL = never */
	size_t status_len;
	struct object *view; /* kind Node: manifest and status together; what the scheduler sees */
	struct world *world;
	uint32_t order;    /* its place in world_nodes_by_name */
	char pod_cidr[20]; /* set by world_node_take_subnet */
	bool subnet_waits; /* another one is due once no pod has an address any more */
	bool connected;
	bool told; /* its agent has told, in this session, how its pods are: until then they are not known */
	nsec_t seen; /* when a session was last there; 0 = never in this process: since the start */
	bool ready;
	nsec_t ready_since; /* last transition of Ready; 0 = never said */
	struct world_taint
		*taints; /* in force, sorted by key and effect: the manifest's and those of its state */
	size_t taint_count;
	bool draining;     /* its manifest says so */
	size_t drain_left; /* pods that are still to leave */
	char *drain_waits; /* a budget that some wait for, by its key; NULL: none does */
	struct world_pods pods;
	struct map held;         /* hash → struct world_held */
	struct world_pods queue; /* pods of which the agent must hear */
	int64_t revision;        /* of the last apply */
	int64_t view_generation; /* of the object that view was made from */
	bool held_changed;       /* something in held may have lost its last user (world_node_held_changed) */
	int64_t crowd;           /* scratch of the ranking: pods on it of the set in question */
	bool news;               /* in the world's list of nodes whose agents may have to hear something */
	char **strays;           /* UIDs that the agent holds and nobody knows; to be removed */
	size_t stray_count, stray_cap;
};

/* Nodes of one failure zone, of which few are given up at a time. */
struct world_zone {
	char *name;
	nsec_t next; /* when the next node may be given up */
};

/* --- workloads ---------------------------------------------------------------------------------- */

struct world_condition {
	const char *type;   /* constant */
	const char *status; /* True, False, Unknown */
	char *reason, *message;
	nsec_t updated, transitioned;
};
enum { WORLD_CONDITIONS = 6 };
struct world_conditions {
	struct world_condition items[WORLD_CONDITIONS];
	size_t count;
};
struct world_deployment {
	struct world_object o;
	struct world_revision *revision; /* of the manifest in force; NULL until it is needed */
	struct world_set **sets;
	size_t set_count, set_cap;
	int64_t collisions;
	int64_t revision_number; /* deployment.kubernetes.io/revision */
	/* A rollout that failed and was taken back (control/deployment.h); NULL and "": none. */
	char *distrusted; /* the commit that brought it; NULL: there was nothing to go back to */
	char distrusted_key[WORLD_DIGEST];
	/* status */
	int64_t observed, replicas, updated, ready, available, unavailable;
	struct world_conditions conditions;
};
/*
 * What keeps pods: the struct of each such kind begins with this. A ReplicaSet is one as it stands; the others use of it
 * what they share with ReplicaSets, and add their own.
 */
struct world_set {
	struct world_object o;
	struct world_deployment *deployment; /* NULL: a ReplicaSet of git, or an orphan about to go */
	struct world_revision *revision;
	struct world_revision *admitted; /* with the defaults of LimitRanges; NULL: not made yet */
	uint64_t admitted_version;       /* the world's limits_version that it was made for */
	char hash[NAMES_HASH];           /* pod-template-hash; "" for a ReplicaSet of git */
	int64_t wanted;                  /* spec.replicas */
	int64_t desired;                 /* annotation: the deployment's replicas when last scaled */
	int64_t max;                     /* annotation: that plus maxSurge */
	int64_t number;                  /* annotation: revision */
	int64_t min_ready_seconds;
	char *commit;      /* that made it the newest of its Deployment the last time; NULL */
	char *history;     /* annotation: the revision numbers it had before, comma-separated; NULL */
	bool was_complete; /* its Deployment was once complete with it */
	struct world_pods pods;
	/* status */
	int64_t observed, replicas, labeled, ready, available;
	struct world_conditions conditions;
};

/* --- templates of StatefulSets and DaemonSets ---------------------------------------------------- */

/* A ControllerRevision: a template that its owner has, or had and can go back to. */
struct world_controller_revision {
	struct world_object o;
	struct world_roller *owner; /* NULL: about to go */
	struct world_revision *template;
	struct world_revision *admitted; /* as new pods have it; NULL: not made yet */
	uint64_t admitted_version;       /* the world's limits_version that it was made for */
	int64_t number;                  /* the highest is the newest */
	char hash[NAMES_HASH];
};
/* What takes its pods from one template to the next by itself: the structs of StatefulSet and DaemonSet begin with this. Its set's
   revision is what the manifest says; pods are made from the history. */
struct world_roller {
	struct world_set set;
	struct world_controller_revision **history; /* in no order */
	size_t history_count, history_cap;
	struct world_controller_revision *update; /* the newest; NULL: none yet */
	int64_t collisions;
};
struct world_stateful_set {
	struct world_roller r;
	struct world_controller_revision
		*current; /* the one before update, until all pods have that; NULL: none yet */
	/* status */
	int64_t current_count, updated;
};
struct world_daemon_set {
	struct world_roller r;
	/* status */
	int64_t desired, scheduled, misscheduled, updated, unavailable; /* ready and available: the set's */
	/* Where FITS_FOR fits, by world_nodes_by_name, when the world's daemon_version was FITS_VERSION. */
	uint8_t *fits;
	struct world_revision *fits_for; /* a reference; NULL: not known */
	uint64_t fits_version;
};
/* A claim that a StatefulSet made. Those of git are their manifests and nothing else. */
struct world_claim {
	struct world_object o;
	struct object *made; /* as it was made, or read from the tree; NULL: of git only */
	/* With whom it goes: a StatefulSet or a pod; none: it stays. */
	enum kind_id owner_kind;
	char *owner_name; /* NULL: none */
	char owner_uid[NAMES_UID];
};

enum world_phase { PHASE_PENDING, PHASE_RUNNING, PHASE_SUCCEEDED, PHASE_FAILED, PHASE_UNKNOWN };
struct world_pod {
	struct world_object o;
	struct world_set *set; /* NULL: a bare pod of git */
	struct world_revision *revision;
	char *pinned;            /* the only node that it may be on, by name; or NULL */
	struct world_node *node; /* NULL: not placed */
	const char **
		refs; /* [revision->ref_count]: hashes in node->held, NULL = missing; NULL before placing, or none */
	void *status; /* the PodStatus from the agent, packed (world_pod_status); NULL: none yet */
	struct world_usage *usage; /* NULL: not measured */
	char *waiting;             /* why it isn't placed, or NULL */
	const char *disrupted; /* constant: the reason of its condition DisruptionTarget; NULL: it is none */
	nsec_t placed;         /* when it was placed; 0 */
	nsec_t ready_since;    /* valid while ready */
	int64_t grace;         /* deletionGracePeriodSeconds while being deleted */
	int64_t restarts;      /* of its containers, init containers apart */
	uint32_t status_len;
	uint32_t set_index, node_index; /* places in lists: of the set; of the node, or of those that wait */
	int32_t priority;               /* valid while ranked */
	int32_t ordinal;                /* its number in a set whose pods have numbers; else 0 */
	enum world_phase phase;
	/* Of a Job. */
	int32_t init_restarts;     /* of its init containers, which restarts leaves out */
	int32_t failures, ignored; /* of its index's pods before it: that counted, that a policy ignores */
	bool counted;              /* its end is in the Job's numbers, or never will be */

	bool ready;
	bool queued; /* in its node's queue */
	bool booked; /* its requests count on its node: until it has ended for good */
	bool held;   /* the agent has said, or was told, that it holds the pod */
	bool remove_sent;
	bool waits;       /* for a node, or its class: in a list of the world, at node_index */
	bool tried;       /* placing it was tried */
	bool ranked;      /* its priority is known: the class that it names is there, or was */
	bool orphan;      /* its set or manifest is gone from the world */
	bool was_ready;   /* since it was made */
	bool unseen;      /* it was ready when its node was lost sight of: nobody knows whether it is now */
	bool owns_claims; /* there may be claims that go with it */
	uint8_t sent[32]; /* the digest under which the agent holds it; zeros: nothing */
};

/* --- the rest ------------------------------------------------------------------------------------ */

struct world_service {
	struct world_object o;
	char cluster_ip[46]; /* "" = none yet; "None" */
	int64_t *node_ports; /* [node_port_count]: per port of the manifest; 0 = none */
	size_t node_port_count;
};
struct world_budget { /* PodDisruptionBudget */
	struct world_object o;
	struct world_pods pods; /* that it is about, once joined */
	int64_t joined;         /* the generation whose selector chose them; 0: none yet */
	/* status */
	int64_t observed, allowed, healthy, desired, expected;
	struct world_conditions conditions;
};
/* What a pod used, by container. */
struct world_container_usage {
	const char *container; /* borrowed when given; kept: owned by the usage */
	int64_t cpu_milli;     /* thousandths of a CPU; -1: not known */
	int64_t memory;        /* bytes */
	int64_t cpu_nsec;      /* since its start: what the next one is compared with */
};
struct world_usage {
	nsec_t at, window; /* measured at AT, over WINDOW before */
	struct world_container_usage *containers;
	size_t count;
};
/* At a time so many replicas were asked for, or so many came or went. */
struct world_scale_note {
	nsec_t at;
	int64_t count;
};
struct world_scale_notes {
	struct world_scale_note *items;
	size_t count, cap;
};
struct world_autoscaler { /* HorizontalPodAutoscaler */
	struct world_object o;
	char *target;      /* key of what it scales; NULL: nothing */
	nsec_t next;       /* when it looks again */
	nsec_t last_scale; /* 0: never */
	struct world_scale_notes advice, ups, downs;
	struct metric_status *metrics; /* [metric_count], in metrics_arena */
	size_t metric_count;
	struct arena *metrics_arena;
	/* status */
	int64_t observed, current, desired;
	struct world_conditions conditions;
};
struct world_budgets { /* of one namespace */
	char *namespace;
	struct world_budget **items;
	size_t count, cap;
};
struct world_event {
	struct world_object o;
	enum kind_id about_kind;
	char *about_name;
	char about_uid[NAMES_UID];
	const char *type; /* "Normal", "Warning" */
	char *reason, *message;
	char *source; /* "path:line" or NULL */
	int64_t count;
	nsec_t first, last;
};

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

struct world {
	struct names names;
	uint8_t key[WORLD_KEY_SIZE];
	char *host_name;
	nsec_t started;
	struct map objects;     /* key → struct world_object */
	struct map pods;        /* uid → struct world_pod */
	struct map service_ips; /* address → struct world_service */
	struct map users;       /* "ConfigMap/ns/name" → struct world_users (world.c) */
	size_t counts[KIND_COUNT];
	/* The objects of each kind: in the order in which they came, the last one in the place of one that went. */
	struct world_list of_kind[KIND_COUNT];
	struct world_list nodes_by_name; /* see world_nodes_by_name */
	bool nodes_unsorted;
	uint64_t daemon_version; /* grows with each change of nodes that DaemonSets look at */
	struct world_list wakes; /* a heap: who waits, the next one due first */
	size_t finished,
		finished_max; /* pods that have ended for good; of what controllers made, so many are kept */
	bool space_emptied;   /* a namespace may have nothing in it any more */
	struct map spaces;    /* name → struct world_space */
	struct world_subnet *subnets; /* [subnet_count], by first address */
	size_t subnet_count, subnet_cap;
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
	size_t stored_count, stored_cap;
	struct map kept;
	uint64_t placings;     /* how often the waiting pods were gone through */
	uint64_t looked;       /* objects that passes looked at, for tests: a pass costs what changed */
	bool zones_changed;    /* a node's readiness changed, or its eviction waits: see control/zones.c */
	struct map budgets;    /* namespace → struct world_budgets */
	struct map zones;      /* "REGION/ZONE" → struct world_zone (control/zones.c) */
	struct map time_zones; /* name → struct world_clocks (world_cron_job.c) */
	struct sched_cluster *sched;
	struct intern *texts; /* of packed statuses */
	/* From the Cluster manifest; defaults where there is none. */
	char pod_cidr[20], service_cidr[20], dns_domain[254];
	int64_t node_prefix;
	bool config_restarts;      /* onConfigChange: Restart */
	struct objects limits;     /* LimitRanges, sorted */
	uint64_t limits_version;   /* grows whenever they change */
	char commit[65];           /* in force; "" = none yet */
	struct world_waits *waits; /* objects that wait for others; NULL: none ever did */
	bool has_left;             /* some object may have an origin that has left git */
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
/* P waits for a node (or, unless it is ranked, for its class), or no longer (placing it ends it too). */
void world_pod_wait(struct world *w, struct world_pod *p);
void world_pod_unwait(struct world *w, struct world_pod *p);
/* Puts LIST in order, without holes: the highest priority first, then the oldest, then by key. */
void world_waiting_order(struct world_waiting *list);
/* Before it leaves a set that dresses its pods: it stays as it is, with all that the set added. */
void world_pod_keep_looks(struct world *w, struct world_pod *p);
/* Counts the pod on NODE in the scheduler's books too. */
void world_pod_place(struct world *w, struct world_pod *p, struct world_node *n);
void world_pod_unplace(struct world *w, struct world_pod *p);
/* After a change of phase, node or revision: books what the pod needs on its node, or gives it back. */
void world_pod_book(struct world *w, struct world_pod *p);
/* Gives it back, whatever its phase: before its revision changes. */
void world_pod_unbook(struct world *w, struct world_pod *p);
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
/* Something in n->held may have lost its last user, or has to be sent. */
void world_node_held_changed(struct world_node *n);
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
