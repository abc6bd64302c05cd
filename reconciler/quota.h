/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * ResourceQuotas: what all that a snapshot would run in a namespace adds up to, beside what the quota allows (Kubernetes'
 * pkg/quota/v1/evaluator/core). A Deployment counts as its replicas, each as LimitRanges make it; pods that a rollout has
 * in addition, and those of CronJobs, do not count.
 *
 * Who was there first keeps what it has: too much is told at the objects that ask for more than they had in force, the
 * first of them (by path and line) that does not fit. A quota that was lowered below what is in use refuses nothing.
 */
#pragma once

#include "reconciler/snapshot.h"

/* Adds errors about NAMESPACE of NOW to DIAGS, at the objects' places. IN_FORCE: what was before, or NULL. */
void quota_check(const struct snapshot *now, const struct snapshot *in_force, const char *namespace,
	struct diags *diags);
