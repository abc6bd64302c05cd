/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Whether the state directory takes what is written, and a little room that is kept in it for what matters most: the term of a
 * reconciler, without which an agent with a full disk could obey nobody any more.
 */
#pragma once

#include "lib/base/err.h"

/*
 * Keeps that room, then writes something beside it, and takes it away again. < 0: why it can't, in a sentence that is the same from try to
 * try and says what to do.
 */
int disk_probe(const char *state_dir, struct err *err);
/* Gives the room up, for what is written next. */
void disk_give_reserve(const char *state_dir);
/* Is CODE one that more room would put right? */
bool disk_is_full(int code);
