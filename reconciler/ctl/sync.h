/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * `pintle sync` in two ways: through the running pintled (sync.c), or by a reconciler in this very process (sync_once.c). Both feed a
 * progress from the journal until it is done, refused, or out of time.
 */
#pragma once

#include "reconciler/actual_reader.h"
#include "reconciler/ctl/progress.h"
#include "reconciler/ctl/revision.h"

struct sync {
	struct ctl *c;
	struct home *home;
	char *dir; /* HOME/actual */
	struct repo *git;
	char target[OID_HEX];
	nsec_t deadline; /* monotonic; NSEC_NEVER */
	struct progress progress;
	enum progress_state state; /* as of the last batch */
	uint64_t version;          /* of the newest record seen */
	bool in_force_said;
	char *stuck;    /* why pintled can't go on, as it says itself; NULL: it can */
	struct err err; /* of a record that can't be read */
};

/* A file or record of the tree; RECORD NULL: the batch is over, judge. Returns 1 when there is an answer, < 0 on errors (a follow_fn). */
int sync_take(const struct actual_record *record, void *arg);
/* Feeds what the tree shows now; *RET_SINCE is the version to follow from. */
int sync_list(struct sync *s, uint64_t *ret_since, struct err *err);
/* 0 (s->state has the answer), or out of time (the state is still PROGRESS_GOING), or an error. */
int sync_once(struct sync *s, struct err *err);
