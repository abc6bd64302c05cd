/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What check and diff are asked about: a path, or a revision of the home's repository. */
#pragma once

#include "reconciler/ctl/ctl.h"
#include "reconciler/desired.h"
#include "reconciler/home.h"

struct revision {
	const char *path;  /* as given; NULL: a commit */
	bool directory;    /* path is one */
	struct home *home; /* NULL where only a path was wanted and there is no home */
	struct repo *git;  /* with a commit; else NULL */
	struct oid commit; /* with a commit */
	/* After revision_load: what it would delete and must be confirmed, and how, in a line; NULL: nothing. */
	char *guard;
	/* after revision_load, with sync.unit: Directory: what would be taken of it; NULL: all or nothing */
	struct snapshot *part;
};

/*
 * WORD: a path that exists, else a revision; NULL: the newest commit of the home's branch. A path needs no home. End with revision_done.
 */
int revision_parse(const struct ctl *c, const char *word, struct revision *ret, struct err *err);
void revision_done(struct revision *r);
/*
 * Its objects; fields that can't be changed are compared with what revision_base.h says. *RET is NULL with -EBADMSG: DIAGS has errors. Paths in DIAGS
 * are below the directory (or repository).
 */
int revision_load(struct revision *r, struct snapshot **ret, struct diags *diags, struct err *err);
/* "commit 1a2b3c4d5e" or the path, for messages. */
void revision_describe(const struct revision *r, struct buf *out);
/* The repository that a home's desired state is read from here: its own, or the mirror of a remote one. */
int revision_open_git(const struct home *h, struct repo **ret, struct err *err);
