/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdlib.h>
#include <time.h>

#include "lib/base/time.h"

static nsec_t read_clock(clockid_t id)
{
	struct timespec ts = { 0 };

	clock_gettime(id, &ts);
	return (nsec_t)ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

/* For tests of what happens at certain times: PINTLE_CLOCK_OFFSET=1h30m puts this program's wall clock ahead by so much. */
static nsec_t offset_for_tests(void)
{
	const char *text = getenv("PINTLE_CLOCK_OFFSET");
	nsec_t offset;

	return text && duration_parse(text, &offset) == 0 ? offset : 0;
}

nsec_t time_now(void)
{
	return read_clock(CLOCK_REALTIME) + offset_for_tests();
}

nsec_t time_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}
