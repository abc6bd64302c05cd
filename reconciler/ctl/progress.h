/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * How far a commit has come: is it in force, and are the workloads that it asks for healthy? Fed with what the tree
 * says (a list first, the journal's records then), asked after each batch. For `pintle sync`.
 */
#pragma once

#include "lib/base/map.h"
#include "reconciler/ctl/sync_view.h"
#include "reconciler/ctl/workloads.h"
#include "reconciler/snapshot.h"

struct progress {
	const char *target; /* the commit, 40 hex digits; borrowed */
	bool wait;          /* for the workloads too */
	/* what must be there; borrowed; NULL: not known, the tree's are judged alone */
	const struct snapshot *wanted;
	/* Is FORCE a descendant of the target (a newer commit came meanwhile)? NULL: no. */
	bool (*contains)(const char *force, void *arg);
	void *arg;
	struct sync_view sync;
	struct map known; /* path → struct item, owned */
};

enum progress_state {
	PROGRESS_GOING,
	PROGRESS_DONE,
	PROGRESS_REFUSED, /* sync.problems and sync.message say why */
};

void progress_init(struct progress *p);
void progress_done(struct progress *p);
/* A file of the tree, or a record; JSON NULL: it is gone. Kinds that are not judged are passed over. */
int progress_take(struct progress *p, const char *path, const char *json, size_t len, struct err *err);
/* Is the target (or what follows it) in force? */
bool progress_in_force(const struct progress *p);
/* The answer now. LINE (may be NULL) gets one line for a terminal. */
enum progress_state progress_judge(const struct progress *p, struct buf *line);
/* How many workloads there are. */
size_t progress_workloads(const struct progress *p);
/* What is still in the way, line by line. */
void progress_obstacles(const struct progress *p, struct buf *out);
