/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lib/wire/wire.h"

static void expect_line(struct wire_reader *r, const char *want)
{
	const char *line = NULL;
	size_t len = 0;

	assert_int_equal(wire_reader_line(r, &line, &len), 1);
	assert_string_equal(line, want);
	assert_int_equal(len, strlen(want));
}

static void expect_none(struct wire_reader *r)
{
	const char *line;
	size_t len;

	assert_int_equal(wire_reader_line(r, &line, &len), 0);
}

static void lines_come_out_whole(void **state)
{
	struct wire_reader r;

	(void)state;
	wire_reader_init(&r, 0);
	expect_none(&r);
	wire_reader_feed(&r, "ab", 2);
	expect_none(&r);
	wire_reader_feed(&r, "c\nde\n\nf", 7);
	expect_line(&r, "abc");
	expect_line(&r, "de");
	expect_none(&r);
	wire_reader_feed(&r, "g\n", 2);
	expect_line(&r, "fg");
	expect_none(&r);
	wire_reader_done(&r);
}

/* Every way to cut a text in two gives the same lines. */
static void cuts_do_not_matter(void **state)
{
	static const char text[] = "one\ntwo\n\nthree\n";

	(void)state;
	for (size_t cut = 0; cut <= strlen(text); cut++) {
		struct wire_reader r;

		wire_reader_init(&r, 0);
		wire_reader_feed(&r, text, cut);
		wire_reader_feed(&r, text + cut, strlen(text) - cut);
		expect_line(&r, "one");
		expect_line(&r, "two");
		expect_line(&r, "three");
		expect_none(&r);
		wire_reader_done(&r);
	}
}

static void long_lines_are_refused(void **state)
{
	struct wire_reader r;
	const char *line;
	size_t len;

	(void)state;
	wire_reader_init(&r, 4);
	wire_reader_feed(&r, "1234\n", 5);
	expect_line(&r, "1234");
	wire_reader_feed(&r, "12345", 5);
	assert_int_equal(wire_reader_line(&r, &line, &len), -EMSGSIZE);
	wire_reader_done(&r);

	wire_reader_init(&r, 4);
	wire_reader_feed(&r, "12345\n", 6);
	assert_int_equal(wire_reader_line(&r, &line, &len), -EMSGSIZE);
	wire_reader_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_come_out_whole),
		cmocka_unit_test(cuts_do_not_matter),
		cmocka_unit_test(long_lines_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
