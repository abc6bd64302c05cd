/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Fields are found again in the text of their manifest. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "lib/base/mem.h"
#include "lib/object/locate.h"

static const char text[] = "# two objects\n"                            /* 1 */
			   "kind: A\n"                                  /* 2 */
			   "spec:\n"                                    /* 3 */
			   "  containers:\n"                            /* 4 */
			   "    - name: one\n"                          /* 5 */
			   "      image: i\n"                           /* 6 */
			   "    - name: two\n"                          /* 7 */
			   "      image: j\n"                           /* 8 */
			   "      ports: [{port: 80, protocol: TCP}]\n" /* 9 */
			   "data:\n"                                    /* 10 */
			   "  a.b: x\n"                                 /* 11 */
			   "---\n"                                      /* 12 */
			   "kind: List\n"                               /* 13 */
			   "items:\n"                                   /* 14 */
			   "  - kind: B\n"                              /* 15 */
			   "    spec: {x: 1}\n";                        /* 16 */

static const struct {
	uint32_t line, col;
	const char *field;
	uint32_t want_line, want_col;
	const char *want_field;
} cases[] = {
	{ 2, 1, "spec", 4, 3, "spec" },
	{ 2, 1, "spec.containers[two].image", 8, 14, "spec.containers[1].image" },
	{ 2, 1, "spec.containers[0].image", 6, 14, "spec.containers[0].image" },
	{ 2, 1, "spec.containers[two].ports[80,TCP].protocol", 9, 36,
		"spec.containers[1].ports[0].protocol" },
	{ 2, 1, "data[\"a.b\"]", 11, 8, "data[\"a.b\"]" },
	/* As far as the text goes. */
	{ 2, 1, "spec.containers[two].env[A].value", 7, 7, "spec.containers[1].env[A].value" },
	{ 2, 1, "spec.containers[three].image", 5, 5, "spec.containers[three].image" },
	{ 2, 1, "spec.containers[7]", 5, 5, "spec.containers[7]" },
	{ 2, 1, "", 2, 1, "" },
	{ 15, 5, "spec.x", 16, 15, "spec.x" },
	/* Paths that are none. */
	{ 2, 1, "spec..containers[", 4, 3, "spec..containers[]" },
	{ 2, 1, "data[\"a.b", 10, 1, NULL },
};

static void test_find(void **state)
{
	struct located *l = located_new(text, strlen(text));

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct location place = { 0 };

		assert_true(located_find(l, cases[i].line, cases[i].col, cases[i].field, &place));
		if (!cases[i].want_field)
			continue;
		if (place.line != cases[i].want_line || place.col != cases[i].want_col ||
			strcmp(place.field, cases[i].want_field) != 0)
			fail_msg("%s: expected %u:%u %s, found %u:%u %s", cases[i].field, cases[i].want_line,
				cases[i].want_col, cases[i].want_field, place.line, place.col, place.field);
	}
	located_free(l);
}

static void test_no_object(void **state)
{
	struct location place = { 7, 7, "x" };
	struct located *l = located_new(text, strlen(text));

	(void)state;
	assert_false(located_find(l, 3, 1, "spec", &place));
	assert_int_equal(place.line, 7);
	located_free(l);
	l = located_new("a: [", 4);
	assert_false(located_find(l, 1, 1, "a", &place));
	located_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_no_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
