/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What happens to the books that could help a pod which fitted nowhere. Each kind of event has the time (a counter's value) of its last; a pod
 * that failed remembers the time and which kinds could help it, by what kept it away (the table in queue.h). O(1) all.
 */
#pragma once

#include "sched/sched.h"

enum {
	SCHED_EVENT_NODE = 1,       /* a node came, changed or went */
	SCHED_EVENT_ROOM = 2,       /* a pod went, or room that was kept for one is free again */
	SCHED_EVENT_PODS = 4,       /* a pod came, or is leaving */
	SCHED_EVENT_NAMESPACES = 8, /* a Namespace came, changed or went */
	SCHED_EVENT_VOLUMES = 16,   /* so did a PersistentVolume, a claim or a StorageClass */
	SCHED_EVENT_KINDS = 5,
	SCHED_EVENT_ANY = (1 << SCHED_EVENT_KINDS) - 1
};

struct sched_events {
	uint64_t now; /* grows with each event */
	uint64_t last[SCHED_EVENT_KINDS];
};

/* All of EVENTS happen. */
void sched_events_add(struct sched_events *e, unsigned events);
/* Did any of EVENTS happen after TIME? */
bool sched_events_since(const struct sched_events *e, unsigned events, uint64_t time);
/* What could make a node take a pod that it refused with these words. Words that aren't known: anything. */
unsigned sched_events_for_reason(const char *text);
/* The same for all nodes. */
unsigned sched_events_for(const struct sched_verdict *v);
