/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What matches what, by the letter of the documentation (concepts/overview/working-with-objects/labels,
 * concepts/scheduling-eviction/assign-pod-node and taint-and-toleration).
 */
#pragma once

#include "tests/sched/scene.h"

/* NULL matches nothing, an empty one everything. */
bool match_selector(const struct label_selector *s, const struct string_map *labels);
/* nodeSelector and required node affinity of SPEC, together. */
bool match_node(const struct pod_spec *spec, const struct place *p);
bool match_node_selector(const struct node_selector *s, const struct place *p);
bool match_node_term(const struct node_selector_term *t, const struct place *p);
/* Some toleration of SPEC tolerates T. */
bool match_taint(const struct pod_spec *spec, const struct taint *t);
/* All NoExecute taints of P are tolerated, and all NoSchedule ones unless EXECUTE. */
bool match_taints(const struct pod_spec *spec, const struct place *p, bool execute);
/* The term T of a pod of kin OF is about a pod of kin ABOUT. */
bool match_pod(const struct scene *w, const struct pod_affinity_term *t, const struct kin *of,
	const struct kin *about);
/* The constraint C of a pod of kin OF is about pods like ABOUT. */
bool match_spread(const struct topology_spread_constraint *c, const struct kin *of, const struct kin *about);
/* P counts for C of a pod of kin OF: the inclusion policies. */
bool match_inclusion(const struct topology_spread_constraint *c, const struct kin *of, const struct place *p);
/* The label KEY of P, or NULL. */
const char *match_domain(const struct place *p, const char *key);
