/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/ctl/port_forward_words.h"

#include <errno.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

enum { PORT_MAX = 65535, NAME_MAX_LEN = 63 };

/* --- ports ---------------------------------------------------------------------------------------------- */

static bool is_number(const char *s, size_t len)
{
	return len > 0 && strspn(s, "0123456789") >= len;
}

/* LEN digits at S. -ERANGE: it is no port, nor 0. */
static int number_of(const char *s, size_t len, uint16_t *ret)
{
	unsigned n = 0;
	for (size_t i = 0; i < len; i++) {
		n = n * 10 + (unsigned)(s[i] - '0');
		if (n > PORT_MAX)
			return -ERANGE;
	}
	*ret = (uint16_t)n;
	return 0;
}

/* A port's name: what both containers' (IANA_SVC_NAME) and Services' (DNS_LABEL) can be. */
static bool is_name(const char *s)
{
	size_t len = strlen(s);
	return len > 0 && len <= NAME_MAX_LEN && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == len &&
	       s[0] != '-' && s[len - 1] != '-';
}

static int parse_remote(const char *word, struct forward_word *ret, struct err *err)
{
	const char *s = ret->remote;
	size_t len = strlen(s);
	if (len == 0)
		return err_set(
			err, -EINVAL, "\"%s\" names no port of the pod: [LOCAL:]REMOTE is wanted", word);
	if (is_number(s, len)) {
		if (number_of(s, len, &ret->number) == 0 && ret->number > 0)
			return 0;
		return err_set(
			err, -EINVAL, "\"%s\": port %s of the pod is not within 1 to %d", word, s, PORT_MAX);
	}
	if (is_name(s))
		return 0;
	return err_set(err, -EINVAL, "\"%s\": \"%s\" is neither a port's number nor its name", word, s);
}

static int parse_local(const char *word, size_t len, struct forward_word *ret, struct err *err)
{
	if (len == 0)
		return 0;
	if (!is_number(word, len))
		return err_set(err, -EINVAL, "\"%s\": the local port \"%.*s\" is not a number", word,
			(int)len, word);
	if (number_of(word, len, &ret->local) < 0)
		return err_set(err, -EINVAL, "\"%s\": the local port %.*s is above %d", word, (int)len, word,
			PORT_MAX);
	return 0;
}

int forward_word_parse(const char *word, struct forward_word *ret, struct err *err)
{
	const char *colon = strchr(word, ':');
	*ret = (struct forward_word){ .remote = colon ? colon + 1 : word, .same = !colon };
	int r = colon ? parse_local(word, (size_t)(colon - word), ret, err) : 0;
	return r < 0 ? r : parse_remote(word, ret, err);
}

/* --- addresses ----------------------------------------------------------------------------------------------- */

static int add_one(struct forward_addresses *a, const char *text, bool optional, struct err *err)
{
	struct forward_address new = { .optional = optional };
	if (ip_parse(text, &new.ip) < 0)
		return err_set(err, -EINVAL, "\"%s\" is no IP address, nor localhost", text);
	for (size_t i = 0; i < a->count; i++) {
		struct forward_address *old = &a->items[i];
		if (!ip_contains(&old->ip, &new.ip))
			continue;
		old->optional = old->optional && optional;
		return 0;
	}
	if (a->count == FORWARD_ADDRESSES_MAX)
		return err_set(err, -E2BIG, "more than %d addresses", FORWARD_ADDRESSES_MAX);
	a->items[a->count++] = new;
	return 0;
}

int forward_addresses_add(struct forward_addresses *a, const char *list, struct err *err)
{
	for (const char *s = list;; s++) {
		size_t len = strcspn(s, ",");
		_cleanup_(freep) char *text = xstrndup(s, len);
		bool local = str_eq(text, "localhost");
		int r = add_one(a, local ? "127.0.0.1" : text, local, err);
		if (r == 0 && local)
			r = add_one(a, "::1", true, err);
		if (r < 0)
			return r;
		s += len;
		if (*s == '\0')
			return 0;
	}
}
