/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Any bytes as a compiled time zone, and any text as its rule: refused, or a zone whose offset changes nowhere but where it
 * says so, and by whose clocks a schedule's next time is what a walk from minute to minute finds.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/object/cron.h"
#include "tests/fuzz/fuzz.h"

enum { CHANGES = 12, MINUTES_LOOKED_AT = 400 };
#define MINUTE (60 * NSEC_PER_SEC)

static void check_changes(const struct zone *z, nsec_t t)
{
	for (int i = 0; i < CHANGES; i++) {
		nsec_t next = zone_next_change(z, t);

		if (next <= t)
			abort();
		if (next == NSEC_NEVER || next > (nsec_t)8000000000 * NSEC_PER_SEC)
			return;
		if (zone_offset(z, t) != zone_offset(z, next - 1) ||
			zone_offset(z, t) != zone_offset(z, t + (next - t) / 2))
			abort();
		t = next;
	}
}

/* Half past two, every day. */
static bool names(const struct zone *z, nsec_t t)
{
	int64_t second = t / NSEC_PER_SEC + zone_offset(z, t);

	return second % 60 == 0 && second / 60 % 1440 == 150;
}

static void check_schedule(const struct zone *z, nsec_t t)
{
	const struct cron c = { .minutes = (uint64_t)1 << 30,
		.hours = 1 << 2,
		.days = ~(uint32_t)0,
		.months = ~(uint32_t)0,
		.weekdays = ~(uint32_t)0,
		.any_day = true,
		.any_weekday = true };
	nsec_t next = cron_next_in(&c, z, t);

	if (next <= t)
		abort();
	/* Offsets of whole minutes only: the walk goes by them. */
	if (next == NSEC_NEVER || zone_offset(z, t) % 60 != 0 || zone_offset(z, next) % 60 != 0)
		return;
	if (!names(z, next))
		abort();
	t = t / MINUTE * MINUTE + MINUTE;
	for (int i = 0; i < MINUTES_LOOKED_AT && t < next; i++, t += MINUTE)
		if (names(z, t))
			abort();
}

static void check_zone(const struct zone *z)
{
	char text[TIME_TEXT_MAX];

	for (nsec_t t = 86400 * 3 * NSEC_PER_SEC; t < (nsec_t)4000000000 * NSEC_PER_SEC;
		t += (nsec_t)999999937 * NSEC_PER_SEC) {
		check_changes(z, t);
		check_schedule(z, t);
		zone_format(z, t, text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *text = xstrndup((const char *)data, size);
	_cleanup_(zone_freep) struct zone *file = NULL, *rule = NULL;
	struct err err = { 0 };

	if (zone_parse(data, size, &file, &err) == 0)
		check_zone(file);
	else if (err_text(&err)[0] == '\0')
		abort();
	if (zone_parse_rule(text, &rule, &err) == 0)
		check_zone(rule);
	return 0;
}
