/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Changes that verbs make: a commit on top of the branch that pintle.conf names, in the caller's name. What the change is, is asked for
 * anew whenever another commit was faster; before it is committed, the whole is loaded as `pintle check` does, and must
 * have no error that was not there before.
 */
#pragma once

#include "lib/object/yaml_edit.h"
#include "reconciler/ctl/ctl.h"
#include "reconciler/ctl/locate_object.h"
#include "reconciler/home.h"

/* What a change begins with. */
struct commit_base {
	struct repo *git;
	struct oid tip; /* the branch's newest commit; zero: it has none yet */
	const char *subpath;
	const struct snapshot *snapshot; /* NULL: it has errors, or there is none */
};

/* Files of the commit, as they are to be. */
struct commit_files {
	struct repo_edit *items; /* paths and data are owned */
	size_t count, cap;
};
/* The file PATH (from the repository's top) is to have TEXT, which is copied; again: what is said last counts. */
void commit_files_put(struct commit_files *f, const char *path, const struct buf *text);
/* What F has of PATH, else what the commit has, appended to RET. -ENOENT. */
int commit_files_read(const struct commit_files *f, const struct commit_base *base, const char *path,
	struct buf *ret, struct err *err);

/* Some fields of an object: EDITS without line and column. */
struct commit_object {
	const struct kind *kind;
	const char *ns, *name;
	const struct yaml_edit *edits;
	size_t edit_count;
};
/* How many objects of KIND the commit declares; those of a commit with errors can't be counted: 1. */
size_t commit_base_count(const struct commit_base *base, enum kind_id kind);
/* Makes the edits in the object's manifest. -EALREADY: all of them say what is so; -ENOENT: git has no such object. */
int commit_files_edit(struct commit_files *f, const struct commit_base *base, const struct commit_object *o,
	struct err *err);
/* The same for the object that begins at LINE and COL of the file PATH. */
int commit_files_edit_at(struct commit_files *f, const struct commit_base *base,
	const struct object_location *at, const struct yaml_edit *edits, size_t count, struct err *err);

struct commit_request {
	const char *message;
	bool dry_run; /* shows the difference, and changes nothing */
	/* Says in RET what is to change in BASE. -EALREADY: nothing is. Other errors end it. */
	int (*fill)(const struct commit_base *base, struct commit_files *ret, void *arg, struct err *err);
	void *arg;
};
/* 0: *RET is the commit (a dry run's is nowhere); -EALREADY. */
int commit_make(const struct home *h, const struct commit_request *request, struct oid *ret, struct err *err);
