/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Each field becomes a set of bits; the next time is then looked for day by day, and within a day by the lowest bits
 * that are set. Days of months that don't match are skipped a month at a time.
 */
#include "lib/object/cron.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/buf.h"
#include "lib/base/str.h"

enum { MINUTE, HOUR, DAY, MONTH, WEEKDAY, FIELD_COUNT };
enum { YEARS_MAX = 9, DAY_MINUTES = 1440 };
#define NSEC_PER_MINUTE (60 * NSEC_PER_SEC)

static const char *const month_names[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep",
	"oct", "nov", "dec", NULL };
static const char *const weekday_names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL };

static const struct {
	const char *name;
	int64_t min, max;
	const char *const *names; /* of min and what follows; NULL: numbers only */
} fields[FIELD_COUNT] = {
	[MINUTE] = { "minute", 0, 59, NULL },
	[HOUR] = { "hour", 0, 23, NULL },
	[DAY] = { "day of the month", 1, 31, NULL },
	[MONTH] = { "month", 1, 12, month_names },
	[WEEKDAY] = { "day of the week", 0, 6, weekday_names },
};

static const struct {
	const char *name, *text;
} shorthands[] = {
	{ "@yearly", "0 0 1 1 *" },
	{ "@annually", "0 0 1 1 *" },
	{ "@monthly", "0 0 1 * *" },
	{ "@weekly", "0 0 * * 0" },
	{ "@daily", "0 0 * * *" },
	{ "@midnight", "0 0 * * *" },
	{ "@hourly", "0 * * * *" },
};

/* A schedule being read. */
struct reader {
	struct arena *arena;
	size_t field;    /* MINUTE … */
	const char *why; /* the first thing that is wrong, or NULL */
	uint64_t bits;
	bool any;
};

static void wrong(struct reader *r, const char *message)
{
	if (!r->why)
		r->why = arena_printf(r->arena, "%s: %s", fields[r->field].name, message);
}

/* --- one field ----------------------------------------------------------------------------------------- */

/* A number as strconv.Atoi reads it, but not a negative one. */
static int64_t read_number(struct reader *r, const char *s, const char *names)
{
	bool plus = s[0] == '+' && s[1] >= '0' && s[1] <= '9';
	int64_t n;
	if (str_to_i64(plus ? s + 1 : s, &n) == 0 && n >= 0)
		return n;
	wrong(r, arena_printf(r->arena, "`%.40s` is no number%s", s, names));
	return 0;
}

/* A number, or a name where the field has them. */
static int64_t read_value(struct reader *r, const char *s)
{
	const char *const *names = fields[r->field].names;
	for (int i = 0; names && names[i]; i++)
		if (strcasecmp(s, names[i]) == 0)
			return fields[r->field].min + i;
	return read_number(r, s, names ? arena_printf(r->arena, " or name such as %s", names[1]) : "");
}

/* Each part of TEXT between SEPARATORs into PARTS (at most MAX are kept); returns how many there are. */
static size_t split(struct arena *a, const char *text, char separator, const char **parts, size_t max)
{
	size_t count = 0;
	for (const char *p = text;;) {
		const char *end = strchr(p, separator);
		if (count < max)
			parts[count] = end ? arena_strndup(a, p, (size_t)(end - p)) : p;
		count++;
		if (!end)
			return count;
		p = end + 1;
	}
}

static void set_bits(struct reader *r, int64_t from, int64_t to, int64_t step, const char *text)
{
	int64_t min = fields[r->field].min, max = fields[r->field].max;
	if (r->why)
		return;
	if (from < min || to > max)
		wrong(r,
			arena_printf(r->arena, "`%.40s` is not between %lld and %lld%s", text, (long long)min,
				(long long)max, r->field == WEEKDAY ? " (Sunday is 0)" : ""));
	else if (from > to)
		wrong(r, arena_printf(r->arena, "`%.40s` ends before it begins", text));
	else if (step == 0)
		wrong(r, arena_printf(r->arena, "`%.40s` has a step of 0", text));
	if (r->why)
		return;
	for (int64_t i = from; i <= to; i += step) {
		r->bits |= (uint64_t)1 << i;
		if (step > max)
			return;
	}
}

/* `*`, `5`, `1-5`, each with `/2` behind it or not. */
static void read_range(struct reader *r, const char *text)
{
	const char *step_parts[2], *ends[2];
	size_t steps = split(r->arena, text, '/', step_parts, 2);
	size_t count = split(r->arena, step_parts[0], '-', ends, 2);
	bool star = str_eq(ends[0], "*") || str_eq(ends[0], "?");
	int64_t from = fields[r->field].min, to = fields[r->field].max, step = 1;

	if (steps > 2)
		wrong(r, arena_printf(r->arena, "`%.40s` has more than one \"/\"", text));
	else if (!star && count > 2)
		wrong(r, arena_printf(r->arena, "`%.40s` has more than one \"-\"", text));
	if (r->why)
		return;
	if (!star) {
		from = read_value(r, ends[0]);
		if (count == 2)
			to = read_value(r, ends[1]);
		else if (steps == 1)
			to = from;
	}
	if (steps == 2)
		step = read_number(r, step_parts[1], "");
	set_bits(r, from, to, step, text);
	r->any |= star && step <= 1;
}

/* Ranges between commas; the empty ones do not count. */
static void read_field(struct reader *r, const char *text)
{
	r->bits = 0;
	r->any = false;
	for (const char *p = text; *p && !r->why;) {
		size_t len = strcspn(p, ",");
		if (len > 0)
			read_range(r, arena_strndup(r->arena, p, len));
		p += len + (p[len] == ',');
	}
	if (r->bits == 0)
		wrong(r, arena_printf(r->arena, "`%.40s` names nothing", text));
}

/* --- a schedule ------------------------------------------------------------------------------------------ */

/* The words of TEXT; at most MAX are kept. Returns how many there are. */
static size_t words_of(struct arena *a, const char *text, const char **words, size_t max)
{
	static const char space[] = " \t\n\v\f\r";
	size_t count = 0;
	for (const char *p = text + strspn(text, space); *p; p += strspn(p, space)) {
		size_t len = strcspn(p, space);
		if (count < max)
			words[count] = arena_strndup(a, p, len);
		count++;
		p += len;
	}
	return count;
}

static const char *read_fields(struct reader *r, const char *text, struct cron *ret)
{
	const char *words[FIELD_COUNT];
	uint64_t bits[FIELD_COUNT] = { 0 };
	bool any[FIELD_COUNT] = { false };
	size_t count = words_of(r->arena, text, words, FIELD_COUNT);

	if (count != FIELD_COUNT)
		return arena_printf(r->arena,
			"wants five fields (minute, hour, day, month, weekday) or @daily and such, but has "
			"%zu",
			count);
	for (r->field = 0; r->field < FIELD_COUNT && !r->why; r->field++) {
		read_field(r, words[r->field]);
		bits[r->field] = r->bits;
		any[r->field] = r->any;
	}
	*ret = (struct cron){ .minutes = bits[MINUTE],
		.hours = (uint32_t)bits[HOUR],
		.days = (uint32_t)bits[DAY],
		.months = (uint32_t)bits[MONTH],
		.weekdays = (uint32_t)bits[WEEKDAY],
		.any_minute = any[MINUTE],
		.any_hour = any[HOUR],
		.any_day = any[DAY],
		.any_month = any[MONTH],
		.any_weekday = any[WEEKDAY] };
	return r->why;
}

static const char *read_every(struct arena *a, const char *text, struct cron *ret)
{
	nsec_t d;
	if (duration_parse(text, &d) < 0)
		return arena_printf(a, "`%.40s` is no duration such as 1h30m", text);
	*ret = (struct cron){ .every = d < NSEC_PER_SEC ? NSEC_PER_SEC : d - d % NSEC_PER_SEC };
	return NULL;
}

static const char *read_shorthand(struct reader *r, const char *text, struct cron *ret)
{
	const char *names[ARRAY_LEN(shorthands) + 1] = { NULL };
	const char *every = str_after(text, "@every");
	if (every && *every != ' ')
		return "@every wants a space and a duration behind it, such as @every 1h30m";
	if (every)
		return read_every(r->arena, every + 1, ret);
	for (size_t i = 0; i < ARRAY_LEN(shorthands); i++) {
		if (str_eq(text, shorthands[i].name))
			return read_fields(r, shorthands[i].text, ret);
		names[i] = shorthands[i].name;
	}
	const char *near = str_nearest(text, names);
	return arena_printf(r->arena,
		"`%.40s` is not known%s%s%s (known: @yearly, @monthly, @weekly, @daily, @hourly, @every "
		"1h30m)",
		text, near ? ", did you mean `" : "", near ? near : "", near ? "`?" : "");
}

int cron_parse(struct arena *arena, const char *text, struct cron *ret, const char **ret_why)
{
	struct reader r = { .arena = arena };
	const char *why = text[0] == '@' ? read_shorthand(&r, text, ret) : read_fields(&r, text, ret);
	if (!why)
		return 0;
	*ret = (struct cron){ 0 };
	*ret_why = why;
	return -EINVAL;
}

/* --- text ------------------------------------------------------------------------------------------------ */

static void add_runs(struct buf *out, size_t field, uint64_t bits, bool any)
{
	const int64_t max = fields[field].max;
	const char *comma = "";
	if (out->len > 0)
		buf_addc(out, ' ');
	if (any) {
		buf_addc(out, '*');
		return;
	}
	for (int64_t i = fields[field].min; i <= max; i++) {
		int64_t last = i;
		if (!(bits >> i & 1))
			continue;
		while (last < max && bits >> (last + 1) & 1)
			last++;
		buf_addf(out, last > i ? "%s%lld-%lld" : "%s%lld", comma, (long long)i, (long long)last);
		comma = ",";
		i = last;
	}
}

char *cron_format(const struct cron *c, char *ret)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	char duration[TIME_TEXT_MAX];
	if (c->every > 0) {
		buf_addf(&out, "@every %s", duration_format(c->every, duration));
	} else {
		add_runs(&out, MINUTE, c->minutes, c->any_minute);
		add_runs(&out, HOUR, c->hours, c->any_hour);
		add_runs(&out, DAY, c->days, c->any_day);
		add_runs(&out, MONTH, c->months, c->any_month);
		add_runs(&out, WEEKDAY, c->weekdays, c->any_weekday);
	}
	snprintf(ret, CRON_TEXT_MAX, "%s", out.data);
	return ret;
}

/* --- the next time --------------------------------------------------------------------------------------- */

static bool names_day(const struct cron *c, int day, int weekday)
{
	bool by_day = c->days >> day & 1, by_weekday = c->weekdays >> weekday & 1;
	return c->any_day || c->any_weekday ? by_day && by_weekday : by_day || by_weekday;
}

/* The first minute of a day from MINUTE on that the schedule names, or -1. */
static int minute_of(const struct cron *c, int minute)
{
	for (; minute < DAY_MINUTES; minute++) {
		if (!(c->hours >> (minute / 60) & 1))
			minute += 59 - minute % 60;
		else if (c->minutes >> (minute % 60) & 1)
			return minute;
	}
	return -1;
}

/* 1970-01-01 was a Thursday. */
static int weekday_of(int64_t days)
{
	int64_t d = (days + 4) % 7;
	return (int)(d < 0 ? d + 7 : d);
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static nsec_t next_by_fields(const struct cron *c, nsec_t after)
{
	int64_t minute = floor_div(after, NSEC_PER_MINUTE) + 1;
	int64_t day = floor_div(minute, DAY_MINUTES), year, first_year;
	int from = (int)(minute - day * DAY_MINUTES), month, mday;
	const int64_t last_day = INT64_MAX / NSEC_PER_MINUTE / DAY_MINUTES - 1;

	time_date_from_days(day, &first_year, &month, &mday);
	for (; day <= last_day; day++, from = 0) {
		time_date_from_days(day, &year, &month, &mday);
		if (year > first_year + YEARS_MAX)
			return NSEC_NEVER;
		if (!(c->months >> month & 1)) {
			day = time_days_from_date(
				      month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1) -
			      1;
			continue;
		}
		int found = names_day(c, mday, weekday_of(day)) ? minute_of(c, from) : -1;
		if (found >= 0)
			return (day * DAY_MINUTES + found) * NSEC_PER_MINUTE;
	}
	return NSEC_NEVER;
}

nsec_t cron_next(const struct cron *c, nsec_t after)
{
	if (c->every == 0)
		return next_by_fields(c, after);
	nsec_t second = floor_div(after, NSEC_PER_SEC) * NSEC_PER_SEC;
	return second > NSEC_NEVER - c->every ? NSEC_NEVER : second + c->every;
}

/* --- in a zone ------------------------------------------------------------------------------------------- */

/* Between two changes of its offset a zone is UTC by another clock: each such span is looked through in turn. */
nsec_t cron_next_in(const struct cron *c, const struct zone *z, nsec_t after)
{
	const nsec_t limit = after + YEARS_MAX * 366 * (DAY_MINUTES * NSEC_PER_MINUTE);
	nsec_t from = after, change = zone_next_change(z, after);
	nsec_t offset = zone_offset(z, after) * NSEC_PER_SEC;

	if (c->every > 0 || !z)
		return cron_next(c, after);
	while (from <= limit) {
		nsec_t next = next_by_fields(c, from + offset);

		if (next == NSEC_NEVER)
			return NSEC_NEVER;
		next -= offset;
		if (next < change)
			return next;
		/* The change itself may be the minute. */
		from = change - 1;
		offset = zone_offset(z, change) * NSEC_PER_SEC;
		change = zone_next_change(z, change);
	}
	return NSEC_NEVER;
}

static nsec_t last_of_every(const struct cron *c, nsec_t after, nsec_t now)
{
	nsec_t first = cron_next(c, after);

	return first > now ? NSEC_NEVER : first + (now - first) / c->every * c->every;
}

/* The latest time T with a next one not after NOW is looked for by halves: that next one is the last. */
nsec_t cron_last_in(const struct cron *c, const struct zone *z, nsec_t after, nsec_t now)
{
	nsec_t low = after, high = now;

	if (after >= now)
		return NSEC_NEVER;
	if (c->every > 0)
		return last_of_every(c, after, now);
	if (cron_next_in(c, z, after) > now)
		return NSEC_NEVER;
	while (high - low > NSEC_PER_SEC) {
		nsec_t mid = low + (high - low) / 2;

		if (cron_next_in(c, z, mid) <= now)
			low = mid;
		else
			high = mid;
	}
	return cron_next_in(c, z, low);
}

/* --- rules ----------------------------------------------------------------------------------------------- */

const char *rule_cron(struct arena *arena, const char *s)
{
	const char *why = NULL;
	struct cron c;
	if (strstr(s, "TZ"))
		return "can't have TZ or CRON_TZ in it: the time zone stands in timeZone";
	return cron_parse(arena, s, &c, &why) == 0 ? NULL : why;
}
