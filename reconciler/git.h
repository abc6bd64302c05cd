/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Git repositories as Pintle reads and writes them; git.c, git_commit.c and git_mix.c alone know libgit2.
 * (The prefix is repo_: git_ is the library's.)
 *
 * A repository is opened once and kept open: refs are read afresh at each call, objects that appeared since are
 * found (libgit2 looks again where it misses one), also while packs come and go. Owner validation is off for the
 * one path that is opened: the home's owner decided to trust it. Not for use by several threads.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/time.h"
#include "reconciler/oid.h"

struct repo;

/* Opens the bare repository or work tree at exactly PATH (no search upwards). -ENOENT: there is none. */
int repo_open(const char *path, struct repo **ret, struct err *err);
struct repo *repo_free(struct repo *g);
void repo_freep(struct repo **g);
bool repo_is_bare(const struct repo *g);
/* The directory that holds refs, packed-refs and objects, ending in "/"; borrowed. */
const char *repo_common_dir(const struct repo *g);
/* The directory of HEAD (differs from the common one in a linked work tree), ending in "/"; borrowed. */
const char *repo_dir(const struct repo *g);
/* Makes a bare repository whose HEAD names BRANCH; one that exists is left as it is. */
int repo_create_bare(const char *path, const char *branch, struct err *err);

/* The commit at the tip of BRANCH ("main"). -ENOENT: no such branch. */
int repo_resolve_branch(struct repo *g, const char *branch, struct oid *ret, struct err *err);
/* The branch that HEAD names ("main"), owned by the caller, also when it has no commit yet. -ENOENT: detached. */
int repo_head_branch(struct repo *g, char **ret, struct err *err);
/* Anything `git rev-parse` takes, peeled to a commit. -ENOENT. */
int repo_resolve(struct repo *g, const char *revision, struct oid *ret, struct err *err);

enum repo_type {
	REPO_FILE,
	REPO_SYMLINK,
	REPO_SUBMODULE,
};
/* One path that differs. */
struct repo_change {
	/* from the repository's top, as git has it (any bytes but NUL); lent for the call */
	const char *path;
	bool removed;
	enum repo_type type; /* of the new side, or of the old when removed */
	struct oid id;       /* likewise */
};
/* < 0 ends the walk with that result. */
typedef int (*repo_change_fn)(const struct repo_change *change, void *arg);
/*
 * What differs between the trees of commits (or trees) A (NULL: nothing, i.e. a walk) and B below directory SUBPATH ("": all), in
 * order of paths; equal subtrees are not read. Directories and files whose name starts with "." are passed over. A
 * SUBPATH that B has not is -ENOENT. Deeper than 64 directories or more than 200,000 entries: -E2BIG.
 */
int repo_diff(struct repo *g, const struct oid *a, const struct oid *b, const char *subpath,
	repo_change_fn fn, void *arg, struct err *err);
/* Appends a blob's bytes to RET. More than MAX bytes: -EFBIG, without reading them; *RET_SIZE (may be NULL) is the size. */
int repo_read_blob(struct repo *g, const struct oid *id, size_t max, struct buf *ret, uint64_t *ret_size,
	struct err *err);
/* The blob at PATH in COMMIT. -ENOENT. */
int repo_find_blob(
	struct repo *g, const struct oid *commit, const char *path, struct oid *ret, struct err *err);

/* The ID of the tree of COMMIT at directory PATH ("": the top). -ENOENT. */
int repo_find_tree(
	struct repo *g, const struct oid *commit, const char *path, struct oid *ret, struct err *err);

/* Is commit (or tree) ID there? */
bool repo_has(struct repo *g, const struct oid *id);

struct repo_commit {
	struct oid id, tree, parent; /* parent: the first, or zero */
	char *author_name, *author_email, *committer_name;
	char *subject, *message; /* message: whole */
	nsec_t author_time, commit_time;
	size_t parents;
};
int repo_commit_read(struct repo *g, const struct oid *id, struct repo_commit *ret, struct err *err);
void repo_commit_done(struct repo_commit *c);
/* The value of the last trailer KEY ("Pintle-Suspend"; any case) in the message's last paragraph, owned by the caller, or NULL. */
char *repo_commit_trailer(const struct repo_commit *c, const char *key);
/* Is A an ancestor of B, or B itself? 1, 0 or an error. */
int repo_is_ancestor(struct repo *g, const struct oid *a, const struct oid *b, struct err *err);
/* Calls FN for COMMIT and its ancestors by first parents, at most MAX. FN > 0 ends the walk. */
int repo_log(struct repo *g, const struct oid *commit, size_t max,
	int (*fn)(const struct repo_commit *c, void *arg), void *arg, struct err *err);
/* The same for all commits that HEAD has and HIDE (NULL: none is hidden) has not, children before parents. */
int repo_walk(struct repo *g, const struct oid *head, const struct oid *hide, size_t max,
	int (*fn)(const struct repo_commit *c, void *arg), void *arg, struct err *err);
/* The best commit that both A and B have in their history. -ENOENT: there is none. */
int repo_merge_base(
	struct repo *g, const struct oid *a, const struct oid *b, struct oid *ret, struct err *err);

/* Ref of the commit in force: neither a force-push nor gc takes it away. */
#define REPO_REF_IN_FORCE "refs/pintle/in-force"
/* Sets REF ("refs/…") to COMMIT; nothing is written where it is that already. */
int repo_set_ref(struct repo *g, const char *ref, const struct oid *commit, struct err *err);
/* Reads REF. -ENOENT. */
int repo_get_ref(struct repo *g, const char *ref, struct oid *ret, struct err *err);

/* A file of a new commit. */
struct repo_edit {
	const char *path;
	const void *data; /* NULL: remove the file */
	size_t len;
};
struct repo_new_commit {
	const char *
		branch; /* moved to the new commit, which follows its tip; NULL: none is, it follows EXPECTED */
	const struct oid *expected; /* the tip must be this (-ESTALE else); NULL: whatever it is, also none */
	const struct repo_edit *edits;
	size_t edit_count;
	const char *author_name, *author_email, *message;
	nsec_t time;
};
/* Commits EDITS on top of a branch, without an index or work tree. An edit of nothing is -EALREADY. */
int repo_commit_edits(struct repo *g, const struct repo_new_commit *c, struct oid *ret, struct err *err);
/* Appends what differs between the trees of commits A (NULL: nothing) and B, as `git diff` shows it. */
int repo_patch(struct repo *g, const struct oid *a, const struct oid *b, struct buf *ret, struct err *err);

/* --- mixed trees (git_mix.c) ------------------------------------------------------------------------ */

/*
 * A tree's units: each directory right below SUBPATH by its name, REPO_UNIT_TOP for what stands there itself (and in
 * directories that begin with a dot), REPO_UNIT_OUTSIDE for all that is not below SUBPATH.
 */
#define REPO_UNIT_TOP "."
#define REPO_UNIT_OUTSIDE ".."

/* Calls FN for each unit in which the trees of A and B (either NULL: there is none) are not the same, sorted by name. */
int repo_units_diff(struct repo *g, const struct oid *a, const struct oid *b, const char *subpath,
	void (*fn)(const char *unit, void *arg), void *arg, struct err *err);
/* Calls FN for each directory right below SUBPATH of COMMIT that is a unit. */
int repo_units_list(struct repo *g, const struct oid *commit, const char *subpath,
	void (*fn)(const char *unit, void *arg), void *arg, struct err *err);
/* Writes the tree of BASE (NULL: nothing) with those units as they are in OTHER (missing, too) that TAKE says yes to. */
int repo_mix_units(struct repo *g, const struct oid *base, const struct oid *other, const char *subpath,
	bool (*take)(const char *unit, void *arg), void *arg, struct oid *ret_tree, struct err *err);
/* From now on what is written through G is kept in memory, and lost with it. */
int repo_write_in_memory(struct repo *g, struct err *err);
/* Writes a commit of TREE (or a commit's) that follows the COUNT PARENTS, on no branch, as of TIME. The same again is the same commit. */
int repo_commit_tree(struct repo *g, const struct oid *tree, const struct oid *parents, size_t count,
	const char *message, nsec_t time, struct oid *ret, struct err *err);
