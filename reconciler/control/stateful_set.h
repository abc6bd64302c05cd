/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * StatefulSets: pods with numbers, each with a name and volumes of its own (pkg/controller/statefulset).
 *
 * One step at a time, the first of these that has something to do (OrderedReady stops there, Parallel goes on):
 *
 *   force     a pod of an old template that is broken makes room for the new one
 *   make      pods from the lowest number up, each once those before it are available; finished ones anew
 *   condemn   pods of numbers that are too many, from the highest down
 *   roll      available pods of an old template, from the highest number down, while enough others are available
 *
 * There are never two pods of one number: a name is free only once the pod that had it is gone from its node, has
 * lost the node to a commit, or was let go because its node carries pintle.dev/node-out-of-service.
 *
 * Where this is not as in Kubernetes (force): there, a broken pod stops every rollout until somebody deletes it, even that of the
 * template that mends it (its documentation's "forced rollback"). Here it is replaced at once when it has never been ready or is
 * stuck (a crash loop, an image that is not there); one that was ready before is replaced when no other pod is on its way.
 */
#pragma once

#include "reconciler/control/control.h"

void control_stateful_set_sync(struct control *c, struct world_stateful_set *s);
/* It is gone from git: so are its pods, in no order (as in Kubernetes), and the claims that are to go with it. */
void control_stateful_set_drop(struct control *c, struct world_stateful_set *s);

/* --- what its files share -------------------------------------------------------------------------------- */

/* One look at a StatefulSet. */
struct stateful {
	struct control *c;
	struct world_stateful_set *s;
	const struct stateful_set_spec *spec;
	int64_t replicas, start, partition;
	int64_t budget;               /* pods that may be missing while it rolls */
	bool ordered, rolls;          /* OrderedReady; RollingUpdate */
	struct world_pod **slots;     /* [slot_count], by number from start; NULL: no pod */
	size_t slot_count;            /* ordered: no more than are looked at */
	struct world_pod **condemned; /* [condemned_count], highest number first */
	size_t condemned_count;
};
/* Ready for minReadySeconds, and to stay; the set wakes when it will have been. */
bool stateful_available(struct stateful *v, const struct world_pod *p);
/* A pod of the template before that has never been ready, or is stuck: nobody misses it. */
bool stateful_broken(const struct stateful *v, const struct world_pod *p);
/* Deletes the pod in *SLOT; NULL then if it is gone at once. */
void stateful_delete(struct stateful *v, struct world_pod **slot, const char *why);
/* The steps force and roll (stateful_update.c). Force returns whether it did something. */
bool stateful_force(struct stateful *v);
void stateful_roll(struct stateful *v);
