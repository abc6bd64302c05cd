/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Schedules: what they say, what is wrong with them, and when they are due. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "lib/base/str.h"
#include "lib/object/cron.h"

static void test_texts(void **state)
{
	static const struct {
		const char *text, *canonical;
	} cases[] = {
		{ "* * * * *", "* * * * *" },
		{ "?	*  ? * ?", "* * * * *" },
		{ "  5 4 3 2 1\n", "5 4 3 2 1" },
		{ "*/15 * * * *", "0,15,30,45 * * * *" },
		{ "*/1 */24 * * *", "* 0 * * *" },
		{ "5/20 * * * *", "5,25,45 * * * *" },
		{ "0-59 * * * *", "0-59 * * * *" },
		{ "0-10/3,50 0,12 * * *", "0,3,6,9,50 0,12 * * *" },
		{ "0 0 1-7,*,9 * *", "0 0 * * *" },
		{ "1,,2, 0 * * *", "1-2 0 * * *" },
		{ "0 0 * JAN-mar,Dec *", "0 0 * 1-3,12 *" },
		{ "0 0 * * Sun,tue-SAT", "0 0 * * 0,2-6" },
		{ "+5 0 * * *", "5 0 * * *" },
		{ "0 0 31 12/2 *", "0 0 31 12 *" },
		{ "0/9999999999999 0 * * *", "0 0 * * *" },
		{ "@yearly", "0 0 1 1 *" },
		{ "@annually", "0 0 1 1 *" },
		{ "@monthly", "0 0 1 * *" },
		{ "@weekly", "0 0 * * 0" },
		{ "@daily", "0 0 * * *" },
		{ "@midnight", "0 0 * * *" },
		{ "@hourly", "0 * * * *" },
		{ "@every 90m", "@every 1h30m0s" },
		{ "@every 1.5s", "@every 1s" },
		{ "@every 20ms", "@every 1s" },
		{ "@every -5m", "@every 1s" },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[CRON_TEXT_MAX], twice[CRON_TEXT_MAX];
		const char *why = NULL;
		struct cron c, again;

		if (cron_parse(a, cases[i].text, &c, &why) < 0)
			fail_msg("\"%s\": %s", cases[i].text, why);
		if (strcmp(cron_format(&c, text), cases[i].canonical) != 0)
			fail_msg("\"%s\": expected \"%s\", found \"%s\"", cases[i].text, cases[i].canonical,
				text);
		assert_int_equal(cron_parse(a, text, &again, &why), 0);
		assert_string_equal(cron_format(&again, twice), text);
	}
	arena_free(a);
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "wants five fields (minute, hour, day, month, weekday) or @daily and such, but has 0" },
		{ "* * * *", "wants five fields (minute, hour, day, month, weekday) or @daily and such, but "
			     "has 4" },
		{ "0 * * * * *", "wants five fields (minute, hour, day, month, weekday) or @daily and such, "
				 "but has 6" },
		{ "60 * * * *", "minute: `60` is not between 0 and 59" },
		{ "* 24 * * *", "hour: `24` is not between 0 and 23" },
		{ "* * 0 * *", "day of the month: `0` is not between 1 and 31" },
		{ "* * 32 * *", "day of the month: `32` is not between 1 and 31" },
		{ "* * * 13 *", "month: `13` is not between 1 and 12" },
		{ "* * * * 7", "day of the week: `7` is not between 0 and 6 (Sunday is 0)" },
		{ "* * * * sun-7", "day of the week: `sun-7` is not between 0 and 6 (Sunday is 0)" },
		{ "* * * * sunday", "day of the week: `sunday` is no number or name such as mon" },
		{ "* * * janu *", "month: `janu` is no number or name such as feb" },
		{ "* jan * * *", "hour: `jan` is no number" },
		{ "5-3 * * * *", "minute: `5-3` ends before it begins" },
		{ "* * * * fri-mon", "day of the week: `fri-mon` ends before it begins" },
		{ "1-2-3 * * * *", "minute: `1-2-3` has more than one \"-\"" },
		{ "1/2/3 * * * *", "minute: `1/2/3` has more than one \"/\"" },
		{ "*/0 * * * *", "minute: `*/0` has a step of 0" },
		{ "*/mon * * * *", "minute: `mon` is no number" },
		{ "-5 * * * *", "minute: `` is no number" },
		{ "*/-5 * * * *", "minute: `-5` is no number" },
		{ "+-5 * * * *", "minute: `+` is no number" },
		{ "1.5 * * * *", "minute: `1.5` is no number" },
		{ ", * * * *", "minute: `,` names nothing" },
		{ "99999999999999999999 * * * *", "minute: `99999999999999999999` is no number" },
		{ "@", "`@` is not known (known: @yearly, @monthly, @weekly, @daily, @hourly, @every "
		       "1h30m)" },
		{ "@dayly",
			"`@dayly` is not known, did you mean `@daily`? (known: @yearly, @monthly, @weekly, "
			"@daily, @hourly, @every 1h30m)" },
		{ "@every", "@every wants a space and a duration behind it, such as @every 1h30m" },
		{ "@every soon", "`soon` is no duration such as 1h30m" },
		{ "@every 5", "`5` is no duration such as 1h30m" },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *why = NULL;
		struct cron c;

		if (cron_parse(a, cases[i].text, &c, &why) == 0)
			fail_msg(
				"\"%s\": expected \"%s\", but it is a schedule", cases[i].text, cases[i].why);
		if (strcmp(why, cases[i].why) != 0)
			fail_msg("\"%s\": expected \"%s\", found \"%s\"", cases[i].text, cases[i].why, why);
	}
	arena_free(a);
}

static void test_next(void **state)
{
	static const struct {
		const char *text, *after, *next; /* next: NULL for never */
	} cases[] = {
		{ "* * * * *", "2026-01-02T03:04:05Z", "2026-01-02T03:05:00Z" },
		{ "* * * * *", "2026-01-02T03:04:00Z", "2026-01-02T03:05:00Z" },
		{ "*/15 * * * *", "2026-01-02T03:45:00Z", "2026-01-02T04:00:00Z" },
		{ "0 0 * * *", "2026-12-31T00:00:00Z", "2027-01-01T00:00:00Z" },
		{ "30 3 * * *", "2026-02-28T03:30:01Z", "2026-03-01T03:30:00Z" },
		{ "0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z" },
		{ "0 0 29 2 *", "2097-01-01T00:00:00Z", "2104-02-29T00:00:00Z" },
		{ "0 0 31 * *", "2026-01-31T00:00:00Z", "2026-03-31T00:00:00Z" },
		{ "0 0 30 2 *", "2026-01-01T00:00:00Z", NULL },
		{ "0 0 31 4,6,9,11 *", "2026-01-01T00:00:00Z", NULL },
		/* Either day is enough where both are given … */
		{ "0 0 13 * fri", "2026-02-01T00:00:00Z", "2026-02-06T00:00:00Z" },
		{ "0 0 13 * fri", "2026-01-10T00:00:00Z", "2026-01-13T00:00:00Z" },
		/* … and `*` with a step counts as given. */
		{ "0 0 */2 * fri", "2026-02-01T00:00:00Z", "2026-02-03T00:00:00Z" },
		{ "0 0 * * fri", "2026-02-01T00:00:00Z", "2026-02-06T00:00:00Z" },
		{ "0 0 13 * *", "2026-01-14T00:00:00Z", "2026-02-13T00:00:00Z" },
		{ "59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z" },
		{ "0 12 * * 0", "2026-11-21T08:00:00Z", "2026-11-22T12:00:00Z" },
		{ "0 0 1 1 *", "1970-01-01T00:00:00Z", "1971-01-01T00:00:00Z" },
		{ "@every 1h30m", "2026-01-02T03:04:05.7Z", "2026-01-02T04:34:05Z" },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *why = NULL;
		char text[TIME_TEXT_MAX] = "never";
		struct cron c;
		nsec_t after, next;

		assert_int_equal(cron_parse(a, cases[i].text, &c, &why), 0);
		assert_int_equal(time_parse(cases[i].after, &after), 0);
		next = cron_next(&c, after);
		if (next != NSEC_NEVER)
			time_format(next, text);
		if (strcmp(text, cases[i].next ? cases[i].next : "never") != 0)
			fail_msg("\"%s\" after %s: expected %s, found %s", cases[i].text, cases[i].after,
				cases[i].next ? cases[i].next : "never", text);
	}
	arena_free(a);
}

static void test_far_away(void **state)
{
	struct cron minutely = {
		.minutes = ~(uint64_t)0, .hours = ~0U, .days = ~0U, .months = ~0U, .weekdays = ~0U
	};
	struct cron every = { .every = 3600 * NSEC_PER_SEC };

	(void)state;
	assert_true(cron_next(&minutely, NSEC_NEVER - 1) == NSEC_NEVER);
	assert_true(cron_next(&every, NSEC_NEVER - 1) == NSEC_NEVER);
}

static void test_rules(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	assert_null(rule_cron(a, "0 0 * * *"));
	assert_string_equal(rule_cron(a, "CRON_TZ=UTC 0 0 * * *"),
		"can't have TZ or CRON_TZ in it: the time zone stands in timeZone");
	assert_non_null(rule_cron(a, "0 0 * *"));
	assert_null(rule_time_zone(a, "Etc/UTC"));
	assert_null(rule_time_zone(a, "Africa/Abidjan"));
	assert_null(rule_time_zone(a, "Zulu"));
	assert_null(rule_time_zone(a, "America/Argentina/ComodRivadavia"));
	assert_string_equal(rule_time_zone(a, "Europe/Berln"),
		"`Europe/Berln` is no time zone of the IANA database such as Europe/Berlin; did you mean "
		"`Europe/Berlin`?");
	assert_string_equal(rule_time_zone(a, "Local"),
		"`Local` is no time zone of the IANA database such as Europe/Berlin");
	assert_non_null(rule_time_zone(a, ""));
	assert_non_null(rule_time_zone(a, "../../etc/passwd"));
	arena_free(a);
}

/* Each case: the time after which, and the times that follow one another. */
static void test_in_zones(void **state)
{
	static const char berlin[] = "CET-1CEST,M3.5.0,M10.5.0/3",
			  lord_howe[] = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0";
	static const struct {
		const char *zone, *text, *after, *next[3];
	} cases[] = {
		{ berlin, "0 3 * * *", "2026-01-01T12:00:00Z",
			{ "2026-01-02T02:00:00Z", "2026-01-03T02:00:00Z" } },
		{ berlin, "0 3 * * *", "2026-07-01T12:00:00Z", { "2026-07-02T01:00:00Z" } },
		{ berlin, "30 0 1 * *", "2026-05-15T00:00:00Z",
			{ "2026-05-31T22:30:00Z", "2026-06-30T22:30:00Z" } },
		/* 02:30 does not exist on 29 March */
		{ berlin, "30 2 * * *", "2026-03-28T00:00:00Z",
			{ "2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z" } },
		/* … nor does any of that hour */
		{ berlin, "*/20 * * * *", "2026-03-29T00:39:00Z",
			{ "2026-03-29T00:40:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:20:00Z" } },
		{ berlin, "0 3 * * *", "2026-03-28T12:00:00Z",
			{ "2026-03-29T01:00:00Z", "2026-03-30T01:00:00Z" } },
		/* 02:30 comes twice on 25 October */
		{ berlin, "30 2 * * *", "2026-10-24T12:00:00Z",
			{ "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z" } },
		{ berlin, "0 2 25 10 *", "2026-10-24T12:00:00Z",
			{ "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2027-10-25T00:00:00Z" } },
		/* half an hour */
		{ lord_howe, "15 2 * * *", "2026-10-02T00:00:00Z",
			{ "2026-10-02T15:45:00Z", "2026-10-04T15:15:00Z" } },
		/* midnight left out */
		{ "<-03>3<-02>,M11.1.0/0,M2.3.0/0", "0 0 * * *", "2026-10-31T12:00:00Z",
			{ "2026-11-02T02:00:00Z", "2026-11-03T02:00:00Z" } },
		{ berlin, "@daily", "2026-03-28T22:59:59Z",
			{ "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z" } },
		{ berlin, "@every 1h30m", "2026-03-29T00:00:00Z",
			{ "2026-03-29T01:30:00Z", "2026-03-29T03:00:00Z" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(arena_freep) struct arena *a = arena_new(0);
		_cleanup_(zone_freep) struct zone *z = NULL;
		const char *why;
		struct cron c;
		nsec_t t;

		assert_int_equal(zone_parse_rule(cases[i].zone, &z, NULL), 0);
		assert_int_equal(cron_parse(a, cases[i].text, &c, &why), 0);
		assert_int_equal(time_parse(cases[i].after, &t), 0);
		for (size_t k = 0; k < 3 && cases[i].next[k]; k++) {
			char text[TIME_TEXT_MAX];

			t = cron_next_in(&c, z, t);
			if (strcmp(time_format(t, text), cases[i].next[k]) != 0)
				print_error(
					"%s in %s, after %s\n", cases[i].text, cases[i].zone, cases[i].after);
			assert_string_equal(text, cases[i].next[k]);
		}
	}
}

/* The last time up to now is the one that a walk from the beginning ends at. */
static void test_last(void **state)
{
	static const char *const texts[] = { "*/7 * * * *", "0 3 * * *", "30 2 * * 0", "0 0 29 2 *",
		"0,1 0 * * *", "* * 1 1 *", "@every 47m", "0 0 30 2 *" };
	_cleanup_(zone_freep) struct zone *z = NULL;
	const nsec_t start = (nsec_t)1767323045 * NSEC_PER_SEC, day = 86400 * NSEC_PER_SEC;

	(void)state;
	assert_int_equal(zone_parse_rule("CET-1CEST,M3.5.0,M10.5.0/3", &z, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		_cleanup_(arena_freep) struct arena *a = arena_new(0);
		const char *why;
		struct cron c;

		assert_int_equal(cron_parse(a, texts[i], &c, &why), 0);
		for (nsec_t now = start; now < start + 400 * day; now += 33 * day + 12345 * NSEC_PER_SEC) {
			nsec_t last = NSEC_NEVER;

			for (nsec_t t = cron_next_in(&c, z, start); t <= now; t = cron_next_in(&c, z, t))
				last = t;
			if (cron_last_in(&c, z, start, now) != last)
				print_error("%s: another last time than by walking\n", texts[i]);
			assert_true(cron_last_in(&c, z, start, now) == last);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_far_away),
		cmocka_unit_test(test_in_zones),
		cmocka_unit_test(test_last),
		cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
