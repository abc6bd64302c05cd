/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * sync.unit: Directory. Each directory right below the path is a unit: one that has errors, or would delete what nobody has
 * confirmed, stays as it is in force, and the others move on. What stands in the path itself is a unit too ("."), and so
 * is, where the path is not the repository's top, all that is outside it ("..": bases of kustomizations).
 *
 * What is then in force is written as a commit of its own, whose tree has each unit as it is in force and whose parents are the
 * commits that these are of. So it is loaded, compared, pinned and restored as any commit is, and each rule holds for the whole
 * of it, also those that span units. The units that changed are tried one after the other, by name, on top of what
 * is in force; one that does not load there is held. Hence
 *
 *   - of two that define the same object, the one that has it in force keeps it; of two new ones, the first by name has it
 *   - quotas go to the first by name, as does the one Cluster
 *   - a unit that gives an object to another one moves together with that, or both are held: nothing is deleted in between
 *   - a kustomization is built with what is in force of the directories that it refers to
 *   - one that was held is tried again where another one's move has made room
 *
 * The commit as a whole is refused where its Cluster manifest is held, and that in force does not say Directory.
 */
#pragma once

#include "reconciler/desired.h"
#include "reconciler/sync_state.h"

struct units_request {
	struct repo *repo;
	struct oid commit;              /* the new one */
	const char *subpath;            /* as desired_load has it */
	struct snapshot *before;        /* what is in force; NULL: nothing is, and nothing ever was */
	struct kustomize *builder;      /* as desired_load has it */
	const struct sync_units *known; /* of what is in force */
	struct oid in_force;            /* the commit in force, for units that KNOWN has not; zero: none */
	int64_t max_percent;            /* of the Cluster in force (prune.h) */
};
struct units_result {
	struct snapshot *snapshot; /* what comes into force, with a commit of its own; NULL: nothing can */
	struct sync_units units;   /* all of them, without `since` */
	struct diags problems;     /* of those held, and warnings of the others */
	size_t held;
};

/* Does the Cluster (may be NULL) say sync.unit: Directory? */
bool units_wanted(const struct cluster *c);
/* The unit of what stands at PATH (from the repository's top), in ARENA where it is no constant. */
const char *units_of_path(struct arena *arena, const char *path, const char *subpath);
/* Would S, the whole of the new commit, delete of any unit what nobody has confirmed? */
bool units_must_wait(const struct units_request *q, const struct snapshot *s);
/* All units at the new commit, which is in force as a whole: S. */
int units_list(const struct units_request *q, struct sync_units *ret, struct err *err);
/*
 * Takes of the new commit what can be taken. -EINPROGRESS: the builder has something to build first, as with desired_load. Other
 * errors: the repository can't be read or written. End with units_result_done.
 */
int units_take(const struct units_request *q, struct units_result *ret, struct err *err);
/* Says which are held, why, and what to do about it. Returns the worst status of them. */
enum sync_status units_describe(const struct units_result *r, struct buf *out);
void units_result_done(struct units_result *r);
