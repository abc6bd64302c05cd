/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What keeps a pod from a node, rule by rule, each looking at the whole world anew for each node. Written from the documentation:
 * concepts/scheduling-eviction (assign-pod-node, taint-and-toleration, topology-spread-constraints, pod-overhead), workloads/pods
 * (init-containers, sidecar-containers), storage (storage-classes, persistent-volumes, storage-limits), the API reference of
 * Pod and Node, and the words of kube-scheduler's plugins.
 */
#pragma once

#include "tests/sched/match.h"

enum rule {
	RULE_NAME,
	RULE_UNSCHEDULABLE,
	RULE_DRAINED,
	RULE_TAINTS,
	RULE_NODE_AFFINITY,
	RULE_PORTS,
	RULE_RESOURCES,
	RULE_LIMITS,
	RULE_VOLUMES,
	RULE_SPREAD,
	RULE_EXISTING_ANTI,
	RULE_AFFINITY,
	RULE_ANTI,
	RULE_COUNT
};
extern const char *const rule_names[RULE_COUNT];

/* Whether RULE lets B be on P, with what is there now. */
bool rule_allows(enum rule rule, const struct scene *w, const struct being *b, const struct place *p);
/* The first rule that doesn't; RULE_COUNT: it may be there. Room kept for others by nomination counts. */
enum rule rule_first_broken(const struct scene *w, const struct being *b, const struct place *p);
/* By names, labels, taints and unschedulable alone. */
bool rule_may_be(const struct scene *w, const struct being *b, const struct place *p);

/* It stands on P for the sake of the question. */
bool rule_is_there(const struct being *b);
/* Of RESOURCE, what a pod with SPEC takes: thousandths of CPU, units of others. LEAST: what a container without a request for it counts as. */
int64_t rule_amount(const struct pod_spec *spec, const char *resource, int64_t least);
/* Of RESOURCE, what P has. */
int64_t rule_capacity(const struct place *p, const char *resource);
/* rules_pods.c */
bool rule_spread(const struct scene *w, const struct being *b, const struct place *p);
bool rule_affinity(const struct scene *w, const struct being *b, const struct place *p);
bool rule_anti(const struct scene *w, const struct being *b, const struct place *p);
bool rule_existing_anti(const struct scene *w, const struct being *b, const struct place *p);
/* rules_volumes.c */
bool rule_limits(const struct scene *w, const struct being *b, const struct place *p);
bool rule_volumes(const struct scene *w, const struct being *b, const struct place *p);
