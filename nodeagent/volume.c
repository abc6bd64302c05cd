/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/volume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/base/time.h"
#include "nodeagent/mounts.h"
#include "nodeagent/volume_write.h"

/* One volume being set up. */
struct setup {
	const struct volume_dirs *dirs;
	const struct volume *volume;
	const struct volume_sources *sources;
	int64_t gid; /* fsGroup, < 0: none */
	char *path;  /* result, owned */
	bool changed;
};

int volume_prepare_tmpfs(const char *dir, struct err *err)
{
	int r = fs_mkdir_p(AT_FDCWD, dir, 0700, err);

	if (r < 0 || mounts_is_tmpfs(dir))
		return r;
	/* noswap (Linux 6.4) keeps the values of Secrets out of swap space. */
	if (mount("tmpfs", dir, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700,noswap") == 0 ||
		mount("tmpfs", dir, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700") == 0)
		return 0;
	return err_errno(err, -errno, "mounting a tmpfs at %s", dir);
}

/* --- files ------------------------------------------------------------------------------------ */

static int setup_files(struct setup *s, struct err *err)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	bool is_secret = volume_is_secret(s->volume);
	const char *parent = is_secret ? s->dirs->run : s->dirs->state;
	struct volume_files files;
	int r = volume_files_build(arena, s->volume, s->sources, &files, err);

	if (r == 0)
		r = fs_mkdir_p(AT_FDCWD, parent, 0700, err);
	if (r < 0)
		return r;
	if (is_secret && !mounts_is_tmpfs(parent))
		return err_set(err, -EPERM,
			"volume \"%s\": %s is no tmpfs: values of Secrets are not written to disks",
			s->volume->name, parent);
	s->path = xasprintf("%s/%s", parent, s->volume->name);
	r = fs_mkdir_p(AT_FDCWD, s->path, 0755, err);
	_cleanup_(closep) int fd = r < 0 ? -1 : fs_open_dir(AT_FDCWD, s->path, err);
	if (fd < 0)
		return r < 0 ? r : fd;
	if ((s->gid >= 0 && fchown(fd, (uid_t)-1, (gid_t)s->gid) < 0) ||
		fchmod(fd, s->gid >= 0 ? 02775 : 0755) < 0)
		return err_errno(err, -errno, "setting mode and group of %s", s->path);
	return volume_write(fd, s->path, &files, s->gid, time_now(), &s->changed, err);
}

/* --- emptyDir --------------------------------------------------------------------------------- */

static int mount_memory(const struct setup *s, struct err *err)
{
	const struct quantity *limit = &s->volume->empty_dir->size_limit;
	int64_t size = limit->set ? quantity_units(limit) : 0;
	_cleanup_(freep) char *options = size > 0 ? xasprintf("mode=0777,size=%lld", (long long)size)
						  : xstrdup("mode=0777");

	if (mounts_is_point(s->path))
		return 0;
	if (mount("tmpfs", s->path, "tmpfs", 0, options) < 0)
		return err_errno(err, -errno, "mounting a tmpfs at %s", s->path);
	return 0;
}

static int setup_empty_dir(struct setup *s, struct err *err)
{
	const char *medium = str_or_empty(s->volume->empty_dir->medium);
	bool memory = str_eq(medium, "Memory");

	if (*medium && !memory)
		return err_set(err, -EOPNOTSUPP, "volume \"%s\": emptyDir medium %s is not supported",
			s->volume->name, medium);
	s->path = xasprintf("%s/%s", s->dirs->state, s->volume->name);
	bool fresh = !fs_exists(AT_FDCWD, s->path) || (memory && !mounts_is_point(s->path));
	int r = fs_mkdir_p(AT_FDCWD, s->dirs->state, 0700, err);
	if (r == 0)
		r = fs_mkdir_p(AT_FDCWD, s->path, 0777, err);
	if (r == 0 && memory)
		r = mount_memory(s, err);
	if (r < 0 || !fresh)
		return r;
	if ((s->gid >= 0 && chown(s->path, (uid_t)-1, (gid_t)s->gid) < 0) ||
		chmod(s->path, s->gid >= 0 ? 02777 : 0777) < 0)
		return err_errno(err, -errno, "setting mode and group of %s", s->path);
	return 0;
}

/* --- hostPath --------------------------------------------------------------------------------- */

enum host_path_make { MAKE_NOTHING, MAKE_DIRECTORY, MAKE_FILE };

static const struct host_path_type {
	const char *name;
	enum host_path_make make; /* where nothing is there */
	mode_t wanted;            /* S_IF…; 0: anything */
	const char *what;
} host_path_types[] = {
	{ "", MAKE_DIRECTORY, 0, "" },
	{ "DirectoryOrCreate", MAKE_DIRECTORY, S_IFDIR, "a directory" },
	{ "Directory", MAKE_NOTHING, S_IFDIR, "a directory" },
	{ "FileOrCreate", MAKE_FILE, S_IFREG, "a file" },
	{ "File", MAKE_NOTHING, S_IFREG, "a file" },
	{ "Socket", MAKE_NOTHING, S_IFSOCK, "a socket file" },
	{ "CharDevice", MAKE_NOTHING, S_IFCHR, "a character device" },
	{ "BlockDevice", MAKE_NOTHING, S_IFBLK, "a block device" },
};

static const struct host_path_type *find_host_path_type(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(host_path_types); i++)
		if (str_eq(host_path_types[i].name, name))
			return &host_path_types[i];
	return NULL;
}

static int make_host_path(const char *path, enum host_path_make make, struct err *err)
{
	switch (make) {
	case MAKE_NOTHING:
		return 0;
	case MAKE_DIRECTORY:
		return fs_mkdir_p(AT_FDCWD, path, 0755, err);
	case MAKE_FILE: {
		_cleanup_(closep) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

		return fd < 0 && errno != EEXIST ? err_errno(err, -errno, "creating %s", path) : 0;
	}
	}
	return 0;
}

static int setup_host_path(struct setup *s, struct err *err)
{
	const char *path = str_or_empty(s->volume->host_path->path);
	const struct host_path_type *type = find_host_path_type(str_or_empty(s->volume->host_path->type));
	struct stat st;

	if (!type || *path != '/')
		return err_set(err, -EINVAL, "volume \"%s\": hostPath %s: %s", s->volume->name, path,
			type ? "the path is not absolute" : "unknown type");
	if (stat(path, &st) < 0) {
		int r = errno == ENOENT ? make_host_path(path, type->make, err) : 0;

		if (r < 0)
			return err_wrap(err, r, "volume \"%s\"", s->volume->name);
		if (stat(path, &st) < 0)
			return err_errno(err, -errno,
				"volume \"%s\": hostPath type check failed: %s is not %s", s->volume->name,
				path, type->what);
	}
	if (type->wanted && (st.st_mode & S_IFMT) != type->wanted)
		return err_set(err, -ENOTDIR, "volume \"%s\": hostPath type check failed: %s is not %s",
			s->volume->name, path, type->what);
	s->path = xstrdup(path);
	return 0;
}

/* --- all kinds -------------------------------------------------------------------------------- */

static const char *unsupported_kind(const struct volume *v)
{
	if (v->persistent_volume_claim)
		return "persistentVolumeClaim";
	if (v->nfs)
		return "nfs";
	if (v->image)
		return "image";
	return v->ephemeral ? "ephemeral" : "of this kind";
}

static int setup_any(struct setup *s, struct err *err)
{
	const struct volume *v = s->volume;

	if (volume_is_files(v))
		return setup_files(s, err);
	if (v->host_path)
		return setup_host_path(s, err);
	if (v->empty_dir)
		return setup_empty_dir(s, err);
	return err_set(err, -EOPNOTSUPP, "volume \"%s\": %s volumes are not supported", v->name,
		unsupported_kind(v));
}

int volume_setup(const struct volume_dirs *dirs, const struct volume *v, const struct volume_sources *sources,
	char **ret_path, bool *ret_changed, struct err *err)
{
	const struct pod_security_context *security = sources->pod->spec.security_context;
	struct setup s = { .dirs = dirs, .volume = v, .sources = sources, .gid = -1 };

	/* The name becomes a path. */
	if (str_empty(v->name) || strchr(v->name, '/') || *v->name == '.')
		return err_set(err, -EINVAL, "\"%s\" is no name for a volume", str_or_empty(v->name));
	if (security && security->fs_group.set)
		s.gid = security->fs_group.value;
	int r = setup_any(&s, err);
	if (r < 0) {
		free(s.path);
		return r;
	}
	*ret_path = s.path;
	if (ret_changed)
		*ret_changed = s.changed;
	return 0;
}

/* Unmounts what is mounted at DIR's children, and removes DIR. */
static int teardown_dir(const char *dir, struct err *err)
{
	char **names = NULL;
	size_t count = 0;
	int r = fs_list(AT_FDCWD, dir, &names, &count, NULL);

	if (r == -ENOENT)
		return 0;
	for (size_t i = 0; i < count; i++) {
		_cleanup_(freep) char *path = xasprintf("%s/%s", dir, names[i]);

		r = mounts_unmount(path, err);
		if (r < 0)
			break;
	}
	fs_names_free(names, count);
	if (r == 0)
		r = fs_remove_tree(AT_FDCWD, dir, NULL);
	if (r == -EBUSY) { /* something is mounted deeper */
		r = mounts_unmount_beneath(dir, err);
		return r < 0 ? r : fs_remove_tree(AT_FDCWD, dir, err);
	}
	return r < 0 ? err_errno(err, r, "removing %s", dir) : 0;
}

int volume_teardown(const struct volume_dirs *dirs, const char *subpaths, struct err *err)
{
	/* Subpaths first: they are mounts of what is in the volumes. */
	int r = subpaths ? teardown_dir(subpaths, err) : 0;

	if (r == 0)
		r = teardown_dir(dirs->run, err);
	return r == 0 ? teardown_dir(dirs->state, err) : r;
}
