/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What a revision is compared with, for the fields that can't be changed: the commit in force; where none is, the
 * revision's parent. A path that needs no home: the HEAD of the git repository that it is in, or, when that says the
 * same, HEAD's parent (somebody checks what has just been committed).
 */
#pragma once

#include "reconciler/ctl/revision.h"

/* A reference, or NULL: there is nothing to compare with, or it can't be loaded. */
struct snapshot *revision_base(struct revision *r);
/* Behind that for a path whose snapshot NOW (NULL: it has errors) was compared with BASE: HEAD's parent, or NULL: BASE was right. */
struct snapshot *revision_base_parent(
	struct revision *r, const struct snapshot *base, const struct snapshot *now);
