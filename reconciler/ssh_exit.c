/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/ssh_exit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"

enum { LINE_MAX_BYTES = 300 };

/* A line of the text, cut. */
struct line {
	char text[LINE_MAX_BYTES];
};

/* --- lines ----------------------------------------------------------------------------------------------------- */

/* The line at *AT, whose begin it returns; *AT moves behind it. NULL: there is none. Blanks at its ends are not of it. */
static const char *next_line(const char **at, size_t *ret_len)
{
	const char *begin = *at, *end;

	if (*begin == '\0')
		return NULL;
	end = begin + strcspn(begin, "\n");
	*at = *end ? end + 1 : end;
	while (begin < end && strchr(" \t\r", *begin))
		begin++;
	while (end > begin && strchr(" \t\r", end[-1]))
		end--;
	*ret_len = (size_t)(end - begin);
	return begin;
}

/* Does a line have both A and B? It is then in *RET (may be NULL). */
static bool find_line(const char *text, const char *a, const char *b, struct line *ret)
{
	const char *line;
	size_t len;

	while ((line = next_line(&text, &len))) {
		if (!memmem(line, len, a, strlen(a)) || !memmem(line, len, b, strlen(b)))
			continue;
		if (ret)
			snprintf(ret->text, sizeof(ret->text), "%.*s", (int)len, line);
		return true;
	}
	return false;
}

/* What only follows from what was said before, or says nothing. */
static bool is_noise(const char *line, size_t len)
{
	static const char *const noise[] = { "@", "Warning: Permanently added",
		"kex_exchange_identification:", "Connection closed by UNKNOWN", "Connection reset by UNKNOWN",
		"banner exchange: Connection to UNKNOWN", "stdio forwarding failed", "Killed by signal" };

	for (size_t i = 0; i < ARRAY_LEN(noise); i++)
		if (len >= strlen(noise[i]) && memcmp(line, noise[i], strlen(noise[i])) == 0)
			return true;
	return len == 0;
}

const char *ssh_exit_line(const char *text, size_t *ret_len)
{
	const char *line, *best = "";
	size_t len;

	*ret_len = 0;
	while ((line = next_line(&text, &len)))
		if (!is_noise(line, len)) {
			best = line;
			*ret_len = len;
		}
	return best;
}

static void last_line(const struct ssh_exit *e, struct line *ret)
{
	size_t len;
	const char *line = ssh_exit_line(e->text, &len);

	snprintf(ret->text, sizeof(ret->text), "%.*s", (int)len, line);
}

/* --- what ssh says --------------------------------------------------------------------------------------------- */

static int host_key(struct trouble *why, const struct ssh_exit *e, const char *line)
{
	struct line shown;
	const char *print = find_line(e->text, "SHA256:", "", &shown) ? strstr(shown.text, "SHA256:") : NULL;
	size_t len = print ? strcspn(print, " ") : 0;

	(void)line;
	if (len > 0 && print[len - 1] == '.')
		len--;
	if (print)
		memmove(shown.text, print, len);
	shown.text[len] = '\0';
	return trouble_ssh_host_key(why, e->where, print ? shown.text : "of another type", e->pinned);
}

static int refused_key(struct trouble *why, const struct ssh_exit *e, const char *line)
{
	(void)line;
	return trouble_ssh_key_refused(why, e->where, e->keys);
}

static int open_key(struct trouble *why, const struct ssh_exit *e, const char *line)
{
	const char *path = strchr(line, '\''), *end = path ? strchr(path + 1, '\'') : NULL;

	(void)e;
	if (!end)
		return trouble_set(why, -ENOKEY, TROUBLE_KEY_UNUSABLE, "%s", line);
	path++;
	return trouble_set(why, -ENOKEY, TROUBLE_KEY_UNUSABLE,
		"the key %.*s may be read by others: chmod 600 %.*s", (int)(end - path), path,
		(int)(end - path), path);
}

/* Load key "PATH": REASON. */
static int bad_key(struct trouble *why, const struct ssh_exit *e, const char *line)
{
	const char *path = strchr(line, '"'), *end = path ? strchr(path + 1, '"') : NULL;

	(void)e;
	if (!end)
		return trouble_set(why, -ENOKEY, TROUBLE_KEY_UNUSABLE, "%s", line);
	path++;
	return trouble_set(why, -ENOKEY, TROUBLE_KEY_UNUSABLE, "the key %.*s can't be used: %s",
		(int)(end - path), path, str_starts(end, "\": ") ? end + 3 : end);
}

static int bad_signature(struct trouble *why, const struct ssh_exit *e, const char *line)
{
	(void)e;
	return trouble_set(why, -ENOKEY, TROUBLE_KEY_UNUSABLE, "%s", line);
}

/* Who is to log in has nothing to do with it. */
static const char *host_of(const struct ssh_exit *e)
{
	const char *at = strchr(e->where, '@');

	return at ? at + 1 : e->where;
}

static int no_connection(struct trouble *why, const struct ssh_exit *e, const char *line)
{
	const char *reason = strrchr(line, ':');

	return trouble_set(why, -EHOSTUNREACH, TROUBLE_CONNECT_FAILED, "connecting to %s: %s", host_of(e),
		reason && reason[1] == ' ' ? reason + 2 : line);
}

static int refused_connection(struct trouble *why, const struct ssh_exit *e, const char *line)
{
	(void)line;
	return trouble_set(why, -ECONNREFUSED, TROUBLE_CONNECT_FAILED,
		"%s refuses the connection: is sshd running there?", host_of(e));
}

static int no_answer(struct trouble *why, const struct ssh_exit *e, const char *line)
{
	(void)line;
	return trouble_set(why, -ETIMEDOUT, TROUBLE_NO_ANSWER,
		"%s does not answer within 20 seconds: is the host up, and its port open?", e->where);
}

static int no_greeting(struct trouble *why, const struct ssh_exit *e, const char *line)
{
	(void)line;
	return trouble_set(why, -ETIMEDOUT, TROUBLE_NO_ANSWER,
		"%s takes the connection, but says nothing within 20 seconds: is it sshd?", e->where);
}

static int no_name(struct trouble *why, const struct ssh_exit *e, const char *line)
{
	const char *name = strstr(line, "hostname ");
	size_t len = name ? strcspn(name += strlen("hostname "), ":") : 0;

	(void)e;
	return trouble_set(why, -ENOENT, TROUBLE_HOST_UNKNOWN, "the name %.*s has no address", (int)len,
		str_or_empty(name));
}

static int no_ssh(struct trouble *why, const struct ssh_exit *e, const char *line)
{
	(void)line;
	return trouble_set(why, -EPROTO, TROUBLE_SSH_FAILED, "what answers at %s speaks no SSH", e->where);
}

static int no_settings(struct trouble *why, const struct ssh_exit *e, const char *line)
{
	(void)e;
	return trouble_set(why, -EINVAL, TROUBLE_SSH_FAILED, "ssh(1) can't use its settings: %s", line);
}

static int on_the_way(struct trouble *why, const struct ssh_exit *e, const char *line)
{
	struct line last;

	(void)line;
	last_line(e, &last);
	if (*last.text == '\0')
		return trouble_set(why, -ECONNRESET, TROUBLE_CONNECT_FAILED,
			"%s, or a host on the way there, closes the connection before it says anything",
			e->where);
	return trouble_set(why, -EHOSTUNREACH, TROUBLE_CONNECT_FAILED,
		"the way to %s that ssh_config(5) tells (ProxyJump, ProxyCommand) leads nowhere: %s",
		e->where, last.text);
}

static int silent_way(struct trouble *why, const struct ssh_exit *e, const char *line)
{
	(void)line;
	return trouble_set(why, -ETIMEDOUT, TROUBLE_NO_ANSWER,
		"no answer from %s within 20 seconds on the way that ssh_config(5) tells (ProxyJump, "
		"ProxyCommand)",
		e->where);
}

static int closed(struct trouble *why, const struct ssh_exit *e, const char *line)
{
	(void)line;
	return trouble_set(why, -ECONNRESET, TROUBLE_SSH_FAILED,
		"%s has closed the connection before the session began", e->where);
}

/* The first row that fits counts: those of ssh itself that name its own end, then of the way, then what either might have said. */
static const struct {
	const char *a, *b; /* both in one line; ALIAS stands for the HostKeyAlias */
	int (*tell)(struct trouble *why, const struct ssh_exit *e, const char *line);
} rows[] = {
	{ "has changed and you have requested strict checking", "ALIAS", host_key },
	{ "host key is known for", "ALIAS", host_key },
	{ "terminating, ", "bad configuration options", no_settings },
	{ "Bad configuration option", "", no_settings },
	{ "Can't open user config file", "", no_settings },
	{ "Bad owner or permissions on", "", no_settings },
	{ "by UNKNOWN port 65535", "", on_the_way },
	{ "with UNKNOWN port 65535", "", on_the_way },
	{ "to UNKNOWN port 65535: Broken pipe", "", on_the_way },
	{ "to UNKNOWN port 65535: Connection reset", "", on_the_way },
	{ "to UNKNOWN port 65535 timed out", "", silent_way },
	{ "Permissions ", " are too open", open_key },
	{ "Load key \"", "\": ", bad_key },
	{ "signing failed for", "", bad_signature },
	{ "Permission denied (", "", refused_key },
	{ "Too many authentication failures", "", refused_key },
	{ "Could not resolve hostname ", "", no_name },
	{ "ssh: connect to host ", ": Connection refused", refused_connection },
	{ "ssh: connect to host ", " timed out", no_answer },
	{ "ssh: connect to host ", "", no_connection },
	{ "timed out during banner exchange", "", no_greeting },
	{ "banner exchange: ", ": invalid format", no_ssh },
	{ "banner line contains invalid characters", "", no_ssh },
	{ "banner line too long", "", no_ssh },
	{ "kex_exchange_identification: ", "onnection ", closed },
	{ "Connection closed by ", "", closed },
	{ "Connection reset by ", "", closed },
};

static int told(struct trouble *why, const struct ssh_exit *e)
{
	struct line line;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *b = str_eq(rows[i].b, "ALIAS") ? e->alias : rows[i].b;

		if (find_line(e->text, rows[i].a, b, &line))
			return rows[i].tell(why, e, line.text);
	}
	last_line(e, &line);
	if (*line.text == '\0')
		return closed(why, e, "");
	return trouble_set(why, -EPROTO, TROUBLE_SSH_FAILED, "%s: %s", e->where, line.text);
}

int ssh_exit_trouble(struct trouble *why, const struct ssh_exit *e)
{
	struct line line;

	if (e->status == 255 && e->began)
		return trouble_set(
			why, -ECONNRESET, TROUBLE_SESSION_ENDED, "the connection to %s is lost", e->where);
	if (e->status == 255)
		return told(why, e);
	last_line(e, &line);
	if (e->status > 128)
		return trouble_set(why, -ECONNRESET, TROUBLE_SSH_FAILED,
			"the ssh child for %s was ended by signal %d", e->where, e->status - 128);
	return trouble_command_ended(why, e->where, e->status, line.text);
}
