/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Which pods have failed in earlier calls, and what could help each: by key, together with all of the pod that matters, so that another of
 * the same name is another. Pods that a call doesn't list are forgotten at its end. O(1) each.
 */
#pragma once

#include "lib/base/map.h"
#include "sched/sched.h"

struct sched_waiter {
	const void *id;
	const struct sched_request *request; /* to compare; not to be looked into */
	int32_t priority;
	bool no_preemption;
	unsigned events; /* what could help */
	uint64_t time;   /* of the events, when it failed */
	uint64_t gang;   /* who was in its gang: 0: it has none */
	uint64_t call;
	char key[];
};
struct sched_waiting {
	struct map by_key;
	uint64_t call;
	size_t seen; /* entries of this call */
};

/* A call begins; a call ends. */
void sched_waiting_begin(struct sched_waiting *w);
void sched_waiting_end(struct sched_waiting *w);
/* What is known of P, whose gang is GANG now; NULL: nothing, or of another pod. It is remembered for another call. */
const struct sched_waiter *sched_waiting_find(
	struct sched_waiting *w, const struct sched_pending *p, uint64_t gang);
/* P has failed at TIME. */
void sched_waiting_add(struct sched_waiting *w, const struct sched_pending *p, uint64_t gang, unsigned events,
	uint64_t time);
/* P waits no longer. */
void sched_waiting_remove(struct sched_waiting *w, const struct sched_pending *p);
void sched_waiting_done(struct sched_waiting *w);
