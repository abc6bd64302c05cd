/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * subPath: what the container may have put in the volume decides where the path leads, and it may change
 * that at any time. So the path is resolved once, beneath the volume, and what was found is
 * mounted by descriptor (kubelet: pkg/volume/util/subpath; CVE-2017-1002101, CVE-2021-25741).
 */
#include "nodeagent/volume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/mounts.h"

/* Makes directory NAME in PARENT with the volume's mode and owner. Returns its descriptor. */
static int make_component(int parent, const char *name, const struct stat *like, struct err *err)
{
	if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return err_errno(err, -errno, "creating directory %s", name);
	_cleanup_(closep) int fd = fs_open_beneath(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, err);
	if (fd < 0)
		return fd;
	if (fchown(fd, like->st_uid, like->st_gid) < 0 || fchmod(fd, like->st_mode & 07777) < 0)
		return err_errno(err, -errno, "setting mode and owner of %s", name);
	return TAKE_FD(fd);
}

/* Opens PATH beneath VOLUME, making the directories that are missing. Returns an O_PATH descriptor. */
static int open_or_make(int volume, const char *path, struct err *err)
{
	_cleanup_(freep) char *part = xstrdup(path);
	_cleanup_(closep) int parent = fs_open_beneath(volume, ".", O_PATH | O_DIRECTORY, 0, err);
	struct stat like;
	char *save = NULL;

	if (parent < 0 || fstat(volume, &like) < 0)
		return parent < 0 ? parent : err_errno(err, -errno, "%s", path);
	/* One component at a time from the volume's root: links are resolved against that, not against the parent. */
	struct buf so_far = BUF_INIT;
	int r = 0;
	for (char *name = strtok_r(part, "/", &save); r >= 0 && name; name = strtok_r(NULL, "/", &save)) {
		buf_addf(&so_far, "%s%s", so_far.len > 0 ? "/" : "", name);
		r = fs_open_beneath(volume, so_far.data, O_PATH, 0, NULL);
		if (r == -ENOENT)
			r = make_component(parent, name, &like, err);
		else if (r < 0)
			err_errno(err, r, "opening %s", so_far.data);
		if (r >= 0) {
			fd_close(parent);
			parent = r;
		}
	}
	buf_done(&so_far);
	return r < 0 ? r : TAKE_FD(parent);
}

static int make_target(const char *target, bool is_dir, struct err *err)
{
	int r = fs_mkdir_parents(AT_FDCWD, target, 0700, err);

	if (r < 0 || is_dir)
		return r < 0 ? r : fs_mkdir_p(AT_FDCWD, target, 0700, err);
	_cleanup_(closep) int fd = open(target, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? err_errno(err, -errno, "creating %s", target) : 0;
}

static int bind_descriptor(int fd, const char *target, struct err *err)
{
	_cleanup_(freep) char *source = xasprintf("/proc/self/fd/%d", fd);

	if (mount(source, target, NULL, MS_BIND | MS_REC, NULL) < 0)
		return err_errno(err, -errno, "mounting at %s", target);
	return 0;
}

/* What an earlier attempt has mounted at TARGET: kept where it is the file ST, else taken away. 1: kept. */
static int target_keep(const char *target, const struct stat *st, struct err *err)
{
	struct stat there;
	int r;

	if (!mounts_is_point(target))
		return 0;
	if (stat(target, &there) == 0 && there.st_dev == st->st_dev && there.st_ino == st->st_ino)
		return 1;
	r = mounts_unmount(target, err);
	return r < 0 ? r : fs_remove_tree(AT_FDCWD, target, err);
}

int volume_subpath_mount(const char *volume_path, const char *sub_path, const char *target, struct err *err)
{
	struct stat st;

	_cleanup_(closep) int volume = fs_open_dir(AT_FDCWD, volume_path, err);
	if (volume < 0)
		return volume;
	if (str_empty(sub_path) || *sub_path == '/')
		return err_set(err, -EXDEV, "subPath \"%s\" leaves the volume", str_or_empty(sub_path));
	_cleanup_(closep) int fd = open_or_make(volume, sub_path, err);
	if (fd == -EXDEV || fd == -ELOOP)
		return err_set(err, -EXDEV, "subPath \"%s\" leaves the volume", sub_path);
	if (fd < 0)
		return err_wrap(err, fd, "subPath \"%s\"", sub_path);
	if (fstat(fd, &st) < 0)
		return err_errno(err, -errno, "subPath \"%s\"", sub_path);
	int r = target_keep(target, &st, err);
	if (r > 0)
		return 0;
	if (r == 0)
		r = make_target(target, S_ISDIR(st.st_mode), err);
	if (r == 0)
		r = bind_descriptor(fd, target, err);
	return r < 0 ? err_wrap(err, r, "subPath \"%s\"", sub_path) : 0;
}
