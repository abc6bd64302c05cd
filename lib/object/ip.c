/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "lib/object/ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "lib/base/str.h"

int ip_parse(const char *s, struct ip_network *ret)
{
	*ret = (struct ip_network){ 0 };
	if (inet_pton(AF_INET, s, ret->bytes) == 1)
		ret->bits = 32;
	else if (inet_pton(AF_INET6, s, ret->bytes) == 1)
		ret->bits = 128;
	else
		return -EINVAL;
	ret->prefix = ret->bits;
	return 0;
}

int ip_parse_network(const char *s, struct ip_network *ret)
{
	char host[INET6_ADDRSTRLEN];
	const char *slash = strchr(s, '/');
	size_t len = slash ? (size_t)(slash - s) : 0;
	int64_t prefix;

	if (!slash || len >= sizeof(host) || slash[1] < '0' || slash[1] > '9')
		return -EINVAL;
	memcpy(host, s, len);
	host[len] = '\0';
	if (ip_parse(host, ret) < 0 || str_to_i64(slash + 1, &prefix) < 0 || prefix > ret->bits)
		return -EINVAL;
	ret->prefix = (unsigned)prefix;
	return 0;
}

/* Do A and B agree in the first COUNT bits? */
static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned count)
{
	unsigned rest = count % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	return memcmp(a, b, count / 8) == 0 && (rest == 0 || ((a[count / 8] ^ b[count / 8]) & mask) == 0);
}

bool ip_contains(const struct ip_network *outer, const struct ip_network *inner)
{
	return outer->bits == inner->bits && outer->prefix <= inner->prefix &&
	       same_bits(outer->bytes, inner->bytes, outer->prefix);
}

bool ip_has_host_bits(const struct ip_network *n)
{
	for (unsigned i = n->prefix; i < n->bits; i++)
		if (n->bytes[i / 8] & (0x80 >> (i % 8)))
			return true;
	return false;
}

const char *ip_special(const struct ip_network *address)
{
	static const struct {
		const char *network, *why;
	} special[] = {
		{ "0.0.0.0/32", "may not be the unspecified address" },
		{ "::/128", "may not be the unspecified address" },
		{ "127.0.0.0/8", "may not be in the loopback range (127.0.0.0/8, ::1)" },
		{ "::1/128", "may not be in the loopback range (127.0.0.0/8, ::1)" },
		{ "169.254.0.0/16", "may not be in the link-local range (169.254.0.0/16, fe80::/10)" },
		{ "fe80::/10", "may not be in the link-local range (169.254.0.0/16, fe80::/10)" },
		{ "224.0.0.0/24", "may not be in the link-local multicast range (224.0.0.0/24, ff02::/16)" },
		{ "ff02::/16", "may not be in the link-local multicast range (224.0.0.0/24, ff02::/16)" },
	};

	for (size_t i = 0; i < ARRAY_LEN(special); i++) {
		struct ip_network n;

		if (ip_parse_network(special[i].network, &n) == 0 && ip_contains(&n, address))
			return special[i].why;
	}
	return NULL;
}
