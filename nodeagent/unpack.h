/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Tar archives to directories (the only file that knows libarchive is unpack.c).
 *
 * Layers are unpacked in a child process that has chrooted itself into the empty target:
 * no name, link or ".." of a layer can lead out of it. Whiteouts become what overlayfs wants
 * (char device 0:0; trusted.overlay.opaque). Layer format: OCI image-spec layer.md.
 */
#pragma once

#include "lib/base/err.h"

/*
 * The child: `… unpack BLOB DIFF-ID DIRECTORY`; to be called from main with argv[0] = "unpack". Unpacks BLOB (tar; gzip, zstd or
 * plain) into DIRECTORY (exists, empty), verifies the digest of the uncompressed bytes, syncs. Prints "ERRNO text" on
 * stdout when it fails. Returns the exit status. Needs root. Exits 0 only when everything is in place and on disk.
 */
int unpack_main(int argc, char **argv);

/* Extracts regular files, directories and symbolic links of the tar file PATH (compressed or not) beneath DIRFD: for image archives. Nothing is written or followed outside. */
int unpack_archive(const char *path, int dirfd, struct err *err);
