/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "lib/object/ssh_address.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/hash.h"
#include "lib/base/str.h"
#include "lib/object/base64.h"
#include "lib/object/ip.h"

enum { PORT_DEFAULT = 22, PORT_MAX = 65535, KEYS_MAX = 8, NAME_MAX_LEN = 253 };

/* --- addresses ------------------------------------------------------------------------------------------- */

static bool is_word(const char *s, const char *signs)
{
	if (*s == '\0' || *s == '-' || strlen(s) > NAME_MAX_LEN)
		return false;
	for (; *s != '\0'; s++)
		if (!(*s >= '0' && *s <= '9') && !(*s >= 'a' && *s <= 'z') && !(*s >= 'A' && *s <= 'Z') &&
			!strchr(signs, *s))
			return false;
	return true;
}

/* An IPv6 address, and the zone that a link-local one may have. */
static bool is_ipv6(const char *s)
{
	const char *zone = strchr(s, '%');
	char address[64];
	struct ip_network n;
	size_t len = zone ? (size_t)(zone - s) : strlen(s);

	if (len >= sizeof(address) || (zone && !is_word(zone + 1, "._-")))
		return false;
	memcpy(address, s, len);
	address[len] = '\0';
	return ip_parse(address, &n) == 0 && n.bits == 128;
}

/* What stands behind the host: nothing, or ":" and a port. */
static const char *parse_port(struct arena *arena, const char *text, int *ret)
{
	int64_t port;

	*ret = PORT_DEFAULT;
	if (*text == '\0')
		return NULL;
	if (*text != ':' || str_to_i64(text + 1, &port) < 0 || port < 1 || port > PORT_MAX)
		return arena_printf(arena, "`%s` is no port (1 to 65535)", *text == ':' ? text + 1 : text);
	*ret = (int)port;
	return NULL;
}

static const char *parse_brackets(struct arena *arena, const char *text, struct ssh_address *ret)
{
	const char *end = strchr(text, ']');

	if (!end)
		return arena_printf(arena, "`%s` has no closing bracket", text);
	ret->host = arena_strndup(arena, text + 1, (size_t)(end - text) - 1);
	if (!is_ipv6(ret->host))
		return arena_printf(arena, "`%s` is no IPv6 address", ret->host);
	return parse_port(arena, end + 1, &ret->port);
}

static const char *parse_host(struct arena *arena, const char *text, struct ssh_address *ret)
{
	const char *colon = strchr(text, ':');

	if (*text == '[')
		return parse_brackets(arena, text, ret);
	if (colon && strchr(colon + 1, ':'))
		return arena_printf(arena, "an IPv6 address stands in brackets: `[%s]`", text);
	ret->host = colon ? arena_strndup(arena, text, (size_t)(colon - text)) : arena_strdup(arena, text);
	if (*ret->host == '\0')
		return "must be [USER@]HOST[:PORT], but has no host";
	if (!is_word(ret->host, "._-"))
		return arena_printf(arena, "`%s` is no name or address of a host", ret->host);
	return parse_port(arena, colon ? colon : "", &ret->port);
}

const char *ssh_address_parse(struct arena *arena, const char *text, struct ssh_address *ret)
{
	const char *at = strrchr(text, '@');

	*ret = (struct ssh_address){ 0 };
	if (at) {
		ret->user = arena_strndup(arena, text, (size_t)(at - text));
		if (!is_word(ret->user, "._-+@"))
			return arena_printf(arena, "`%s` is no name of a user", ret->user);
	}
	return parse_host(arena, at ? at + 1 : text, ret);
}

const char *ssh_address_format(struct arena *arena, const struct ssh_address *a)
{
	const char *host = strchr(a->host, ':') ? arena_printf(arena, "[%s]", a->host) : a->host;

	return a->port == PORT_DEFAULT ? host : arena_printf(arena, "%s:%d", host, a->port);
}

/* --- host keys ------------------------------------------------------------------------------------------- */

/* The better first; RSA last. */
static const char *const types[] = { "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
	"ecdsa-sha2-nistp521", "ssh-rsa" };

static const char *find_type(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (str_eq(types[i], word))
			return types[i];
	return NULL;
}

bool ssh_host_key_is_modern(const struct ssh_host_key *k)
{
	return !str_eq(k->type, "ssh-rsa");
}

/* The next word of *AT, or NULL. */
static const char *next_word(struct arena *arena, const char **at)
{
	const char *start = *at + strspn(*at, " \t\r");
	size_t len = strcspn(start, " \t\r");

	*at = start + len;
	return len > 0 ? arena_strndup(arena, start, len) : NULL;
}

/* A blob is strings one after the other, each behind its length in four bytes: first its own type, then what that has. */
static bool is_blob(const struct buf *blob, const char *type)
{
	size_t at = 0, parts = 0;

	while (at + 4 <= blob->len) {
		const uint8_t *b = (const uint8_t *)blob->data + at;
		size_t len = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];

		if (len > blob->len - at - 4)
			return false;
		if (parts++ == 0 && (len != strlen(type) || memcmp(b + 4, type, len) != 0))
			return false;
		at += 4 + len;
	}
	return at == blob->len && parts >= 2;
}

static const char *parse_blob(struct arena *arena, struct ssh_host_key *k)
{
	_cleanup_(buf_done) struct buf blob = BUF_INIT;
	size_t at;

	if (base64_decode(k->base64, strlen(k->base64), &blob, &at) != BASE64_OK || !is_blob(&blob, k->type))
		return arena_printf(
			arena, "the %s key is not whole: the text behind its type is none such", k->type);
	k->blob = arena_memdup(arena, blob.data, blob.len);
	k->len = blob.len;
	return NULL;
}

static const char *parse_key(struct arena *arena, const char *line, struct ssh_host_key *ret)
{
	const char *first = next_word(arena, &line), *second = next_word(arena, &line);

	*ret = (struct ssh_host_key){ .type = find_type(first), .base64 = second };
	if (!ret->type && second && find_type(second))
		return arena_printf(
			arena, "must be `TYPE BASE64`: leave out `%s` before `%s`", first, second);
	if (!ret->type)
		return arena_printf(arena,
			"`%s` is no type of a host key (allowed: ssh-ed25519, ecdsa-sha2-nistp256, "
			"ecdsa-sha2-nistp384, ecdsa-sha2-nistp521, ssh-rsa)",
			first);
	if (!second)
		return arena_printf(
			arena, "must be `TYPE BASE64`, but the key behind `%s` is missing", first);
	return parse_blob(arena, ret);
}

const char *ssh_host_keys_parse(struct arena *arena, const char *text, struct ssh_host_keys *ret)
{
	*ret = (struct ssh_host_keys){ .items = arena_array(arena, KEYS_MAX, sizeof(ret->items[0])) };
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		const char *line = arena_strndup(arena, text, len), *wrong;

		text += len + (text[len] == '\n');
		line += strspn(line, " \t\r");
		if (*line == '\0' || *line == '#')
			continue;
		if (ret->count == KEYS_MAX)
			return "has more than 8 keys";
		wrong = parse_key(arena, line, &ret->items[ret->count++]);
		if (wrong)
			return wrong;
	}
	return ret->count > 0 ? NULL : "must be `TYPE BASE64`, but is empty";
}

const char *ssh_fingerprint(struct arena *arena, const void *blob, size_t len)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	uint8_t digest[SHA256_SIZE];

	sha256(blob, len, digest);
	buf_adds(&text, "SHA256:");
	base64_encode(digest, sizeof(digest), &text);
	while (text.len > 0 && text.data[text.len - 1] == '=')
		buf_truncate(&text, text.len - 1);
	return arena_strdup(arena, text.data);
}
