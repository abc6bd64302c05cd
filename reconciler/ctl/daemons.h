/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The daemons of a home, as `pintle up` and `pintle down` handle them: started beside this program, each with its
 * log in HOME/run/PROGRAM.log, found again by pid file.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/proc.h"
#include "reconciler/home.h"

struct daemon {
	const char *program; /* "pintled" */
	/* below HOME: it is up once this Unix socket takes a connection, or this plain file is there */
	const char *answers;
};

/* In the order in which they start; stopped in the reverse order. Ended by a row without a program. */
extern const struct daemon daemons[];

/*
 * Starts D with the words ARGS behind --home DIR (NULL-terminated, or NULL) unless it runs already, and waits until it answers
 * (at most 20 s; no later than its death). *RET_STARTED (may be NULL) says whether it was started here. Errors carry the last lines of its log.
 */
int daemon_start(const struct home *h, const struct daemon *d, const char *const *args, bool *ret_started,
	struct err *err);
/* SIGTERM, and SIGKILL when it has not gone within 20 s. Returns 1 when it ran, 0 when there was nothing to stop. */
int daemon_stop(const struct home *h, const struct daemon *d, struct err *err);
/* The program beside this one: "…/build/pintled". Owned by the caller. */
char *daemon_path(const char *program);
