/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Which pods: those that constraints and terms are about, as values that can be compared.
 *
 * A selection is one or more parts, all of which must match a pod (required affinity counts pods that match all its terms).
 * A part is namespaces (named, or by their labels) and a label selector with what matchLabelKeys and mismatchLabelKeys add
 * to it (core/v1 PodAffinityTerm, TopologySpreadConstraint). Equal selections have equal texts, whatever order they were written in.
 * It owns all that it is made of.
 *
 * For looking up, each selection has hashes under which it is posted: of the namespace and a label that its pods must
 * have. A pod's own hashes (sched_pod_hashes) contain one of them if the selection matches it: so that a pod is compared only with
 * what may be about it.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/object/object.h"

/* What of a pod matters here. Borrowed. */
struct sched_pod_view {
	const char *namespace;
	const struct string_map *namespace_labels, *labels;
};

struct sched_selection {
	struct arena *arena; /* all below, and itself */
	const char *text;
	struct sched_selection_part *parts;
	size_t part_count;
};

/* The pods that TERMS of a pod P are all about. The caller frees it. */
struct sched_selection *sched_selection_of_terms(
	const struct pod_affinity_term *const *terms, size_t count, const struct sched_pod_view *p);
/* The pods that are like P: of its namespace, with the same labels, all of them. */
struct sched_selection *sched_selection_of_like(const struct sched_pod_view *p);
/* The pods that constraint C of a pod P counts. */
struct sched_selection *sched_selection_of_constraint(
	const struct topology_spread_constraint *c, const struct sched_pod_view *p);
struct sched_selection *sched_selection_free(struct sched_selection *s);

bool sched_selection_matches(const struct sched_selection *s, const struct sched_pod_view *p);
/* Does it depend on labels of namespaces? */
bool sched_selection_asks_namespaces(const struct sched_selection *s);

typedef void (*sched_hash_fn)(uint64_t hash, void *arg);
/* Those under which S is posted: each once. None: S matches nothing. */
void sched_selection_hashes(const struct sched_selection *s, sched_hash_fn fn, void *arg);
/* Those under which selections that may match P are posted: 2 a label and 2 more, each once. */
void sched_pod_hashes(const struct sched_pod_view *p, sched_hash_fn fn, void *arg);
