/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Time zones: rules, compiled files, and what is wrong with them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "lib/base/zone.h"

static nsec_t at(const char *text)
{
	nsec_t t;

	assert_int_equal(time_parse(text, &t), 0);
	return t;
}

static struct zone *rule(const char *text)
{
	struct zone *z = NULL;
	struct err err = { 0 };

	if (zone_parse_rule(text, &z, &err) < 0)
		print_error("%s\n", err_text(&err));
	assert_non_null(z);
	return z;
}

static void test_rules(void **state)
{
	static const struct {
		const char *rule, *time, *wanted;
	} cases[] = {
		{ "UTC0", "2026-07-01T12:00:00Z", "2026-07-01T12:00:00Z" },
		{ "<+0545>-5:45", "2026-07-01T12:00:00Z", "2026-07-01T17:45:00+05:45" },
		{ "<-0930>9:30", "2026-07-01T12:00:00Z", "2026-07-01T02:30:00-09:30" },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00" },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", "2026-07-01T00:00:00Z", "2026-07-01T02:00:00+02:00" },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T00:59:59Z", "2026-03-29T01:59:59+01:00" },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00+02:00" },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T00:59:59Z", "2026-10-25T02:59:59+02:00" },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00+01:00" },
		{ "EST5EDT,M3.2.0,M11.1.0", "2026-03-08T06:59:59Z", "2026-03-08T01:59:59-05:00" },
		{ "EST5EDT,M3.2.0,M11.1.0", "2026-03-08T07:00:00Z", "2026-03-08T03:00:00-04:00" },
		/* south of the equator, over the new year */
		{ "AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-01-01T00:00:00Z", "2026-01-01T11:00:00+11:00" },
		{ "AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-07-01T00:00:00Z", "2026-07-01T10:00:00+10:00" },
		/* half an hour; negative daylight saving; negative and long times of change */
		{ "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-01-01T00:00:00Z",
			"2026-01-01T11:00:00+11:00" },
		{ "IST-1GMT0,M10.5.0,M3.5.0/1", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z" },
		{ "IST-1GMT0,M10.5.0,M3.5.0/1", "2026-07-01T00:00:00Z", "2026-07-01T01:00:00+01:00" },
		{ "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T00:59:59Z", "2026-03-28T22:59:59-02:00" },
		{ "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", "2026-03-29T00:00:00-01:00" },
		{ "IST-2IDT,M3.4.4/26,M10.5.0", "2026-03-27T00:00:00Z", "2026-03-27T03:00:00+03:00" },
		/* by days of the year: 60 is 1 March also in leap years with J, and without it is not */
		{ "AAA0BBB,J60,J300", "2024-03-01T01:59:59Z", "2024-03-01T01:59:59Z" },
		{ "AAA0BBB,J60,J300", "2024-03-01T02:00:00Z", "2024-03-01T03:00:00+01:00" },
		{ "AAA0BBB,60,300", "2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z" },
		{ "AAA0BBB,60,300", "2025-03-02T02:00:00Z", "2025-03-02T03:00:00+01:00" },
		/* daylight saving the whole year round (RFC 9636, 3.3.1) */
		{ "EST5EDT,0/0,J365/25", "2026-01-01T05:00:00Z", "2026-01-01T01:00:00-04:00" },
		{ "EST5EDT,0/0,J365/25", "2026-07-01T05:00:00Z", "2026-07-01T01:00:00-04:00" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct zone *z = rule(cases[i].rule);
		char text[TIME_TEXT_MAX];

		if (!str_eq(zone_format(z, at(cases[i].time), text), cases[i].wanted))
			print_error("%s at %s\n", cases[i].rule, cases[i].time);
		assert_string_equal(text, cases[i].wanted);
		zone_free(z);
	}
}

static void test_wrong_rules(void **state)
{
	static const char *const wrong[] = { "", "C", "CE-1", "CET", "CET-25", "CET-1CEST",
		"CET-1CEST,M3.5.0", "CET-1CEST,M3.5.0,M10.6.0", "CET-1CEST,M13.5.0,M10.5.0",
		"CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0/168", "CET-1CEST,M3.5.0,M10.5.0x",
		"<+1-1", "CET-1:60", "CET-1CEST,J0,J300", "CET-1CEST,J366,J300", "CET-1 " };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct zone *z = NULL;
		struct err err = { 0 };

		if (zone_parse_rule(wrong[i], &z, &err) != -EBADMSG)
			print_error("`%s` is taken\n", wrong[i]);
		assert_null(z);
	}
}

static void test_changes(void **state)
{
	struct zone *z = rule("CET-1CEST,M3.5.0,M10.5.0/3");
	nsec_t t = at("2026-01-01T00:00:00Z");

	(void)state;
	t = zone_next_change(z, t);
	assert_int_equal(t, at("2026-03-29T01:00:00Z"));
	assert_int_equal(zone_next_change(z, t - 1), t);
	t = zone_next_change(z, t);
	assert_int_equal(t, at("2026-10-25T01:00:00Z"));
	assert_int_equal(zone_next_change(z, t), at("2027-03-28T01:00:00Z"));
	zone_free(z);
	z = rule("UTC0");
	assert_true(zone_next_change(z, t) == NSEC_NEVER);
	zone_free(z);
	assert_true(zone_next_change(NULL, t) == NSEC_NEVER);
	assert_int_equal(zone_offset(NULL, t), 0);
}

/* --- files ------------------------------------------------------------------------------------------------- */

static void put_u32(struct buf *b, uint32_t n)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_addc(b, (char)(n >> shift & 0xff));
}

static void put_header(struct buf *b, char version, uint32_t times, uint32_t types)
{
	buf_add(b, "TZif", 4);
	buf_addc(b, version);
	for (int i = 0; i < 15; i++)
		buf_addc(b, '\0');
	put_u32(b, 0);
	put_u32(b, 0);
	put_u32(b, 0);
	put_u32(b, times);
	put_u32(b, types);
	put_u32(b, 4);
}

static void put_type(struct buf *b, int32_t offset)
{
	put_u32(b, (uint32_t)offset);
	buf_addc(b, '\0');
	buf_addc(b, '\0');
}

/* An hour east of UTC until 2000, then two, then as FOOTER says. */
static void make_file(struct buf *b, const char *footer)
{
	put_header(b, '2', 0, 1);
	put_type(b, 0);
	buf_add(b, "UTC", 4);
	put_header(b, '2', 1, 2);
	put_u32(b, 0);
	put_u32(b, 946684800);
	buf_addc(b, '\1');
	put_type(b, 3600);
	put_type(b, 7200);
	buf_add(b, "ABC", 4);
	buf_addf(b, "\n%s\n", footer);
}

static void test_file(void **state)
{
	_cleanup_(buf_done) struct buf b = BUF_INIT;
	struct zone *z = NULL;
	struct err err = { 0 };

	(void)state;
	make_file(&b, "CET-1CEST,M3.5.0,M10.5.0/3");
	assert_int_equal(zone_parse(b.data, b.len, &z, &err), 0);
	assert_int_equal(zone_offset(z, at("1999-12-31T23:59:59Z")), 3600);
	assert_int_equal(zone_next_change(z, at("1999-12-31T23:59:59Z")), at("2000-01-01T00:00:00Z"));
	/* After the last transition the footer counts. */
	assert_int_equal(zone_offset(z, at("2000-01-01T00:00:00Z")), 3600);
	assert_int_equal(zone_offset(z, at("2026-07-01T00:00:00Z")), 7200);
	zone_free(z);
	z = NULL;
	buf_clear(&b);
	make_file(&b, "");
	assert_int_equal(zone_parse(b.data, b.len, &z, &err), 0);
	assert_int_equal(zone_offset(z, at("2026-01-01T00:00:00Z")), 7200);
	assert_true(zone_next_change(z, at("2026-01-01T00:00:00Z")) == NSEC_NEVER);
	zone_free(z);
}

/* Cut anywhere, or with any byte another: it is refused, or it is a zone; nothing worse. */
static void test_damaged_files(void **state)
{
	_cleanup_(buf_done) struct buf b = BUF_INIT;

	(void)state;
	make_file(&b, "CET-1CEST,M3.5.0,M10.5.0/3");
	for (size_t len = 0; len < b.len; len++) {
		_cleanup_(freep) char *copy = malloc(len + 1);
		struct zone *z = NULL;
		struct err err = { 0 };

		memcpy(copy, b.data, len);
		assert_int_equal(zone_parse(copy, len, &z, &err), -EBADMSG);
		assert_null(z);
	}
	for (size_t i = 0; i < b.len; i++) {
		char was = b.data[i];
		struct zone *z = NULL;
		struct err err = { 0 };

		b.data[i] = (char)(was ^ 0x55);
		if (zone_parse(b.data, b.len, &z, &err) == 0)
			zone_offset(z, at("2026-07-01T00:00:00Z"));
		zone_free(z);
		b.data[i] = was;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rules), cmocka_unit_test(test_wrong_rules),
		cmocka_unit_test(test_changes), cmocka_unit_test(test_file),
		cmocka_unit_test(test_damaged_files) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
