/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "nodeagent/signals.h"

#include <signal.h>
#include <string.h>
#include <strings.h>

#include "lib/base/str.h"

/* Linux' own numbers: SIGRTMIN of libc leaves out two that it uses itself. */
enum { RT_MIN = 34, RT_MAX = 64 };

/* Second names, which sigabbrev_np does not have. */
static const struct {
	const char *name;
	int signo;
} aliases[] = { { "IOT", SIGABRT }, { "CLD", SIGCHLD }, { "IO", SIGIO }, { "POLL", SIGIO } };

/* "", "+3" or "-3" behind RTMIN or RTMAX: how far from it; -1 where it is neither, or has the wrong SIGN. */
static int64_t offset(const char *text, char sign)
{
	int64_t n;

	if (!*text)
		return 0;
	if (*text != sign || str_to_i64(text + 1, &n) < 0 || n < 0 || n > RT_MAX - RT_MIN)
		return -1;
	return n;
}

static int by_name(const char *name, int fallback)
{
	int64_t n = -1;

	for (int s = 1; s < 32; s++)
		if (strcasecmp(str_or_empty(sigabbrev_np(s)), name) == 0)
			return s;
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		if (strcasecmp(aliases[i].name, name) == 0)
			return aliases[i].signo;
	if (strncasecmp(name, "RTMIN", 5) == 0 && (n = offset(name + 5, '+')) >= 0)
		return RT_MIN + (int)n;
	if (strncasecmp(name, "RTMAX", 5) == 0 && (n = offset(name + 5, '-')) >= 0)
		return RT_MAX - (int)n;
	return fallback;
}

int signal_number(const char *text, int fallback)
{
	int64_t n;

	if (str_empty(text))
		return fallback;
	if (str_to_i64(text, &n) == 0)
		return n > 0 && n <= RT_MAX ? (int)n : fallback;
	return by_name(strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text, fallback);
}
