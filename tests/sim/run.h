/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Whole runs: one script, and beside it what the same commits come to without faults. */
#pragma once

#include "tests/sim/sim.h"

struct run_settings {
	struct sim_settings sim;
	bool compare; /* with a run without faults: rule end-state */
};

/* Plays SCRIPT and says in RET what came of it. */
void run_script(const struct run_settings *o, const struct script *script, struct sim_result *ret);
/* The same in a child process, so that one that aborts harms nobody (rule "died"). The trace goes nowhere. */
struct run_child {
	int pid, fd;
};
struct run_child run_start(const struct run_settings *o, const struct script *script);
void run_wait(struct run_child *c, struct sim_result *ret);
/* Both. */
void run_apart(const struct run_settings *o, const struct script *script, struct sim_result *ret);
