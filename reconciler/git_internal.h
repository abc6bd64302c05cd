/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What the files of git.h share: the one place that includes libgit2. Nobody else includes this. */
#pragma once

#include <git2.h>
#include <git2/sys/mempack.h>
#include <string.h>

#include "reconciler/git.h"

struct repo {
	git_repository *repo;
	git_odb *odb;
};

/* The errno for libgit2's CODE, with its message. */
int repo_fail(struct err *err, int code, const char *what, const char *name);
/* For objects. One that is missing is a broken repository, not an answer: -EIO. */
int repo_fail_oid(struct err *err, int code, const char *what, const struct oid *id);

/* The tree of commit (or tree) ID; libgit2's code. */
int repo_tree_of(struct repo *g, const struct oid *id, git_tree **ret);

static inline git_oid to_git(const struct oid *id)
{
	git_oid o;

	memcpy(o.id, id->raw, OID_SIZE);
	return o;
}

static inline struct oid from_git(const git_oid *id)
{
	struct oid o;

	memcpy(o.raw, id->id, OID_SIZE);
	return o;
}

static inline void tree_freep(git_tree **t)
{
	git_tree_free(*t);
}

static inline void commit_freep(git_commit **c)
{
	git_commit_free(*c);
}

static inline void object_freep(git_object **o)
{
	git_object_free(*o);
}

static inline void reference_freep(git_reference **r)
{
	git_reference_free(*r);
}

static inline void signature_freep(git_signature **s)
{
	git_signature_free(*s);
}

static inline void tree_entry_freep(git_tree_entry **e)
{
	git_tree_entry_free(*e);
}
