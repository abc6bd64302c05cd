/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Trials in processes of their own, so that one that crashes is a finding like any other. */
#pragma once

#include "tests/sched/trial.h"

/* Runs S; a crash is the rule "crash". */
void apart_run(const struct script *s, struct trial_result *ret);

/* Sums over trials, and whom to tell of one that broke a rule. */
struct apart_tally {
	uint64_t trials, broken, placed, nominated, nowhere, waits, victims, gangs;
};
/*
 * Runs the seeds FIRST to FIRST + COUNT - 1 in JOBS processes. BROKEN hears of each seed that breaks a rule, in the caller's process, in the
 * order in which they are met; returns false to have the others left.
 */
void apart_seeds(uint64_t first, uint64_t count, uint32_t features, unsigned jobs,
	bool (*broken)(uint64_t seed, const struct trial_result *r, void *arg), void *arg,
	struct apart_tally *ret);
