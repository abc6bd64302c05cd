/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What one call of sched_place knows, as place.c (turns of single pods) and gang.c share it. */
#pragma once

#include "lib/base/map.h"
#include "sched/turns.h"

/* Pods of a request that fitted nowhere, and why. */
struct sched_failure {
	struct sched_failure *next;    /* of the call */
	struct sched_request *request; /* a reference */
	int32_t priority;
	bool preempts;   /* others' places were tried too */
	unsigned events; /* what could help */
	uint64_t time;
	struct sched_verdict *verdict; /* as large as its reasons */
};

/* A pod's turn. */
struct sched_turn {
	enum { SCHED_TURN_OPEN, SCHED_TURN_FAILED, SCHED_TURN_OVER } state;
	unsigned events; /* FAILED: what could help, after time */
	uint64_t time;
	const struct sched_failure *why; /* FAILED: NULL where before, or by_gang */
	bool before;                     /* it has failed in an earlier call, and wasn't tried */
	bool by_gang;
	struct sched_gang *gang; /* NULL: none */
};

struct sched_gang {
	size_t *members; /* [count] pods by index, in their order */
	size_t count, cap;
	uint64_t sum; /* over the keys of its members; not 0 */
	char *name;   /* "namespace/gang" */
};

struct sched_placing {
	struct sched_cluster *c;
	struct sched_pending *pods;
	struct sched_turn *turns; /* [count] of pods */
	size_t count;
	sched_decide_fn decide;
	void *arg;
	struct sched_failure *failures;
	struct sched_ids by_request; /* request → its last failure */
	struct map gangs;            /* name → struct sched_gang */
	struct sched_verdict verdict;
};

/*
 * The best node for pod P as the books are, into VERDICT (without reasons, unless P is pinned): KEPT's own, if that takes it now. KEPT: what is
 * kept for P, off the books; or NULL.
 */
bool sched_place_find(struct sched_placing *x, const struct sched_pending *p,
	const struct sched_nomination *kept, struct sched_verdict *verdict);
/* Why pod P fits nowhere, as the books are. Belongs to the call. */
struct sched_failure *sched_place_failure(
	struct sched_placing *x, const struct sched_pending *p, bool preempts);
/* Pod I is decided. */
void sched_place_decide(struct sched_placing *x, size_t i, const struct sched_decision *d);
/* Pod I is NOMINATED to NODE, where room is kept for it, with VICTIMS. */
void sched_place_nominate(
	struct sched_placing *x, size_t i, const char *node, const struct sched_victims *victims);
/* Room is kept for pod I still. */
void sched_place_keeps(struct sched_placing *x, size_t i, struct sched_nomination *kept);
/* Pod P as one on a node. */
struct sched_pod sched_place_pod(const struct sched_pending *p);

/* gang.c: finds the gangs among the pods; forgets them. */
void sched_gangs_find(struct sched_placing *x);
void sched_gangs_done(struct sched_placing *x);
/* The turn of G, all of whose members are open, or have failed. */
void sched_gang_try(struct sched_placing *x, struct sched_gang *g);
/* Have all of G failed in an earlier call, as they are now, and nothing since could help? Then they have failed. */
bool sched_gang_waits(struct sched_placing *x, struct sched_gang *g);
