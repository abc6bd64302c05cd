/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/object/diag.h"

static void assert_text(const struct diags *d, const char *expected)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;

	diags_format(d, &out);
	assert_string_equal(out.data, expected);
}

static void test_format(void **state)
{
	static const struct {
		struct diag at;
		const char *expected;
	} cases[] = {
		{ { DIAG_ERROR, "a/b.yaml", 7, 3, "Deployment/ns/web", "spec.replicas", NULL },
			"a/b.yaml:7:3: error: Deployment/ns/web: spec.replicas: m 1\n" },
		{ { DIAG_WARNING, "a", 0, 0, NULL, NULL, NULL }, "a: warning: m 1\n" },
		{ { DIAG_ERROR, "a", 2, 0, NULL, NULL, NULL }, "a:2: error: m 1\n" },
		{ { DIAG_ERROR, NULL, 2, 2, "X", NULL, NULL }, "error: X: m 1\n" },
		{ { DIAG_ERROR, "a\nb", 1, 1, NULL, "x\ty\x01", NULL },
			"a\\nb:1:1: error: x\\ty\\x01: m 1\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct diags d;

		diags_init(&d);
		diags_add(&d, &cases[i].at, "m %d", 1);
		assert_text(&d, cases[i].expected);
		diags_done(&d);
	}
}

static void add(struct diags *d, enum diag_severity severity, const char *path, uint32_t line, uint32_t col,
	const char *message)
{
	struct diag at = { .severity = severity, .path = path, .line = line, .col = col };

	diags_add(d, &at, "%s", message);
}

static void test_sort(void **state)
{
	struct diags d;

	(void)state;
	diags_init(&d);
	add(&d, DIAG_WARNING, "b", 1, 1, "w");
	add(&d, DIAG_ERROR, "b", 1, 1, "z");
	add(&d, DIAG_ERROR, "a", 10, 1, "x");
	add(&d, DIAG_ERROR, "a", 9, 2, "x");
	add(&d, DIAG_ERROR, "a", 9, 1, "x");
	add(&d, DIAG_ERROR, "a", 9, 1, "x");
	add(&d, DIAG_ERROR, "b", 1, 1, "a");
	assert_int_equal(d.errors, 6);
	diags_sort(&d);
	assert_int_equal(d.errors, 5);
	assert_text(&d,
		"a:9:1: error: x\na:9:2: error: x\na:10:1: error: x\nb:1:1: error: a\nb:1:1: error: z\n"
		"b:1:1: warning: w\n");
	diags_done(&d);
}

static void test_append(void **state)
{
	struct diags d, more;

	(void)state;
	diags_init(&d);
	diags_init(&more);
	add(&more, DIAG_ERROR, "a", 1, 1, "x");
	add(&more, DIAG_WARNING, "a", 2, 1, "y");
	diags_append(&d, &more);
	diags_append(&d, &more);
	diags_done(&more);
	assert_int_equal(d.count, 4);
	assert_int_equal(d.errors, 2);
	diags_sort(&d);
	assert_text(&d, "a:1:1: error: x\na:2:1: warning: y\n");
	diags_done(&d);
}

/* A hopeless file fills the list, not the memory; errors are still counted. */
static void test_bound(void **state)
{
	struct diags d, sum;
	_cleanup_(buf_done) struct buf out = BUF_INIT;

	(void)state;
	diags_init(&d);
	diags_init(&sum);
	for (uint32_t i = 0; i < DIAGS_MAX + 5; i++)
		add(&d, DIAG_ERROR, "a", i + 1, 1, "x");
	assert_int_equal(d.count, DIAGS_MAX);
	assert_int_equal(d.dropped, 5);
	assert_int_equal(d.errors, DIAGS_MAX + 5);
	diags_append(&sum, &d);
	assert_int_equal(sum.errors, DIAGS_MAX + 5);
	assert_int_equal(sum.dropped, 5);
	diags_format(&d, &out);
	assert_non_null(strstr(out.data, "\n… and 5 more\n"));
	diags_done(&d);
	diags_done(&sum);
}

/* Of what is equal the newest goes; what differs in anything stays. */
static void test_take_back(void **state)
{
	const struct diag at = {
		.severity = DIAG_ERROR, .path = "f", .line = 1, .object = "Pod/p", .field = "a"
	};
	const struct diag warning = {
		.severity = DIAG_WARNING, .path = "f", .line = 2, .object = "Pod/p", .field = "a"
	};
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct diags d;

	(void)state;
	diags_init(&d);
	diags_add(&d, &at, "is required");
	diags_add(&d, &at, "is wrong");
	diags_add(&d, &warning, "is required");
	diags_take_back(&d, "Pod/p", "b", "is required");
	diags_take_back(&d, NULL, "a", "is required");
	assert_int_equal(d.count, 3);
	diags_take_back(&d, "Pod/p", "a", "is required");
	assert_int_equal(d.errors, 1);
	diags_format(&d, &text);
	assert_string_equal(
		text.data, "f:1: error: Pod/p: a: is wrong\nf:2: warning: Pod/p: a: is required\n");
	diags_done(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take_back),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
