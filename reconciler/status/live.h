/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What the tree can't say: that its disk takes nothing. A running pintled tells it at HOME/run/read.sock (the method
 * "status", reconciler/readsock.h). Connects by itself, and again when pintled has been away; without one there is
 * nothing to tell.
 */
#pragma once

#include "lib/base/loop.h"
#include "reconciler/home.h"

struct live;

/* CHANGED is called from the loop when live_trouble may say something else. HOME is borrowed. */
int live_new(struct loop *loop, const struct home *home, loop_fn changed, void *arg, struct live **ret,
	struct err *err);
struct live *live_free(struct live *l);
/* Why pintled can't go on, or NULL; lent until the next turn of the loop. */
const char *live_trouble(const struct live *l);
