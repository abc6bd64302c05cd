/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Runs one lifecycle handler (exec, httpGet, sleep) of a running container on the loop, as kubelet's lifecycle.HandlerRunner does:
 * exec succeeds with status 0, an HTTP request with any answer, a sleep always; tcpSocket can't be run.
 *
 * A hook calls back once, from the loop, and frees itself after that; one that is cancelled never does, and its command is killed.
 */
#pragma once

#include "nodeagent/node.h"

struct hook_target {
	const struct node_services *node;
	const char *id; /* of the container in the runtime */
	const struct container *spec;
	const char *pod_ip; /* or NULL: none */
};

struct hook;
/* FAILURE: NULL, or why it failed; lent for the call. */
typedef void (*hook_done_fn)(const char *failure, void *arg);

/* TARGET and HANDLER need not outlive the call. < 0: it could not even be begun, ERR says why; FN is not called. */
int hook_start(const struct hook_target *target, const struct lifecycle_handler *handler, hook_done_fn fn,
	void *arg, struct hook **ret, struct err *err);
struct hook *hook_cancel(struct hook *h);
