/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/kustomize_parts.h"

static void test_complaints(void **state)
{
	static const struct {
		const char *text, *line;
	} cases[] = {
		{ "Error: accumulating resources: open /s/tree/a/b.yaml: no such file\n",
			"accumulating resources: open a/b.yaml: no such file" },
		{ "error: unable to find one of 'kustomization.yaml' in directory '/s/tree'\n\n",
			"unable to find one of 'kustomization.yaml' in directory '.'" },
		{ "E1121 07:48:56.7   19382 run.go:72] \"command failed\" err=<\n\tgot file 'x'\n\t: exit "
		  "1\n "
		  ">\n",
			"got file 'x' : exit 1" },
		{ "E1121 07:48:56.7   19382 run.go:72] \"command failed\" err=\"json: unknown field "
		  "\\\"bogus\\\"\\nin /s/tree/k\"\n",
			"json: unknown field \"bogus\" in k" },
		{ "\n\t two \n lines\r\n", "two lines" },
		{ "", "" },
		{ "err=", "err=" },
		{ " err=\"", "" },
		{ " err=<", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(freep) char *line = kustomize_complaint(cases[i].text, "/s/tree");

		if (!str_eq(line, cases[i].line))
			fail_msg("%s: expected\n%s\nfound\n%s", cases[i].text, cases[i].line, line);
	}
}

static void test_long_ones_are_cut(void **state)
{
	_cleanup_(freep) char *text = xcalloc(3001, 1);

	(void)state;
	for (size_t i = 0; i < 3000; i += 2)
		memcpy(text + i, "ä", 2);
	_cleanup_(freep) char *line = kustomize_complaint(text, "/s/tree");
	assert_true(strlen(line) < 1010);
	assert_true(str_ends(line, "ä…"));
	assert_true(str_is_utf8(line, strlen(line), NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_complaints),
		cmocka_unit_test(test_long_ones_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
