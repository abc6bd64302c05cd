/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Directories that nobody needs any more: moved aside at once, removed by a child process.
 *
 * Removing a container's layer takes as long as the disk likes (it may have many files, and on some disks each block that
 * is freed waits), and the agent's loop must not wait. What is thrown away lies in DIR until then; what an agent that was killed
 * left there is removed by the next one. One child runs at a time, and takes all that is there.
 *
 * Order: trash_open, trash_throw …, trash_close. DIR should be on the file system of what is thrown.
 */
#pragma once

#include "lib/base/loop.h"

struct trash;

/*
 * Makes DIR where it is missing, and begins to remove what lies there. COMMAND: the NULL-terminated start of a command that runs
 * trash_main ("/proc/self/exe", "sweep"); borrowed.
 */
int trash_open(
	struct loop *l, const char *dir, const char *const *command, struct trash **ret, struct err *err);
/* Removes what is left, now. NULL is fine. */
struct trash *trash_close(struct trash *t);

/*
 * PATH (a file or directory without mounts in it) is gone when this returns; a missing one is fine. Across file systems,
 * or with T NULL, it is removed on the spot. */
int trash_throw(struct trash *t, const char *path, struct err *err);

/* "sweep DIR": removes all that is in DIR. Returns an exit code. */
int trash_main(int argc, char **argv);
