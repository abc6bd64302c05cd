/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A container's root file system: an overlay of an image's layers below a directory of its own,
 * mounted in the mount namespace that the caller is in.
 *
 * The upper directory is used by one container instance only and thrown away with it, which is
 * why the overlay is mounted `volatile` (no syncing) where the kernel can.
 */
#pragma once

#include "lib/base/err.h"

struct rootfs_spec {
	const char *const *layers; /* directories, bottom first, [layer_count], at least one */
	size_t layer_count;
	const char *dir;    /* created; gets upper/ and work/; on the same file system as neither need be */
	const char *target; /* mount point; created when missing */
};

/* Any number of layers (up to overlayfs' 500) and any length of paths. -EBUSY: TARGET is a mount point already. */
int rootfs_mount(const struct rootfs_spec *spec, struct err *err);
/* Unmounts TARGET (lazily) and removes DIR. What is not there is fine. */
int rootfs_unmount(const char *dir, const char *target, struct err *err);
