/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Any text as a schedule: its canonical form is the same schedule, and its own canonical form. The time that it is
 * due at is later than the one asked for, is one that the schedule names, and no minute before it is.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/object/cron.h"
#include "tests/fuzz/fuzz.h"

enum { MINUTES_LOOKED_AT = 3000 };

static bool names_minute(const struct cron *c, nsec_t t)
{
	int64_t minute = t / NSEC_PER_SEC / 60, days = minute / 1440, year;
	int month, day;
	bool by_day, by_weekday;

	time_date_from_days(days, &year, &month, &day);
	by_day = c->days >> day & 1;
	by_weekday = c->weekdays >> ((days + 4) % 7) & 1;
	if (!(c->minutes >> (minute % 60) & 1) || !(c->hours >> (minute / 60 % 24) & 1) ||
		!(c->months >> month & 1))
		return false;
	return c->any_day || c->any_weekday ? by_day && by_weekday : by_day || by_weekday;
}

static void check_next(const struct cron *c, nsec_t after)
{
	const nsec_t minute = 60 * NSEC_PER_SEC;
	nsec_t next = cron_next(c, after), t = after / minute * minute + minute;

	if (next <= after)
		abort();
	if (c->every > 0)
		return;
	if (next != NSEC_NEVER && (next % minute != 0 || !names_minute(c, next)))
		abort();
	for (int i = 0; i < MINUTES_LOOKED_AT && t < next; i++, t += minute)
		if (names_minute(c, t))
			abort();
}

/* Field by field: what lies between them is anything. */
static bool same(const struct cron *a, const struct cron *b)
{
	return a->minutes == b->minutes && a->hours == b->hours && a->days == b->days &&
	       a->months == b->months && a->weekdays == b->weekdays && a->any_minute == b->any_minute &&
	       a->any_hour == b->any_hour && a->any_day == b->any_day && a->any_month == b->any_month &&
	       a->any_weekday == b->any_weekday && a->every == b->every;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *text = xstrndup((const char *)data, size);
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	char once[CRON_TEXT_MAX], twice[CRON_TEXT_MAX];
	const char *why = NULL;
	struct cron c, again;

	if (cron_parse(a, text, &c, &why) < 0) {
		if (!why || !why[0])
			abort();
		return 0;
	}
	if (cron_parse(a, cron_format(&c, once), &again, &why) < 0 || !same(&c, &again))
		abort();
	if (strcmp(once, cron_format(&again, twice)) != 0)
		abort();
	check_next(&c, 0);
	check_next(&c, (nsec_t)1767323045 * NSEC_PER_SEC + 1);
	check_next(&c, (nsec_t)4102444799 * NSEC_PER_SEC);
	return 0;
}
