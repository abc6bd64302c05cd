/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Schedules of CronJobs, in the language of robfig/cron v3's standard parser, which is what Kubernetes reads them with:
 *
 *     minute hour day-of-month month day-of-week     five fields
 *     @yearly @annually @monthly @weekly @daily @midnight @hourly
 *     @every 1h30m                                   a Go duration, at least a second
 *
 * A field is a list of ranges: `*` or `?`, a number, `a-b`, each with an optional `/step` (`5/10` is 5-59/10).
 * Months and weekdays have names of three letters, in any case. Sunday is 0; there is no 7. Where both the day of
 * the month and the day of the week are given, either is enough; `*` with a step counts as given.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/time.h"
#include "lib/base/zone.h"

struct cron {
	/* Bit n: value n is among them. */
	uint64_t minutes;
	uint32_t hours, days, months, weekdays;
	/* The field was `*`, or had one in it. */
	bool any_minute, any_hour, any_day, any_month, any_weekday;
	nsec_t every; /* 0: by the fields; else they do not count: whole seconds */
};

/* TEXT → RET; -EINVAL: *RET_WHY says what is wrong, in ARENA, to follow "field: ". */
int cron_parse(struct arena *arena, const char *text, struct cron *ret, const char **ret_why);

enum { CRON_TEXT_MAX = 320 };
/* A text that parses to the same schedule; RET has CRON_TEXT_MAX bytes; returns RET. */
char *cron_format(const struct cron *c, char *ret);

/*
 * The first time after AFTER (not AFTER itself; from 1970 on) that the schedule names, in UTC; NSEC_NEVER where there
 * is none within nine years, such as for 30 February.
 */
nsec_t cron_next(const struct cron *c, nsec_t after);

/*
 * The same by the clocks of zone Z (NULL: UTC): the first minute whose local time the schedule names. What falls into an
 * hour that is left out does not happen that day; what falls into one that comes twice happens twice, as with
 * robfig/cron. @every knows no zones.
 */
nsec_t cron_next_in(const struct cron *c, const struct zone *z, nsec_t after);
/* The last time after AFTER and not after NOW that the schedule names; NSEC_NEVER: there is none. */
nsec_t cron_last_in(const struct cron *c, const struct zone *z, nsec_t after, nsec_t now);

/* For schema tables (string_rule): a schedule, without a time zone in it. */
const char *rule_cron(struct arena *arena, const char *s);
/* A name of the IANA time zone database (time_zones.c). */
const char *rule_time_zone(struct arena *arena, const char *s);
