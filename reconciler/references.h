/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * References between the objects of a snapshot: names that lead nowhere, selectors that select nothing. They are
 * warnings, since what is missing may be made by somebody else, or come with the next commit.
 *
 * A snapshot keeps its findings. The next one begins with those and looks again only at what a change can have
 * touched: the references of new objects, the old findings, and references to what went. So the cost is that
 * of the change, not of the repository (except for a walk over all references where something went).
 *
 * Which members refer to what is said by the schema tables (`refers`); how each is looked up, by the table in references.c.
 */
#pragma once

#include "reconciler/snapshot.h"

/* The objects that differ between a snapshot and the one before, each by object_cmp: those of manifests that went, and that came. */
struct snapshot_delta {
	struct object **gone, **added;
	size_t gone_count, added_count;
};

/* Fills in S's findings; its objects are there already. BEFORE: what S was made from, or NULL. */
void references_check(struct snapshot *s, const struct snapshot *before, const struct snapshot_delta *delta);
/*
 * S's findings as warnings. What DIAGS, which has the errors of manifests already, makes doubtful is left out: an object with
 * errors is not in the snapshot, and yet in the repository.
 */
void references_report(const struct snapshot *s, struct diags *diags);
void findings_done(struct findings *f);
