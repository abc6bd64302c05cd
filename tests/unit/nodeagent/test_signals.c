/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>

#include "lib/base/cleanup.h"
#include "nodeagent/signals.h"

enum { FALLBACK = 99 };

static void names_and_numbers(void **state)
{
	static const struct {
		const char *text;
		int want;
	} cases[] = {
		{ NULL, FALLBACK },
		{ "", FALLBACK },
		{ "SIG", FALLBACK },
		{ "SIGTERM", SIGTERM },
		{ "TERM", SIGTERM },
		{ "SIGKILL", SIGKILL },
		{ "HUP", SIGHUP },
		{ "SIGSYS", SIGSYS },
		{ "sigquit", SIGQUIT }, /* images are built with either case (moby/sys/signal) */
		{ "quit", SIGQUIT },
		{ "SIGIOT", SIGABRT },
		{ "SIGCLD", SIGCHLD },
		{ "SIGPOLL", SIGIO },
		{ "15", 15 },
		{ "1", 1 },
		{ "64", 64 },
		{ "0", FALLBACK },
		{ "65", FALLBACK },
		{ "-9", FALLBACK },
		{ "99999999999999999999", FALLBACK },
		{ "15 ", FALLBACK },
		{ "SIG15", FALLBACK },
		{ "SIGNOSUCH", FALLBACK },
		{ "SIGRTMIN", 34 },
		{ "RTMIN", 34 },
		{ "SIGRTMIN+3", 37 }, /* systemd's images */
		{ "SIGRTMIN+30", 64 },
		{ "SIGRTMIN+31", FALLBACK },
		{ "SIGRTMIN+0", 34 },
		{ "SIGRTMIN+-30", FALLBACK },
		{ "SIGRTMIN+9223372036854775807", FALLBACK },
		{ "SIGRTMIN-1", FALLBACK },
		{ "SIGRTMIN+", FALLBACK },
		{ "SIGRTMIN3", FALLBACK },
		{ "SIGRTMAX", 64 },
		{ "RTMAX-14", 50 },
		{ "SIGRTMAX-30", 34 },
		{ "SIGRTMAX-31", FALLBACK },
		{ "SIGRTMAX+1", FALLBACK },
	};
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int got = signal_number(cases[i].text, FALLBACK);

		if (got == cases[i].want)
			continue;
		print_message("%s: expected %d, found %d\n", cases[i].text, cases[i].want, got);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
