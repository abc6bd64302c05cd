/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/meta.h"

static struct string_pair pairs[] = { { "app", "web" }, { "n", "6" }, { "tier", "front" } };
static const struct string_map labels = { .items = pairs, .count = 3 };

/* What the text form selects of app=web,n=6,tier=front. */
static void test_text(void **state)
{
	static const struct {
		const char *text;
		bool matches;
	} cases[] = {
		{ "", true },
		{ "  ", true },
		{ "app=web", true },
		{ "app==web", true },
		{ " app = web , tier=front ", true },
		{ "app=web,tier=back", false },
		{ "app!=web", false },
		{ "app!=db", true },
		{ "other!=x", true },
		{ "app", true },
		{ "other", false },
		{ "!other", true },
		{ "! other", true },
		{ "!app", false },
		{ "app in (db, web)", true },
		{ "app in (db)", false },
		{ "app notin (db,cache)", true },
		{ "app notin (web)", false },
		{ "other notin (x)", true },
		{ "app in (web),tier,!gone,tier!=back", true },
		{ "app=", false },
		{ "app in ()", false },
		{ "app notin ()", true },
		{ "app in (,web)", true },
		{ "\tapp\r\n", true },
		{ "in in (in)", false },
		{ "notin notin (in)", true },
		{ "app>5", false },
		{ "other<5", false },
		{ "n>5", true },
		{ "n > 6", false },
		{ "n<7", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(arena_freep) struct arena *a = arena_new(0);
		struct label_selector s;
		const char *why = NULL;

		if (label_selector_parse(a, cases[i].text, &s, &why) < 0)
			fail_msg("\"%s\": %s", cases[i].text, why);
		if (label_selector_matches(&s, &labels) != cases[i].matches)
			fail_msg("\"%s\": expected %d", cases[i].text, cases[i].matches);
	}
}

/* What is read and written again reads back as the same. */
static void test_format(void **state)
{
	static const struct {
		const char *text, *form;
	} cases[] = {
		{ "", "" },
		{ "a=b", "a in (b)" },
		{ "a!=b, c", "a notin (b),c" },
		{ "!x.y/z,n>5,n<7", "!x.y/z,n>5,n<7" },
		{ "a in ( b,, c )", "a in (b,,c)" },
		{ "a=", "a in ()" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(arena_freep) struct arena *a = arena_new(0);
		_cleanup_(buf_done) struct buf once = BUF_INIT, twice = BUF_INIT;
		struct label_selector s;
		const char *why = NULL;

		assert_int_equal(label_selector_parse(a, cases[i].text, &s, &why), 0);
		label_selector_format(&s, &once);
		assert_string_equal(once.data, cases[i].form);
		assert_int_equal(label_selector_parse(a, once.data, &s, &why), 0);
		label_selector_format(&s, &twice);
		assert_string_equal(twice.data, cases[i].form);
	}
	struct label_selector both = { .match_labels = labels };
	struct label_requirement gone = { .key = "gone", .op = "DoesNotExist" };
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	both.match_expressions.items = &gone;
	both.match_expressions.count = 1;
	label_selector_format(&both, &text);
	assert_string_equal(text.data, "app=web,n=6,tier=front,!gone");
}

static void test_bad_text(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "=web", "a label's key is missing" },
		{ ",", "a label's key is missing" },
		{ "app=web,", "a label's key is missing" },
		{ "app in web", "\"in\" and \"notin\" are followed by (a,b)" },
		{ "app in (web", "a \")\" is missing" },
		{ "app within (web)", "`within` is no operator: =, !=, in, notin, < and > are" },
		{ "app>five", "`five` is no integer, which \"<\" and \">\" compare with" },
		{ "app>", "`` is no integer, which \"<\" and \">\" compare with" },
		{ "app in (a) (b)", "`(b)` is not expected here" },
		{ "app=web tier=front", "`tier=front` is not expected here" },
		{ "app=(", "`(` is not expected here" },
		{ "!app=x", "`=x` is not expected here" },
		{ "a/b/c", "`a/b/c` must be letters, digits, \"-\", \"_\" and \".\", start and end with a "
			   "letter or "
			   "digit, and may have a DNS name and \"/\" before it" },
		{ "app=-", "`-` is no label value: it must be letters, digits, \"-\", \"_\" and \".\", and "
			   "start and "
			   "end with a letter or digit" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(arena_freep) struct arena *a = arena_new(0);
		struct label_selector s;
		const char *why = NULL;

		if (label_selector_parse(a, cases[i].text, &s, &why) != -EINVAL)
			fail_msg("\"%s\": expected an error", cases[i].text);
		assert_string_equal(why, cases[i].why);
	}
}

static void test_matches(void **state)
{
	static struct string_pair want[] = { { "app", "web" } };
	static const char *both[] = { "db", "web" };
	static struct label_requirement in[] = {
		{ .key = "app", .op = "In", .values = { both, 2 } },
		{ .key = "tier", .op = "Exists" },
	};
	struct label_selector empty = { 0 };
	struct label_selector exact = { .match_labels = { want, 1 } };
	struct label_selector more = { .match_labels = { want, 1 }, .match_expressions = { in, 2 } };
	const struct string_map none = { 0 };

	(void)state;
	assert_false(label_selector_matches(NULL, &labels));
	assert_true(label_selector_matches(&empty, &labels));
	assert_true(label_selector_matches(&empty, &none));
	assert_true(label_selector_matches(&exact, &labels));
	assert_false(label_selector_matches(&exact, &none));
	assert_true(label_selector_matches(&more, &labels));
	in[1].op = "DoesNotExist";
	assert_false(label_selector_matches(&more, &labels));
	in[1].op = "Exists";
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_bad_text),
		cmocka_unit_test(test_matches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
