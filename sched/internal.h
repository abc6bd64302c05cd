/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The books, as the files of the scheduler share them. Nothing outside sched/ includes this.
 *
 * A node is known by its index: small, the same as long as the node is there, used again once it is gone (nodes[] then has a NULL).
 * Numbers about nodes stand in arrays by index, which hold c->cap elements and grow together (part.h: grown). A request has a number
 * likewise, from the moment that the cluster first sees it. What a part needs to hear of is in part.h, with the tables of filters
 * and of score terms.
 */
#pragma once

#include "lib/base/map.h"
#include "sched/ports.h"
#include "sched/sched.h"
#include "sched/tally.h"

/* --- nodes --------------------------------------------------------------------------------------- */

/* Resources have small numbers: these always, others as they are met. "pods" is one: each pod takes 1. */
enum { RESOURCE_PODS, RESOURCE_CPU, RESOURCE_MEMORY };

/* One resource on all nodes, by index. */
struct sched_column {
	char *name;
	int64_t *allocatable, *used;
};

/* A pod on a node, packed: there are many. */
struct sched_bound {
	void *id;
	const char *name; /* the caller's; or NULL */
	uint32_t request; /* its number */
	int32_t priority;
	uint32_t started;
	bool leaving, kept;
};

struct sched_node {
	struct object *object;
	const char *name; /* in object */
	uint32_t index;
	uint32_t pod_count, pod_cap;
	struct sched_bound *pods; /* [pod_count] in no order */
	bool drained;             /* pintle.dev/drain: "true": none comes but those that must run here */
};

/* --- requests ------------------------------------------------------------------------------------ */

struct sched_masks;
struct sched_request_masks;
struct sched_relations;
struct sched_ties;

struct sched_need {
	uint32_t resource; /* the column's number */
	int64_t amount;    /* not 0 */
};

enum { SCHED_AMOUNTS_MAX = 16 };

struct sched_request {
	/* Borrowed. May be gone when the last one who holds the request is a pod in the books. */
	const struct pod_spec *spec;
	const char *namespace;
	const struct string_map *labels;
	unsigned refs;

	struct sched_cluster *cluster; /* that saw it; NULL: none yet, and nothing below holds */
	uint32_t number;
	bool ready;               /* parts have heard that it is to be placed */
	struct sched_need *needs; /* [need_count], pods first */
	size_t need_count;
	int64_t score_cpu, score_memory; /* what scoring counts: see score.h */
	/* Where its pods are, those that aren't leaving and those that are: how many, by node index + 1. */
	struct sched_tally live, leaving;
	uint64_t changed;                  /* c->changes when sched_request_changed was last called */
	uint32_t filters;                  /* once ready: which rows of sched_filters are asked, a bit each */
	struct sched_view *view;           /* view.h; NULL: none is kept */
	struct sched_request_masks *masks; /* mask.h: where its pods may be at all; NULL: not ready yet */
	struct sched_ties *ties;           /* relations.h: what its pods have to do with others */
	struct sched_ports ports;
	struct sched_pod_images *images; /* NULL until it is prepared */
	struct sched_claims *claims;     /* NULL: it has none */
};

/* --- the cluster --------------------------------------------------------------------------------- */

/* What pods refer to. */
struct sched_object {
	struct object *object;
	char key[]; /* "namespace/name", "/name" */
};

/* Which nodes changed, in order: changes.c. */
struct sched_log {
	uint32_t *ring;      /* [size] nodes; the entry of change number N is at N modulo size */
	uint64_t size;       /* a power of two */
	uint64_t begin, end; /* the changes that it has: from begin, before end */
	uint64_t *last;      /* [cap] by node: the number of its last change */
};

enum { SCHED_VIEWS = 64 };

struct sched_cluster {
	struct map by_name;        /* name → struct sched_node */
	struct sched_node **nodes; /* [span]; NULL: the index is free */
	uint32_t span, cap;
	uint32_t *free_indices; /* [free_count] */
	size_t free_count, free_cap;

	struct sched_column *columns; /* [column_count] by resource */
	size_t column_count, column_cap;
	int64_t *score_cpu_used, *score_memory_used; /* [cap] what scoring counts as used */
	uint8_t *pressure;                           /* [cap] the greatest of a node's pressures */
	uint32_t pressed;                            /* nodes that have one above 0 */

	struct sched_request **requests; /* [request_span] by number; NULL: the number is free */
	uint32_t request_span;
	size_t request_cap;
	uint32_t *free_numbers; /* [free_number_count] */
	size_t free_number_count, free_number_cap;

	struct map objects[KIND_COUNT];    /* key → struct sched_object */
	struct sched_masks *masks;         /* which nodes there are, what keeps pods away from them */
	struct sched_relations *relations; /* what pods have to do with each other */
	struct sched_turns *turns;         /* turns.h */
	enum sched_strategy strategy;
	uint64_t changes;     /* grows with whatever may change a decision */
	uint64_t all_changed; /* changes when everything was last to be looked at again */

	bool order_stale;           /* a node came since names were put in order */
	uint32_t *order, *by_order; /* [cap] by index: its place by name; by that place: the index */
	struct sched_log log;
	struct sched_view *views[SCHED_VIEWS]; /* of the last requests that were placed; some NULL */
	uint64_t view_clock;

	/* Of parts: */
	struct sched_port_book *ports; /* [cap] */
	struct sched_images *images;
	struct sched_volumes *volumes;
};

/* --- nodes, pods (cluster.c) ---------------------------------------------------------------------- */

/* NULL: not known. O(1). */
struct sched_node *sched_node_find(const struct sched_cluster *c, const char *name);
/* By index; NULL: the index is free. */
static inline struct sched_node *sched_node_at(const struct sched_cluster *c, uint32_t node)
{
	return c->nodes[node];
}
/* The pod ID on N; NULL: not there. O(pods on N). Valid until the next pod comes or goes. */
struct sched_bound *sched_node_pod(const struct sched_node *n, const void *id);
/* P as the face has it; its request is not one more reference. */
struct sched_pod sched_bound_pod(const struct sched_cluster *c, const struct sched_bound *p);

/* --- resources (columns.c, amounts.c) ------------------------------------------------------------------------ */

/* The number of a resource, which gets a column when it is new. O(resources). */
uint32_t sched_resource(struct sched_cluster *c, const char *name);
/* In units, CPU in thousandths. */
int64_t sched_resource_amount(const char *resource, const struct quantity *q);
/* Of RESOURCE on a node. */
static inline int64_t sched_allocatable(const struct sched_cluster *c, uint32_t node, uint32_t resource)
{
	return c->columns[resource].allocatable[node];
}
static inline int64_t sched_used(const struct sched_cluster *c, uint32_t node, uint32_t resource)
{
	return c->columns[resource].used[node];
}
/* What scoring counts of a pod: sched_pod_amounts, where a container that asks for no CPU, or no memory, asks for some. */
void sched_score_amounts(const struct pod_spec *spec, int64_t *ret_cpu, int64_t *ret_memory);
void sched_columns_init(struct sched_cluster *c);
void sched_columns_done(struct sched_cluster *c);
/* Room for CAP nodes. */
void sched_columns_grow(struct sched_cluster *c, uint32_t cap);
/* What NODE's object says it has. */
void sched_columns_set(struct sched_cluster *c, uint32_t node);
/* All of NODE is 0. */
void sched_columns_clear(struct sched_cluster *c, uint32_t node);
/* COUNT (may be negative) pods of R more on NODE. */
void sched_columns_count(
	struct sched_cluster *c, uint32_t node, const struct sched_request *r, int64_t count);

/* --- requests (request.c) -------------------------------------------------------------------------- */

/* C sees R: gives it a number and tells the parts, once. */
void sched_request_register(struct sched_cluster *c, struct sched_request *r);
/* R is to be placed or looked at: registers it and lets the parts make ready for it, once; and what is assumed of claims is as it should be. */
void sched_request_prepare(struct sched_cluster *c, struct sched_request *r);
/* C goes: R is as if none had seen it. */
void sched_request_forget(struct sched_request *r);
/* NULL: the number is free. */
static inline struct sched_request *sched_request_at(const struct sched_cluster *c, uint32_t number)
{
	return c->requests[number];
}

/* --- objects (objects.c) --------------------------------------------------------------------------- */

/* NAMESPACE: NULL or "" for what has none. NULL: not there. O(1). */
struct object *sched_object_find(
	const struct sched_cluster *c, enum kind_id kind, const char *namespace, const char *name);
void sched_objects_done(struct sched_cluster *c);

/* --- changes (changes.c) --------------------------------------------------------------------------------------- */

/* Something about NODE is other than it was: whether it takes a pod, how good it is, may be so too. O(1). */
void sched_node_changed(struct sched_cluster *c, uint32_t node);
/* So it is with all nodes, for R alone. O(1); the next choice for R costs O(nodes). */
void sched_request_changed(struct sched_cluster *c, struct sched_request *r);
/* So it is with all nodes and requests. */
void sched_all_changed(struct sched_cluster *c);
/* Room for CAP nodes, before c->cap is. */
void sched_changes_grow(struct sched_cluster *c, uint32_t cap);
void sched_changes_done(struct sched_cluster *c);
/* Brings order and by_order up to date; when names came, all has changed. O(1), after nodes came O(nodes × log nodes). */
void sched_order_names(struct sched_cluster *c);

/* --- the choice ------------------------------------------------------------------------------------- */

/* One node looked at for one request. */
typedef void (*sched_reason_fn)(const char *text, void *arg);
struct sched_look {
	const struct sched_cluster *c;
	const struct sched_request *r; /* prepared */
	uint32_t node;
	const struct sched_node *n; /* of that index */
	bool alone;                 /* it is the only one that counts (sched_pick_on) */
	/* hears each reason (SCHED_REASON_TEXT bytes at most) why it doesn't fit; or NULL: nobody asks */
	sched_reason_fn add;
	void *arg;
};

/* Says why not, if anybody asks; returns false. The words are kube-scheduler's. */
bool sched_refuse(const struct sched_look *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One term of node affinity (match expressions and fields, all of them) against a node. An empty term matches nothing. */
bool sched_term_matches(const struct node_selector_term *t, const struct sched_node *n);
/* core/v1 NodeSelectorRequirement against a label's or field's VALUE (NULL: it isn't there). */
bool sched_requirement_matches(const struct node_selector_requirement *r, const char *value);
/* Is a taint tolerated by the pod's tolerations (core/v1 Toleration.ToleratesTaint)? */
bool sched_tolerates(const struct pod_spec *spec, const char *key, const char *value, const char *effect);

/* sched_pick, but where no node does it doesn't say why not: without reasons. */
void sched_pick_quick(struct sched_cluster *c, struct sched_request *r, struct sched_verdict *ret);
