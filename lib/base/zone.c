/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * A file has a header, a 32-bit part, again a header, a 64-bit part and a footer. A part is: transition times, for
 * each the number of its local time type, the types (offset, daylight saving, name), names, leap seconds, indicators.
 *
 * A rule has a standard and a daylight offset, and for each the day and time at which it begins every year. The changes
 * of a year are computed when they are asked for.
 */
#include "lib/base/zone.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

enum {
	HEADER_SIZE = 44,
	TYPES_MAX = 256,
	TIMES_MAX = 2000,
	FOOTER_MAX = 128,
	DAY = 86400,
	OFFSET_MAX = 25 * 3600 +
		     3599, /* RFC 9636: hours of offsets up to 24, and the file's own limit a little above */
	RULE_HOURS_MAX = 167,
};

enum day_kind { DAY_OF_WEEK, DAY_WITHOUT_LEAP, DAY_WITH_LEAP };
/* When a year's change happens: M3.5.0/2, J60, 59. */
struct change {
	enum day_kind kind;
	int month, week, day;
	int32_t seconds; /* after midnight, local time as it was; may be negative */
};
struct rule {
	int32_t standard, daylight; /* seconds east of UTC */
	bool has_daylight;
	struct change begin, end; /* of daylight saving */
};

struct zone {
	int64_t *times;   /* [count], ascending */
	int32_t *offsets; /* [count]: from times[i] on */
	size_t count;
	int32_t first; /* the offset before times[0] */
	bool has_rule;
	struct rule rule;
};

/* --- rules ------------------------------------------------------------------------------------------------ */

static bool read_number(const char **p, int64_t max, int64_t *ret)
{
	const char *start = *p;
	int64_t n = 0;

	for (; **p >= '0' && **p <= '9' && n <= max; (*p)++)
		n = n * 10 + (**p - '0');
	*ret = n;
	return *p > start && n <= max;
}

/* "CET" or "<+03>": at least three characters. */
static bool skip_name(const char **p)
{
	const char *start = *p;

	if (**p == '<') {
		*p += strcspn(*p, ">");
		if (**p != '>')
			return false;
		(*p)++;
		return *p - start > 4;
	}
	while ((**p >= 'A' && **p <= 'Z') || (**p >= 'a' && **p <= 'z'))
		(*p)++;
	return *p - start >= 3;
}

/* "[+-]hh[:mm[:ss]]" in seconds. */
static bool read_span(const char **p, int64_t max_hours, int32_t *ret)
{
	int64_t parts[3] = { 0 };
	int sign = **p == '-' ? -1 : 1;

	*p += **p == '-' || **p == '+';
	for (int i = 0; i < 3; i++) {
		if (i > 0 && **p != ':')
			break;
		*p += i > 0;
		if (!read_number(p, i == 0 ? max_hours : 59, &parts[i]))
			return false;
	}
	*ret = (int32_t)(sign * (parts[0] * 3600 + parts[1] * 60 + parts[2]));
	return true;
}

static bool read_in(const char **p, int64_t min, int64_t max, int *ret)
{
	int64_t n;

	if (!read_number(p, max, &n) || n < min)
		return false;
	*ret = (int)n;
	return true;
}

static bool read_day(const char **p, struct change *c)
{
	if (**p == 'M') {
		(*p)++;
		c->kind = DAY_OF_WEEK;
		if (!read_in(p, 1, 12, &c->month) || *(*p)++ != '.')
			return false;
		if (!read_in(p, 1, 5, &c->week) || *(*p)++ != '.')
			return false;
		return read_in(p, 0, 6, &c->day);
	}
	c->kind = **p == 'J' ? DAY_WITHOUT_LEAP : DAY_WITH_LEAP;
	*p += **p == 'J';
	return read_in(p, c->kind == DAY_WITHOUT_LEAP ? 1 : 0, 365, &c->day);
}

/* ",M3.5.0/2" */
static bool read_change(const char **p, struct change *c)
{
	if (*(*p)++ != ',' || !read_day(p, c))
		return false;
	c->seconds = 2 * 3600;
	if (**p != '/')
		return true;
	(*p)++;
	return read_span(p, RULE_HOURS_MAX, &c->seconds);
}

/* "CET-1CEST,M3.5.0,M10.5.0/3"; offsets count west. */
static bool read_rule(const char *p, struct rule *r)
{
	*r = (struct rule){ 0 };
	if (!skip_name(&p) || !read_span(&p, 24, &r->standard))
		return false;
	r->standard = -r->standard;
	if (*p == '\0')
		return true;
	r->has_daylight = true;
	r->daylight = r->standard + 3600;
	if (!skip_name(&p))
		return false;
	if (*p != ',') {
		if (!read_span(&p, 24, &r->daylight))
			return false;
		r->daylight = -r->daylight;
	}
	return read_change(&p, &r->begin) && read_change(&p, &r->end) && *p == '\0';
}

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* 1970-01-01 was a Thursday. */
static int weekday_of(int64_t days)
{
	return (int)(((days + 4) % 7 + 7) % 7);
}

/* The day of C in YEAR, in days since 1970. */
static int64_t change_day(const struct change *c, int64_t year)
{
	int64_t first, next;

	if (c->kind == DAY_WITH_LEAP)
		return time_days_from_date(year, 1, 1) + c->day;
	if (c->kind == DAY_WITHOUT_LEAP)
		return time_days_from_date(year, 1, 1) + c->day - 1 + (is_leap(year) && c->day >= 60);
	first = time_days_from_date(year, c->month, 1);
	next = c->month == 12 ? time_days_from_date(year + 1, 1, 1)
			      : time_days_from_date(year, c->month + 1, 1);
	first += (c->day - weekday_of(first) + 7) % 7 + 7 * (c->week - 1);
	return first < next ? first : first - 7;
}

/* The instants at which daylight saving begins and ends in YEAR. */
static void changes_of(const struct rule *r, int64_t year, int64_t ret[2])
{
	ret[0] = change_day(&r->begin, year) * DAY + r->begin.seconds - r->standard;
	ret[1] = change_day(&r->end, year) * DAY + r->end.seconds - r->daylight;
}

static int64_t year_of(int64_t second)
{
	int64_t year;
	int month, day;

	time_date_from_days(second / DAY - (second % DAY < 0), &year, &month, &day);
	return year;
}

/* The last change at or before SECOND decides; that of one year may fall into the next (J365/167). */
static int32_t rule_offset(const struct rule *r, int64_t second)
{
	int64_t best = INT64_MIN;
	bool daylight = false;

	if (!r->has_daylight)
		return r->standard;
	for (int64_t year = year_of(second) - 2; year <= year_of(second) + 1; year++) {
		int64_t at[2];

		changes_of(r, year, at);
		for (int i = 0; i < 2; i++) {
			/* Where the end of one year meets the beginning of the next, daylight saving goes on. */
			if (at[i] > second || at[i] < best || (at[i] == best && i == 1))
				continue;
			best = at[i];
			daylight = i == 0;
		}
	}
	return daylight ? r->daylight : r->standard;
}

static int64_t rule_next(const struct rule *r, int64_t second)
{
	int64_t best = INT64_MAX;

	for (int64_t year = year_of(second) - 1; r->has_daylight && year <= year_of(second) + 2; year++) {
		int64_t at[2];

		changes_of(r, year, at);
		for (int i = 0; i < 2; i++)
			if (at[i] > second && at[i] < best)
				best = at[i];
	}
	return best;
}

/* --- files --------------------------------------------------------------------------------------------------- */

struct header {
	uint32_t ut_count, std_count, leap_count, time_count, type_count, name_len;
	int version;
};

static uint32_t read_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t read_time(const uint8_t *p, size_t size)
{
	uint64_t high = read_u32(p);

	return size == 4 ? (int32_t)read_u32(p) : (int64_t)(high << 32 | read_u32(p + 4));
}

static bool read_header(const uint8_t *p, size_t len, struct header *h)
{
	if (len < HEADER_SIZE || memcmp(p, "TZif", 4) != 0)
		return false;
	*h = (struct header){
		.ut_count = read_u32(p + 20),
		.std_count = read_u32(p + 24),
		.leap_count = read_u32(p + 28),
		.time_count = read_u32(p + 32),
		.type_count = read_u32(p + 36),
		.name_len = read_u32(p + 40),
		.version = p[4] == '\0' ? 1 : p[4] - '0',
	};
	return h->type_count > 0 && h->type_count <= TYPES_MAX && h->time_count <= TIMES_MAX &&
	       h->leap_count <= TIMES_MAX && h->ut_count <= TYPES_MAX && h->std_count <= TYPES_MAX &&
	       h->name_len <= 65536;
}

/* Of the part behind a header, with times of SIZE bytes. */
static size_t part_size(const struct header *h, size_t size)
{
	return h->time_count * (size + 1) + h->type_count * 6 + h->name_len + h->leap_count * (size + 4) +
	       h->std_count + h->ut_count;
}

static bool take_part(struct zone *z, const uint8_t *p, const struct header *h, size_t size)
{
	const uint8_t *numbers = p + h->time_count * size, *types = numbers + h->time_count;

	z->times = xcalloc(h->time_count, sizeof(z->times[0]));
	z->offsets = xcalloc(h->time_count, sizeof(z->offsets[0]));
	z->count = h->time_count;
	z->first = (int32_t)read_u32(types);
	for (size_t i = 0; i < h->type_count; i++) {
		int32_t offset = (int32_t)read_u32(types + 6 * i);

		if (offset < -OFFSET_MAX || offset > OFFSET_MAX)
			return false;
	}
	for (size_t i = 0; i < z->count; i++) {
		z->times[i] = read_time(p + i * size, size);
		if (numbers[i] >= h->type_count || (i > 0 && z->times[i] <= z->times[i - 1]))
			return false;
		z->offsets[i] = (int32_t)read_u32(types + 6 * numbers[i]);
	}
	return true;
}

/* "\n" rule "\n"; an empty one says nothing of what comes after the last transition. */
static bool take_footer(struct zone *z, const uint8_t *p, size_t len)
{
	char text[FOOTER_MAX];
	const uint8_t *end = len > 1 ? memchr(p + 1, '\n', len - 1) : NULL;
	size_t n = end ? (size_t)(end - p - 1) : 0;

	if (!end || p[0] != '\n' || n >= sizeof(text) || memchr(p + 1, '\0', n))
		return false;
	memcpy(text, p + 1, n);
	text[n] = '\0';
	z->has_rule = n > 0;
	return n == 0 || read_rule(text, &z->rule);
}

static const char *take_file(struct zone *z, const uint8_t *p, size_t len)
{
	struct header h;
	size_t size = 4;

	if (!read_header(p, len, &h))
		return "is no compiled time zone";
	if (len - HEADER_SIZE < part_size(&h, size))
		return "is cut off";
	if (h.version >= 2) {
		p += HEADER_SIZE + part_size(&h, size);
		len -= HEADER_SIZE + part_size(&h, size);
		size = 8;
		if (!read_header(p, len, &h))
			return "has a damaged second header";
		if (len - HEADER_SIZE < part_size(&h, size))
			return "is cut off";
	}
	if (!take_part(z, p + HEADER_SIZE, &h, size))
		return "has transitions that make no sense";
	p += HEADER_SIZE + part_size(&h, size);
	len -= HEADER_SIZE + part_size(&h, size);
	return size == 8 && !take_footer(z, p, len) ? "has a damaged footer" : NULL;
}

int zone_parse(const void *data, size_t len, struct zone **ret, struct err *err)
{
	_cleanup_(zone_freep) struct zone *z = xcalloc(1, sizeof(*z));
	const char *wrong = take_file(z, data, len);

	if (wrong)
		return err_set(err, -EBADMSG, "%s", wrong);
	*ret = TAKE_PTR(z);
	return 0;
}

int zone_parse_rule(const char *text, struct zone **ret, struct err *err)
{
	_cleanup_(zone_freep) struct zone *z = xcalloc(1, sizeof(*z));

	z->has_rule = true;
	if (!read_rule(text, &z->rule))
		return err_set(err, -EBADMSG, "`%.60s` is no rule of a time zone", text);
	*ret = TAKE_PTR(z);
	return 0;
}

struct zone *zone_free(struct zone *z)
{
	if (!z)
		return NULL;
	free(z->times);
	free(z->offsets);
	free(z);
	return NULL;
}

void zone_freep(struct zone **z)
{
	zone_free(*z);
}

/* --- asking ------------------------------------------------------------------------------------------------------ */

static int64_t second_of(nsec_t t)
{
	return t / NSEC_PER_SEC - (t % NSEC_PER_SEC < 0);
}

/* How many transitions are at or before SECOND. */
static size_t passed(const struct zone *z, int64_t second)
{
	size_t low = 0, high = z->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (z->times[mid] <= second)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int32_t zone_offset(const struct zone *z, nsec_t t)
{
	int64_t second = second_of(t);
	size_t n = z ? passed(z, second) : 0;

	if (!z)
		return 0;
	if (n == z->count && z->has_rule)
		return rule_offset(&z->rule, second);
	return n > 0 ? z->offsets[n - 1] : z->first;
}

nsec_t zone_next_change(const struct zone *z, nsec_t t)
{
	int64_t second = second_of(t), next;
	size_t n = z ? passed(z, second) : 0;

	if (!z)
		return NSEC_NEVER;
	if (n < z->count)
		next = z->times[n];
	else
		next = z->has_rule ? rule_next(&z->rule, second) : INT64_MAX;
	return next > NSEC_NEVER / NSEC_PER_SEC ? NSEC_NEVER : next * NSEC_PER_SEC;
}

char *zone_format(const struct zone *z, nsec_t t, char *ret)
{
	int32_t offset = zone_offset(z, t);
	int minutes = (offset < 0 ? -offset : offset) / 60;
	size_t len;

	time_format(t + offset * NSEC_PER_SEC, ret);
	len = strlen(ret);
	if (offset != 0 && len > 0)
		snprintf(ret + len - 1, TIME_TEXT_MAX - len + 1, "%c%02d:%02d", offset < 0 ? '-' : '+',
			minutes / 60, minutes % 60);
	return ret;
}
