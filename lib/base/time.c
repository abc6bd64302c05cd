/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Calendar arithmetic is done here rather than by gmtime and timegm, which look at TZ.
 *
 * Days are counted in the proleptic Gregorian calendar with years that begin in March, so
 * that the leap day is a year's last; 400 years (an era) have 146097 days.
 */
#include "lib/base/time.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { DAYS_PER_ERA = 146097, DAYS_TO_EPOCH = 719468 /* from 0000-03-01 to 1970-01-01 */ };

struct civil {
	int64_t year;
	int month, day, hour, minute, second;
	int64_t nsec;
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t days_from_civil(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = floor_div(y, 400), year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
	       DAYS_TO_EPOCH;
}

static void civil_from_days(int64_t days, struct civil *ret)
{
	int64_t z = days + DAYS_TO_EPOCH;
	int64_t era = floor_div(z, DAYS_PER_ERA), d = z - era * DAYS_PER_ERA;
	int64_t y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
	int64_t day_of_year = d - (365 * y + y / 4 - y / 100);
	int m = (int)((5 * day_of_year + 2) / 153);

	ret->day = (int)(day_of_year - (153 * m + 2) / 5 + 1);
	ret->month = m < 10 ? m + 3 : m - 9;
	ret->year = era * 400 + y + (ret->month <= 2);
}

int64_t time_days_from_date(int64_t year, int month, int day)
{
	return days_from_civil(year, month, day);
}

void time_date_from_days(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day)
{
	struct civil c;

	civil_from_days(days, &c);
	*ret_year = c.year;
	*ret_month = c.month;
	*ret_day = c.day;
}

static struct civil civil_from_nsec(nsec_t t)
{
	struct civil c;
	int64_t sec = floor_div(t, NSEC_PER_SEC), days = floor_div(sec, 86400);
	int rest = (int)(sec - days * 86400);

	civil_from_days(days, &c);
	c.hour = rest / 3600;
	c.minute = rest / 60 % 60;
	c.second = rest % 60;
	/* In two steps: SEC * NSEC_PER_SEC does not fit for the earliest instants. */
	c.nsec = t % NSEC_PER_SEC;
	if (c.nsec < 0)
		c.nsec += NSEC_PER_SEC;
	return c;
}

/* N in COUNT digits and AFTER; returns what is behind. */
static char *put_digits(char *at, int n, int count, char after)
{
	for (int i = count - 1; i >= 0; i--, n /= 10)
		at[i] = (char)('0' + n % 10);
	at[count] = after;
	return at + count + 1;
}

/* By hand: it stands in every record many times. */
char *time_format(nsec_t t, char *ret)
{
	struct civil c = civil_from_nsec(t);
	char *at = put_digits(ret, (int)c.year, 4, '-');

	at = put_digits(put_digits(at, c.month, 2, '-'), c.day, 2, 'T');
	at = put_digits(put_digits(at, c.hour, 2, ':'), c.minute, 2, ':');
	*put_digits(at, c.second, 2, 'Z') = '\0';
	return ret;
}

char *time_format_nano(nsec_t t, char *ret)
{
	struct civil c = civil_from_nsec(t);

	snprintf(ret, TIME_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%09dZ", (int)c.year, c.month, c.day,
		c.hour, c.minute, c.second, (int)c.nsec);
	return ret;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Exactly COUNT digits at *S, which is moved behind them. */
static bool take_digits(const char **s, int count, int *ret)
{
	int v = 0;

	for (; count > 0; count--, (*s)++) {
		if (!is_digit(**s))
			return false;
		v = v * 10 + (**s - '0');
	}
	*ret = v;
	return true;
}

static bool take_char(const char **s, char c)
{
	if (**s != c)
		return false;
	(*s)++;
	return true;
}

/* An optional fraction: digits behind a point; those below a nanosecond are dropped. */
static bool take_fraction(const char **s, int64_t *ret)
{
	int64_t unit = NSEC_PER_SEC;

	*ret = 0;
	if (!take_char(s, '.'))
		return true;
	if (!is_digit(**s))
		return false;
	for (; is_digit(**s); (*s)++) {
		unit /= 10;
		*ret += unit * (**s - '0');
	}
	return true;
}

/* "Z" or "+hh:mm" or "-hh:mm", in seconds east of UTC. */
static bool take_offset(const char **s, int *ret)
{
	int hours, minutes;
	int sign = **s == '-' ? -1 : 1;

	*ret = 0;
	if (take_char(s, 'Z'))
		return true;
	if (!take_char(s, '+') && !take_char(s, '-'))
		return false;
	if (!take_digits(s, 2, &hours) || !take_char(s, ':') || !take_digits(s, 2, &minutes))
		return false;
	*ret = sign * (hours * 3600 + minutes * 60);
	return hours < 24 && minutes < 60;
}

static int days_in_month(int year, int month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

/* "2026-01-02" */
static bool take_date(const char **s, int64_t *ret_days)
{
	int year, month, day;

	if (!take_digits(s, 4, &year) || !take_char(s, '-') || !take_digits(s, 2, &month) ||
		!take_char(s, '-') || !take_digits(s, 2, &day))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
		return false;
	*ret_days = days_from_civil(year, month, day);
	return true;
}

/* "03:04:05.6", in seconds and nanoseconds. No leap seconds, as in Go. */
static bool take_time(const char **s, int *ret_sec, int64_t *ret_nsec)
{
	int hour, minute, second;

	if (!take_digits(s, 2, &hour) || !take_char(s, ':') || !take_digits(s, 2, &minute) ||
		!take_char(s, ':') || !take_digits(s, 2, &second) || !take_fraction(s, ret_nsec))
		return false;
	*ret_sec = hour * 3600 + minute * 60 + second;
	return hour < 24 && minute < 60 && second < 60;
}

int time_parse(const char *s, nsec_t *ret)
{
	int64_t days, nsec;
	int sec, offset;

	if (!take_date(&s, &days) || !take_char(&s, 'T') || !take_time(&s, &sec, &nsec) ||
		!take_offset(&s, &offset) || *s)
		return -EINVAL;

	__int128 t = ((__int128)days * 86400 + sec - offset) * NSEC_PER_SEC + nsec;
	if (t < INT64_MIN || t > INT64_MAX)
		return -EINVAL;
	*ret = (nsec_t)t;
	return 0;
}
