/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What pods are to each other: which requests' pods count where.
 *
 * A tally of pods (struct sched_count) is a counter by domain of a region with an answer to "which pods":
 *
 *     SPREAD   those of a selection that aren't leaving (topology spread); ranked
 *     PODS     those of a selection (affinity and anti-affinity of a pod that is to be placed)
 *     REFUSES  those that carry a required anti-affinity term about the selection
 *     WEIGHS   for those that carry a preferred term about it, the weights (negative: anti-affinity), and 1 for each required affinity term
 *
 * Counts are made when a request first needs them, filled from where pods are (the requests' spots), shared by all that ask for the
 * same, and gone when nobody needs them. A request is compared with selections once, when it is first seen, a selection
 * with the requests that are there when it is made: both find each other by hash (selection.h). So a pod that comes or goes costs
 * O(counts that it is in), nothing else.
 *
 * Labels of namespaces matter to selections with a namespaceSelector; when they change, the requests of that namespace are compared anew.
 */
#pragma once

#include "sched/interpod.h"
#include "sched/part.h"
#include "sched/posting.h"
#include "sched/selection.h"
#include "sched/spread.h"
#include "sched/topology.h"

enum sched_count_kind {
	SCHED_COUNT_SPREAD,
	SCHED_COUNT_LIKE,
	SCHED_COUNT_PODS,
	SCHED_COUNT_REFUSES,
	SCHED_COUNT_WEIGHS
};

struct sched_count {
	struct sched_counter numbers;
	struct sched_region *region;
	struct sched_selected *selected;
	enum sched_count_kind kind;
	unsigned refs;
};

/* A selection and who has to do with it. */
struct sched_selected {
	struct sched_selection *what;
	struct sched_count **counts; /* [count_count], at least one */
	size_t count_count, count_cap;
	struct sched_ties **ties; /* [tie_count] the requests that it matches */
	size_t tie_count, tie_cap;
};

/* What one request has to do with others. */
struct sched_ties {
	struct sched_request *request;
	struct sched_pod_view view; /* namespace and labels: copies */
	void *copies;
	struct string_map namespace_labels; /* strings in the Namespace, or in copies */
	struct sched_selected **selected;   /* [selected_count] those that match it */
	size_t selected_count, selected_cap;
	struct sched_tie {
		struct sched_count *count;
		int32_t amount; /* a pod more of the request is so much more there */
	} * ties;               /* [tie_count] */
	size_t tie_count, tie_cap;
	struct sched_spread spread;
	struct sched_interpod interpod;
	struct sched_plan *plan; /* judge.c; NULL: it was never judged by groups */
};

struct sched_relations {
	struct sched_topology topology;
	struct map selected;                /* text → struct sched_selected */
	struct sched_postings by_selection; /* struct sched_selected by its hashes */
	struct sched_postings by_pod;       /* struct sched_ties by theirs */
};

extern const struct sched_part sched_relations_part;

/* One more user of the count of KIND of WHAT (taken over) in REGION (taken over, a reference). */
struct sched_count *sched_count_ref(struct sched_cluster *c, struct sched_selection *what,
	struct sched_region *region, enum sched_count_kind kind);
/* One user fewer; the last takes the count away. */
void sched_count_unref(struct sched_cluster *c, struct sched_count *n);
/* A pod of T is AMOUNT more in N from now on; those that are there are added (or, where AMOUNT is negative, no longer counted). */
void sched_ties_join(struct sched_ties *t, struct sched_count *n, int32_t amount);
void sched_ties_leave(struct sched_ties *t, struct sched_count *n, int32_t amount);
