/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "tests/sched/mutants.h"

const struct mutant mutants[] = {
	{ 0, "" },
};

/* The one that is on: this program's alone, and chosen once a run. */
static unsigned chosen;

bool mutant_is(unsigned n)
{
	return n == chosen;
}

bool mutant_choose(unsigned number)
{
	for (unsigned i = 0; mutants[i].number > 0; i++)
		if (mutants[i].number == number) {
			chosen = number;
			return true;
		}
	chosen = 0;
	return number == 0;
}
