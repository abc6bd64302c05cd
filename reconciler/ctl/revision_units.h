/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What would be taken of a commit that can't be taken as a whole, where the Cluster in force says sync.unit: Directory (units.h).
 * Nothing is written into the repository.
 */
#pragma once

#include "reconciler/ctl/revision.h"

/*
 * *RET is what would come into force of R, a commit, with its problems in DIAGS; r->guard says which directories are held. NULL: R is
 * taken as a whole, or not at all.
 */
int revision_units(struct revision *r, struct snapshot **ret, struct diags *diags, struct err *err);
