/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Known bugs, for the simulator and the scheduler's oracle: what they do not catch they do not check. MUTANT(N) is false, a constant, in
 * everything but their own objects (built with PINTLE_MUTANTS); there `--mutant N` makes it true. Each number stands in one place;
 * tests/sim/mutants.c and tests/sched/mutants.c say what each of them breaks. (A macro, so that the programs hold no trace of it.)
 */
#pragma once

#include <stdbool.h>

#ifdef PINTLE_MUTANTS
bool mutant_is(unsigned n);
#define MUTANT(n) mutant_is(n)
#else
#define MUTANT(n) false
#endif
