/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/revision_base.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/ctl/load.h"

static struct snapshot *load(
	const struct home *h, struct repo *g, const struct oid *commit, const char *subpath)
{
	_cleanup_(diags_done) struct diags diags;
	struct snapshot *s = NULL;
	struct err err = { 0 };

	diags_init(&diags);
	load_commit(h, g, commit, subpath, NULL, &s, &diags, &err);
	return s;
}

/* The first parent of COMMIT; false: it has none. */
static bool parent_of(struct repo *g, const struct oid *commit, struct oid *ret)
{
	struct repo_commit c;

	if (repo_commit_read(g, commit, &c, NULL) < 0)
		return false;
	*ret = c.parent;
	repo_commit_done(&c);
	return !oid_is_zero(ret);
}

/* --- in a home ------------------------------------------------------------------------------------------ */

static struct snapshot *load_in_force(struct revision *r)
{
	_cleanup_(repo_freep) struct repo *opened = NULL;
	struct repo *g = r->git;
	struct oid base;

	if (!g && revision_open_git(r->home, &opened, NULL) == 0)
		g = opened;
	if (!g)
		return NULL;
	if (repo_get_ref(g, REPO_REF_IN_FORCE, &base, NULL) < 0 &&
		(r->path || !parent_of(g, &r->commit, &base)))
		return NULL;
	if (!r->path && oid_equal(&base, &r->commit))
		return NULL;
	return load(r->home, g, &base, r->home->config.path);
}

/* --- around a path -------------------------------------------------------------------------------------- */

/* The repository whose work tree DIR (absolute) is in; *RET_BELOW: where in it, a part of DIR. NULL: in none. */
static struct repo *find_repository(const char *dir, const char **ret_below)
{
	for (size_t len = strlen(dir); len > 0;) {
		_cleanup_(freep) char *git = xasprintf("%.*s/.git", (int)len, dir);
		_cleanup_(freep) char *top = xasprintf("%.*s", (int)len, dir);
		struct repo *g = NULL;

		if (fs_exists(AT_FDCWD, git)) {
			*ret_below = dir + len + (dir[len] == '/');
			return repo_open(top, &g, NULL) < 0 ? NULL : g;
		}
		for (len--; len > 0 && dir[len] != '/';)
			len--;
	}
	return NULL;
}

/* The directory of PATH, without links; NULL: there is none. */
static char *directory_of(const struct revision *r)
{
	char *dir = realpath(r->path, NULL);
	char *slash = dir && !r->directory ? strrchr(dir, '/') : NULL;

	if (slash)
		*slash = '\0';
	return dir;
}

/* At HEAD, or (PARENT) the commit before. */
static struct snapshot *load_around(struct revision *r, bool parent)
{
	_cleanup_(freep) char *dir = directory_of(r);
	_cleanup_(repo_freep) struct repo *g = NULL;
	const char *below = "";
	struct oid commit;

	if (dir)
		g = find_repository(dir, &below);
	if (!g || repo_resolve(g, "HEAD", &commit, NULL) < 0)
		return NULL;
	if (parent && !parent_of(g, &commit, &commit))
		return NULL;
	return load(NULL, g, &commit, below);
}

static void note_difference(struct object *before, struct object *after, void *arg)
{
	(void)before;
	(void)after;
	*(bool *)arg = true;
}

struct snapshot *revision_base_parent(
	struct revision *r, const struct snapshot *base, const struct snapshot *now)
{
	bool differs = false;

	if (!r->path || r->home)
		return NULL;
	if (base && now)
		snapshot_diff(base, now, note_difference, &differs);
	return differs || (base && !now) ? NULL : load_around(r, true);
}

struct snapshot *revision_base(struct revision *r)
{
	return r->home ? load_in_force(r) : load_around(r, false);
}
