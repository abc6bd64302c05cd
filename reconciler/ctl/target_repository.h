/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The repository that a home's pintle.conf names, as the command line writes to it. There are three kinds:
 *
 *   a bare one here      the branch is moved, if it still is where it was
 *   one with work trees  likewise; the files of the work tree that has the branch checked out follow
 *   a remote one         the change is made in a scratch repository that fetched the branch, and pushed by the git program, with
 *                        whatever credentials and settings of ssh the caller's git has
 *
 * What root writes here belongs to the repository's owner, as all else in it.
 *
 * target_open; target_tip; target_check; target_commit, which says -ESTALE where another was faster: begin again at target_tip.
 */
#pragma once

#include "reconciler/git.h"
#include "reconciler/home.h"

struct target_repository {
	char *where; /* as pintle.conf has it: a path or a URL */
	char *branch;
	bool remote;
	char *scratch;   /* of a remote one, or for the rehearsal: a repository that target_done removes */
	char *work_tree; /* that has the branch checked out; or NULL */
	struct repo *git;
	struct oid tip; /* after target_tip; zero: the branch has no commit yet */
};

int target_open(const struct home *h, struct target_repository *ret, struct err *err);
void target_done(struct target_repository *t);
/* Finds the branch's newest commit; a remote branch is fetched. */
int target_tip(struct target_repository *t, struct err *err);
/* Can the files of EDITS follow? -EBUSY: one has changes in the work tree that are not committed. */
int target_check(struct target_repository *t, const struct repo_edit *edits, size_t count, struct err *err);
/*
 * A repository that has all of the target's objects, and in which commits may be made that nobody is to see. It goes with T, and before
 * it.
 */
int target_rehearsal(struct target_repository *t, struct repo **ret, struct err *err);
/* Whose name the caller's commits have: what git would take (GIT_AUTHOR_NAME, user.name …). Both owned by the caller. */
int target_author(struct target_repository *t, char **ret_name, char **ret_email, struct err *err);
/* Makes C, whose branch and expected tip are set here, the branch's newest commit. -ESTALE: the branch has moved. */
int target_commit(struct target_repository *t, struct repo_new_commit *c, struct oid *ret, struct err *err);
