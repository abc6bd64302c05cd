/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Two ways to mount the same overlay. The new mount API takes one layer a call ("lowerdir+", Linux 6.8): no
 * bound on the options' length. Where a kernel or a path (fsconfig takes 255 bytes) is against that, mount(2)
 * gets one option string in which the layers are /proc/self/fd/N: 127 layers fit a page whatever their paths.
 */
#include "nodeagent/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "nodeagent/mounts.h"

enum { FSCONFIG_VALUE_MAX = 255 };

struct dirs {
	char *upper, *work; /* owned */
};

static void dirs_done(struct dirs *d)
{
	free(d->upper);
	free(d->work);
}

/* The root of an overlay has the mode and owner of its upper directory: those of the topmost layer's root are wanted. */
static int copy_root_attributes(const struct rootfs_spec *spec, const char *upper, struct err *err)
{
	const char *top = spec->layers[spec->layer_count - 1];
	struct stat st;

	if (stat(top, &st) < 0)
		return err_errno(err, -errno, "layer %s", top);
	if ((st.st_uid != 0 || st.st_gid != 0) && chown(upper, st.st_uid, st.st_gid) < 0)
		return err_errno(err, -errno, "setting the owner of %s", upper);
	if (chmod(upper, st.st_mode & 07777) < 0)
		return err_errno(err, -errno, "setting the mode of %s", upper);
	return 0;
}

static int make_dirs(const struct rootfs_spec *spec, struct dirs *d, struct err *err)
{
	int r = fs_mkdir_p(AT_FDCWD, spec->dir, 0700, err);

	d->upper = xasprintf("%s/upper", spec->dir);
	d->work = xasprintf("%s/work", spec->dir);
	if (r == 0)
		r = fs_mkdir_p(AT_FDCWD, d->upper, 0755, err);
	if (r == 0)
		r = fs_mkdir_p(AT_FDCWD, d->work, 0700, err);
	if (r == 0)
		r = fs_mkdir_p(AT_FDCWD, spec->target, 0755, err);
	return r == 0 ? copy_root_attributes(spec, d->upper, err) : r;
}

/* Kernels differ in which characters they unescape here: paths that have any take the other way. */
static int configure(int fs, const char *key, const char *value)
{
	if (strlen(value) > FSCONFIG_VALUE_MAX || strpbrk(value, "\\,:"))
		return -EINVAL;
	return fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0) < 0 ? -errno : 0;
}

/* The uppermost lower layer comes first. */
static int configure_all(int fs, const struct rootfs_spec *spec, const struct dirs *d, bool is_volatile)
{
	int r = configure(fs, "source", "overlay");

	for (size_t i = spec->layer_count; r == 0 && i-- > 0;)
		r = configure(fs, "lowerdir+", spec->layers[i]);
	if (r == 0)
		r = configure(fs, "upperdir", d->upper);
	if (r == 0)
		r = configure(fs, "workdir", d->work);
	if (r == 0 && is_volatile && fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0) < 0)
		r = -errno;
	if (r == 0 && fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		r = -errno;
	return r;
}

/* What the kernel says about the context, for messages: "overlay: …". */
static void read_complaint(int fs, char *ret, size_t size)
{
	ssize_t n = read(fs, ret, size - 1);

	ret[n > 0 ? n : 0] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
}

static int mount_new_api(
	const struct rootfs_spec *spec, const struct dirs *d, bool is_volatile, struct err *err)
{
	_cleanup_(closep) int fs = fsopen("overlay", FSOPEN_CLOEXEC);
	char complaint[256];

	if (fs < 0)
		return err_errno(err, -errno, "mounting at %s: opening an overlay", spec->target);
	int r = configure_all(fs, spec, d, is_volatile);
	if (r < 0) {
		read_complaint(fs, complaint, sizeof(complaint));
		return err_errno(err, r, "mounting %zu layers at %s%s%s", spec->layer_count, spec->target,
			*complaint ? ": " : "", complaint);
	}
	_cleanup_(closep) int mnt = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (mnt < 0 || move_mount(mnt, "", AT_FDCWD, spec->target, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_errno(err, -errno, "mounting %zu layers at %s", spec->layer_count, spec->target);
	return 0;
}

static int open_path(const char *path, struct err *err)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? err_errno(err, -errno, "opening %s", path) : fd;
}

/* FDS gets the descriptors of all layers, then of upper and work; OPTIONS names them. */
static int open_all(
	const struct rootfs_spec *spec, const struct dirs *d, int *fds, struct buf *options, struct err *err)
{
	size_t n = 0;

	buf_adds(options, "lowerdir=");
	for (size_t i = spec->layer_count; i-- > 0; n++) {
		fds[n] = open_path(spec->layers[i], err);
		if (fds[n] < 0)
			return fds[n];
		buf_addf(options, "%s/proc/self/fd/%d", n > 0 ? ":" : "", fds[n]);
	}
	fds[n] = open_path(d->upper, err);
	fds[n + 1] = open_path(d->work, err);
	if (fds[n] < 0 || fds[n + 1] < 0)
		return fds[n] < 0 ? fds[n] : fds[n + 1];
	buf_addf(options, ",upperdir=/proc/self/fd/%d,workdir=/proc/self/fd/%d", fds[n], fds[n + 1]);
	return 0;
}

static int mount_old_api(const struct rootfs_spec *spec, const struct dirs *d, struct err *err)
{
	size_t count = spec->layer_count + 2;
	int *fds = xreallocarray(NULL, count, sizeof(fds[0]));
	struct buf options = BUF_INIT;

	for (size_t i = 0; i < count; i++)
		fds[i] = -1;
	int r = open_all(spec, d, fds, &options, err);
	if (r == 0 && options.len >= (size_t)sysconf(_SC_PAGESIZE))
		r = err_set(err, -E2BIG, "mounting %s: %zu layers are more than this kernel can stack",
			spec->target, spec->layer_count);
	else if (r == 0 && mount("overlay", spec->target, "overlay", 0, options.data) < 0)
		r = err_errno(err, -errno, "mounting %zu layers at %s", spec->layer_count, spec->target);
	for (size_t i = 0; i < count; i++)
		fd_close(fds[i]);
	free(fds);
	buf_done(&options);
	return r;
}

/* Errors that another way of mounting may not meet. */
static bool worth_another_way(int r)
{
	return r == -EINVAL || r == -ENOSYS || r == -EOPNOTSUPP;
}

int rootfs_mount(const struct rootfs_spec *spec, struct err *err)
{
	_cleanup_(dirs_done) struct dirs d = { 0 };

	if (spec->layer_count == 0)
		return err_set(err, -EINVAL, "mounting %s: the image has no layers", spec->target);
	if (mounts_is_point(spec->target))
		return err_set(err, -EBUSY, "mounting %s: something is mounted there already", spec->target);
	int r = make_dirs(spec, &d, err);
	if (r < 0)
		return r;

	struct err why = { 0 };
	r = mount_new_api(spec, &d, true, &why);
	if (worth_another_way(r))
		r = mount_new_api(spec, &d, false, &why);
	if (worth_another_way(r))
		return mount_old_api(spec, &d, err);
	return r < 0 ? err_set(err, r, "%s", err_text(&why)) : 0;
}

int rootfs_unmount(const char *dir, const char *target, struct err *err)
{
	int r = mounts_unmount(target, err);

	return r < 0 ? r : fs_remove_tree(AT_FDCWD, dir, err);
}
