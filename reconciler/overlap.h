/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Objects of git that a controller of Kubernetes would take on as its own because its selector matches their labels: a Pod
 * beside a ReplicaSet or ReplicationController, a ReplicaSet beside a Deployment. Here both stay what git says they are
 * (control/replica_set.h case 12, control/deployment.h case 31), and that is said once, when one of the two comes or changes.
 */
#pragma once

#include "reconciler/snapshot.h"

/* Warns in DIAGS of what the COUNT changes bring to NOW; IN_FORCE (may be NULL) is what was said of before. */
void overlap_check(const struct snapshot *now, const struct snapshot *in_force,
	const struct snapshot_change *changes, size_t count, struct diags *diags);
