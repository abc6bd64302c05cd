/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What the cluster keeps for turns and preemption from one call to the next: a part of part.h, which hears of what changes.
 *
 * Books are also kept tentatively: pods taken out to see whether another fits without them, a gang put in to see whether all of it fits.
 * While trial is not 0, what happens to the books is undone before anybody could notice, and nothing is heard of it; while quiet
 * is not 0, the nodes are others from now on, but nothing has happened that could help a pod that waits.
 */
#pragma once

#include "sched/budget.h"
#include "sched/event.h"
#include "sched/nominate.h"
#include "sched/preempt.h"
#include "sched/part.h"
#include "sched/waiting.h"

/* What trials (victims.c) work with, kept from one to the next. */
struct sched_trials {
	struct sched_pod *pods;
	bool *out;
	size_t cap, out_cap;
};

struct sched_turns {
	unsigned trial, quiet;
	int32_t least_priority; /* no pod that is or was there has a lower one */
	struct sched_trials trials;
	struct sched_events events;
	struct sched_nominations nominations;
	struct sched_budgets budgets;
	struct sched_harms harms;
	struct sched_waiting waiting;
};

/* The row of parts.c. */
extern const struct sched_part sched_part_turns;
