/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Files: whole reads with a bound, whole writes that appear at once, paths that cannot leave their directory.
 *
 * DIRFD is a directory descriptor or AT_FDCWD. Every descriptor is O_CLOEXEC. Errors name the path.
 */
#pragma once

#include <sys/types.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* Appends the file's bytes to RET. -EFBIG above MAX bytes. */
int fs_read(int dirfd, const char *path, size_t max, struct buf *ret, struct err *err);
/* Reads a descriptor to its end, likewise. NAME is for messages. */
int fs_read_fd(int fd, const char *name, size_t max, struct buf *ret, struct err *err);
/* Writes all of it, through short writes and EINTR. NAME is for messages. */
int fs_write_fd(int fd, const char *name, const void *data, size_t len, struct err *err);

enum fs_write_flags {
	FS_SYNC = 1 << 0,      /* fdatasync the file before and the directory after the rename */
	FS_EXCLUSIVE = 1 << 1, /* -EEXIST where the path exists */
};
/* The file appears whole or not at all: temporary name in the same directory, rename. MODE is exact (umask does not apply). */
int fs_write(int dirfd, const char *path, const void *data, size_t len, mode_t mode, unsigned flags,
	struct err *err);

/* mkdir -p; existing directories are left as they are. */
int fs_mkdir_p(int dirfd, const char *path, mode_t mode, struct err *err);
/* mkdir -p of all but the last component of PATH. */
int fs_mkdir_parents(int dirfd, const char *path, mode_t mode, struct err *err);
/* rm -rf: does not follow links, does not cross mount points (-EBUSY); a missing path is success. */
int fs_remove_tree(int dirfd, const char *path, struct err *err);
/* Opens a directory. Returns the descriptor. */
int fs_open_dir(int dirfd, const char *path, struct err *err);
/* openat2 beneath DIRFD: no component, link or ".." may leave it (-EXDEV), no magic links. FLAGS as open(2). Returns the descriptor. */
int fs_open_beneath(int dirfd, const char *path, int flags, mode_t mode, struct err *err);
/* The names in a directory, without "." and "..", sorted; *RET is an array of *RET_COUNT strings; fs_names_free frees it. */
int fs_list(int dirfd, const char *path, char ***ret, size_t *ret_count, struct err *err);
void fs_names_free(char **names, size_t count);
int fs_sync_dir(int dirfd, const char *path, struct err *err);
/*
 * Tells the file system that the directories in directory PATH have nothing to do with each other (chattr +T): ext4 then gives each a
 * block group of its own. It looks for a free inode past all those of the group that were removed in the last minutes,
 * so that in one group, making files gets slow while many come and go. Where it can't be told, nothing happens.
 */
void fs_spread(int dirfd, const char *path);
/* Takes an exclusive flock on PATH (created 0600). Returns the descriptor that holds it, or -EWOULDBLOCK at once when it is held. */
int fs_lock(int dirfd, const char *path, struct err *err);
/* Does PATH exist? Errors other than "no such" count as yes. */
bool fs_exists(int dirfd, const char *path);
