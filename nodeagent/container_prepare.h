/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * From an image that is here to a bundle that the runtime can create: lease, root file system, user, environment,
 * mounts, config.json. All of it synchronous and within a millisecond or two. Private to the pods.
 */
#pragma once

#include "nodeagent/pod_run.h"

/*
 * Makes RUN_DIR/bundles/ID ready for C's current attempt. On error *RET_REASON is the container's waiting reason (a constant), and what was
 * made is removed by container_traces_remove.
 */
int container_prepare(struct container_run *c, const char *id, const char **ret_reason, struct err *err);
/* The file that holds the attempt's termination message; owned by the caller. */
char *container_message_path(const struct pod_run *pod, const char *name, int64_t attempt);
/* The text for the status (kubelet: 4 KiB; FallbackToLogsOnError: 80 lines, 2 KiB of the log); owned by the caller, NULL: none. */
char *container_message(const struct pod_run *pod, const struct container *spec,
	const struct container_record *r, bool failed);
