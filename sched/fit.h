/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The filters that ask about a node's own name, labels, taints and room. O(1) in nodes and pods. Rows of part.h's table. */
#pragma once

#include "sched/internal.h"

bool sched_fit_unschedulable(const struct sched_look *l);
bool sched_fit_name_asked(const struct sched_request *r);
bool sched_fit_name(const struct sched_look *l);
bool sched_fit_taints(const struct sched_look *l);
bool sched_fit_affinity_asked(const struct sched_request *r);
bool sched_fit_affinity(const struct sched_look *l);
bool sched_fit_resources(const struct sched_look *l);
