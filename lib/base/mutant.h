/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Known bugs, for the simulator alone: what it does not catch it does not check. MUTANT(N) is false, a constant, in everything but
 * the simulator's own objects (built with PINTLE_MUTANTS); there `--mutant N` makes it true. Each number stands in one place;
 * tests/sim/mutants.c says what each of them breaks, and which rule has to notice. (A macro, so that the programs hold no trace of it.)
 */
#pragma once

#include <stdbool.h>

#ifdef PINTLE_MUTANTS
bool mutant_is(unsigned n);
#define MUTANT(n) mutant_is(n)
#else
#define MUTANT(n) false
#endif
