/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What the world is made of: a struct for each kind that is more than its manifest, and the parts they share. How they come, change
 * and go is in world.h, which includes this; strings are owned by the struct they are in unless it says otherwise.
 *
 * Each struct of a kind begins with its world_object; those of kinds that keep pods with a world_set, which does.
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
#define WORLD_REASON_UNSEEN "NodeNotReady"     /* of a pod's Ready condition: its node was lost sight of */
#define WORLD_REASON_WITHHELD "NameMayBeInUse" /* of a pod's PodReadyToStartContainers: control/withhold.c */
#define WORLD_LABEL_HASH "pod-template-hash"
#define WORLD_LABEL_POD_NAME "statefulset.kubernetes.io/pod-name" /* of StatefulSets' pods */
#define WORLD_LABEL_POD_INDEX "apps.kubernetes.io/pod-index"
#define WORLD_LABEL_REVISION "controller-revision-hash"

enum { WORLD_DIGEST = 65, WORLD_KEY_SIZE = 32 };
/* So many bytes of a pod's digest tell what its agent holds from what it should hold. */
enum { WORLD_SENT = 16 };

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
	/* as git has it; NULL: object is it, or git hasn't been looked at since the start */
	struct object *manifest;
};

struct world_object {
	const struct kind *kind;
	char *key;                    /* "Pod/ns/name", behind the struct; the name is its end */
	const char *namespace, *name; /* namespace NULL: cluster-scoped; the world's text of it */
	char uid[NAMES_UID];
	bool changed : 1, dirty : 1, dropped : 1;
	bool untold : 1; /* the scheduler must hear of it: in the world's list of those */
	nsec_t created;
	nsec_t deleting; /* deletionTimestamp; 0 = not being deleted */
	int64_t generation;
	int64_t version;             /* resourceVersion; 0 = not in the tree yet */
	struct world_origin *origin; /* NULL for what controllers made */
	nsec_t wake;                 /* make it dirty at this time; NSEC_NEVER */
	uint32_t wake_index;         /* in the world's heap of those that wait, from 1; 0 = it doesn't wait */
	uint32_t kind_index;         /* in the world's list of its kind */
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
	struct sched_request *request; /* of its pods; NULL: none was needed yet (world_request.c) */
	struct string_map *labels;     /* what request borrows; owned */
	/* An equal one, whose request is this one's too: the scheduler counts their pods as equal. A reference; or NULL. */
	struct world_revision *first;
	struct world_ref *refs; /* [ref_count], each once, sorted */
	size_t ref_count;
	char *label;      /* controller-revision-hash of its pods; NULL: they have none */
	unsigned count;   /* of references */
	const char *gang; /* in the template: pintle.dev/gang; NULL */
	/* pintle.dev/deadline: an instant, or so long after the pod was made; NSEC_NEVER: none. */
	nsec_t deadline;
	bool deadline_from_start;
};

/* --- nodes -------------------------------------------------------------------------------------- */

enum world_reach {
	REACH_UNKNOWN,
	REACH_YES, /* a session was there the last time one was tried */
	REACH_NO,
};

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
/* A pod that an agent holds and the world does not have there: it is to be removed (world_stray.c). */
struct world_stray {
	char uid[NAMES_UID];
	char *key; /* "ns/name"; NULL: not told yet */
	struct world_node *node;
	bool sent;                /* its removal, in this session */
	struct world_stray *next; /* of that name */
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
	struct sched_pressure pressure; /* likewise */
	struct object *view;            /* kind Node: manifest and status together; what the scheduler sees */
	struct world *world;
	uint32_t order;    /* its place in world_nodes_by_name */
	char pod_cidr[20]; /* set by world_node_take_subnet */
	bool subnet_waits; /* another one is due once no pod has an address any more */
	bool connected;
	bool told; /* its agent has told, in this session, how its pods are: until then they are not known */
	nsec_t seen; /* when a session was last there; 0 = never in this process: since the start */
	bool ready;
	nsec_t ready_since; /* last transition of Ready; 0 = never said */
	/* in force, sorted by key and effect: the manifest's and those of its state */
	struct world_taint *taints;
	size_t taint_count;
	enum world_reach reach;
	char *trouble_reason, *trouble; /* why REACH_NO */
	nsec_t reach_since;
	bool draining;     /* its manifest says so */
	bool drain_due;    /* this pass looks who may leave */
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
	struct world_stray **strays;
	size_t stray_count, stray_cap, strays_unsent;
	/* Its agent may hold pods that the tree does not have: it has strays, or has told nothing since the tree was lost. Durable. */
	bool pods_unknown;
	char *agent_of; /* the other Node of git whose agent it leads to, so that it is refused; NULL: none */
	int64_t skew;   /* seconds by which its clock is ahead, in steps of 5; 0: by less than that */
	bool leaving;   /* git has it no more; its agent is still to remove its pods */
	bool from_tree; /* it was there when this process began */
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
	int64_t asked; /* the replicas that its budgets go by; 0: none were seen yet */
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
	/* the one before update, until all pods have that; NULL: none yet */
	struct world_controller_revision *current;
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
	/* [revision->ref_count]: hashes in node->held, NULL = missing; NULL before placing, or none */
	const char **refs;
	void *status; /* the PodStatus from the agent, packed (world_pod_status); NULL: none yet */
	struct world_usage *usage; /* NULL: not measured */
	char *waiting;             /* why it isn't placed, or NULL */
	nsec_t placed;             /* when it was placed; 0 */
	nsec_t ready_since;        /* valid while ready */
	uint32_t status_len;
	uint32_t set_index, node_index; /* places in lists: of the set; of the node, or of those that wait */
	int32_t grace;                  /* deletionGracePeriodSeconds while being deleted */
	int32_t restarts;               /* of its containers, init containers apart */
	int32_t priority;               /* valid while ranked */
	int32_t ordinal;                /* its number in a set whose pods have numbers; else 0 */
	/* Of a Job. */
	int32_t init_restarts;     /* of its init containers, which restarts leaves out */
	int32_t failures, ignored; /* of its index's pods before it: that counted, that a policy ignores */

	uint8_t sent[WORLD_SENT]; /* of the digest under which the agent holds it; zeros: nothing */
	enum world_phase phase : 8;
	bool counted : 1; /* a Job's: its end is in the numbers, or never will be */
	bool ready : 1;
	bool queued : 1; /* in its node's queue */
	bool booked : 1; /* its requests count on its node: until it has ended for good */
	bool held : 1;   /* the agent has said, or was told, that it holds the pod */
	bool withheld : 1; /* from its agent, for another of its name may run: WAITING says why (control/withhold.c) */
	bool remove_sent : 1;
	bool waits : 1;         /* for a node, or its class: in a list of the world, at node_index */
	bool nominated : 1;     /* room is kept for it: sched_cluster_nominated says where */
	bool no_preemption : 1; /* its class says so: valid while ranked */
	bool tried : 1;         /* placing it was tried */
	bool ranked : 1;        /* its priority is known: the class that it names is there, or was */
	bool orphan : 1;        /* its set or manifest is gone from the world */
	bool was_ready : 1;     /* since it was made */
	bool unseen : 1; /* it was ready when its node was lost sight of: nobody knows whether it is now */
	bool owns_claims : 1; /* there may be claims that go with it */
	bool disrupted : 1;   /* it has the condition DisruptionTarget */
	bool own_request : 1; /* it asks for something else than others of its revision (world_request.c) */
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
	struct world_pods pods;                /* that it is about, once joined */
	int64_t joined;                        /* the generation whose selector chose them; 0: none yet */
	int64_t told_generation, told_allowed; /* what the scheduler has heard last */
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
