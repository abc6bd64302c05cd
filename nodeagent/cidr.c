/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Prefixes are compared bit by bit over the shorter of the two. */
#include "nodeagent/cidr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"

static unsigned family_bits(int family)
{
	return family == AF_INET ? 32 : 128;
}

int cidr_parse_address(const char *text, struct cidr *ret, struct err *err)
{
	struct cidr c = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	if (inet_pton(c.family, text, c.bytes) != 1)
		return err_set(err, -EINVAL, "\"%s\" is not an IP address", text);
	c.prefix = family_bits(c.family);
	*ret = c;
	return 0;
}

/* Are all bits of C behind its prefix zero? */
static bool host_bits_zero(const struct cidr *c)
{
	for (unsigned bit = c->prefix; bit < family_bits(c->family); bit++)
		if (c->bytes[bit / 8] & (0x80 >> bit % 8))
			return false;
	return true;
}

int cidr_parse(const char *text, struct cidr *ret, struct err *err)
{
	char address[CIDR_TEXT_MAX];
	const char *slash = strchr(text, '/');
	int64_t prefix;
	struct cidr c;

	if (!slash || (size_t)(slash - text) >= sizeof(address))
		return err_set(err, -EINVAL, "\"%s\" is not an IP prefix like 10.244.0.0/24", text);
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (cidr_parse_address(address, &c, err) < 0)
		return -EINVAL;
	if (slash[1] < '0' || slash[1] > '9' || str_to_i64(slash + 1, &prefix) < 0 ||
		prefix > (int64_t)family_bits(c.family))
		return err_set(err, -EINVAL, "\"%s\": the prefix length is not 0 to %u", text,
			family_bits(c.family));
	c.prefix = (unsigned)prefix;
	if (!host_bits_zero(&c))
		return err_set(err, -EINVAL, "\"%s\" has bits set behind its prefix", text);
	*ret = c;
	return 0;
}

bool cidr_overlaps(const struct cidr *a, const struct cidr *b)
{
	unsigned prefix = a->prefix < b->prefix ? a->prefix : b->prefix;
	unsigned rest = prefix % 8;

	if (a->family != b->family || memcmp(a->bytes, b->bytes, prefix / 8) != 0)
		return false;
	return rest == 0 || ((a->bytes[prefix / 8] ^ b->bytes[prefix / 8]) >> (8 - rest)) == 0;
}

bool cidr_contains(const struct cidr *outer, const struct cidr *inner)
{
	return outer->prefix <= inner->prefix && cidr_overlaps(outer, inner);
}

int cidr_cmp(const struct cidr *a, const struct cidr *b)
{
	int r = (a->family > b->family) - (a->family < b->family);

	if (r == 0)
		r = memcmp(a->bytes, b->bytes, sizeof(a->bytes));
	return r ? r : (a->prefix > b->prefix) - (a->prefix < b->prefix);
}

bool cidr_equal(const struct cidr *a, const struct cidr *b)
{
	return a->prefix == b->prefix && cidr_overlaps(a, b);
}

char *cidr_format(const struct cidr *c, char *ret)
{
	char address[INET6_ADDRSTRLEN] = "?";

	inet_ntop(c->family, c->bytes, address, sizeof(address));
	snprintf(ret, CIDR_TEXT_MAX, "%s/%u", address, c->prefix);
	return ret;
}
