/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Any text as an instant and as a span of time: both are written so that they read back the same. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/time.h"
#include "tests/fuzz/fuzz.h"

static void read_time(const char *text)
{
	char once[TIME_TEXT_MAX], whole[TIME_TEXT_MAX];
	nsec_t t, again;

	if (time_parse(text, &t) < 0)
		return;
	if (time_parse(time_format_nano(t, once), &again) < 0 || again != t)
		abort();
	/* Whole seconds are cut, never rounded up; the first second of all has no such text. */
	if (t >= INT64_MIN + NSEC_PER_SEC &&
		(time_parse(time_format(t, whole), &again) < 0 || again > t || t - again >= NSEC_PER_SEC))
		abort();
}

static void read_duration(const char *text)
{
	char once[TIME_TEXT_MAX], age[TIME_TEXT_MAX];
	nsec_t d, again;

	if (duration_parse(text, &d) < 0)
		return;
	if (duration_parse(duration_format(d, once), &again) < 0 || again != d)
		abort();
	if (strlen(duration_human(d, age)) == 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *text = xstrndup((const char *)data, size);

	read_time(text);
	read_duration(text);
	return 0;
}
