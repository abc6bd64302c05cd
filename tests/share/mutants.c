/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "tests/share/mutants.h"

#include <stdio.h>

/* The one that is on: this program's alone. */
static unsigned chosen;

bool mutant_is(unsigned n)
{
	return n == chosen;
}

bool mutant_choose(unsigned number)
{
	size_t i = 0;

	while (mutants[i].number > 0 && mutants[i].number != number)
		i++;
	chosen = mutants[i].number;
	return chosen == number;
}

int mutants_run(bool (*run)(void *arg), void *arg)
{
	unsigned passed = 0, failed = 0;

	for (size_t i = 0; mutants[i].number > 0; i++) {
		bool caught;

		mutant_choose(mutants[i].number);
		printf("mutant %u, %s: ", mutants[i].number, mutants[i].what);
		caught = run(arg);
		if (!caught)
			puts("NOT CAUGHT");
		*(caught ? &passed : &failed) += 1;
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed > 0 ? 1 : 0;
}
