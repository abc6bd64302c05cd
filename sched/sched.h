/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The scheduler: which node is best for a pod, and if none is, why. A library with no I/O.
 *
 * A sched_cluster holds the books: nodes, what is in use on each, which pods are where. A sched_request says what equal
 * pods ask for; it is made once for all of them and shared. The order of calls:
 *
 *     sched_cluster_set_node(c, node);            for each node, again when it changes
 *     sched_cluster_add_pod(c, "node-a", &pod);   for each pod that has a node
 *     sched_place(c, pods, count, decide, arg);   for those that have none: DECIDE hears where each goes
 *
 * and, for people, sched_explain. Equal books and pods give equal decisions: of equal nodes the one with fewer pods is taken, then
 * the first by name.
 *
 * What keeps a pod from a node is kube-scheduler's (pkg/scheduler/framework/plugins), and so are the words. What makes one node better
 * than another is said in score.h, in which order pods have their turn in queue.h, who has to go for whom in preempt.h.
 */
#pragma once

#include "lib/base/time.h"
#include "lib/object/object.h"

struct sched_cluster;
struct sched_request;

/* --- requests ------------------------------------------------------------------------------------------------ */

/*
 * What a pod with SPEC in NAMESPACE with LABELS asks for. SPEC, NAMESPACE and LABELS are borrowed and must live as long
 * as the request (whoever makes it holds the object they are in). One reference. A request is used with one cluster,
 * the first that sees it.
 */
struct sched_request *sched_request_new(
	const struct pod_spec *spec, const char *namespace, const struct string_map *labels);
struct sched_request *sched_request_ref(struct sched_request *r);
/*
 * SPEC, NAMESPACE and LABELS equal those that R was made with: R borrows these from now on, and the others may go. Only as long as no
 * pod of R was to be placed; returns whether it does.
 */
bool sched_request_move(struct sched_request *r, const struct pod_spec *spec, const char *namespace,
	const struct string_map *labels);
struct sched_request *sched_request_unref(struct sched_request *r);

/*
 * The resources a pod takes (k8s.io/component-helpers resource.PodRequests): the sum over containers and sidecars, or
 * the largest moment of the init containers where that is more, plus overhead. CPU in thousandths, the rest in units; a
 * missing request counts as its limit. RET is filled with at most MAX (name, amount) pairs; returns how many.
 */
struct sched_amount {
	const char *resource; /* borrowed from the spec, or a constant */
	int64_t amount;
};
size_t sched_pod_amounts(const struct pod_spec *spec, struct sched_amount *ret, size_t max);

/* --- the books ------------------------------------------------------------------------------------------------- */

struct sched_cluster *sched_cluster_new(void);
struct sched_cluster *sched_cluster_free(struct sched_cluster *c);
void sched_cluster_freep(struct sched_cluster **c);

/* Spread (at first): pods go where most is free, and apart from their like. Pack: where least is left, so that nodes stay empty. */
enum sched_strategy { SCHED_SPREAD, SCHED_PACK };
void sched_cluster_set_strategy(struct sched_cluster *c, enum sched_strategy strategy);

/* Adds NODE (kind Node; takes a reference of its own) or replaces what was known of that name; pods on it stay counted. What keeps pods away from a node that isn't ready are its taints. */
void sched_cluster_set_node(struct sched_cluster *c, struct object *node);
/* Forgets the node and the pods counted on it; unknown names are fine. */
void sched_cluster_remove_node(struct sched_cluster *c, const char *name);
size_t sched_cluster_count(const struct sched_cluster *c);

/*
 * How much the node's pods wait for each other, in percent of time, as the kernel measures it (PSI "some", over the last
 * minutes). 0: not at all, or not known.
 */
struct sched_pressure {
	uint8_t cpu, memory, io;
};
void sched_cluster_set_pressure(struct sched_cluster *c, const char *node, struct sched_pressure p);

/*
 * Adds or replaces what pods refer to: a Namespace (its labels), PersistentVolume, PersistentVolumeClaim, StorageClass or
 * PodDisruptionBudget (its status says how many may go: disruptionsAllowed). Takes a reference of its own; other kinds are ignored.
 */
void sched_cluster_set_object(struct sched_cluster *c, struct object *o);
/* NAMESPACE: NULL for what has none. Unknown ones are fine. */
void sched_cluster_remove_object(
	struct sched_cluster *c, enum kind_id kind, const char *namespace, const char *name);

/* A pod that is on a node. */
struct sched_pod {
	void *id; /* the caller's, who finds his pod by it; not NULL, no two pods' are equal */
	struct sched_request *request;
	/* In its namespace; borrowed, for as long as it is counted. Of equal victims that started together the last by name goes first. NULL: "". */
	const char *name;
	int32_t priority;
	uint32_t started; /* seconds since 1970; of equal victims the one that came last goes first */
	bool leaving; /* it is being deleted: takes room until it is gone, but is no longer one to spread from */
	bool kept;    /* the scheduler's own: no pod, but room that is kept for one that waits */
};
/* Counts P (copied; a reference of its request is taken) as on NODE. A node that is not known is ignored. */
void sched_cluster_add_pod(struct sched_cluster *c, const char *node, const struct sched_pod *p);
/* It is leaving from now on; or is no longer there. What is not known is ignored. */
void sched_cluster_pod_leaves(struct sched_cluster *c, const char *node, const void *id);
void sched_cluster_remove_pod(struct sched_cluster *c, const char *node, const void *id);

/* --- decisions --------------------------------------------------------------------------------------------------- */

/* A pod that has no node. Strings are borrowed. */
struct sched_pending {
	void *id; /* as in sched_pod */
	struct sched_request *request;
	const char *key; /* "namespace/name": of otherwise equal pods the first by key has its turn first */
	const char *pinned; /* the only node that it may be on (a daemon's); or NULL */
	const char *gang;   /* with all of the same gang and namespace or not at all; or NULL */
	int32_t priority;
	bool no_preemption; /* never at others' expense, whatever its spec says */
	nsec_t deadline;    /* when it should run; NSEC_NEVER: no matter */
	nsec_t created;
};

enum sched_outcome {
	SCHED_PLACED,    /* it goes to node */
	SCHED_NOMINATED, /* it will go to node once victims are gone; the room is kept for it. No victims: they are on their way, or were named before */
	SCHED_NOWHERE,   /* no node has room */
	SCHED_WAITS,     /* it fitted nowhere before, and nothing has happened since that could help */
};
struct sched_verdict;
struct sched_decision {
	const struct sched_pending *pod;
	enum sched_outcome outcome;
	const struct sched_verdict *verdict; /* PLACED: of how many; NOWHERE: why not; else NULL */
	const char *node;                    /* owned by the cluster; NULL: none */
	int64_t score;                       /* of the node, 0 to 100 */
	const struct sched_pod *victims;     /* [victim_count] on node, those that matter least first */
	size_t victim_count;
	bool by_gang; /* NOWHERE: it would have had a place, another of its gang has none */
};
/*
 * Hears of one decision. PLACED: it must count the pod (sched_cluster_add_pod) before it returns. NOMINATED: it must mark the
 * victims as leaving (sched_cluster_pod_leaves) before it returns, or take them away. D is valid until then.
 */
typedef void (*sched_decide_fn)(const struct sched_decision *d, void *arg);

/*
 * Places the COUNT PODS (which it sorts: see queue.h) that wait for a node: all that wait, so that a gang is seen whole. DECIDE hears of each exactly
 * once, in the order in which they were decided; a pod that fits only once another has its place (affinity) is tried again, so
 * that nothing is left out that would fit in the end. O(log nodes) a pod where many are equal, O(nodes) for one of its own kind.
 */
void sched_place(
	struct sched_cluster *c, struct sched_pending *pods, size_t count, sched_decide_fn decide, void *arg);
/* Keeps room on NODE for P, which has no node yet: after a restart, as a decision NOMINATED did before. A node that is not known is ignored. */
void sched_cluster_nominate(struct sched_cluster *c, const char *node, const struct sched_pod *p);
/* The room that was kept for pod ID, if any, is free again: it waits no longer, or came to be elsewhere. */
void sched_cluster_unnominate(struct sched_cluster *c, const void *id);
/* Where room is kept for pod ID; NULL: nowhere. */
const char *sched_cluster_nominated(const struct sched_cluster *c, const void *id);

enum { SCHED_REASONS_MAX = 32, SCHED_REASON_TEXT = 160 };

/* Why nodes were left out, each with how many; in kube-scheduler's words. */
struct sched_reason {
	unsigned nodes; /* 0: it isn't about nodes, but keeps the pod from all of them */
	char text[SCHED_REASON_TEXT];
};

struct sched_verdict {
	const char *node; /* the best node, owned by the cluster; NULL = none */
	int64_t score;    /* of that node, 0 to 100 */
	unsigned feasible, total;
	struct sched_reason reasons[SCHED_REASONS_MAX]; /* [reason_count] */
	size_t reason_count;
};

/* The best node for one pod of R now, without any queue. Decides nothing. */
void sched_pick(struct sched_cluster *c, struct sched_request *r, struct sched_verdict *ret);
/* The same where NODE is the only one that counts: does R fit on it? A node that is not known: no node of none. */
void sched_pick_on(
	struct sched_cluster *c, const char *node, struct sched_request *r, struct sched_verdict *ret);
/*
 * What a DaemonSet asks of each node (pkg/controller/daemon NodeShouldRunDaemonPod): do name, affinity and taints let a pod of R
 * run there, whatever room there is? One that runs already leaves only for a taint NoExecute, or when the node doesn't match.
 */
enum sched_daemon { SCHED_DAEMON_NO, SCHED_DAEMON_STAYS, SCHED_DAEMON_RUNS };
enum sched_daemon sched_daemon_on(struct sched_cluster *c, const char *node, struct sched_request *r);

/* --- rebalancing -------------------------------------------------------------------------------------------------- */

/* What is to be thought of a pod: it stays, and its node with it; it may go, for another is made in its place; it belongs to its node (a daemon's) and keeps nobody from emptying that. */
enum sched_movable { SCHED_STAYS, SCHED_MOVES, SCHED_OF_NODE };
typedef enum sched_movable (*sched_movable_fn)(const struct sched_pod *p, void *arg);

enum sched_move_why {
	SCHED_MOVE_VIOLATES, /* it may not be where it is: required affinity, spread, taints */
	SCHED_MOVE_LOADED,   /* Spread: its node is much fuller than others */
	SCHED_MOVE_EMPTIES   /* Pack: all go from its node, others have room for them */
};
struct sched_move {
	struct sched_pod pod;
	const char *from, *to; /* owned by the cluster */
	enum sched_move_why why;
	char text[SCHED_REASON_TEXT]; /* VIOLATES: kube-scheduler's words for what is in the way; else "" */
};

/*
 * Which pods should be elsewhere, at most MAX: the rules are in rebalance.h. Changes nothing: who evicts them, one after the other in this
 * order, finds that the pods made in their places go where the plan says, if nothing else happens. Budgets are kept. Leaving pods, and those that
 * MOVABLE doesn't let go, stay. Returns how many are in RET. Equal books give equal plans. O(pods), and a choice for each that is moved.
 */
size_t sched_rebalance(
	struct sched_cluster *c, sched_movable_fn movable, void *arg, size_t max, struct sched_move *ret);

/* --- for people ---------------------------------------------------------------------------------------------------- */

/* "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu." or, when a node was found, "2 of 3 nodes fit; node-a scores 87". */
void sched_verdict_explain(const struct sched_verdict *v, struct buf *out);

/* The terms of a score, in the order of score.h's table. */
enum sched_term {
	SCHED_TERM_FIT,          /* room that is left (Spread) or used (Pack) */
	SCHED_TERM_BALANCE,      /* CPU and memory used alike */
	SCHED_TERM_AFFINITY,     /* preferred node affinity */
	SCHED_TERM_TAINTS,       /* no PreferNoSchedule taint */
	SCHED_TERM_SPREAD,       /* topology spread, preferred or by default */
	SCHED_TERM_PODS,         /* preferred inter-pod affinity and anti-affinity */
	SCHED_TERM_IMAGES,       /* images that are there */
	SCHED_TERM_VOLUMES,      /* data that is there */
	SCHED_TERM_INTERFERENCE, /* pods that don't wait for each other */
	SCHED_TERM_COUNT
};
extern const char *const sched_term_names[SCHED_TERM_COUNT]; /* "fit", "balance" … */

/* A node that would take the pod. */
struct sched_candidate {
	const char *node;                /* owned by the cluster */
	int64_t score;                   /* 0 to 100 */
	uint8_t terms[SCHED_TERM_COUNT]; /* each 0 to 100 */
};
enum { SCHED_CANDIDATES_MAX = 5, SCHED_ADVICE_TEXT = 240 };
struct sched_explanation {
	struct sched_verdict verdict;
	struct sched_candidate best[SCHED_CANDIDATES_MAX]; /* [best_count], the best first */
	size_t best_count;
	/* Where no node takes it: the smallest change that would let it fit, "cpu: request 1800m instead of 2, then node-b takes it"; "": none that is small. */
	char advice[SCHED_ADVICE_TEXT];
};
/* Looks at every node: O(nodes). Reasons say by how much: "Insufficient cpu (short by 200m at best)". */
void sched_explain(
	struct sched_cluster *c, struct sched_request *r, const char *pinned, struct sched_explanation *ret);
/*
 * The same in lines: "3 of 5: Insufficient cpu (short by 200m at best)", "it would fit: …", "node-a scores 87 (fit 90, balance 80 …)". Nothing
 * else is a line of it.
 */
void sched_explanation_write(const struct sched_explanation *e, struct buf *out);
