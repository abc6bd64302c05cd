/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Spans of time as Go and kubectl write them (time.h). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/time.h"

/* The largest magnitude: that of INT64_MIN. */
#define MAGNITUDE_MAX ((uint64_t)1 << 63)

/* Longer names first where one begins another. */
static const struct unit {
	const char *name;
	uint64_t nsec;
} units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "\u00b5s", 1000 }, /* micro sign */
	{ "\u03bcs", 1000 }, /* Greek mu */
	{ "ms", 1000000 },
	{ "s", 1000000000 },
	{ "m", 60000000000 },
	{ "h", 3600000000000 },
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The unit that is the whole of S up to the next number; moves *S behind it. */
static const struct unit *take_unit(const char **s)
{
	size_t n = strcspn(*s, ".0123456789");

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (strlen(units[i].name) != n || memcmp(*s, units[i].name, n) != 0)
			continue;
		*s += n;
		return &units[i];
	}
	return NULL;
}

static int take_integer(const char **s, uint64_t *ret)
{
	uint64_t v = 0;
	int r = 0;

	for (; is_digit(**s); (*s)++)
		if (__builtin_mul_overflow(v, 10, &v) ||
			__builtin_add_overflow(v, (uint64_t)(**s - '0'), &v) || v > MAGNITUDE_MAX)
			r = -ERANGE;
	*ret = v;
	return r;
}

/* Digits behind the point as *RET / *RET_SCALE; those that can't matter are dropped. */
static void take_fraction(const char **s, uint64_t *ret, double *ret_scale)
{
	*ret = 0;
	*ret_scale = 1;
	for (; is_digit(**s); (*s)++) {
		if (*ret > MAGNITUDE_MAX / 10 - 1)
			continue;
		*ret = *ret * 10 + (uint64_t)(**s - '0');
		*ret_scale *= 10;
	}
}

/* One "1.5h" at *S. Fractions are computed in floating point, as Go does, to round as it does. */
static int take_term(const char **s, uint64_t *ret)
{
	uint64_t whole, fraction = 0;
	double scale = 1;
	const char *start = *s;
	int r = take_integer(s, &whole);
	size_t digits = (size_t)(*s - start);

	if (**s == '.') {
		(*s)++;
		start = *s;
		take_fraction(s, &fraction, &scale);
		digits += (size_t)(*s - start);
	}
	const struct unit *unit = digits ? take_unit(s) : NULL;
	if (!unit)
		return -EINVAL;
	if (r < 0 || whole > MAGNITUDE_MAX / unit->nsec)
		return -ERANGE;
	*ret = whole * unit->nsec + (uint64_t)((double)fraction * ((double)unit->nsec / scale));
	return *ret > MAGNITUDE_MAX ? -ERANGE : 0;
}

int duration_parse(const char *s, nsec_t *ret)
{
	bool negative = *s == '-';
	uint64_t sum = 0;
	int result = 0;

	if (*s == '-' || *s == '+')
		s++;
	if (strcmp(s, "0") == 0) {
		*ret = 0;
		return 0;
	}
	if (!*s)
		return -EINVAL;
	while (*s) {
		uint64_t v = 0;
		int r = take_term(&s, &v);

		if (r == -EINVAL)
			return r;
		/* Both are at most 2^63 while in range: 2^63 + 2^63 wraps to 0, hence the builtin. */
		if (r < 0 || __builtin_add_overflow(sum, v, &sum) || sum > MAGNITUDE_MAX)
			result = -ERANGE, sum = 0;
	}
	if (result < 0 || (!negative && sum == MAGNITUDE_MAX))
		return -ERANGE;
	*ret = negative ? (nsec_t)(0 - sum) : (nsec_t)sum;
	return 0;
}

/* Appends VALUE / UNIT with its fraction, without trailing zeros, at TO; returns the end. */
static char *put_decimal(char *to, uint64_t value, uint64_t unit)
{
	to += sprintf(to, "%llu", (unsigned long long)(value / unit));

	uint64_t rest = value % unit;
	if (rest == 0)
		return to;
	*to++ = '.';
	while (rest) {
		unit /= 10;
		*to++ = (char)('0' + rest / unit);
		rest %= unit;
	}
	*to = '\0';
	return to;
}

char *duration_format(nsec_t d, char *ret)
{
	uint64_t v = d < 0 ? 0 - (uint64_t)d : (uint64_t)d;
	uint64_t sec = (uint64_t)NSEC_PER_SEC;
	char *p = ret;

	if (d < 0)
		*p++ = '-';
	if (v == 0) {
		strcpy(p, "0s");
	} else if (v < 1000) {
		strcpy(put_decimal(p, v, 1), "ns");
	} else if (v < 1000000) {
		strcpy(put_decimal(p, v, 1000), "\u00b5s");
	} else if (v < sec) {
		strcpy(put_decimal(p, v, 1000000), "ms");
	} else {
		unsigned long long minutes = v / sec / 60;

		if (minutes >= 60)
			p += sprintf(p, "%lluh", minutes / 60);
		if (minutes)
			p += sprintf(p, "%llum", minutes % 60);
		strcpy(put_decimal(p, v % (60 * sec), sec), "s");
	}
	return ret;
}

/*
 * Which units an age is shown in: below LIMIT, whole MAJORs and, where there is a MINOR, the
 * rest in MINORs unless it is 0.
 */
static const struct age_row {
	int64_t limit, major, minor; /* seconds; LIMIT 0: no limit; MINOR 0: none */
	char major_name, minor_name;
} age_rows[] = {
	{ 120, 1, 0, 's', 0 },
	{ 10 * 60, 60, 1, 'm', 's' },
	{ 3 * 3600, 60, 0, 'm', 0 },
	{ 8 * 3600, 3600, 60, 'h', 'm' },
	{ 48 * 3600, 3600, 0, 'h', 0 },
	{ 8 * 86400, 86400, 3600, 'd', 'h' },
	{ 2 * 365 * 86400, 86400, 0, 'd', 0 },
	{ 8 * 365 * 86400, 365 * 86400, 86400, 'y', 'd' },
	{ 0, 365 * 86400, 0, 'y', 0 },
};

char *duration_human(nsec_t d, char *ret)
{
	int64_t sec = d / NSEC_PER_SEC; /* towards zero */
	const struct age_row *row = age_rows;

	/* Clocks differ a little: what is less than two seconds ahead is now. */
	if (sec < -1) {
		strcpy(ret, "<invalid>");
		return ret;
	}
	if (sec < 0)
		sec = 0;
	while (row->limit && sec >= row->limit)
		row++;

	int n = sprintf(ret, "%lld%c", (long long)(sec / row->major), row->major_name);
	int64_t rest = row->minor ? sec % row->major / row->minor : 0;
	if (rest)
		sprintf(ret + n, "%lld%c", (long long)rest, row->minor_name);
	return ret;
}
