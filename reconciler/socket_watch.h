/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Tells when something appears at a path: the socket of an agent that has started. One inotify descriptor serves all of a process, and
 * one watch all paths of a directory, for both are scarce.
 */
#pragma once

#include "lib/base/loop.h"

struct socket_watches;
struct socket_watch;

int socket_watches_new(struct loop *loop, struct socket_watches **ret, struct err *err);
/* After all its watches. */
struct socket_watches *socket_watches_free(struct socket_watches *w);

/* Calls FN from the loop when an entry named as PATH is made, moved there, or has its mode changed. The directory has to be there. */
int socket_watch_new(struct socket_watches *w, const char *path, void (*fn)(void *arg), void *arg,
	struct socket_watch **ret, struct err *err);
struct socket_watch *socket_watch_free(struct socket_watch *s);
