/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A command in a running container, to its end: the runtime's exec as a child, for probes and hooks. (What people run in a
 * container is request_exec.c's.)
 *
 * The command's user, environment and directory are the container's. It is killed, with all of its process group, when
 * it takes too long or nobody wants it any more. What it sets going in another group lives as long as the container.
 */
#pragma once

#include "nodeagent/node.h"

enum { EXEC_OUTPUT_MAX = 10 << 10 }; /* as kubelet's (pkg/probe/exec) */

struct exec_run;

struct exec_result {
	int status; /* exit code, or 128 + signal; the runtime's own, not 0, where it could not start the command */
	bool timed_out;     /* killed: status says nothing */
	const char *output; /* standard output, then standard error, white space at the end cut off */
};
/* RESULT is lent for the call; the exec_run frees itself after it. */
typedef void (*exec_fn)(const struct exec_result *result, void *arg);

/*
 * Runs COMMAND in container ID (container_id.h), at most TIMEOUT (0: as long as it takes). FN is called from the loop, once; never after
 * exec_cancel, nor where this fails.
 */
int exec_start(const struct node_services *node, const char *id, const struct strings *command,
	nsec_t timeout, exec_fn fn, void *arg, struct exec_run **ret, struct err *err);
/* Kills the command. NULL is fine; returns NULL. */
struct exec_run *exec_cancel(struct exec_run *x);

/* Kills the command whose PID the runtime has written to PID_PATH, and its process group; none there: nothing. */
void exec_kill(const char *pid_path);
