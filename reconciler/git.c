/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/git.h"

#include <errno.h>
#include <git2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

enum { DEPTH_MAX = 64, ENTRIES_MAX = 200000, CACHE_MAX = 8 * 1024 * 1024 };

struct repo {
	git_repository *repo;
	git_odb *odb;
};

/* --- cleanup and errors ------------------------------------------------------------------------ */

static void repository_freep(git_repository **r)
{
	git_repository_free(*r);
}

static void tree_freep(git_tree **t)
{
	git_tree_free(*t);
}

static void commit_freep(git_commit **c)
{
	git_commit_free(*c);
}

static void object_freep(git_object **o)
{
	git_object_free(*o);
}

static void reference_freep(git_reference **r)
{
	git_reference_free(*r);
}

static void signature_freep(git_signature **s)
{
	git_signature_free(*s);
}

static void tree_entry_freep(git_tree_entry **e)
{
	git_tree_entry_free(*e);
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

/* The errno for libgit2's CODE, with its message. */
static int fail(struct err *err, int code, const char *what, const char *name)
{
	const git_error *e = git_error_last();

	return err_set(err, to_errno(code), "%s %s: %s", what, name,
		e && e->message ? e->message : "unknown failure of libgit2");
}

/* For objects. One that is missing is a broken repository, not an answer: -EIO. */
static int fail_oid(struct err *err, int code, const char *what, const struct oid *id)
{
	char hex[OID_HEX];

	return fail(err, code == GIT_ENOTFOUND ? GIT_ERROR : code, what, oid_format(id, hex));
}

static git_oid to_git(const struct oid *id)
{
	git_oid o;

	memcpy(o.id, id->raw, OID_SIZE);
	return o;
}

static struct oid from_git(const git_oid *id)
{
	struct oid o;

	memcpy(o.raw, id->id, OID_SIZE);
	return o;
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
		return fail(err, code, "opening the repository", path);
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
	return code < 0 ? fail(err, code, "making the repository", path) : 0;
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
		return fail(err, code, "reading", ref);
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
		return fail(err, code, "reading", "HEAD");
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
		return fail(err, code, "resolving", revision);
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
	return code < 0 ? fail(err, code, "setting", ref) : 0;
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
	return err_wrap(w->err, fail_oid(w->err, code, "reading tree", &tree), "directory /%s", w->path.data);
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

/* The tree of COMMIT below SUBPATH. -ENOENT where it has none. */
static int find_tree(
	struct repo *g, const struct oid *commit, const char *subpath, git_oid *ret, struct err *err)
{
	_cleanup_(commit_freep) git_commit *c = NULL;
	_cleanup_(tree_freep) git_tree *top = NULL;
	_cleanup_(tree_entry_freep) git_tree_entry *e = NULL;
	git_oid id = to_git(commit);
	int code = git_commit_lookup(&c, g->repo, &id);

	if (code == 0)
		code = git_commit_tree(&top, c);
	if (code < 0)
		return fail_oid(err, code, "reading commit", commit);
	if (str_empty(subpath)) {
		*ret = *git_tree_id(top);
		return 0;
	}
	code = git_tree_entry_bypath(&e, top, subpath);
	if (code < 0 && code != GIT_ENOTFOUND)
		return fail(err, code, "looking for", subpath);
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
		return fail(err, code, "looking for", path);
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
		return fail_oid(err, code, "reading blob", id);
	if (ret_size)
		*ret_size = size;
	if (type != GIT_OBJECT_BLOB)
		return err_set(err, -EINVAL, "not a blob");
	if (size > max)
		return err_set(err, -EFBIG, "%zu bytes, more than %zu", size, max);
	code = git_odb_read(&object, g->odb, &want);
	if (code < 0)
		return fail_oid(err, code, "reading blob", id);
	buf_add(ret, git_odb_object_data(object), git_odb_object_size(object));
	git_odb_object_free(object);
	return 0;
}

/* --- commits ------------------------------------------------------------------------------------- */

static void copy_commit(const git_commit *c, struct repo_commit *ret)
{
	const git_signature *author = git_commit_author(c), *committer = git_commit_committer(c);
	const git_oid *parent = git_commit_parent_id(c, 0);

	*ret = (struct repo_commit){
		.id = from_git(git_commit_id(c)),
		.tree = from_git(git_commit_tree_id(c)),
		.author_name = xstrdup(author->name),
		.author_email = xstrdup(author->email),
		.committer_name = xstrdup(committer->name),
		.message = xstrdup(str_or_empty(git_commit_message(c))),
		.author_time = author->when.time * NSEC_PER_SEC,
		.commit_time = git_commit_time(c) * NSEC_PER_SEC,
		.parents = git_commit_parentcount(c),
	};
	if (parent)
		ret->parent = from_git(parent);
	/* The first line; libgit2's summary is cached in the object, hence not for const ones. */
	ret->subject = xstrndup(ret->message, strcspn(ret->message, "\n"));
}

int repo_commit_read(struct repo *g, const struct oid *id, struct repo_commit *ret, struct err *err)
{
	_cleanup_(commit_freep) git_commit *c = NULL;
	git_oid want = to_git(id);
	int code = git_commit_lookup(&c, g->repo, &want);

	if (code < 0)
		return fail_oid(err, code, "reading commit", id);
	copy_commit(c, ret);
	return 0;
}

void repo_commit_done(struct repo_commit *c)
{
	free(c->author_name);
	free(c->author_email);
	free(c->committer_name);
	free(c->subject);
	free(c->message);
	*c = (struct repo_commit){ 0 };
}

char *repo_commit_trailer(const struct repo_commit *c, const char *key)
{
	git_message_trailer_array found = { 0 };
	char *value = NULL;

	if (git_message_trailers(&found, c->message) < 0)
		return NULL;
	for (size_t i = 0; i < found.count; i++) {
		if (strcasecmp(found.trailers[i].key, key) != 0)
			continue;
		free(value);
		value = xstrdup(found.trailers[i].value);
	}
	git_message_trailer_array_free(&found);
	return value;
}

int repo_is_ancestor(struct repo *g, const struct oid *a, const struct oid *b, struct err *err)
{
	git_oid ancestor = to_git(a), commit = to_git(b);
	int code;

	if (oid_equal(a, b))
		return 1;
	code = git_graph_descendant_of(g->repo, &commit, &ancestor);
	return code < 0 ? fail_oid(err, code, "walking from commit", b) : code;
}

int repo_log(struct repo *g, const struct oid *commit, size_t max,
	int (*fn)(const struct repo_commit *c, void *arg), void *arg, struct err *err)
{
	struct oid at = *commit;

	for (size_t n = 0; n < max && !oid_is_zero(&at); n++) {
		_cleanup_(repo_commit_done) struct repo_commit c = { 0 };
		int r = repo_commit_read(g, &at, &c, err);

		if (r == 0)
			r = fn(&c, arg);
		if (r != 0)
			return r < 0 ? r : 0;
		at = c.parent;
	}
	return 0;
}

/* --- new commits ---------------------------------------------------------------------------------- */

/* The tip of the branch as REF; *RET_TIP and *RET_TREE are NULL where there is none. */
static int find_tip(struct repo *g, const char *ref, git_commit **ret_tip, git_tree **ret_tree)
{
	git_oid id;
	int code = git_reference_name_to_id(&id, g->repo, ref);

	if (code == GIT_ENOTFOUND)
		return 0;
	if (code == 0)
		code = git_commit_lookup(ret_tip, g->repo, &id);
	if (code == 0)
		code = git_commit_tree(ret_tree, *ret_tip);
	return code;
}

static int empty_tree(struct repo *g, git_tree **ret)
{
	git_treebuilder *builder;
	git_oid id;
	int code = git_treebuilder_new(&builder, g->repo, NULL);

	if (code < 0)
		return code;
	code = git_treebuilder_write(&id, builder);
	git_treebuilder_free(builder);
	return code < 0 ? code : git_tree_lookup(ret, g->repo, &id);
}

/* Appends what EDIT means to UPDATES: nothing for the removal of a file that is not there. */
static int add_update(struct repo *g, const git_tree *base, const struct repo_edit *edit,
	git_tree_update *updates, size_t *count)
{
	_cleanup_(tree_entry_freep) git_tree_entry *old = NULL;
	git_tree_update u = { .path = edit->path, .filemode = GIT_FILEMODE_BLOB };
	int code = git_tree_entry_bypath(&old, base, edit->path);

	if (code < 0 && code != GIT_ENOTFOUND)
		return code;
	if (old && git_tree_entry_type(old) == GIT_OBJECT_BLOB)
		u.filemode = git_tree_entry_filemode(old);
	code = 0;
	if (edit->data) {
		u.action = GIT_TREE_UPDATE_UPSERT;
		code = git_blob_create_from_buffer(&u.id, g->repo, edit->data, edit->len);
	} else {
		u.action = GIT_TREE_UPDATE_REMOVE;
	}
	if (code == 0 && (edit->data || old))
		updates[(*count)++] = u;
	return code;
}

static int edit_tree(struct repo *g, git_tree *base, const struct repo_new_commit *c, git_oid *ret)
{
	_cleanup_(freep) git_tree_update *updates = xcalloc(c->edit_count, sizeof(*updates));
	size_t count = 0;

	for (size_t i = 0; i < c->edit_count; i++) {
		int code = add_update(g, base, &c->edits[i], updates, &count);

		if (code < 0)
			return code;
	}
	if (count == 0) {
		*ret = *git_tree_id(base);
		return 0;
	}
	return git_tree_create_updated(ret, g->repo, base, count, updates);
}

static int write_commit(struct repo *g, const struct repo_new_commit *c, git_commit *tip,
	const git_oid *tree_id, git_oid *ret)
{
	_cleanup_(signature_freep) git_signature *who = NULL;
	_cleanup_(tree_freep) git_tree *tree = NULL;
	const git_commit *parents[1] = { tip };
	int code = git_signature_new(&who, c->author_name, c->author_email, c->time / NSEC_PER_SEC, 0);

	if (code == 0)
		code = git_tree_lookup(&tree, g->repo, tree_id);
	if (code == 0)
		code = git_commit_create(
			ret, g->repo, NULL, who, who, NULL, c->message, tree, tip ? 1 : 0, parents);
	return code;
}

/* Moves REF from TIP (NULL: it must not exist) to ID. */
static int move_branch(struct repo *g, const char *ref, const git_commit *tip, const git_oid *id)
{
	_cleanup_(reference_freep) git_reference *moved = NULL;

	if (!tip)
		return git_reference_create(&moved, g->repo, ref, id, 0, "commit (pintle)");
	return git_reference_create_matching(
		&moved, g->repo, ref, id, 1, git_commit_id(tip), "commit (pintle)");
}

int repo_commit_edits(struct repo *g, const struct repo_new_commit *c, struct oid *ret, struct err *err)
{
	_cleanup_(freep) char *ref = xasprintf("refs/heads/%s", c->branch);
	_cleanup_(commit_freep) git_commit *tip = NULL;
	_cleanup_(tree_freep) git_tree *base = NULL;
	git_oid tree, id;
	int code = find_tip(g, ref, &tip, &base);

	if (code == 0 && c->expected) {
		git_oid expected = to_git(c->expected);

		if (!tip || !git_oid_equal(git_commit_id(tip), &expected))
			return err_set(err, -ESTALE, "branch %s has moved meanwhile", c->branch);
	}
	if (code == 0 && !base)
		code = empty_tree(g, &base);
	if (code == 0)
		code = edit_tree(g, base, c, &tree);
	if (code == 0 && git_oid_equal(&tree, git_tree_id(base)))
		return err_set(err, -EALREADY, "nothing to commit");
	if (code == 0)
		code = write_commit(g, c, tip, &tree, &id);
	if (code == 0)
		code = move_branch(g, ref, tip, &id);
	if (code < 0)
		return fail(err, code == GIT_EEXISTS ? GIT_EMODIFIED : code, "committing to", c->branch);
	*ret = from_git(&id);
	return 0;
}
