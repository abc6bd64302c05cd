/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/git_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

enum { DEPTH_MAX = 64, ENTRIES_MAX = 200000, CACHE_MAX = 8 * 1024 * 1024 };

/* --- cleanup and errors ------------------------------------------------------------------------ */

static void repository_freep(git_repository **r)
{
	git_repository_free(*r);
}

static int to_errno(int code)
{
	static const struct {
		int code, error;
	} table[] = {
		{ GIT_ENOTFOUND, -ENOENT },
		{ GIT_EEXISTS, -EEXIST },
		{ GIT_EAMBIGUOUS, -EINVAL },
		{ GIT_EINVALIDSPEC, -EINVAL },
		{ GIT_EUNBORNBRANCH, -ENOENT },
		{ GIT_EMODIFIED, -ESTALE },
		{ GIT_ELOCKED, -EBUSY },
		{ GIT_EPEEL, -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (table[i].code == code)
			return table[i].error;
	return -EIO;
}

int repo_fail(struct err *err, int code, const char *what, const char *name)
{
	const git_error *e = git_error_last();

	return err_set(err, to_errno(code), "%s %s: %s", what, name,
		e && e->message ? e->message : "unknown failure of libgit2");
}

int repo_fail_oid(struct err *err, int code, const char *what, const struct oid *id)
{
	char hex[OID_HEX];

	return repo_fail(err, code == GIT_ENOTFOUND ? GIT_ERROR : code, what, oid_format(id, hex));
}

/* --- repositories ------------------------------------------------------------------------------- */

/* The check of who owns a repository is a setting of the whole library in this version: off for this one open only. */
static int open_trusted(git_repository **ret, const char *path)
{
	int code;

	git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	code = git_repository_open_ext(ret, path, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL);
	git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 1);
	return code;
}

int repo_open(const char *path, struct repo **ret, struct err *err)
{
	_cleanup_(repo_freep) struct repo *g = xcalloc(1, sizeof(*g));
	int code;

	git_libgit2_init();
	git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, (ssize_t)CACHE_MAX);
	code = open_trusted(&g->repo, path);
	if (code == 0)
		code = git_repository_odb(&g->odb, g->repo);
	if (code < 0)
		return repo_fail(err, code, "opening the repository", path);
	*ret = TAKE_PTR(g);
	return 0;
}

struct repo *repo_free(struct repo *g)
{
	if (!g)
		return NULL;
	git_odb_free(g->odb);
	git_repository_free(g->repo);
	free(g);
	git_libgit2_shutdown();
	return NULL;
}

void repo_freep(struct repo **g)
{
	*g = repo_free(*g);
}

bool repo_is_bare(const struct repo *g)
{
	return git_repository_is_bare(g->repo) == 1;
}

const char *repo_common_dir(const struct repo *g)
{
	return git_repository_commondir(g->repo);
}

const char *repo_dir(const struct repo *g)
{
	return git_repository_path(g->repo);
}

static int create_bare(const char *path, const char *branch, struct err *err)
{
	_cleanup_(repository_freep) git_repository *repo = NULL;
	git_repository_init_options options = { .version = GIT_REPOSITORY_INIT_OPTIONS_VERSION };
	int code;

	options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH | GIT_REPOSITORY_INIT_NO_REINIT;
	options.initial_head = branch;
	code = open_trusted(&repo, path);
	if (code == GIT_ENOTFOUND)
		code = git_repository_init_ext(&repo, path, &options);
	return code < 0 ? repo_fail(err, code, "making the repository", path) : 0;
}

int repo_create_bare(const char *path, const char *branch, struct err *err)
{
	int r;

	git_libgit2_init();
	r = create_bare(path, branch, err);
	git_libgit2_shutdown();
	return r;
}

/* --- refs ---------------------------------------------------------------------------------------- */

int repo_get_ref(struct repo *g, const char *ref, struct oid *ret, struct err *err)
{
	git_oid id;
	int code = git_reference_name_to_id(&id, g->repo, ref);

	if (code < 0)
		return repo_fail(err, code, "reading", ref);
	*ret = from_git(&id);
	return 0;
}

int repo_resolve_branch(struct repo *g, const char *branch, struct oid *ret, struct err *err)
{
	_cleanup_(freep) char *ref = xasprintf("refs/heads/%s", branch);
	int r = repo_get_ref(g, ref, ret, NULL);

	if (r == -ENOENT)
		return err_set(err, r, "there is no branch %s", branch);
	return r < 0 ? repo_get_ref(g, ref, ret, err) : 0;
}

int repo_head_branch(struct repo *g, char **ret, struct err *err)
{
	_cleanup_(reference_freep) git_reference *head = NULL;
	int code = git_reference_lookup(&head, g->repo, "HEAD");
	const char *branch;

	if (code < 0)
		return repo_fail(err, code, "reading", "HEAD");
	branch = git_reference_type(head) == GIT_REFERENCE_SYMBOLIC
			 ? str_after(git_reference_symbolic_target(head), "refs/heads/")
			 : NULL;
	if (!branch)
		return err_set(err, -ENOENT, "HEAD names no branch");
	*ret = xstrdup(branch);
	return 0;
}

int repo_resolve(struct repo *g, const char *revision, struct oid *ret, struct err *err)
{
	_cleanup_(object_freep) git_object *found = NULL;
	_cleanup_(object_freep) git_object *commit = NULL;
	int code = git_revparse_single(&found, g->repo, revision);

	if (code == 0)
		code = git_object_peel(&commit, found, GIT_OBJECT_COMMIT);
	if (code < 0)
		return repo_fail(err, code, "resolving", revision);
	*ret = from_git(git_object_id(commit));
	return 0;
}

int repo_set_ref(struct repo *g, const char *ref, const struct oid *commit, struct err *err)
{
	_cleanup_(reference_freep) git_reference *set = NULL;
	git_oid id = to_git(commit);
	struct oid now;
	int code;

	if (repo_get_ref(g, ref, &now, NULL) == 0 && oid_equal(&now, commit))
		return 0;
	code = git_reference_create(&set, g->repo, ref, &id, 1, NULL);
	return code < 0 ? repo_fail(err, code, "setting", ref) : 0;
}

/* --- trees --------------------------------------------------------------------------------------- */

struct walk {
	struct repo *g;
	repo_change_fn fn;
	void *arg;
	struct err *err;
	struct buf path; /* of the directory that is being walked: "" or ending in "/" */
	size_t entries;
};

static int diff_trees(struct walk *w, const git_oid *a, const git_oid *b, unsigned depth);

static bool is_tree(const git_tree_entry *e)
{
	return git_tree_entry_filemode(e) == GIT_FILEMODE_TREE;
}

static enum repo_type entry_type(const git_tree_entry *e)
{
	git_filemode_t mode = git_tree_entry_filemode(e);

	return mode == GIT_FILEMODE_LINK     ? REPO_SYMLINK
	       : mode == GIT_FILEMODE_COMMIT ? REPO_SUBMODULE
					     : REPO_FILE;
}

/* What stands on one side only, or differs: A or B may be NULL. Both are directories, or neither. */
static int diff_entry(struct walk *w, const git_tree_entry *a, const git_tree_entry *b, unsigned depth)
{
	const git_tree_entry *e = b ? b : a;
	const char *name = git_tree_entry_name(e);
	size_t before = w->path.len;
	int r;

	if (name[0] == '.')
		return 0;
	if (++w->entries > ENTRIES_MAX)
		return err_set(w->err, -E2BIG, "more than %d files", ENTRIES_MAX);
	buf_adds(&w->path, name);
	if (is_tree(e)) {
		buf_addc(&w->path, '/');
		r = diff_trees(
			w, a ? git_tree_entry_id(a) : NULL, b ? git_tree_entry_id(b) : NULL, depth + 1);
	} else {
		struct repo_change change = {
			.path = w->path.data,
			.removed = !b,
			.type = entry_type(e),
			.id = from_git(git_tree_entry_id(e)),
		};

		r = w->fn(&change, w->arg);
	}
	buf_truncate(&w->path, before);
	return r < 0 ? r : 0;
}

static bool same_entry(const git_tree_entry *a, const git_tree_entry *b)
{
	return git_oid_equal(git_tree_entry_id(a), git_tree_entry_id(b)) && entry_type(a) == entry_type(b);
}

static int lookup_tree(struct walk *w, const git_oid *id, git_tree **ret)
{
	int code = id ? git_tree_lookup(ret, w->g->repo, id) : 0;
	struct oid tree;

	if (code == 0)
		return 0;
	tree = from_git(id);
	return err_wrap(
		w->err, repo_fail_oid(w->err, code, "reading tree", &tree), "directory /%s", w->path.data);
}

/* Both sides are sorted the same way: one walk. */
static int diff_trees(struct walk *w, const git_oid *id_a, const git_oid *id_b, unsigned depth)
{
	_cleanup_(tree_freep) git_tree *a = NULL;
	_cleanup_(tree_freep) git_tree *b = NULL;
	int r = lookup_tree(w, id_a, &a);

	if (r == 0)
		r = lookup_tree(w, id_b, &b);
	if (r == 0 && depth > DEPTH_MAX)
		r = err_set(w->err, -E2BIG, "directories are nested deeper than %d at %.100s", DEPTH_MAX,
			w->path.data);
	size_t count_a = a ? git_tree_entrycount(a) : 0, count_b = b ? git_tree_entrycount(b) : 0;
	for (size_t i = 0, j = 0; r == 0 && (i < count_a || j < count_b);) {
		const git_tree_entry *x = i < count_a ? git_tree_entry_byindex(a, i) : NULL;
		const git_tree_entry *y = j < count_b ? git_tree_entry_byindex(b, j) : NULL;
		int order = !x ? 1 : !y ? -1 : git_tree_entry_cmp(x, y);

		i += order <= 0;
		j += order >= 0;
		if (order != 0 || !same_entry(x, y))
			r = diff_entry(w, order <= 0 ? x : NULL, order >= 0 ? y : NULL, depth);
	}
	return r;
}

int repo_tree_of(struct repo *g, const struct oid *id, git_tree **ret)
{
	_cleanup_(object_freep) git_object *o = NULL;
	git_oid want = to_git(id);
	int code = git_object_lookup(&o, g->repo, &want, GIT_OBJECT_ANY);

	return code < 0 ? code : git_object_peel((git_object **)ret, o, GIT_OBJECT_TREE);
}

/* The tree of COMMIT below SUBPATH. -ENOENT where it has none. */
static int find_tree(
	struct repo *g, const struct oid *commit, const char *subpath, git_oid *ret, struct err *err)
{
	_cleanup_(tree_freep) git_tree *top = NULL;
	_cleanup_(tree_entry_freep) git_tree_entry *e = NULL;
	int code = repo_tree_of(g, commit, &top);

	if (code < 0)
		return repo_fail_oid(err, code, "reading commit", commit);
	if (str_empty(subpath)) {
		*ret = *git_tree_id(top);
		return 0;
	}
	code = git_tree_entry_bypath(&e, top, subpath);
	if (code < 0 && code != GIT_ENOTFOUND)
		return repo_fail(err, code, "looking for", subpath);
	if (code < 0 || !is_tree(e))
		return err_set(err, -ENOENT, "there is no directory %s in the commit", subpath);
	*ret = *git_tree_entry_id(e);
	return 0;
}

int repo_diff(struct repo *g, const struct oid *a, const struct oid *b, const char *subpath,
	repo_change_fn fn, void *arg, struct err *err)
{
	struct walk w = { .g = g, .fn = fn, .arg = arg, .err = err, .path = BUF_INIT };
	git_oid tree_a, tree_b;
	bool have_a = a != NULL;
	int r = find_tree(g, b, subpath, &tree_b, err);

	if (r == 0 && a) {
		r = find_tree(g, a, subpath, &tree_a, err);
		if (r == -ENOENT) {
			have_a = false;
			r = 0;
			err_clear(err);
		}
	}
	if (r == 0 && !str_empty(subpath))
		buf_addf(&w.path, "%s/", subpath);
	if (r == 0 && !(have_a && git_oid_equal(&tree_a, &tree_b)))
		r = diff_trees(&w, have_a ? &tree_a : NULL, &tree_b, 0);
	buf_done(&w.path);
	return r;
}

int repo_find_tree(
	struct repo *g, const struct oid *commit, const char *path, struct oid *ret, struct err *err)
{
	git_oid id;
	int r = find_tree(g, commit, path, &id, err);

	if (r == 0)
		*ret = from_git(&id);
	return r;
}

bool repo_has(struct repo *g, const struct oid *id)
{
	_cleanup_(tree_freep) git_tree *tree = NULL;

	return repo_tree_of(g, id, &tree) == 0;
}

int repo_find_blob(
	struct repo *g, const struct oid *commit, const char *path, struct oid *ret, struct err *err)
{
	_cleanup_(tree_freep) git_tree *top = NULL;
	_cleanup_(tree_entry_freep) git_tree_entry *e = NULL;
	git_oid id;
	int r = find_tree(g, commit, "", &id, err), code;

	if (r < 0)
		return r;
	code = git_tree_lookup(&top, g->repo, &id);
	if (code == 0)
		code = git_tree_entry_bypath(&e, top, path);
	if (code < 0)
		return repo_fail(err, code, "looking for", path);
	if (git_tree_entry_type(e) != GIT_OBJECT_BLOB)
		return err_set(err, -ENOENT, "%s is no file", path);
	*ret = from_git(git_tree_entry_id(e));
	return 0;
}

int repo_read_blob(struct repo *g, const struct oid *id, size_t max, struct buf *ret, uint64_t *ret_size,
	struct err *err)
{
	git_oid want = to_git(id);
	git_object_t type;
	git_odb_object *object;
	size_t size;
	int code = git_odb_read_header(&size, &type, g->odb, &want);

	if (code < 0)
		return repo_fail_oid(err, code, "reading blob", id);
	if (ret_size)
		*ret_size = size;
	if (type != GIT_OBJECT_BLOB)
		return err_set(err, -EINVAL, "not a blob");
	if (size > max)
		return err_set(err, -EFBIG, "%zu bytes, more than %zu", size, max);
	code = git_odb_read(&object, g->odb, &want);
	if (code < 0)
		return repo_fail_oid(err, code, "reading blob", id);
	buf_add(ret, git_odb_object_data(object), git_odb_object_size(object));
	git_odb_object_free(object);
	return 0;
}
