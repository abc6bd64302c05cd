/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What proc.c needs of spawn.c beyond proc.h: the choice of a process group.
 */
#pragma once

#include "lib/base/proc.h"

/* proc_spawn; with OWN_GROUP the child leads a new process group. */
int proc_spawn_group(const struct proc_spec *spec, bool own_group, pid_t *ret_pid, struct err *err);
