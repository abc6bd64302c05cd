/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A pod's volumes on the host, in the mount namespace that the caller is in.
 *
 * Each volume is a directory (or, for a hostPath, anything) whose path is bind mounted into
 * containers. Files of configMap, secret, downwardAPI and projected volumes stand in a
 * time-stamped directory behind the link ..data, which is swapped atomically when they change,
 * as kubelet's AtomicWriter does. Whatever holds a Secret's value stands on tmpfs.
 *
 * Everything is idempotent: volume_setup again refreshes, volume_teardown again does nothing.
 */
#pragma once

#include "nodeagent/volume_files.h"

struct volume_dirs {
	const char *state; /* of this pod's volumes: HOME/agent/pods/UID/volumes */
	/* of this pod's secret volumes: RUN_DIR/volumes/UID; must be on tmpfs (volume_prepare_tmpfs) */
	const char *run;
};

/*
 * Makes DIR (0700) and, unless it is on tmpfs already, mounts one there. Call at start for RUN_DIR, or wherever values of Secrets
 * are to be written.
 */
int volume_prepare_tmpfs(const char *dir, struct err *err);

/*
 * Makes or refreshes the volume; *RET_PATH (owned by the caller) is its host path. *RET_CHANGED (may be NULL): its files differ from
 * before. Errors as volume_files_build, and: -ENOSPC; a hostPath's type check as kubelet words it; -EOPNOTSUPP names the
 * kind of volume that isn't supported. fsGroup and fsGroupChangePolicy of the pod apply as kubelet's.
 */
int volume_setup(const struct volume_dirs *dirs, const struct volume *v, const struct volume_sources *sources,
	char **ret_path, bool *ret_changed, struct err *err);
/*
 * Bind mounts SUB_PATH of the volume at VOLUME_PATH to TARGET (created: directory or file, as the source is). No component and no
 * link can leave the volume: -EXDEV. A SUB_PATH that doesn't exist is made as a directory, with the volume's mode and owner. TARGET is then what
 * the container gets mounted. What is mounted there already is left alone if it is the same file; another one's place is taken.
 */
int volume_subpath_mount(const char *volume_path, const char *sub_path, const char *target, struct err *err);
/* Unmounts all that is mounted at and beneath both directories (and SUBPATHS, may be NULL), and removes them. Never enters a hostPath. */
int volume_teardown(const struct volume_dirs *dirs, const char *subpaths, struct err *err);
