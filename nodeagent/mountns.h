/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The mount namespace in which the agent works.
 *
 * On a host with hybrid control groups (version 1 controllers, and cgroup2 without controllers at
 * /sys/fs/cgroup/unified) crun refuses to run. There the agent lives in a mount namespace of its
 * own, in which `unified` is unmounted; it is pinned at RUN_DIR/mnt, and entered again after a
 * restart, because a fresh one would see none of the mounts of running pods. Elsewhere the agent
 * stays where it is. What the host mounts later is seen inside; what is mounted inside stays inside.
 *
 * Call mountns_enter once, early in main: single-threaded, before anything is mounted or opened
 * by relative path (the working directory becomes "/").
 */
#pragma once

#include "nodeagent/env.h"

/* Makes RUN_DIR. 1: now in the private namespace; 0: none is needed, nothing was done. -EPERM without CAP_SYS_ADMIN. */
int mountns_enter(const struct node_env *env, struct err *err);
/*
 * Takes the pin away; the namespace goes with the last process in it, and its mounts with it. To be called from outside of the
 * namespace (`pintle down`, tests). Idempotent.
 */
int mountns_remove(const struct node_env *env, struct err *err);
