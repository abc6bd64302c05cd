/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The actual tree as the journal keeps it (reconciler/actual.h), in memory: what a pass records is gathered, and becomes
 * durable as a whole or not at all. A crash loses what was gathered.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/map.h"
#include "reconciler/plan.h"

struct tree_file {
	char *path, *json;
	size_t len;
};

struct tree {
	struct map files;     /* path → struct tree_file: what is durable */
	struct map pending;   /* likewise; json NULL: a deletion */
	int64_t version;      /* of the last durable record */
	int64_t next_version; /* of the next record */
	size_t bytes;         /* of all that was ever made durable */
};

void tree_init(struct tree *t);
void tree_done(struct tree *t);
/* A copy of what is durable in FROM. */
void tree_copy(struct tree *t, const struct tree *from);
/* Gathers the records of PLAN. */
void tree_put_plan(struct tree *t, const struct plan *plan);
void tree_commit(struct tree *t);
/* As a crash does: what was gathered is lost. */
void tree_lose(struct tree *t);
