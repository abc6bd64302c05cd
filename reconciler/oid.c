/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/oid.h"

#include <errno.h>
#include <string.h>

#include "lib/base/str.h"

bool oid_equal(const struct oid *a, const struct oid *b)
{
	return memcmp(a->raw, b->raw, OID_SIZE) == 0;
}

bool oid_is_zero(const struct oid *o)
{
	static const struct oid zero;

	return oid_equal(o, &zero);
}

char *oid_format(const struct oid *o, char *ret)
{
	str_hex(o->raw, OID_SIZE, ret);
	return ret;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int oid_parse(const char *text, struct oid *ret)
{
	struct oid o;

	if (strlen(text) != OID_HEX - 1)
		return -EINVAL;
	for (size_t i = 0; i < OID_SIZE; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		o.raw[i] = (uint8_t)(high << 4 | low);
	}
	*ret = o;
	return 0;
}
