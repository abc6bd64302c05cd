/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The scheduler's known bugs (lib/base/mutant.h): each must be caught. */
#pragma once

#include "lib/base/mutant.h"

struct mutant {
	unsigned number; /* 0 ends the list */
	const char *what;
};
extern const struct mutant mutants[];

/* NUMBER is on from now on; 0: none. False: no such mutant. */
bool mutant_choose(unsigned number);
