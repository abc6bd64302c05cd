/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What pintle.dev/depends-on says in a snapshot as a whole: a cycle is an error, with all of its members and where each
 * stands; what depends on something that the snapshot has not is warned of (a controller may make it).
 */
#pragma once

#include "reconciler/snapshot.h"

void depends_check(const struct snapshot *s, struct diags *diags);
