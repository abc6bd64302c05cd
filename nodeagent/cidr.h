/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* IP prefixes ("10.244.0.0/24", "fd00::/64"): parse, compare, print. RFC 4632, RFC 4291. */
#pragma once

#include "lib/base/err.h"

enum { CIDR_TEXT_MAX = 64 };

struct cidr {
	int family;        /* AF_INET or AF_INET6 */
	uint8_t bytes[16]; /* network byte order; the first 4 for IPv4 */
	unsigned prefix;
};

/* With "/N"; host bits must be zero. -EINVAL (ERR says what is wrong). */
int cidr_parse(const char *text, struct cidr *ret, struct err *err);
/* A plain address: prefix 32 or 128. -EINVAL. */
int cidr_parse_address(const char *text, struct cidr *ret, struct err *err);
/* Is any address in both? Never across families. */
bool cidr_overlaps(const struct cidr *a, const struct cidr *b);
/* Is all of INNER in OUTER? */
bool cidr_contains(const struct cidr *outer, const struct cidr *inner);
/* An order: by family, address, prefix; what contains another comes before it. */
int cidr_cmp(const struct cidr *a, const struct cidr *b);
bool cidr_equal(const struct cidr *a, const struct cidr *b);
/* "10.244.0.0/24". RET has CIDR_TEXT_MAX bytes; returns RET. */
char *cidr_format(const struct cidr *c, char *ret);
