/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What would be taken of a commit that can't be taken as a whole, where the Cluster in force says sync.unit: Directory (units.h).
 * Nothing is written into the repository.
 */
#pragma once

#include "reconciler/ctl/revision.h"

/*
 * R, a commit, was loaded as S (NULL: it has errors), and BASE is in force. Where some of its directories would be held, r->guard says
 * which, and r->part is what would come into force; both are left alone where R is taken as a whole, or not at all.
 */
int revision_units(struct revision *r, struct snapshot *base, const struct snapshot *s, struct err *err);
