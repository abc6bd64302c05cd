/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What a commit would delete, and whether that may happen without anybody having said that it is meant. Two lists of
 * objects in, what leaves and a verdict out. The rules:
 *
 *   1  what git has no more is deleted, but not what has pintle.dev/prune: Never (in the version in force)
 *   2  a commit without any object waits
 *   3  more than PRUNE_FREE objects that are more than prune.maxPercent of those in force wait; with a maxPercent of 0 every
 *      deletion waits, with 100 none does for its number
 *   4  data wait: a PersistentVolumeClaim, or a StatefulSet that would take its claims with it (whenDeleted: Delete)
 *
 * The Cluster that counts is the one in force: a commit does not lift its own guard. What waits does so as a whole; who
 * confirms it is prune_confirm.h's matter.
 */
#pragma once

#include "reconciler/snapshot.h"

enum { PRUNE_FREE = 10 };

struct prune {
	size_t in_force;      /* objects of git in force */
	struct object **gone; /* [gone_count] that would be deleted, by object_cmp; borrowed */
	size_t gone_count;
	bool nothing_left; /* the commit has no object */
};

/* Is O to stay when git has it no more? */
bool prune_never(const struct object *o);
/* What of BEFORE ([COUNT], by object_cmp: what is in force, of git) is deleted where AFTER comes into force. End with prune_done. */
void prune_find(struct object *const *before, size_t count, const struct snapshot *after, struct prune *ret);
void prune_done(struct prune *p);
/* Takes out what ALLOWED has not (what it has deleted is confirmed), of what STOOD (NULL: in force) has. */
void prune_confirmed(struct prune *p, const struct snapshot *allowed, const struct snapshot *stood);
/* Must it wait? Then WHY (may be NULL) gets one line: how many, which first, and by which rule. */
bool prune_waits(const struct prune *p, int64_t max_percent, struct buf *why);
/* Cluster's setting; NULL: the default. */
int64_t prune_max_percent(const struct cluster *cluster);
