/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A TCP connection, opened on the loop: to an address, or to a name as this host resolves it (its first address; `getent` as a child), in
 * this network or in a pod's.
 *
 * There is no time-out here: whoever has waited long enough cancels. Port 1..65535.
 */
#pragma once

#include "lib/base/loop.h"

struct tcp_target {
	const char *host; /* address or name */
	int port;
	const char *netns; /* netns.h; NULL: this process's */
};

struct tcp;
/* FD (non-blocking, the callee's) is connected, or < 0 and ERR says why not. Called once; TCP frees itself after it. */
typedef void (*tcp_fn)(int fd, const struct err *err, void *arg);

/* TARGET need not outlive the call. FN is called from the loop, never from within this call; where this fails, not at all. */
int tcp_open(struct loop *l, const struct tcp_target *target, tcp_fn fn, void *arg, struct tcp **ret,
	struct err *err);
/* Never calls back. NULL is fine; returns NULL. */
struct tcp *tcp_cancel(struct tcp *t);
