/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Writes the files of a volume so that a reader sees all of the old or all of the new ones.
 *
 *     DIR/..2026_01_02_03_04_05.HASH/path   the files (HASH: of all that they are, so that equal ones aren't written again)
 *     DIR/..data → ..2026_…                 swapped by rename
 *     DIR/path → ..data/path                for each first component
 *
 * As kubelet's pkg/volume/util/atomic_writer.go lays it out; programs watch for ..data to change.
 */
#pragma once

#include "lib/base/time.h"
#include "nodeagent/volume_files.h"

/*
 * DIRFD is the volume's directory, PATH its name for messages. GID: fsGroup (then files are group readable, directories
 * set-group-ID), or < 0. NOW names the directory. *RET_CHANGED: something was written. On failure the old files stay.
 */
int volume_write(int dirfd, const char *path, const struct volume_files *files, int64_t gid, nsec_t now,
	bool *ret_changed, struct err *err);
