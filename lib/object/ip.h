/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * IP addresses and networks of both families, as manifests write them: "10.0.0.1", "fd00::1", "10.0.0.0/16".
 * Octets have no leading zeros (KEP-4858), since programs differ in what these mean.
 */
#pragma once

#include "lib/base/cleanup.h"

struct ip_network {
	uint8_t bytes[16]; /* 4 of them for IPv4; in network order */
	unsigned bits;     /* of an address: 32 or 128 */
	unsigned prefix;   /* == bits: a single address */
};

/* An address; its prefix is that of the whole address. -EINVAL. */
int ip_parse(const char *s, struct ip_network *ret);
/* ADDRESS/PREFIX; bits of the host may be set, and count for nothing. -EINVAL. */
int ip_parse_network(const char *s, struct ip_network *ret);
/* Is all of INNER within OUTER? */
bool ip_contains(const struct ip_network *outer, const struct ip_network *inner);
/* Has it bits set behind the prefix? */
bool ip_has_host_bits(const struct ip_network *n);
/* Why an endpoint can't have the address (core/v1 validation ValidateNonSpecialIP), to follow "field: "; NULL: it can. */
const char *ip_special(const struct ip_network *address);
