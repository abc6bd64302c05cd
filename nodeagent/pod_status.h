/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * A pod's record as the PodStatus that Kubernetes defines (core/v1; kubelet's generateAPIPodStatus, convertStatusToAPIStatus,
 * status.GeneratePodReadyCondition and so on).
 *
 * Everything follows from the record, also the conditions' transition times, so that a restarted agent reports the
 * same status as the one before it.
 */
#pragma once

#include "nodeagent/pod_state.h"

struct pod_status_input {
	const struct pod *pod;
	const struct pod_record *record;
	const char *cluster; /* id, for container ids */
	const char *host_ip; /* of the node */
	nsec_t now;
};
/* Is it Ready now? Notes it in R, with the time where that changed. True: it did. */
bool pod_note_ready(const struct pod *pod, struct pod_record *r, nsec_t now);
/* In ARENA. R is as pod_note_ready left it; what changed since counts as changed now. */
struct pod_status *pod_status_build(struct arena *arena, const struct pod_status_input *in);
