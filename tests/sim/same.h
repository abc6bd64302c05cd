/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * From the same state, a pass over everything plans what the pass over the dirty owners plans. The copy of the state is a
 * child process: fork copies everything, whatever the world is made of.
 */
#pragma once

#include "tests/sim/host.h"

/* H is about to run the pass IN. */
void same_check(struct sim *s, struct host *h, const struct pass_input *in);
/* A reconciler that starts now from H's tree and takes H's commit has nothing to record. */
void restart_check(struct sim *s, struct host *h);
