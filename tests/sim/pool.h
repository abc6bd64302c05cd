/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Runs of many seeds at once, a child process each; what came of them is told in the order of seeds. */
#pragma once

#include "tests/sim/run.h"

/* What is asked of every seed. */
struct pool_settings {
	struct script_options script; /* its seed is each one's own */
	struct run_settings run;
	unsigned jobs;
};
/* The script of SEED, and its settings. */
struct run_settings pool_seed(const struct pool_settings *o, uint64_t seed, struct script *ret);
/*
 * SEEDS seeds from FIRST on: FN hears of each; it returns false to end it. Runs that break a rule are told with their results, like the
 * others.
 */
void pool_run(const struct pool_settings *o, uint64_t first, uint64_t seeds,
	bool (*fn)(uint64_t seed, const struct sim_result *result, void *arg), void *arg);
