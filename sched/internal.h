/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What the files of the scheduler share. Nothing outside sched/ includes this. */
#pragma once

#include "lib/base/map.h"
#include "sched/sched.h"

/* The resources every node has stand first in each vector; extended ones follow as they are met. */
enum { RESOURCE_CPU, RESOURCE_MEMORY, RESOURCE_STORAGE, RESOURCE_FIRST_EXTENDED };
enum { SCHED_AMOUNTS_MAX = 16 };

struct sched_request {
	const struct pod_spec *spec;
	const char *namespace;
	const struct string_map *labels;
	struct sched_amount amounts[SCHED_AMOUNTS_MAX];
	size_t amount_count;
	int64_t score_cpu,
		score_memory; /* what scoring counts: never 0 (kube-scheduler's non-zero requests) */
	unsigned refs;
};

/* One resource of a node. */
struct sched_stock {
	const char *resource; /* in the node object, or a constant */
	int64_t allocatable;
};

struct sched_node {
	struct object *object; /* NULL: pods are counted for a node that is not known yet */
	const char *name;      /* in object */
	struct sched_stock *stock;
	size_t stock_count;
	int64_t pods_allocatable;
	/* In use, by resource name. */
	struct sched_amount *used;
	size_t used_count, used_cap;
	int64_t score_cpu_used, score_memory_used;
	struct sched_pod *bound; /* [pods] */
	size_t pods, bound_cap;
	/* Of the ranking: as it was when it was last looked at. */
	int64_t rank_score;
	size_t rank_pods;
	uint32_t rank; /* place in the heap, from 1; 0 = not in it */
	bool stale;    /* changed since then */
	bool drained;  /* pintle.dev/drain: "true": none comes but those that must run here */
};

/* rank.c: the nodes that one request fits on, best first. */
struct sched_ranking {
	struct sched_request *request; /* a reference; what it borrows may be gone */
	struct sched_node **heap;      /* [count]; the best is first */
	size_t count, cap;
	struct sched_node **stale; /* [stale_count], to be looked at again */
	size_t stale_count, stale_cap;
};

struct sched_cluster {
	struct map nodes;              /* name → struct sched_node */
	struct sched_ranking *ranking; /* of the last request; NULL: none yet */
};

/* The ranking for REQUEST as things are now; the cluster's. */
struct sched_ranking *sched_ranking(struct sched_cluster *c, struct sched_request *request);
struct sched_ranking *sched_ranking_free(struct sched_ranking *r);
/* N came, or took or gave back something. */
void sched_ranking_node_changed(struct sched_cluster *c, struct sched_node *n);
/* A node that is no longer among the cluster's nodes went. */
void sched_ranking_node_gone(struct sched_cluster *c);

int64_t sched_node_allocatable(const struct sched_node *n, const char *resource);
int64_t sched_node_used(const struct sched_node *n, const char *resource);

/* Does R fit on N? When not, TEXT (SCHED_REASON_TEXT bytes) receives each reason through ADD (may be NULL). Returns whether it fits. */
typedef void (*sched_reason_fn)(const char *text, void *arg);
bool sched_fit(const struct sched_node *n, const struct sched_request *r, sched_reason_fn add, void *arg);
/* The same for a pod that may be on no other node (a daemon's), which a drain leaves where it is. */
bool sched_fit_pinned(
	const struct sched_node *n, const struct sched_request *r, sched_reason_fn add, void *arg);
/* 0 to 100. */
int64_t sched_score(const struct sched_node *n, const struct sched_request *r);
/* One term of node affinity (match expressions and fields, all of them) against a node. An empty term matches nothing. */
bool sched_term_matches(const struct node_selector_term *t, const struct sched_node *n);
/* Is taint T tolerated by the pod's tolerations (core/v1 Toleration.ToleratesTaint)? */
bool sched_tolerates(const struct pod_spec *spec, const char *key, const char *value, const char *effect);
