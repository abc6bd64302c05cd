/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The end of a program that has no memory left; apart from mem.c because it writes. */
#include "lib/base/mem.h"

#include <stdlib.h>
#include <unistd.h>

_Noreturn void mem_exhausted(void)
{
	static const char text[] = "out of memory\n";

	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		abort();
	abort();
}
