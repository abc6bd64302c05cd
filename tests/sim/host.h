/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A reconciler: the real world, pass and session state, in the order that pintled keeps (pintled_drain.c): the pass's records
 * durable, then the agents. A crash can come between any two of those steps.
 */
#pragma once

#include "reconciler/node_session.h"
#include "reconciler/pass.h"
#include "tests/sim/net.h"

/* Where one stands still whom another replaces. */
enum pause_point {
	PAUSE_NOW,
	PAUSE_HELLO, /* it has just taken an agent's hello */
	PAUSE_TELL,  /* its records are durable, and nobody was told of them */
	PAUSE_POINTS
};

struct host_link {
	struct session *session; /* NULL: none */
	struct node_session state;
	nsec_t pause;
	bool trying;
	nsec_t lost; /* since when nothing is known of its pods: the last session ended, or this reconciler started; NSEC_NEVER: it has told of them */
};

struct host {
	unsigned index;
	bool runs, still; /* still: it stands still, and knows nothing of it */
	bool half_way;    /* likewise, between its commit and telling of it */
	enum pause_point pause;
	nsec_t pause_length; /* 0: it is to go on */
	uint64_t generation;
	char holder[48];
	struct tree tree;
	int64_t term; /* durable: the last one used */
	struct world world;
	bool has_world;
	struct plan plan;
	struct commit *commit;   /* that the world follows */
	struct commit *next;     /* to be taken by the next pass */
	struct host_link *links; /* [node_count] */
	bool drain_armed;
	nsec_t wake;
	enum crash_point crash;
	nsec_t crash_length;
	bool crashing;
	bool has_backup;
	struct tree backup; /* what its tree is to be before long */
	unsigned long passes;
	nsec_t measured; /* when it last heard what pods use */
	struct rng rng;
};

/* One more, in charge from now on. */
struct host *host_new(struct sim *s);
struct host *host_free(struct host *h);
/* A world from its tree, with the next term. What it had is not freed. */
void host_load(struct sim *s, struct host *h);
void host_start(struct sim *s, struct host *h);
/* A new commit is there. */
void host_commit(struct sim *s, struct host *h);
void host_connected(struct sim *s, struct host *h, struct session *c);
void host_take(struct sim *s, struct host *h, struct session *c, const struct letter *l);
void host_lost(struct sim *s, struct host *h, struct session *c);
void host_on_drain(struct sim *s, struct host *h, uint64_t generation);
void host_on_wake(struct sim *s, struct host *h, uint64_t generation);
void host_on_connect(struct sim *s, struct host *h, unsigned node, uint64_t generation);
/* Killed: now, or at a point of the next pass; it starts again after LENGTH. */
void host_crash(struct sim *s, struct host *h, enum crash_point point, nsec_t length);
/* Another one takes its place, with a copy of its tree and a higher term, once it gets to POINT; it goes on after LENGTH. */
void host_replace(struct sim *s, enum pause_point point, nsec_t length);
/* A copy of its tree (LOST: of an empty one) takes the tree's place after LENGTH. */
void host_backup(struct sim *s, struct host *h, bool lost, nsec_t length);
void host_restore(struct sim *s, struct host *h);
/* It goes on. */
void host_resume(struct sim *s, struct host *h);
