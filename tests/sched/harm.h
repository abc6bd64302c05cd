/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Who would have to go for a pod, by concepts/scheduling-eviction/pod-priority-preemption and what sched/preempt.h says beyond it: all that
 * matter less are taken away and brought back one by one, the most important first.
 */
#pragma once

#include "tests/sched/rules.h"

struct harm {
	unsigned broken, count;
	int64_t highest, sum;
	uint32_t started;
};
/* < 0: A is less. */
int harm_cmp(const struct harm *a, const struct harm *b);

/* A budget is asked once more in the same batch: TAKEN by the index of w->objects. */
struct harm_budgets {
	unsigned taken[64];
};
/*
 * Sets away for the pods that would have to go from P for B, and for those that are leaving and matter less; harm_undo ends that. False: B
 * wouldn't fit even so, and nothing is away.
 */
bool harm_take(const struct scene *w, const struct being *b, struct place *p,
	const struct harm_budgets *budgets, struct harm *ret);
void harm_undo(struct place *p);
/* The pods that are away from P and aren't leaving: the harm of that. */
void harm_of(
	const struct scene *w, const struct place *p, const struct harm_budgets *budgets, struct harm *ret);
/* They go: what is left of their budgets is less. */
void harm_count(const struct scene *w, const struct being *victim, struct harm_budgets *budgets);
