/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What a namespace's LimitRanges and ResourceQuotas say to a change of it. Only what the change touches is looked at: an
 * object that came or changed, each template of a namespace whose LimitRanges changed, the sums of a namespace that
 * has quotas and in which something changed.
 */
#pragma once

#include "reconciler/snapshot.h"

/*
 * NOW is made from IN_FORCE (NULL: nothing) with CHANGES, or (a whole load) has at least those manifests. Errors go to DIAGS, at the
 * place of the object that each is about.
 */
void admission_check(const struct snapshot *now, const struct snapshot *in_force,
	const struct snapshot_change *changes, size_t count, struct diags *diags);
