/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* A program's mutants (lib/base/mutant.h): which one is on, and a run with each. Which there are is a table of its own. */
#pragma once

#include "lib/base/mutant.h"

struct mutant {
	unsigned number;  /* 0 ends the list */
	const char *what; /* it breaks */
};
/* The program's. */
extern const struct mutant mutants[];

/* NUMBER is on from now on, here and in children that come; 0: none. False: there is no such mutant. */
bool mutant_choose(unsigned number);
/*
 * Each in its turn is on, and RUN says whether it was caught, having printed a line about how. Prints which were, and how many; returns the exit
 * status, 1 where one wasn't.
 */
int mutants_run(bool (*run)(void *arg), void *arg);
