/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Any text as an int-or-string: the text of what it means is equal to it and its own text, and parts of a total are within it. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/object/int_or_string.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *text = xstrndup((const char *)data, size);
	_cleanup_(buf_done) struct buf once = BUF_INIT, twice = BUF_INIT;
	struct int_or_string v = { .set = true, .string = text }, again = { .set = true };
	int64_t up, down, percent = int_or_string_percent(&v);

	int_or_string_format(&v, &once);
	again.string = once.data;
	int_or_string_format(&again, &twice);
	if (strcmp(once.data, twice.data) != 0 || !int_or_string_equal(&v, &again))
		abort();
	if (int_or_string_scale(&v, 1000, true, &up) != int_or_string_scale(&v, 1000, false, &down))
		abort();
	if (up < down || up > down + 1)
		abort();
	if (percent >= 0 && (down < percent * 10 || up > percent * 10))
		abort();
	return 0;
}
