/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Who confirms what a commit deletes: the trailer `Pintle-Allow-Prune: yes`, as git interpret-trailers reads trailers, of
 * the commit that deletes or of any commit after it. What the history between the commit in force and the new one has
 * of such commits is looked at one by one: each confirms what is deleted in it, and not what later ones delete.
 */
#pragma once

#include "reconciler/git.h"
#include "reconciler/prune.h"

#define PRUNE_TRAILER "Pintle-Allow-Prune"

struct prune_question {
	struct object *const *before; /* [before_count], by object_cmp: what is in force, of git */
	size_t before_count;
	const struct snapshot *after;
	int64_t max_percent; /* of the Cluster in force */
	struct repo *repo;   /* NULL: nobody can have confirmed anything */
	struct oid in_force; /* zero: not known; then only the new commit's own trailer counts */
	struct oid commit;   /* the new one */
	const char *subpath; /* as desired_load has it */
	bool emptied;        /* BEFORE is all of a unit, of which AFTER has nothing */
};

/*
 * Must the new commit wait? Then WHY (may be NULL) gets a line that says what it would delete. What can't be read of the history
 * confirms nothing.
 */
bool prune_must_wait(const struct prune_question *q, struct buf *why);
/* Appends what is to be done about it. */
void prune_add_remedy(struct buf *out);
