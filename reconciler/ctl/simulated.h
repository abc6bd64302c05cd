/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What the files of the simulation share; nobody else includes this. */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "reconciler/ctl/simulation.h"

/* What is made on the way; the simulation has what stays. */
struct making {
	struct simulation *s;
	struct object *const *objects; /* [count], by object_cmp, none twice */
	size_t count;
	struct map keys;     /* of the pods, "namespace/name" → non-NULL */
	struct map requests; /* interned: what they ask for → struct sched_request */
	struct map owned;    /* "Kind/namespace/name" → struct owned: pods that are given as its own */
	struct map claims;   /* "namespace/name" of those there are → non-NULL */
	size_t cap;          /* of s->pods */
};

/* The objects of one kind: a range of m->objects. */
struct object *const *making_kind(const struct making *m, enum kind_id kind, size_t *ret_count);
struct object *making_find(
	const struct making *m, enum kind_id kind, const char *namespace, const char *name);

/*
 * The spec that the scheduler sees of a pod: only what it goes by, with what admission adds (LimitRanges, RuntimeClass, and, DAEMON, the
 * tolerations of DaemonSets). In the simulation's arena.
 */
struct pod_spec *simulated_spec(
	struct making *m, const struct pod_spec *spec, const char *namespace, bool daemon);
/* The request of pods with SPEC (simulated_spec's) and LABELS: one for equal ones. */
struct sched_request *simulated_request(struct making *m, const struct pod_spec *spec, const char *namespace,
	const struct string_map *labels);
/*
 * SPEC for the pod NAME alone where it has volumes that are its own (`ephemeral`, and the claims of SET, or NULL); else SPEC. Claims that
 * are not there yet are made and given to the scheduler.
 */
const struct pod_spec *simulated_own_spec(struct making *m, const struct pod_spec *spec,
	const char *namespace, const char *name, const struct stateful_set *set);
/* P's priority and whether it may preempt, by SPEC and the PriorityClasses. */
void simulated_rank(struct making *m, const struct pod_spec *spec, struct simulated_pod *p);

/* All pods of the objects into m->s->pods, sorted; the nodes are in the cluster already. */
void simulated_pods_make(struct making *m);
/* Gives the scheduler each PodDisruptionBudget as it is now: how many of its pods may go. */
void simulated_budgets(struct simulation *s, struct object *const *budgets, size_t count);
