/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What is due when, in virtual time: a heap of events. Events of one moment come in the order in which they were put, so
 * that equal runs are equal. Nothing is ever taken back: who puts an event gives it a generation, and ignores one
 * that is no longer his.
 */
#pragma once

#include <stddef.h>

#include "lib/base/time.h"

enum event_type {
	EVENT_SCRIPT,  /* a: index of the script's event */
	EVENT_START,   /* a: host; it starts (again) */
	EVENT_DRAIN,   /* a: host; the end of a turn of its loop */
	EVENT_WAKE,    /* a: host; its pass timer */
	EVENT_CONNECT, /* a: host, b: node; an attempt */
	EVENT_LETTER,  /* item: a direction of a session (struct lane); its next letter arrives */
	EVENT_NOTICE,  /* item: a session; b: which end finds out that it is dead */
	EVENT_POD,     /* a: node, item: a pod of its agent */
	EVENT_TURN,    /* a: node; the end of a turn of its agent's loop */
	EVENT_SYNCED,  /* a: node, item: a session; what was applied is on its disk */
	EVENT_HEAL,    /* a: node; a fault of it has run its time */
	EVENT_RESTORE, /* a: host; its tree is to be an old one */
	EVENT_LOOK,    /* the oracle looks at what must have become so by now */
};

struct due {
	nsec_t at;
	uint64_t order;
	enum event_type type;
	unsigned a, b;
	uint64_t generation;
	void *item;
};

struct queue {
	struct due *heap;
	size_t count, cap;
	uint64_t orders;
};

void queue_done(struct queue *q);
void queue_put(struct queue *q, struct due event);
/* False: empty. */
bool queue_take(struct queue *q, struct due *ret);
