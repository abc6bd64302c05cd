/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Loads from a directory or a file. A directory is gone over once; where a kustomization turns up, again for all of
 * these, and then for the files that they leave.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/yaml.h"
#include "reconciler/desired_internal.h"

enum { FILES_MAX = 200000, DEPTH_MAX = 64 };

static int add_file(struct load *l, int dirfd, const char *name, const char *path, const struct stat *st)
{
	static const struct oid none;
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	int r;

	if ((uint64_t)st->st_size > yaml_limits_default.bytes) {
		load_add_too_large(l, path, (uint64_t)st->st_size);
		return 0;
	}
	r = fs_read(dirfd, name, yaml_limits_default.bytes, &text, l->err);
	if (r == 0)
		r = load_count_bytes(l, text.len);
	if (r < 0)
		return err_wrap(l->err, r, "%s", path);
	load_add_text(l, path, &none, text.data, text.len, false);
	return 0;
}

static bool is_covered(const struct load *l, const char *shown)
{
	_cleanup_(freep) char *path = l->kustomized ? load_from_top(l, shown) : NULL;

	return path && load_is_covered(l, path);
}

static int add_directory(struct load *l, int parent, const char *name, const char *path, unsigned depth);

static int add_name(struct load *l, int dirfd, const char *name, const char *path, unsigned depth)
{
	static const struct oid none;
	struct stat st;

	if (l->count >= FILES_MAX)
		return err_set(l->err, -E2BIG, "more than %d files", FILES_MAX);
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_errno(l->err, -errno, "%s", path);
	if (S_ISDIR(st.st_mode))
		return add_directory(l, dirfd, name, path, depth + 1);
	if (l->scanning)
		return S_ISREG(st.st_mode) ? load_scan_file(l, path, &none) : 0;
	if (S_ISREG(st.st_mode) && kustomization_is_name(path))
		return l->kustomized ? 0 : -EAGAIN;
	if (is_covered(l, path))
		return 0;
	if (S_ISLNK(st.st_mode))
		load_add_special(l, path, &none, true);
	else if (S_ISREG(st.st_mode) && load_wants(l, path))
		return add_file(l, dirfd, name, path, &st);
	return 0;
}

static int add_directory(struct load *l, int parent, const char *name, const char *path, unsigned depth)
{
	_cleanup_(closep) int dirfd = -1;
	char **names;
	size_t count;
	int r;

	if (depth > DEPTH_MAX)
		return err_set(l->err, -E2BIG, "directories are nested deeper than %d", DEPTH_MAX);
	dirfd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (depth > 0 ? O_NOFOLLOW : 0));
	if (dirfd < 0)
		return err_errno(l->err, -errno, "opening %s", *path ? path : name);
	r = fs_list(dirfd, ".", &names, &count, l->err);
	if (r < 0)
		return err_wrap(l->err, r, "%s", path);
	for (size_t i = 0; i < count && r == 0; i++) {
		_cleanup_(freep) char *below = !*path                ? xstrdup(names[i])
					       : str_ends(path, "/") ? xasprintf("%s%s", path, names[i])
								     : xasprintf("%s/%s", path, names[i]);

		if (names[i][0] != '.')
			r = add_name(l, dirfd, names[i], below, depth);
	}
	fs_names_free(names, count);
	return r;
}

static int load_directory(struct load *l, const char *path)
{
	int r = add_directory(l, AT_FDCWD, path, l->shown_prefix, 0);

	if (r != -EAGAIN)
		return r;
	load_clear(l);
	l->kustomized = l->scanning = true;
	r = add_directory(l, AT_FDCWD, path, l->shown_prefix, 0);
	l->scanning = false;
	if (r == 0)
		r = load_kustomizations(l);
	return r < 0 ? r : add_directory(l, AT_FDCWD, path, l->shown_prefix, 0);
}

static int load_path(struct load *l, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_errno(l->err, -errno, "%s", path);
	if (S_ISDIR(st.st_mode))
		return load_directory(l, path);
	if (!S_ISREG(st.st_mode))
		return err_set(l->err, -EINVAL, "%s: neither a file nor a directory", path);
	if (kustomization_is_name(path)) {
		load_add_error(l, path, "a kustomization is built from its directory: name the directory");
		return 0;
	}
	return add_file(l, AT_FDCWD, path, path, &st);
}

static int read_below(const struct load_files *f, const char *path, struct buf *ret, struct err *err)
{
	_cleanup_(closep) int fd = fs_open_beneath(f->top, path, O_RDONLY | O_NONBLOCK, 0, err);
	struct stat st;

	if (fd == -ENOTDIR || fd == -ELOOP)
		return -ENOENT;
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -ENOENT;
	return fs_read_fd(fd, path, yaml_limits_default.bytes, ret, err);
}

/* The top of the git work tree that PATH is in, or PATH itself: absolute, without links. The caller frees it. */
static char *find_top(const char *path)
{
	_cleanup_(freep) char *whole = realpath(path, NULL);
	_cleanup_(freep) char *top = whole ? xstrdup(whole) : NULL;

	while (top) {
		_cleanup_(freep) char *git = xasprintf("%s/.git", top);
		char *slash = strrchr(top, '/');

		if (fs_exists(AT_FDCWD, git))
			return TAKE_PTR(top);
		if (!slash || slash == top)
			return TAKE_PTR(whole);
		*slash = '\0';
	}
	return xstrdup(path);
}

/* PATH as seen from TOP, which is above it or the same. The caller frees it. */
static char *below_top(const char *top, const char *path)
{
	_cleanup_(freep) char *whole = realpath(path, NULL);
	const char *rest = whole ? str_after(whole, top) : NULL;

	return xstrdup(rest ? rest + (*rest == '/') : "");
}

/* HOW says how to load, and what to compare with. */
static int load_from(const char *path, const struct load *how, struct snapshot **ret, struct diags *diags)
{
	_cleanup_(freep) char *top = find_top(path);
	_cleanup_(freep) char *below = below_top(top, path);
	_cleanup_(closep) int fd = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(object_unrefp) struct object *read_by = NULL;

	for (int attempt = 0;; attempt++) {
		static const struct oid none;
		_cleanup_(load_done) struct load l = {
			.files = { .read = read_below, .top = fd },
			.from = top,
			.builder = how->builder,
			.observed = how->observed,
			.shown_prefix = str_eq(path, ".") ? "" : path,
			.top_prefix = below,
			.whole = true,
			.in_force = how->in_force,
			.cluster = read_by ? object_cluster(read_by) : NULL,
			.err = how->err,
		};
		int r;

		load_init(&l);
		r = load_path(&l, path);
		if (r < 0)
			return r;
		if (attempt == 0 && load_read_otherwise(&l, &read_by))
			continue;
		return load_finish(&l, &none, ret, diags);
	}
}

int desired_load_path(const char *path, const struct snapshot *before, struct kustomize *builder,
	struct snapshot **ret, struct diags *diags, struct err *err)
{
	const struct load how = { .in_force = before, .builder = builder, .err = err };

	return load_from(path, &how, ret, diags);
}

int desired_load_observed(const char *path, struct kustomize *builder, struct snapshot **ret,
	struct diags *diags, struct err *err)
{
	const struct load how = { .observed = true, .builder = builder, .err = err };

	return load_from(path, &how, ret, diags);
}
