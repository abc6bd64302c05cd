/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "nodeagent/runtime_text.h"

#define STAT_REST " 0 -1 4194624 56 0 0 0 1 2 3 4 20 0 1 0 1424853 6725632 550\n"

static void processes(void **state)
{
	static const struct {
		const char *text;
		int want;
		pid_t parent;
		bool zombie;
	} cases[] = {
		{ "31837 (crun) S 31835 31837 31837" STAT_REST, 0, 31835, false },
		{ "31837 (a) Z 1 (b) R 7 7 7" STAT_REST, 0, 7, false }, /* a name that looks like the rest */
		{ "31837 (x\ny) Z 2 2 2" STAT_REST, 0, 2, true },
		{ "31837 (x) X 2 2 2" STAT_REST, 0, 2, true },
		{ "31837 (x) S 2 2", -EBADMSG, 0, false },
		{ "31837 (x)", -EBADMSG, 0, false },
		{ "", -EBADMSG, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct runtime_stat st = { 0 };

		if (runtime_text_stat(cases[i].text, &st) != cases[i].want)
			fail_msg("case %zu: want %d", i, cases[i].want);
		if (cases[i].want == 0 &&
			(st.parent != cases[i].parent || st.zombie != cases[i].zombie || st.start != 1424853))
			fail_msg("case %zu: parent %d zombie %d start %lld", i, (int)st.parent, st.zombie,
				(long long)st.start);
	}
}

static void answers(void **state)
{
	static const struct {
		const char *text;
		pid_t want; /* 0: an error */
		const char *message;
	} cases[] = {
		{ "{\"data\": 31837}\n", 31837, NULL },
		{ "{\"data\": -1, \"message\": \"no such image\"}\n", 0, "no such image" },
		{ "{\"data\": -1}\n", 0, "" },
		{ "{\"data\": 0}\n", 0, "" },
		{ "{\"data\": 4294967297}\n", 0, "" }, /* not PID 1 */
		{ "{\"data\": \"31837\"}\n", 0, "" },
		{ "{\"data\": 318", 0, "conmon ended before it had created the container" },
		{ "", 0, "conmon ended before it had created the container" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(arena_freep) struct arena *a = arena_new(0);
		const char *message = NULL;
		pid_t pid = runtime_text_answer(a, cases[i].text, strlen(cases[i].text), &message);

		if (cases[i].want > 0)
			assert_int_equal(pid, cases[i].want);
		else {
			assert_true(pid < 0);
			assert_string_equal(message, cases[i].message);
		}
	}
}

static void numbers(void **state)
{
	static const struct {
		const char *text;
		int64_t want; /* -1: no number */
	} cases[] = {
		{ "137", 137 },
		{ "137\n", 137 },
		{ "0", 0 },
		{ "", -1 }, /* created, not written yet */
		{ "\n", -1 },
		{ "137\n\n", -1 },
		{ "137 ", -1 },
		{ "12x", -1 },
		{ "1234567890123456789012345678901234567890", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t n = -2;
		int r = runtime_text_number(cases[i].text, &n);

		if (r != (cases[i].want < 0 ? -EINVAL : 0) || (r == 0 && n != cases[i].want))
			fail_msg("\"%s\": %d, %lld", cases[i].text, r, (long long)n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processes),
		cmocka_unit_test(answers),
		cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
