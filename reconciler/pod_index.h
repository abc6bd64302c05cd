/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Which objects of a snapshot make pods with certain labels: Pods themselves, and the workloads' templates.
 *
 * Good as long as the snapshot. The first questions go through all workloads; then an index is made, with which a
 * question costs what its rarest label has.
 */
#pragma once

#include "reconciler/snapshot.h"

struct pod_index;

struct pod_index *pod_index_new(const struct snapshot *s);
struct pod_index *pod_index_free(struct pod_index *p);

/* True ends the walk. */
typedef bool (*pod_index_fn)(const struct object *o, const struct template_view *t, void *arg);
/* Calls FN (NULL: the first match is the answer) for those in NAMESPACE that SELECTOR matches. Returns whether FN said true. */
bool pod_index_any(struct pod_index *p, const char *namespace, const struct label_selector *selector,
	pod_index_fn fn, void *arg);
/* The values that label KEY has in NAMESPACE, each once, ended by NULL; the caller frees the array. Looks at most at MAX objects. */
const char **pod_index_values(
	const struct pod_index *p, const char *namespace, const char *key, size_t max, size_t *ret_seen);
