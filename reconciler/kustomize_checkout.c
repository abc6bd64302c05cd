/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Scratch checkouts. No symbolic link gets into one: what a link points at on this host is none of the
 * repository's business. git writes links as small files instead; copying leaves them out.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/kustomize_parts.h"

enum { DEPTH_MAX = 64, ALL_FILES = 64 /* times the most of one */, TIMEOUT_S = 60 };

/* --- from a commit ----------------------------------------------------------------------------------------- */

int kustomize_checkout_start(struct loop *loop, const struct kustomize_checkout *c, proc_done_fn fn,
	void *arg, struct proc **ret, struct err *err)
{
	_cleanup_(freep) char *git_dir = xasprintf("--git-dir=%s", c->git_dir);
	_cleanup_(freep) char *tree = xasprintf("--work-tree=%s", c->to);
	_cleanup_(freep) char *index = xasprintf("GIT_INDEX_FILE=%s", c->index);
	_cleanup_(buf_done) struct buf dirs = BUF_INIT;
	char commit[OID_HEX];
	const char *const argv[] = { "git", git_dir, tree, "--literal-pathspecs", "-c", "safe.directory=*",
		"-c", "core.symlinks=false", "-c", "core.autocrlf=false", "-c", "core.hooksPath=/dev/null",
		"-c", "core.bare=false", "checkout", "--quiet", "--force", "--pathspec-from-file=-",
		"--pathspec-file-nul", oid_format(c->commit, commit), NULL };
	const char *const env[] = { "LC_ALL=C", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0", index, NULL };
	const struct proc_limit limits[] = { { RLIMIT_FSIZE, c->limits->files }, { RLIMIT_CORE, 0 } };

	for (size_t i = 0; i < c->dir_count; i++)
		buf_add(&dirs, *c->dirs[i] ? c->dirs[i] : ".", strlen(*c->dirs[i] ? c->dirs[i] : ".") + 1);
	const struct proc_spec spec = {
		.argv = argv,
		.env = env,
		.env_clear = true,
		.cwd = c->to,
		.input = dirs.data,
		.input_len = dirs.len,
		.timeout = TIMEOUT_S * NSEC_PER_SEC,
		.die_with_parent = true,
		.new_session = true,
		.no_network = true,
		.limits = limits,
		.limit_count = ARRAY_LEN(limits),
	};
	return proc_start(loop, &spec, fn, arg, ret, err);
}

/* --- from a directory --------------------------------------------------------------------------------------- */

struct copy {
	size_t file_max, left; /* bytes */
	struct err *err;
};

static int copy_file(struct copy *c, int from, int to, const char *name, const struct stat *st)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	int r;

	if ((uint64_t)st->st_size > c->file_max)
		return err_set(c->err, -EFBIG, "%s: the file has %llu bytes, more than %zu", name,
			(unsigned long long)st->st_size, c->file_max);
	r = fs_read(from, name, c->file_max, &text, c->err);
	if (r < 0)
		return r;
	if (text.len > c->left)
		return err_set(c->err, -EFBIG, "the files have more than %zu bytes", c->file_max * ALL_FILES);
	c->left -= text.len;
	return fs_write(to, name, text.data, text.len, 0600, 0, c->err);
}

static int copy_directory(struct copy *c, int from, int to, unsigned depth);

static int copy_name(struct copy *c, int from, int to, const char *name, unsigned depth)
{
	struct stat st;

	if (str_eq(name, ".git"))
		return 0;
	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_errno(c->err, -errno, "%s", name);
	if (S_ISREG(st.st_mode))
		return copy_file(c, from, to, name, &st);
	if (!S_ISDIR(st.st_mode))
		return 0;

	_cleanup_(closep) int below = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_(closep) int copy = -1;
	if (below < 0)
		return err_errno(c->err, -errno, "%s", name);
	int r = fs_mkdir_p(to, name, 0700, c->err);
	if (r < 0)
		return r;
	copy = fs_open_dir(to, name, c->err);
	if (copy < 0)
		return copy;
	r = copy_directory(c, below, copy, depth + 1);
	return r < 0 ? err_wrap(c->err, r, "%s", name) : 0;
}

static int copy_directory(struct copy *c, int from, int to, unsigned depth)
{
	char **names;
	size_t count;
	int r;

	if (depth > DEPTH_MAX)
		return err_set(c->err, -E2BIG, "directories are nested deeper than %d", DEPTH_MAX);
	r = fs_list(from, ".", &names, &count, c->err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count && r >= 0; i++)
		r = copy_name(c, from, to, names[i], depth);
	fs_names_free(names, count);
	return r;
}

static int copy_one(struct copy *c, int top, const char *dir, int to)
{
	_cleanup_(closep) int from = -1;
	_cleanup_(closep) int copy = -1;
	const char *name = *dir ? dir : ".";
	int r = fs_mkdir_p(to, name, 0700, c->err);

	if (r < 0)
		return r;
	from = fs_open_beneath(top, name, O_RDONLY | O_DIRECTORY, 0, c->err);
	if (from < 0)
		return from;
	copy = fs_open_dir(to, name, c->err);
	return copy < 0 ? copy : copy_directory(c, from, copy, 0);
}

int kustomize_copy(const char *top, const char *const *dirs, size_t count, const char *to, size_t file_max,
	struct err *err)
{
	struct copy c = { .file_max = file_max, .left = file_max * ALL_FILES, .err = err };
	_cleanup_(closep) int from = fs_open_dir(AT_FDCWD, top, err);
	_cleanup_(closep) int target = -1;

	if (from < 0)
		return from;
	target = fs_open_dir(AT_FDCWD, to, err);
	if (target < 0)
		return target;
	for (size_t i = 0; i < count; i++) {
		int r = copy_one(&c, from, dirs[i], target);

		if (r < 0)
			return err_wrap(err, r, "copying %s", *dirs[i] ? dirs[i] : top);
	}
	return 0;
}
