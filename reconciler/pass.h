/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * One pass: take what changed, let the controllers of what is dirty act, place pods, say what to record and what to
 * tell the agents. pass.c reads as the table of contents of the reconciler.
 *
 * After pass_run the caller makes the plan's records durable (actual_put or actual_delete in the records' order, then
 * actual_commit), only then sends the applies, and calls world_sweep. If the records can't be made durable it must not
 * send; it ends and starts anew from the tree.
 *
 * For `pintle diff` and --dry-run the same pass runs on a world of its own, loaded from the tree.
 */
#pragma once

#include "reconciler/plan.h"
#include "reconciler/snapshot.h"
#include "reconciler/world.h"

struct pass_input {
	nsec_t now;
	int64_t version; /* resourceVersion of the first record; each record takes one */
	/* the snapshot that the world follows; NULL: none since it was loaded */
	const struct snapshot *before;
	const struct snapshot *snapshot; /* a new one, or NULL */
	bool everything; /* look at all objects, not only at dirty ones (tests; the plan is the same) */
};

void pass_run(struct world *w, const struct pass_input *in, struct plan *plan);
/* When the next pass is due though nothing happens; NSEC_NEVER: not. */
nsec_t pass_next(const struct world *w);
/*
 * What a snapshot would do to W, a copy that the caller throws away: the steps of the first pass, and of those that follow as
 * pods come and go, to the end of each rollout, as if the agents did at once what they are told. No steps: nothing
 * would change.
 */
void pass_plan(struct world *w, const struct pass_input *in, struct plan *plan);
