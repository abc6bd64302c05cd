/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The name of a git object (SHA-1), for code that does not know libgit2. */
#pragma once

#include "lib/base/cleanup.h"

enum { OID_SIZE = 20, OID_HEX = 41 /* with the NUL */ };

struct oid {
	uint8_t raw[OID_SIZE]; /* all zero: none */
};

bool oid_equal(const struct oid *a, const struct oid *b);
bool oid_is_zero(const struct oid *o);
/* Lower-case hex into RET (OID_HEX bytes); returns RET. */
char *oid_format(const struct oid *o, char *ret);
/* 40 hex digits, nothing else. 0 or -EINVAL. */
int oid_parse(const char *text, struct oid *ret);
