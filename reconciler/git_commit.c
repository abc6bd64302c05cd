/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Commits: read, walked, made. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/git_internal.h"

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
		return repo_fail_oid(err, code, "reading commit", id);
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
	return code < 0 ? repo_fail_oid(err, code, "walking from commit", b) : code;
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

static void revwalk_freep(git_revwalk **w)
{
	git_revwalk_free(*w);
}

static int start_walk(struct repo *g, const struct oid *head, const struct oid *hide, git_revwalk **ret)
{
	git_oid from = to_git(head);
	int code = git_revwalk_new(ret, g->repo);

	if (code == 0)
		code = git_revwalk_sorting(*ret, GIT_SORT_TOPOLOGICAL | GIT_SORT_TIME);
	if (code == 0)
		code = git_revwalk_push(*ret, &from);
	if (code == 0 && hide) {
		git_oid id = to_git(hide);

		code = git_revwalk_hide(*ret, &id);
	}
	return code;
}

int repo_walk(struct repo *g, const struct oid *head, const struct oid *hide, size_t max,
	int (*fn)(const struct repo_commit *c, void *arg), void *arg, struct err *err)
{
	_cleanup_(revwalk_freep) git_revwalk *walk = NULL;
	git_oid id;
	int code = start_walk(g, head, hide, &walk);

	for (size_t n = 0; n < max && code == 0 && (code = git_revwalk_next(&id, walk)) == 0; n++) {
		_cleanup_(repo_commit_done) struct repo_commit c = { 0 };
		const struct oid at = from_git(&id);
		int r = repo_commit_read(g, &at, &c, err);

		if (r == 0)
			r = fn(&c, arg);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	return code < 0 && code != GIT_ITEROVER ? repo_fail_oid(err, code, "walking from commit", head) : 0;
}

int repo_merge_base(
	struct repo *g, const struct oid *a, const struct oid *b, struct oid *ret, struct err *err)
{
	git_oid x = to_git(a), y = to_git(b), base;
	int code = git_merge_base(&base, g->repo, &x, &y);

	if (code == GIT_ENOTFOUND)
		return err_set(err, -ENOENT, "the two commits have no history in common");
	if (code < 0)
		return repo_fail_oid(err, code, "walking from commit", b);
	*ret = from_git(&base);
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

/* The commit to follow: a branch's tip, which must be what is expected; without a branch, what is expected. */
static int find_parent(struct repo *g, const struct repo_new_commit *c, const char *ref, git_commit **ret_tip,
	git_tree **ret_tree)
{
	git_oid expected = { 0 };
	int code = 0;

	if (c->expected)
		expected = to_git(c->expected);
	if (ref) {
		code = find_tip(g, ref, ret_tip, ret_tree);
		if (code == 0 && c->expected &&
			(!*ret_tip || !git_oid_equal(git_commit_id(*ret_tip), &expected)))
			return GIT_EMODIFIED;
	} else if (c->expected) {
		code = git_commit_lookup(ret_tip, g->repo, &expected);
		if (code == 0)
			code = git_commit_tree(ret_tree, *ret_tip);
	}
	return code == 0 && !*ret_tree ? empty_tree(g, ret_tree) : code;
}

int repo_commit_edits(struct repo *g, const struct repo_new_commit *c, struct oid *ret, struct err *err)
{
	_cleanup_(freep) char *ref = c->branch ? xasprintf("refs/heads/%s", c->branch) : NULL;
	_cleanup_(commit_freep) git_commit *tip = NULL;
	_cleanup_(tree_freep) git_tree *base = NULL;
	git_oid tree, id;
	int code = find_parent(g, c, ref, &tip, &base);

	if (code == GIT_EMODIFIED)
		return err_set(err, -ESTALE, "branch %s has moved meanwhile", c->branch);
	if (code == 0)
		code = edit_tree(g, base, c, &tree);
	if (code == 0 && git_oid_equal(&tree, git_tree_id(base)))
		return err_set(err, -EALREADY, "nothing to commit");
	if (code == 0)
		code = write_commit(g, c, tip, &tree, &id);
	if (code == 0 && ref)
		code = move_branch(g, ref, tip, &id);
	if (code < 0)
		return repo_fail(err, code == GIT_EEXISTS ? GIT_EMODIFIED : code, "committing to",
			c->branch ? c->branch : "no branch");
	*ret = from_git(&id);
	return 0;
}

/* --- as text --------------------------------------------------------------------------------------- */

static void diff_freep(git_diff **d)
{
	git_diff_free(*d);
}

int repo_patch(struct repo *g, const struct oid *a, const struct oid *b, struct buf *ret, struct err *err)
{
	_cleanup_(tree_freep) git_tree *before = NULL;
	_cleanup_(tree_freep) git_tree *after = NULL;
	_cleanup_(diff_freep) git_diff *diff = NULL;
	git_buf text = { 0 };
	int code = a ? repo_tree_of(g, a, &before) : 0;

	if (code == 0)
		code = repo_tree_of(g, b, &after);
	if (code == 0)
		code = git_diff_tree_to_tree(&diff, g->repo, before, after, NULL);
	if (code == 0)
		code = git_diff_to_buf(&text, diff, GIT_DIFF_FORMAT_PATCH);
	if (code < 0)
		return repo_fail_oid(err, code, "comparing with commit", b);
	buf_add(ret, text.ptr, text.size);
	git_buf_dispose(&text);
	return 0;
}
