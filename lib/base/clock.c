/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <time.h>

#include "lib/base/time.h"

static nsec_t read_clock(clockid_t id)
{
	struct timespec ts = { 0 };

	clock_gettime(id, &ts);
	return (nsec_t)ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

nsec_t time_now(void)
{
	return read_clock(CLOCK_REALTIME);
}

nsec_t time_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}
