/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/yaml.h"

static const char yaml[] = "spec:\n"
			   "  name: x\n"
			   "  ports:\n"
			   "  - number: 1\n"
			   "  - number: 2\n"
			   "  empty: []\n";

/* The line of what a path reaches: the deepest part that the text has. */
static void test_at(void **state)
{
	static const struct {
		const char *path;
		unsigned line, col;
	} cases[] = {
		{ NULL, 1, 1 },
		{ "", 1, 1 },
		{ "spec", 2, 3 },
		{ "spec.name", 2, 9 },
		{ "spec.nam", 2, 3 },
		{ "spec.names", 2, 3 },
		{ "spec.name.x", 2, 9 },
		{ "spec.ports[1].number", 5, 13 },
		{ "spec.ports[1].none", 5, 5 },
		{ "spec.ports[2].number", 4, 3 },
		{ "spec.ports[x].number", 4, 5 },
		{ "spec.ports.number", 4, 3 },
		{ "spec.empty[0]", 6, 10 },
		{ "spec[0]", 2, 3 },
		{ "none.at[3].all", 1, 1 },
	};
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	struct yaml_documents documents;
	struct diags diags;

	(void)state;
	diags_init(&diags);
	assert_int_equal(yaml_parse(a, "a", yaml, strlen(yaml), &yaml_limits_default, &documents, &diags), 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct value *v = check_at(documents.items[0], cases[i].path);

		if (v->line != cases[i].line || v->col != cases[i].col)
			fail_msg("%s: expected %u:%u, found %u:%u", cases[i].path, cases[i].line,
				cases[i].col, v->line, v->col);
	}
	assert_null(check_at(NULL, "spec"));
	diags_done(&diags);
}

static void test_key(void **state)
{
	static const struct {
		const char *key, *text;
	} cases[] = {
		{ "app", "labels.app" },
		{ "a-b_C1", "labels.a-b_C1" },
		{ "a.b/c", "labels[\"a.b/c\"]" },
		{ "", "labels[\"\"]" },
	};
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	struct decode d = { .arena = a };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(check_key(&d, "labels", cases[i].key), cases[i].text);
}

static void test_suggest(void **state)
{
	static const char *const names[] = { "data", "config" };
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	struct decode d = { .arena = a };

	(void)state;
	assert_string_equal(check_suggest(&d, "dta", names, 2), "; did you mean `data`?");
	assert_string_equal(check_suggest(&d, "zzzzzzzz", names, 2), "");
	assert_string_equal(check_suggest(&d, "data", NULL, 0), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_suggest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
