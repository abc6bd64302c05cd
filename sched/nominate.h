/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Room that is kept for pods until their victims are gone. It is booked as a pod on its node, whose id is the nomination's own, so that all
 * filters count it. It is kept against pods of lower and of equal priority: while a pod of some priority has its turn, what is kept for
 * less important ones is off the books (sched_nominations_level), and comes back when the turns have come down to it;
 * if it has no place there then, it has fallen, and its pod is as one that was never nominated. So it is when the node goes.
 *
 * A booked nomination is not a pod that others may have affinity to; who places pods asks for that (sched_nominations_without).
 * Each call is O(nominations) at most; sched_nominations_level is O(1) when nothing is to be done.
 */
#pragma once

#include "sched/ids.h"
#include "sched/sched.h"

struct sched_nomination {
	struct sched_pod pod; /* the pending one; a reference of its request */
	char *node;
	bool booked;   /* unless the node has gone since, and maybe another of that name has come */
	bool out;      /* of the books for a trial */
	uint64_t time; /* of the events, when its pod last had its turn */
};
struct sched_nominations {
	struct sched_nomination **items; /* [count] the highest priority first, then the oldest */
	size_t count, cap;
	struct sched_ids by_pod;
	int32_t level;
};

/* Books room on NODE for P, in place of what was kept for it before. */
struct sched_nomination *sched_nominations_keep(
	struct sched_cluster *c, const char *node, const struct sched_pod *p);
/* For pod ID; NULL: none, or it has fallen with its node (and is forgotten). */
struct sched_nomination *sched_nominations_find(struct sched_cluster *c, const void *id);
/* Its room is free again, which is an event. */
void sched_nominations_drop(struct sched_cluster *c, struct sched_nomination *n);
/* Its pod has a place, on its node or (an event) on another. */
void sched_nominations_placed(struct sched_cluster *c, struct sched_nomination *n, const char *node);
/* Off the books, and on them again whatever else is there: its pod has its turn. */
void sched_nominations_lift(struct sched_cluster *c, struct sched_nomination *n);
void sched_nominations_book(struct sched_cluster *c, struct sched_nomination *n);
/* From now on pods of PRIORITY have their turns; INT32_MIN: nobody has. */
void sched_nominations_level(struct sched_cluster *c, int32_t priority);
/* All that are booked go off the books (true) and come back on them (false): between the two nothing else may change. */
void sched_nominations_without(struct sched_cluster *c, bool off);
/* Is ID that of a nomination on the books, rather than a pod's? */
bool sched_nominations_is(const struct sched_cluster *c, const void *id);
void sched_nominations_done(struct sched_cluster *c);
