/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Walks over the groups beneath a directory of a control group hierarchy; for cgroup.c. DIR not being there is fine everywhere. */
#pragma once

#include "lib/base/err.h"

/* Removes DIR and all beneath it, the deepest first. -EBUSY: a process is left somewhere. */
int cgroup_tree_remove(const char *dir, struct err *err);
/* SIGKILL to every process in DIR and beneath it. Returns how many there were. */
int cgroup_tree_kill(const char *dir, struct err *err);
/* How many processes are in DIR and beneath it. */
int cgroup_tree_count(const char *dir, struct err *err);
