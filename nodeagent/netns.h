/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A socket in another network namespace, a pod's: by it alone this process reaches that network.
 *
 * The thread is there for the one call that makes the socket, and back at once. One that does not come back would do all that the
 * agent does in the pod's network: the process ends instead (abort), and is started anew. Single-threaded callers only; needs
 * CAP_SYS_ADMIN.
 *
 * A socket holds its namespace: one whose sandbox is gone lasts until the last socket in it is closed.
 */
#pragma once

#include "lib/base/err.h"

/*
 * socket(2) of DOMAIN and TYPE (close-on-exec is added) in the namespace that PATH is a file of, e.g. RUN_DIR/ns/ID/net (sandbox.h); NULL: the
 * process's own. The descriptor, the caller's, or < 0.
 */
int netns_socket(const char *path, int domain, int type, struct err *err);
