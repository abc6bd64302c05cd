/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The reconciler as a daemon: source, tree, sessions and timers around the pass.
 *
 * Handlers only take things in (a commit, a hello, reports) and ask for a drain; the drain runs once a turn of the
 * loop: pass, records made durable, then applies and acknowledgements, then the tree's files. Crash-only: what it knows is
 * in git, in the tree and with the agents, and a kill at any point is made good by the next start.
 */
#pragma once

#include "lib/base/loop.h"
#include "reconciler/home.h"

struct pintled;

struct pintled_options {
	bool take_over;        /* also where a reconciler with a higher term did (home_fence) */
	const char *host_name; /* names the node of this host where git names none */
	const char *
		agents; /* a directory: a Node NAME that git gives no address is reached at NAME.sock in it; NULL: not at all */
};
/*
 * Takes HOME's place for pintled (-EWOULDBLOCK: another one runs), counts up the term, loads the tree and starts to watch.
 * HOME and LOOP are borrowed and must outlive it.
 */
int pintled_new(struct loop *loop, struct home *home, const struct pintled_options *options,
	struct pintled **ret, struct err *err);
/* Brings the tree's files up to date and lets go of everything; pods keep running. */
struct pintled *pintled_free(struct pintled *p);
