/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/trouble.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"

int trouble_set(struct trouble *t, int code, const char *reason, const char *fmt, ...)
{
	va_list args;

	t->reason = reason;
	va_start(args, fmt);
	int n = vsnprintf(t->message, sizeof(t->message), fmt, args);
	va_end(args);
	if (n >= (int)sizeof(t->message))
		t->message[str_utf8_cut(t->message, sizeof(t->message) - 1)] = '\0';
	for (char *c = t->message; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	return code;
}

bool trouble_may_pass(const struct trouble *t)
{
	static const char *const passing[] = { TROUBLE_CONNECT_FAILED, TROUBLE_HOST_UNKNOWN,
		TROUBLE_AGENT_MISSING, TROUBLE_SESSION_ENDED, TROUBLE_SSH_FAILED };

	for (size_t i = 0; i < ARRAY_LEN(passing); i++)
		if (str_eq(t->reason, passing[i]))
			return true;
	return false;
}
