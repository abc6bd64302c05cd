/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Two streams joined to a socket: what comes in goes to it, what it says goes out. Each way has a buffer of its own and takes no more
 * than it can hand on, so that whoever is slow is felt at the other end, and the other way goes on.
 */
#pragma once

#include "lib/base/err.h"

/*
 * Joins IN and OUT (which may be one descriptor) to SOCKET until one of the ends goes; what the agent had said before is
 * still handed on, and what had come in, while somebody reads. 0, or the error
 * that ended it. Ignores SIGPIPE from then on. Descriptors stay as they are, blocking or not.
 */
int join_streams(int in, int out, int socket, struct err *err);
