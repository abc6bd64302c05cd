/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * May a pod be put on a node? The filters that go by the node alone, and all of part.h's table together.
 * O(1) in nodes and pods.
 */
#pragma once

#include "sched/part.h"

/* May a pod of L's request be put on L's node? In the table's order; the first filter that says no ends it. */
bool sched_fit(const struct sched_look *l);
/* The same for a pod that may be on no other node (a daemon's), which a drain leaves where it is. */
bool sched_fit_pinned(const struct sched_look *l);
/* Its three parts, one after the other: see enum sched_when. */
bool sched_fit_fixed(const struct sched_look *l);
bool sched_fit_local(const struct sched_look *l);
bool sched_fit_elsewhere(const struct sched_look *l);
/* Has the pod a chance on any node (the filters' possible)? L has no node. */
bool sched_fit_possible(const struct sched_look *l);
/* Which rows of the table are asked of R, by its spec: a bit each. */
uint32_t sched_fit_asked(const struct sched_request *r);

/* Rows of the table. */
bool sched_fit_unschedulable(const struct sched_look *l);
bool sched_fit_name_asked(const struct sched_request *r);
bool sched_fit_name(const struct sched_look *l);
bool sched_fit_taints(const struct sched_look *l);
bool sched_fit_affinity_asked(const struct sched_request *r);
bool sched_fit_affinity(const struct sched_look *l);
bool sched_fit_resources(const struct sched_look *l);

/* Host ports (ports.h). */
extern const struct sched_part sched_ports_part;
bool sched_fit_ports_asked(const struct sched_request *r);
bool sched_fit_ports(const struct sched_look *l);
