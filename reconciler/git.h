/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Git repositories as Pintle reads and writes them; git.c and git_write.c are the only files that know libgit2.
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

struct git;

/* Opens the bare repository or work tree at exactly PATH (no search upwards). -ENOENT: there is none. */
int git_open(const char *path, struct git **ret, struct err *err);
struct git *git_free(struct git *g);
void git_freep(struct git **g);
bool git_is_bare(const struct git *g);
/* The directory that holds refs, packed-refs and objects, ending in "/"; borrowed. */
const char *git_common_dir(const struct git *g);
/* The directory of HEAD (differs from the common one in a linked work tree), ending in "/"; borrowed. */
const char *git_dir(const struct git *g);
/* Makes a bare repository whose HEAD names BRANCH; one that exists is left as it is. */
int git_create_bare(const char *path, const char *branch, struct err *err);

/* The commit at the tip of BRANCH ("main"). -ENOENT: no such branch. */
int git_resolve_branch(struct git *g, const char *branch, struct oid *ret, struct err *err);
/* The branch that HEAD names ("main"), owned by the caller, also when it has no commit yet. -ENOENT: detached. */
int git_head_branch(struct git *g, char **ret, struct err *err);
/* Anything `git rev-parse` takes, peeled to a commit. -ENOENT. */
int git_resolve(struct git *g, const char *revision, struct oid *ret, struct err *err);

enum git_type {
	GIT_FILE,
	GIT_SYMLINK,
	GIT_SUBMODULE,
};
/* One path that differs. */
struct git_change {
	const char
		*path; /* from the repository's top, as git has it (any bytes but NUL); lent for the call */
	bool removed;
	enum git_type type; /* of the new side, or of the old when removed */
	struct oid id;      /* likewise */
};
/* < 0 ends the walk with that result. */
typedef int (*git_change_fn)(const struct git_change *change, void *arg);
/*
 * What differs between the trees of commits A (NULL: nothing, i.e. a walk) and B below directory SUBPATH ("": all), in
 * order of paths; equal subtrees are not read. Directories and files whose name starts with "." are passed over. A
 * SUBPATH that B has not is -ENOENT. Deeper than 64 directories or more than 200,000 entries: -E2BIG.
 */
int git_diff(struct git *g, const struct oid *a, const struct oid *b, const char *subpath, git_change_fn fn,
	void *arg, struct err *err);
/* Appends a blob's bytes to RET. More than MAX bytes: -EFBIG, without reading them; *RET_SIZE (may be NULL) is the size. */
int git_read_blob(struct git *g, const struct oid *id, size_t max, struct buf *ret, uint64_t *ret_size,
	struct err *err);
/* The blob at PATH in COMMIT. -ENOENT. */
int git_find_blob(
	struct git *g, const struct oid *commit, const char *path, struct oid *ret, struct err *err);

struct git_commit {
	struct oid id, tree, parent; /* parent: the first, or zero */
	char *author_name, *author_email, *committer_name;
	char *subject, *message; /* message: whole */
	nsec_t author_time, commit_time;
	size_t parents;
};
int git_commit_read(struct git *g, const struct oid *id, struct git_commit *ret, struct err *err);
void git_commit_done(struct git_commit *c);
/* The value of the last trailer KEY ("Pintle-Suspend"; any case) in the message's last paragraph, owned by the caller, or NULL. */
char *git_commit_trailer(const struct git_commit *c, const char *key);
/* Is A an ancestor of B, or B itself? 1, 0 or an error. */
int git_is_ancestor(struct git *g, const struct oid *a, const struct oid *b, struct err *err);
/* Calls FN for COMMIT and its ancestors by first parents, at most MAX. FN > 0 ends the walk. */
int git_log(struct git *g, const struct oid *commit, size_t max,
	int (*fn)(const struct git_commit *c, void *arg), void *arg, struct err *err);

/* Ref of the commit in force: neither a force-push nor gc takes it away. */
#define GIT_REF_IN_FORCE "refs/pintle/in-force"
/* Sets REF ("refs/…") to COMMIT; nothing is written where it is that already. */
int git_set_ref(struct git *g, const char *ref, const struct oid *commit, struct err *err);
/* Reads REF. -ENOENT. */
int git_get_ref(struct git *g, const char *ref, struct oid *ret, struct err *err);

/* A file of a new commit. */
struct git_edit {
	const char *path;
	const void *data; /* NULL: remove the file */
	size_t len;
};
struct git_new_commit {
	const char *branch;         /* moved to the new commit, which follows its tip */
	const struct oid *expected; /* the tip must be this (-ESTALE else); NULL: whatever it is, also none */
	const struct git_edit *edits;
	size_t edit_count;
	const char *author_name, *author_email, *message;
	nsec_t time;
};
/* Commits EDITS on top of a branch, without an index or work tree. An edit of nothing is -EALREADY. */
int git_commit_edits(struct git *g, const struct git_new_commit *c, struct oid *ret, struct err *err);
