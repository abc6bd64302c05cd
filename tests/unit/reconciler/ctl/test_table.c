/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "reconciler/ctl/table.h"

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
	(void)state;
	struct table t;
	struct buf out = BUF_INIT;
	table_begin(&t, 3);
	table_text(&t, "NAME");
	table_text(&t, "READY");
	table_text(&t, "AGE");
	table_text(&t, "hello-1");
	table_text(&t, "");
	table_text(&t, "5s");
	table_write(&t, &out);
	assert_string_equal(out.data, "NAME      READY   AGE\n"
				      "hello-1           5s\n");
	table_done(&t);
	buf_done(&out);
}

static void widths_count_characters(void **state)
{
	(void)state;
	struct table t;
	struct buf out = BUF_INIT;
	table_begin(&t, 2);
	table_text(&t, "é…");
	table_text(&t, "x");
	table_text(&t, "abc");
	table_text(&t, "y");
	table_write(&t, &out);
	assert_string_equal(out.data, "é…    x\nabc   y\n");
	table_done(&t);
	buf_done(&out);
}

static void later_rows_keep_the_widths(void **state)
{
	(void)state;
	struct table t;
	struct buf out = BUF_INIT;
	table_begin(&t, 2);
	table_text(&t, "wide cell");
	table_text(&t, "1");
	table_write(&t, &out);
	buf_clear(&out);
	table_text(&t, "a");
	table_text(&t, "2");
	table_write(&t, &out);
	assert_string_equal(out.data, "a           2\n");
	table_done(&t);
	buf_done(&out);
}

static void a_cell_cannot_break_its_row(void **state)
{
	(void)state;
	struct table t;
	struct buf out = BUF_INIT;
	table_begin(&t, 2);
	buf_adds(table_cell(&t), "two\nlines\033[31m");
	table_text(&t, "end");
	table_write(&t, &out);
	assert_string_equal(out.data, "two lines [31m   end\n");
	table_done(&t);
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
		cmocka_unit_test(widths_count_characters),
		cmocka_unit_test(later_rows_keep_the_widths),
		cmocka_unit_test(a_cell_cannot_break_its_row),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
