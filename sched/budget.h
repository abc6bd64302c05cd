/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * PodDisruptionBudgets, as preemption asks them: how many pods of each may still go (status.disruptionsAllowed, less those that
 * have been chosen as victims in this call), and which pods of some would be too many. An empty selector is all pods of
 * the namespace, as policy/v1 has it. Pods that are in status.disruptedPods are counted there already.
 *
 * What is known of a request is kept until the end of the call. sched_budgets_of is O(budgets) once for each request, then O(1).
 */
#pragma once

#include "sched/ids.h"
#include "sched/sched.h"

struct sched_budget {
	const struct object *object; /* the cluster's */
	int64_t left;
};
struct sched_budgets {
	struct sched_budget *items; /* [count] */
	size_t count;
	bool stale;          /* a budget came, changed or went since they were gathered */
	struct sched_ids of; /* request → struct sched_budgets_of */
};

/* Which of them are about pods of a request, by index; shared by its pods. */
struct sched_budgets_of {
	struct sched_request *request; /* a reference */
	size_t count;
	uint32_t indices[];
};

/* A call begins: what the budgets say counts. */
void sched_budgets_begin(struct sched_cluster *c);
/* A call ends: requests are let go. */
void sched_budgets_end(struct sched_cluster *c);
/*
 * Which of COUNT PODS, the most important first, would break a budget if they all went: RET[i]. As DefaultPreemption's
 * filterPodsWithPDBViolation: each takes from its budgets, and those for which nothing is left break them.
 */
void sched_budgets_broken(struct sched_cluster *c, const struct sched_pod *pods, size_t count, bool *ret);
/* COUNT PODS go (true), or stay after all (false). Where something was left, O(requests), and preempt.h hears of the nodes with pods of the same budgets. */
void sched_budgets_take(struct sched_cluster *c, const struct sched_pod *pods, size_t count, bool go);
void sched_budgets_done(struct sched_budgets *b);
