/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Where the pods of some objects would be placed, by the scheduler alone: what `pintle simulate` answers.
 *
 * The pods are those of the workloads among the objects, and bare ones. Pods that are on a node already (a cluster printed them) stand
 * in the books from the beginning and aren't decided anew, unless one that matters more drives them out: then they look for a place as any
 * other. All others come at once and have their turn in the scheduler's order (sched/queue.h). The answer is how it is in the end.
 *
 * Names. A Pod and a StatefulSet's pods have theirs. The pods of a DaemonSet are called NAME-NODE, those of all others NAME-0, NAME-1 …, past
 * numbers that another pod of the namespace has. A workload makes as many as it wants beside those that are given as its own; of ReplicaSets
 * and Jobs whose controller is given too, only that one makes pods. A Job makes as many as may run at once, a CronJob none.
 *
 * Equal objects give an equal answer, in whatever order they come.
 */
#pragma once

#include "lib/base/map.h"
#include "lib/object/object.h"
#include "sched/sched.h"

/* A pod of the simulation. All that it refers to is the simulation's. */
struct simulated_pod {
	const char *key, *namespace, *name; /* "namespace/name" */
	const struct object *origin;        /* the workload that makes it, or the Pod itself */
	const struct pod_spec *spec;        /* as the scheduler sees it */
	struct sched_request *request;
	const char *node;                       /* where it is in the end; NULL: nowhere */
	int64_t score;                          /* of the node when it was chosen, 0 to 100 */
	bool given;                             /* on a node from the beginning */
	const struct simulated_pod *evicted_by; /* who drove it out of where it was; NULL: nobody */
	/* Why it is nowhere: the reasons without numbers, [reason_count], who drove it out first, the others sorted; the same as a sentence; and what would help ("": nothing small). */
	const char **reasons;
	size_t reason_count;
	const char *message, *advice;

	/* How it is asked for (struct sched_pending). */
	const char *pinned, *gang;
	int32_t priority;
	bool no_preemption, leaving, by_gang;
	nsec_t deadline, created;
	uint32_t started;
	const char *blocked; /* why it isn't even tried; NULL: it is */
	size_t turn;         /* when it was decided last, from 1; 0: never */
};

struct simulation {
	struct arena *arena;
	struct sched_cluster *cluster;
	struct simulated_pod *pods; /* [count], by key */
	size_t count;
	struct simulated_pod **placed; /* [placed_count], in the order in which they were decided */
	/* [unschedulable_count], likewise; then those that weren't tried */
	struct simulated_pod **unschedulable;
	size_t placed_count, unschedulable_count;
	struct object **objects; /* [object_count], by object_cmp */
	size_t object_count;
	struct object *const *nodes; /* [node_count], of these, by name */
	size_t node_count;
	struct map requests; /* of all pods */
};

/*
 * The books with what is given on nodes, and all pods, before any has its turn. The simulation keeps references of the COUNT OBJECTS. Free with
 * simulation_free.
 */
struct simulation *simulation_new(struct object *const *objects, size_t count);
/* The same when all have had theirs. */
struct simulation *simulation_run(struct object *const *objects, size_t count);
struct simulation *simulation_free(struct simulation *s);
void simulation_freep(struct simulation **s);
/* P is on its node from now on. */
void simulation_book(struct simulation *s, struct simulated_pod *p);
/* Why each pod that is nowhere is so: reasons, message and advice of the unschedulable. O(nodes) for each of its own kind. */
void simulation_explain(struct simulation *s);

/* {"placements":[{"pod":…,"node":…}],"unschedulable":[{"pod":…,"reasons":[…]}]} */
void simulation_write_json(const struct simulation *s, struct buf *out);
/* For people: three tables. */
void simulation_write_text(const struct simulation *s, struct buf *out);
