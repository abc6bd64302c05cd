/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Trees of which each unit may be of another commit: they are written as any tree is, so that what is in force is a commit
 * of its own, can be pinned, loaded and compared as any other.
 */
#include <errno.h>
#include <stdlib.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/git_internal.h"

struct mix {
	struct repo *g;
	bool (*take)(const char *unit, void *arg);
	void *arg;
};

static void treebuilder_freep(git_treebuilder **b)
{
	git_treebuilder_free(*b);
}

static bool is_tree(const git_tree_entry *e)
{
	return git_tree_entry_filemode(e) == GIT_FILEMODE_TREE;
}

/* The unit that E, right below the sub-path, is of. */
static const char *unit_of(const git_tree_entry *e)
{
	const char *name = git_tree_entry_name(e);

	return is_tree(e) && name[0] != '.' ? name : REPO_UNIT_TOP;
}

static size_t count_of(const git_tree *t)
{
	return t ? git_tree_entrycount(t) : 0;
}

/* NULL for what is no directory, or not there. */
static int lookup_entry(struct repo *g, const git_tree *in, const char *name, git_tree **ret)
{
	const git_tree_entry *e = in ? git_tree_entry_byname(in, name) : NULL;

	*ret = NULL;
	return e && is_tree(e) ? git_tree_lookup(ret, g->repo, git_tree_entry_id(e)) : 0;
}

/* --- mixing ------------------------------------------------------------------------------------------------ */

static int insert(git_treebuilder *to, const git_tree_entry *e)
{
	return git_treebuilder_insert(
		NULL, to, git_tree_entry_name(e), git_tree_entry_id(e), git_tree_entry_filemode(e));
}

/* The units of BASE that are kept, then those of OTHER that are taken: where both have the name, the latter. */
static int mix_units(const struct mix *m, const git_tree *base, const git_tree *other, git_treebuilder *to)
{
	int code = 0;

	for (size_t i = 0; i < count_of(base) && code == 0; i++) {
		const git_tree_entry *e = git_tree_entry_byindex(base, i);

		if (!m->take(unit_of(e), m->arg))
			code = insert(to, e);
	}
	for (size_t i = 0; i < count_of(other) && code == 0; i++) {
		const git_tree_entry *e = git_tree_entry_byindex(other, i);

		if (m->take(unit_of(e), m->arg))
			code = insert(to, e);
	}
	return code;
}

static int mix_at(
	const struct mix *m, const git_tree *base, const git_tree *other, const char *subpath, git_oid *ret);

/* The directory NAME on the way to the sub-path is mixed, all beside it is of one side. */
static int mix_below(const struct mix *m, const git_tree *base, const git_tree *other, const char *subpath,
	git_treebuilder *to)
{
	const git_tree *side = m->take(REPO_UNIT_OUTSIDE, m->arg) ? other : base;
	_cleanup_(freep) char *name = xstrndup(subpath, strcspn(subpath, "/"));
	_cleanup_(tree_freep) git_tree *a = NULL;
	_cleanup_(tree_freep) git_tree *b = NULL;
	git_oid id;
	int code = 0;

	for (size_t i = 0; i < count_of(side) && code == 0; i++)
		code = insert(to, git_tree_entry_byindex(side, i));
	if (code == 0)
		code = lookup_entry(m->g, base, name, &a);
	if (code == 0)
		code = lookup_entry(m->g, other, name, &b);
	if (code == 0)
		code = mix_at(m, a, b, subpath + strlen(name), &id);
	return code == 0 ? git_treebuilder_insert(NULL, to, name, &id, GIT_FILEMODE_TREE) : code;
}

static int mix_at(
	const struct mix *m, const git_tree *base, const git_tree *other, const char *subpath, git_oid *ret)
{
	_cleanup_(treebuilder_freep) git_treebuilder *to = NULL;
	int code = git_treebuilder_new(&to, m->g->repo, NULL);

	subpath += strspn(subpath, "/");
	if (code == 0)
		code = *subpath ? mix_below(m, base, other, subpath, to) : mix_units(m, base, other, to);
	return code == 0 ? git_treebuilder_write(ret, to) : code;
}

/* What is recorded as in force must be there after a power failure. (A setting of the whole library.) */
static void set_durable(bool on)
{
	git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, (int)on);
}

int repo_mix_units(struct repo *g, const struct oid *base, const struct oid *other, const char *subpath,
	bool (*take)(const char *unit, void *arg), void *arg, struct oid *ret_tree, struct err *err)
{
	const struct mix m = { .g = g, .take = take, .arg = arg };
	_cleanup_(tree_freep) git_tree *a = NULL;
	_cleanup_(tree_freep) git_tree *b = NULL;
	git_oid id;
	int code = base ? repo_tree_of(g, base, &a) : 0;

	if (code == 0)
		code = repo_tree_of(g, other, &b);
	set_durable(true);
	if (code == 0)
		code = mix_at(&m, a, b, str_or_empty(subpath), &id);
	set_durable(false);
	if (code < 0)
		return repo_fail_oid(err, code, "mixing directories with those of commit", other);
	*ret_tree = from_git(&id);
	return 0;
}

int repo_write_in_memory(struct repo *g, struct err *err)
{
	enum { BEFORE_ALL = 1000 };
	git_odb_backend *memory;
	int code = git_mempack_new(&memory);

	if (code == 0)
		code = git_odb_add_backend(g->odb, memory, BEFORE_ALL);
	return code < 0 ? repo_fail(err, code, "keeping objects", "in memory") : 0;
}

int repo_commit_tree(struct repo *g, const struct oid *tree, const struct oid *parents, size_t count,
	const char *message, nsec_t time, struct oid *ret, struct err *err)
{
	_cleanup_(signature_freep) git_signature *who = NULL;
	_cleanup_(freep) const git_commit **list = xcalloc(count + 1, sizeof(list[0]));
	git_commit *found;
	git_tree *t = NULL;
	git_oid id;
	size_t n = 0;
	int code = git_signature_new(&who, "Pintle", "pintle@localhost", time / NSEC_PER_SEC, 0);

	if (code == 0)
		code = repo_tree_of(g, tree, &t);
	for (size_t i = 0; i < count && code == 0; i++) {
		git_oid parent = to_git(&parents[i]);

		/* One that is gone can't be followed, and need not be kept. */
		if (git_commit_lookup(&found, g->repo, &parent) == 0)
			list[n++] = found;
	}
	set_durable(true);
	if (code == 0)
		code = git_commit_create(&id, g->repo, NULL, who, who, NULL, message, t, n, list);
	set_durable(false);
	for (size_t i = 0; i < n; i++)
		git_commit_free((git_commit *)(uintptr_t)list[i]);
	git_tree_free(t);
	if (code < 0)
		return repo_fail_oid(err, code, "writing a commit of tree", tree);
	*ret = from_git(&id);
	return 0;
}

/* --- what differs ------------------------------------------------------------------------------------------ */

/* Unit names, each once. */
struct units {
	struct map names;
	void (*fn)(const char *unit, void *arg);
	void *arg;
};

static void add_unit(struct units *u, const char *name)
{
	char *copy;

	if (map_has(&u->names, name))
		return;
	copy = xstrdup(name);
	map_put(&u->names, copy, copy);
}

static bool same_entry(const git_tree_entry *a, const git_tree_entry *b)
{
	return a && b && git_oid_equal(git_tree_entry_id(a), git_tree_entry_id(b)) &&
	       git_tree_entry_filemode(a) == git_tree_entry_filemode(b);
}

/* What of A is not the same in B, but for NAME (NULL: none); OUTSIDE: all of it is of that unit. */
static void add_differing(
	struct units *u, const git_tree *a, const git_tree *b, const char *name, bool outside)
{
	for (size_t i = 0; i < count_of(a); i++) {
		const git_tree_entry *e = git_tree_entry_byindex(a, i);
		const git_tree_entry *other = b ? git_tree_entry_byname(b, git_tree_entry_name(e)) : NULL;

		if (!str_eq(git_tree_entry_name(e), name) && !same_entry(e, other))
			add_unit(u, outside ? REPO_UNIT_OUTSIDE : unit_of(e));
	}
}

static int diff_at(struct units *u, struct repo *g, const git_tree *a, const git_tree *b, const char *subpath)
{
	_cleanup_(freep) char *name = NULL;
	_cleanup_(tree_freep) git_tree *x = NULL;
	_cleanup_(tree_freep) git_tree *y = NULL;
	int code;

	subpath += strspn(subpath, "/");
	if (*subpath)
		name = xstrndup(subpath, strcspn(subpath, "/"));
	add_differing(u, a, b, name, name != NULL);
	add_differing(u, b, a, name, name != NULL);
	if (!name)
		return 0;
	code = lookup_entry(g, a, name, &x);
	if (code == 0)
		code = lookup_entry(g, b, name, &y);
	return code == 0 ? diff_at(u, g, x, y, subpath + strlen(name)) : code;
}

static void tell_units(struct units *u)
{
	_cleanup_(freep) struct map_entry *sorted = map_sorted(&u->names);

	for (size_t i = 0; i < u->names.count; i++)
		u->fn(sorted[i].key, u->arg);
}

static void units_done(struct units *u)
{
	for (size_t i = 0; i < u->names.count; i++)
		free(u->names.entries[i].value);
	map_done(&u->names);
}

int repo_units_diff(struct repo *g, const struct oid *a, const struct oid *b, const char *subpath,
	void (*fn)(const char *unit, void *arg), void *arg, struct err *err)
{
	_cleanup_(units_done) struct units u = { .fn = fn, .arg = arg };
	_cleanup_(tree_freep) git_tree *x = NULL;
	_cleanup_(tree_freep) git_tree *y = NULL;
	int code = a ? repo_tree_of(g, a, &x) : 0;

	if (code == 0 && b)
		code = repo_tree_of(g, b, &y);
	if (code == 0)
		code = diff_at(&u, g, x, y, str_or_empty(subpath));
	if (code == 0)
		tell_units(&u);
	return code < 0 ? repo_fail_oid(err, code, "comparing with commit", b ? b : a) : 0;
}

int repo_units_list(struct repo *g, const struct oid *commit, const char *subpath,
	void (*fn)(const char *unit, void *arg), void *arg, struct err *err)
{
	_cleanup_(tree_freep) git_tree *t = NULL;
	_cleanup_(units_done) struct units u = { .fn = fn, .arg = arg };
	struct oid id;
	int r = repo_find_tree(g, commit, str_or_empty(subpath), &id, err);
	int code = r < 0 ? 0 : repo_tree_of(g, &id, &t);

	if (r < 0 || code < 0)
		return r < 0 ? r : repo_fail_oid(err, code, "reading tree", &id);
	for (size_t i = 0; i < count_of(t); i++)
		add_unit(&u, unit_of(git_tree_entry_byindex(t, i)));
	tell_units(&u);
	return 0;
}
