/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "tests/share/options.h"

#include <getopt.h>
#include <limits.h>
#include <stdint.h>

#include "lib/base/str.h"

enum { ROWS_MAX = 32, FIRST = 256 /* beyond what getopt_long means by characters */ };

static bool take(const struct option_row *row, const char *value)
{
	int64_t n;

	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)row->at = true;
		return true;
	case OPTION_TEXT:
		*(const char **)row->at = value;
		return true;
	case OPTION_COUNT:
		if (str_to_i64(value, &n) < 0 || n < 0 || n > UINT_MAX)
			return false;
		*(unsigned *)row->at = (unsigned)n;
		return true;
	case OPTION_NUMBER:
		if (str_to_i64(value, &n) < 0 || n < 0)
			return false;
		*(uint64_t *)row->at = (uint64_t)n;
		return true;
	}
	return false;
}

bool options_take(int argc, char **argv, const struct option_row *rows, size_t count)
{
	struct option longs[ROWS_MAX + 1] = { 0 };

	for (size_t i = 0; i < count; i++)
		longs[i] = (struct option){ rows[i].name, rows[i].kind != OPTION_FLAG, NULL, FIRST + (int)i };
	for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) >= 0;)
		if (c < FIRST || !take(&rows[c - FIRST], optarg))
			return false;
	return optind == argc;
}
