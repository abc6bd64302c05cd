/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The grammar, from distribution/reference:
 *
 *     reference  := [domain "/"] path [":" tag] ["@" digest]
 *     domain     := host [":" port]; the first component is one when it has "." or ":", or is "localhost"
 *     path       := component *("/" component); component := [a-z0-9]+ separated by ".", "_", "__" or "-"+
 *     tag        := [A-Za-z0-9_][A-Za-z0-9_.-]{0,127}
 */
#include "nodeagent/image_ref.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

enum { TAG_MAX = 128, NAME_MAX_LEN = 255 };

static const char digest_prefix[] = "sha256:";

static bool is_lower_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool image_digest_valid(const char *s)
{
	const char *hex = str_after(s, digest_prefix);

	return hex && strlen(hex) == 64 && strspn(hex, "0123456789abcdef") == 64;
}

const char *image_digest_hex(const char *digest)
{
	return digest + sizeof(digest_prefix) - 1;
}

/* The length of a separator (".", "_", "__", any number of "-") at S; 0: there is none. */
static size_t separator_len(const char *s)
{
	size_t dashes = strspn(s, "-");

	if (dashes > 0)
		return dashes;
	if (*s == '.')
		return 1;
	if (*s == '_')
		return s[1] == '_' ? 2 : 1;
	return 0;
}

/* Components of letters, digits and separators, with one "/" between each two. */
static bool path_valid(const char *s)
{
	for (;;) {
		if (!is_lower_alnum(*s))
			return false;
		while (is_lower_alnum(*s))
			s++;
		if (*s == '\0')
			return true;
		size_t n = *s == '/' ? 1 : separator_len(s);
		if (n == 0)
			return false;
		s += n;
	}
}

static bool tag_valid(const char *s)
{
	size_t len = strlen(s);

	if (len == 0 || len > TAG_MAX || *s == '.' || *s == '-')
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("_.-", *s))
			return false;
	return true;
}

/* Host name, IPv4 or bracketed IPv6 address, with an optional port. */
static bool registry_valid(const char *s)
{
	size_t host = *s == '[' ? strcspn(s, "]") + 1 : strcspn(s, ":");

	if (host > strlen(s) || host == 0)
		return false;
	for (size_t i = 0; i < host; i++) {
		char c = s[i];

		if (!isalnum((unsigned char)c) && !strchr(*s == '[' ? "[]:." : ".-", c))
			return false;
	}
	if (s[host] == '\0')
		return *s != '.' && *s != '-';
	size_t digits = strspn(s + host + 1, "0123456789");
	return s[host] == ':' && digits > 0 && digits <= 5 && s[host + 1 + digits] == '\0';
}

static bool looks_like_registry(const char *first)
{
	return strpbrk(first, ".:[") || str_eq(first, "localhost");
}

/* NAME, without tag and digest, becomes registry and repository. */
static void split_name(const char *name, struct image_ref *ret)
{
	const char *slash = strchr(name, '/');
	_cleanup_(freep) char *first = slash ? xstrndup(name, (size_t)(slash - name)) : NULL;

	if (first && looks_like_registry(first)) {
		ret->registry = str_eq(first, "index.docker.io") ? xstrdup("docker.io") : TAKE_PTR(first);
		name = slash + 1;
	} else {
		ret->registry = xstrdup("docker.io");
	}
	bool official = str_eq(ret->registry, "docker.io") && !strchr(name, '/');
	ret->repository = xasprintf("%s%s", official ? "library/" : "", name);
}

static const char *why_invalid(const struct image_ref *r)
{
	if (!registry_valid(r->registry))
		return "the registry is no host name with an optional port";
	if (strpbrk(r->repository, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
		return "the repository must be lower case";
	if (!path_valid(r->repository))
		return "the repository may have a-z, 0-9 and single separators . _ - / between them";
	if (strlen(r->registry) + 1 + strlen(r->repository) > NAME_MAX_LEN)
		return "the name is longer than 255 characters";
	if (r->tag && !tag_valid(r->tag))
		return "a tag has up to 128 letters, digits, _ . - and begins with a letter, a digit or _";
	if (r->digest && !image_digest_valid(r->digest))
		return "a digest is sha256: and 64 hexadecimal digits";
	return NULL;
}

int image_ref_parse(const char *text, struct image_ref *ret, struct err *err)
{
	_cleanup_(freep) char *name = xstrdup(str_or_empty(text));
	struct image_ref r = { 0 };

	char *at = strchr(name, '@');
	if (at) {
		*at = '\0';
		r.digest = xstrdup(at + 1);
	}
	/* The last ":" begins a tag unless a "/" follows: then it begins a port. */
	char *colon = strrchr(name, ':');
	if (colon && !strchr(colon, '/')) {
		*colon = '\0';
		r.tag = xstrdup(colon + 1);
	}
	if (!r.tag && !r.digest)
		r.tag = xstrdup("latest");
	split_name(name, &r);

	const char *why = str_empty(name) ? "it is empty" : why_invalid(&r);
	if (why) {
		image_ref_done(&r);
		return err_set(err, -EINVAL, "\"%s\" is no image reference: %s", str_or_empty(text), why);
	}
	*ret = r;
	return 0;
}

void image_ref_done(struct image_ref *r)
{
	free(r->registry);
	free(r->repository);
	free(r->tag);
	free(r->digest);
	*r = (struct image_ref){ 0 };
}

char *image_ref_format(const struct image_ref *r)
{
	struct buf b = BUF_INIT;

	buf_addf(&b, "%s/%s", r->registry, r->repository);
	if (r->tag)
		buf_addf(&b, ":%s", r->tag);
	if (r->digest)
		buf_addf(&b, "@%s", r->digest);
	return buf_take(&b);
}

char *image_ref_repository(const struct image_ref *r)
{
	return xasprintf("%s/%s", r->registry, r->repository);
}

bool image_ref_is_loopback(const struct image_ref *r)
{
	const char *rest = str_after(r->registry, "localhost");

	if (rest && (*rest == '\0' || *rest == ':'))
		return true;
	if (str_starts(r->registry, "[::1]"))
		return true;
	return str_starts(r->registry, "127.") && strspn(r->registry, "0123456789.:") == strlen(r->registry);
}
