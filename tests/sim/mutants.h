/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The mutants (lib/base/mutant.h): which there are, and which one is on. */
#pragma once

#include "lib/base/mutant.h"

struct mutant {
	unsigned number;
	const char *what; /* it breaks */
};
/* Ends with number 0. */
extern const struct mutant mutants[];
/* One for this process, from now on; 0: none. False: there is no such mutant. */
bool mutant_choose(unsigned number);
