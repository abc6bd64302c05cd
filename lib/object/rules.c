/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Rules for names, keys, paths and addresses: those of apimachinery's validation package and of
 * core/v1 validation. Each says in one sentence what is wrong with this very string.
 */
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/ip.h"
#include "lib/object/meta.h"
#include "lib/object/tables.h"

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z');
}

static bool is_lower_alnum(char c)
{
	return is_lower(c) || is_digit(c);
}

/* [a-z0-9]([-a-z0-9]*[a-z0-9])? over LEN bytes. */
static bool label_ok(const char *s, size_t len)
{
	if (len == 0 || !is_lower_alnum(s[0]) || !is_lower_alnum(s[len - 1]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_lower_alnum(s[i]) && s[i] != '-')
			return false;
	return true;
}

/* [A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])? over LEN bytes. */
static bool qualified_part_ok(const char *s, size_t len)
{
	if (len == 0 || !is_alnum(s[0]) || !is_alnum(s[len - 1]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(s[i]) && !strchr("-_.", s[i]))
			return false;
	return true;
}

static bool subdomain_ok(const char *s, size_t len)
{
	for (size_t start = 0;;) {
		const char *dot = memchr(s + start, '.', len - start);
		size_t end = dot ? (size_t)(dot - s) : len;
		if (!label_ok(s + start, end - start))
			return false;
		if (!dot)
			return true;
		start = end + 1;
	}
}

static const char *too_long(struct arena *a, const char *s, size_t max)
{
	return arena_printf(a, "`%.40s…` has %zu characters; at most %zu are allowed", s, strlen(s), max);
}

const char *rule_dns_label(struct arena *arena, const char *s)
{
	size_t len = strlen(s);
	if (len > 63)
		return too_long(arena, s, 63);
	if (label_ok(s, len))
		return NULL;
	return arena_printf(arena,
		"`%s` must be lower-case letters, digits and \"-\", and start and end with a letter or digit "
		"(RFC 1123 label)",
		s);
}

const char *rule_dns_label_1035(struct arena *arena, const char *s)
{
	size_t len = strlen(s);
	if (len > 63)
		return too_long(arena, s, 63);
	if (label_ok(s, len) && is_lower(s[0]))
		return NULL;
	return arena_printf(arena,
		"`%s` must be lower-case letters, digits and \"-\", start with a letter, and end with a "
		"letter or digit (RFC 1035 label)",
		s);
}

const char *rule_dns_subdomain(struct arena *arena, const char *s)
{
	size_t len = strlen(s);
	if (len > 253)
		return too_long(arena, s, 253);
	if (subdomain_ok(s, len))
		return NULL;
	return arena_printf(arena,
		"`%s` must be lower-case letters, digits, \"-\" and \".\", each part between dots starting "
		"and ending with a letter or digit (RFC 1123 subdomain)",
		s);
}

const char *rule_label_key(struct arena *arena, const char *s)
{
	const char *slash = strchr(s, '/');
	const char *name = slash ? slash + 1 : s;
	if (slash) {
		size_t prefix = (size_t)(slash - s);
		if (prefix > 253 || !subdomain_ok(s, prefix))
			return arena_printf(arena,
				"`%.300s`: the part before \"/\" must be a DNS name in lower case, at most "
				"253 characters",
				s);
	}
	if (strlen(name) > 63)
		return arena_printf(arena,
			"`%.300s`: the name part has %zu characters; at most 63 are allowed", s,
			strlen(name));
	if (qualified_part_ok(name, strlen(name)))
		return NULL;
	return arena_printf(arena,
		"`%.300s` must be letters, digits, \"-\", \"_\" and \".\", start and end with a letter or "
		"digit, and may have a DNS name and \"/\" before it",
		s);
}

const char *rule_annotation_key(struct arena *arena, const char *s)
{
	char *lower = arena_strdup(arena, s);
	for (char *p = lower; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return rule_label_key(arena, lower);
}

const char *rule_label_value(struct arena *arena, const char *s)
{
	size_t len = strlen(s);
	if (len > 63)
		return too_long(arena, s, 63);
	if (len == 0 || qualified_part_ok(s, len))
		return NULL;
	return arena_printf(arena,
		"`%s` is no label value: it must be letters, digits, \"-\", \"_\" and \".\", and start and "
		"end with a letter or digit",
		s);
}

const char *rule_config_key(struct arena *arena, const char *s)
{
	size_t len = strlen(s);
	if (len == 0)
		return "must not be empty";
	if (len > 253)
		return too_long(arena, s, 253);
	if (str_eq(s, ".") || str_eq(s, "..") || str_starts(s, ".."))
		return arena_printf(arena, "`%s` must not be \".\" or start with \"..\"", s);
	for (const char *p = s; *p; p++)
		if (!is_alnum(*p) && !strchr("-_.", *p))
			return arena_printf(
				arena, "`%s` must be letters, digits, \"-\", \"_\" and \".\" only", s);
	return NULL;
}

const char *rule_port_name(struct arena *arena, const char *s)
{
	size_t len = strlen(s);
	if (len > 15)
		return arena_printf(
			arena, "`%.80s` has %zu characters; a port's name has at most 15", s, len);
	bool letter = false;
	for (const char *p = s; *p; p++)
		letter |= is_lower(*p);
	if (letter && label_ok(s, len) && !strstr(s, "--"))
		return NULL;
	return arena_printf(arena,
		"`%s` is no port name: it must be lower-case letters, digits and single \"-\" between them, "
		"with at least one letter",
		s);
}

const char *rule_env_name(struct arena *arena, const char *s)
{
	if (!*s)
		return "an environment variable must have a name";
	for (const char *p = s; *p; p++)
		if (*p < ' ' || *p > '~' || *p == '=')
			return arena_printf(
				arena, "`%s` must be printable ASCII characters without \"=\"", s);
	return NULL;
}

/* Whether one of the parts of S between slashes is "..". */
static bool has_backstep(const char *s)
{
	for (const char *p = s;;) {
		size_t len = strcspn(p, "/");
		if (len == 2 && p[0] == '.' && p[1] == '.')
			return true;
		if (!p[len])
			return false;
		p += len + 1;
	}
}

const char *rule_absolute_path(struct arena *arena, const char *s)
{
	if (s[0] != '/')
		return arena_printf(arena, "`%s` must be an absolute path", s);
	if (has_backstep(s))
		return arena_printf(arena, "`%s` must not contain \"..\"", s);
	return NULL;
}

const char *rule_relative_path(struct arena *arena, const char *s)
{
	if (s[0] == '/')
		return arena_printf(arena, "`%s` must be a relative path", s);
	if (has_backstep(s))
		return arena_printf(arena, "`%s` must not contain \"..\"", s);
	return NULL;
}

const char *rule_ip(struct arena *arena, const char *s)
{
	struct ip_network n;
	return ip_parse(s, &n) == 0 ? NULL : arena_printf(arena, "`%s` is no IP address", s);
}

const char *rule_ip_of_host(struct arena *arena, const char *s)
{
	struct ip_network n;
	const char *special;
	if (ip_parse(s, &n) < 0)
		return arena_printf(arena, "`%s` is no IP address", s);
	special = ip_special(&n);
	return special ? arena_printf(arena, "`%s` %s", s, special) : NULL;
}

const char *rule_cidr(struct arena *arena, const char *s)
{
	struct ip_network n;
	return ip_parse_network(s, &n) == 0
		       ? NULL
		       : arena_printf(arena, "`%s` is no network such as 10.0.0.0/16", s);
}

const char *rule_path_segment(struct arena *arena, const char *s)
{
	if (str_eq(s, ".") || str_eq(s, ".."))
		return arena_printf(arena, "`%s` must not be \".\" or \"..\"", s);
	if (strlen(s) > 253)
		return too_long(arena, s, 253);
	for (const char *p = s; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f || *p == '/' || *p == '%')
			return arena_printf(arena, "`%s` must not contain \"/\", \"%%\" or white space", s);
	return NULL;
}
