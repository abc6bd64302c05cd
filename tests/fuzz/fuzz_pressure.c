/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Any text as a file of /proc/pressure, and as what the tree says of it: in range, and written so that it reads back the same. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "nodeagent/pressure.h"
#include "reconciler/pressure.h"
#include "tests/fuzz/fuzz.h"

static void read_kernel(const char *text)
{
	int64_t n = pressure_parse(text), told = pressure_step(0, n);

	if (n < 0 || n > 10000 || told < 0 || told > 100 || told % 10 != 0 || pressure_step(told, n) != told)
		abort();
}

static void read_tree(const char *text)
{
	struct sched_pressure p = pressure_from_text(text), again;
	_cleanup_(buf_done) struct buf out = BUF_INIT;

	if (p.cpu > 100 || p.memory > 100 || p.io > 100)
		abort();
	pressure_format(p, &out);
	again = pressure_from_text(out.data);
	if (memcmp(&p, &again, sizeof(p)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *text = xstrndup((const char *)data, size);

	read_kernel(text);
	read_tree(text);
	return 0;
}
