/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Questions about mount points in the caller's mount namespace, and undoing them. Everything is idempotent. */
#pragma once

#include "lib/base/err.h"

/* Is PATH (its last component not followed) the root of a mount? Needs Linux 5.8. */
bool mounts_is_point(const char *path);
/* Lazily unmounts whatever is stacked at PATH; nothing there is fine. */
int mounts_unmount(const char *path, struct err *err);
/* Lazily unmounts all at and beneath directory DIR, the innermost first. */
int mounts_unmount_beneath(const char *dir, struct err *err);
/* Does PATH lie on a tmpfs? False where it doesn't exist. */
bool mounts_is_tmpfs(const char *path);
