/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A TCP connection to HOST:PORT, without blocking: an address is taken as it is, a name is looked up by a child process (getent(1), which
 * goes by the host's own settings), and its addresses are tried one after the other.
 */
#pragma once

#include "lib/base/loop.h"
#include "lib/object/ssh_address.h"
#include "reconciler/trouble.h"

struct dial;

/* READY is called from the loop whenever dial_step is to be called again. ADDRESS is borrowed for as long as the dial is there. */
struct dial *dial_new(
	struct loop *loop, const struct ssh_address *address, void (*ready)(void *arg), void *arg);
struct dial *dial_free(struct dial *d);
/* The connected socket, now the caller's; -EAGAIN: not yet; else it failed, for WHY. Afterwards the dial is only freed. */
int dial_step(struct dial *d, struct trouble *why);
