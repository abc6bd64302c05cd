/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Which nodes a spread constraint counts, by the pod's own node selector, required node affinity and tolerations, as its
 * inclusion policies have it (core/v1 TopologySpreadConstraint nodeAffinityPolicy, nodeTaintsPolicy). Values of their own: they outlive the pod's spec, and
 * equal ones have equal texts.
 */
#pragma once

#include "sched/internal.h"

struct sched_eligible {
	struct arena *arena; /* all below, and itself */
	const char *text;
	/* what is left of it: node selector, required node affinity, tolerations */
	const struct pod_spec *spec;
	bool taints;
};

/* NULL: every node. AFFINITY, TAINTS: which of the two are honoured. The caller frees it. */
struct sched_eligible *sched_eligible_new(const struct pod_spec *spec, bool affinity, bool taints);
struct sched_eligible *sched_eligible_free(struct sched_eligible *e);
/* Does N count? */
bool sched_eligible_has(const struct sched_eligible *e, const struct sched_node *n);
