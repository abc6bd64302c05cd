/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/trouble.h"

#include <errno.h>
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

int trouble_ssh_host_key(struct trouble *t, const char *where, const char *shown, const char *pinned)
{
	return trouble_set(t, -EKEYREJECTED, TROUBLE_HOST_KEY,
		"%s shows the host key %s, which is not that of its manifest (%s): if the host was installed "
		"anew "
		"put its new key into pintle.dev/ssh-host-key; else somebody else answers in its place",
		where, shown, pinned);
}

int trouble_ssh_key_refused(struct trouble *t, const char *where, const char *keys)
{
	return trouble_set(t, -EACCES, TROUBLE_KEY_REFUSED,
		"%s refuses %s: its public half belongs into the user's authorized_keys there, behind "
		"restrict,command=\"…\" (pintle node add does it)",
		where, keys);
}

int trouble_command_ended(struct trouble *t, const char *where, int status, const char *line)
{
	if (status == 0 && *line == '\0')
		return trouble_set(t, -ECONNRESET, TROUBLE_SESSION_ENDED, "the agent has closed the session");
	if (status == 126 || status == 127)
		return trouble_set(t, -ECONNRESET, TROUBLE_AGENT_MISSING,
			"%s can't run pintle-agent (pintle node add installs it): %s", where, line);
	if (*line == '\0')
		return trouble_set(t, -ECONNRESET, TROUBLE_AGENT_MISSING,
			"%s: pintle-agent session ended with status %d", where, status);
	return trouble_set(t, -ECONNRESET, TROUBLE_AGENT_MISSING, "%s: %s", where, line);
}
