/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What a snapshot would change: the reconciler's own pass, run on a copy of the world that is loaded from the
 * actual tree and thrown away. For `pintle diff` and what sync does without doing it.
 */
#pragma once

#include "reconciler/home.h"
#include "reconciler/plan.h"
#include "reconciler/snapshot.h"

struct planned {
	struct plan plan; /* with steps */
	char base[65];    /* the commit in force; "" for none */
	char *guard;      /* what of it waits for a confirmation (revision.h); NULL: nothing. Owned */
};

/* Needs no daemon, and does not disturb one. End with planned_done. */
int planned_make(const struct home *h, const struct snapshot *snapshot, struct planned *ret, struct err *err);
void planned_done(struct planned *p);
/* The plan as JSON text, indented. */
void planned_write_json(const struct planned *p, struct buf *out);
