/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "nodeagent/signals.h"

#include <signal.h>
#include <string.h>

#include "lib/base/str.h"

/* Linux' own numbers: SIGRTMIN of libc leaves out two that it uses itself. */
enum { RT_MIN = 34, RT_MAX = 64 };

int signal_number(const char *text, int fallback)
{
	const char *name = text ? str_after(text, "SIG") : NULL, *more;
	int64_t n;

	if (str_empty(text))
		return fallback;
	if (str_to_i64(text, &n) == 0)
		return n > 0 && n <= RT_MAX ? (int)n : fallback;
	if (!name)
		name = text;
	for (int s = 1; s < 32; s++)
		if (str_eq(sigabbrev_np(s), name))
			return s;
	more = str_after(name, "RTMIN");
	if (more && (!*more || (*more == '+' && str_to_i64(more + 1, &n) == 0))) {
		int64_t signo = RT_MIN + (*more ? n : 0);

		return signo <= RT_MAX ? (int)signo : fallback;
	}
	return fallback;
}
