/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/pressure.h"

#include <fcntl.h>
#include <string.h>

#include "lib/base/fs.h"
#include "lib/base/str.h"

enum { FILE_MAX = 4096, STEP = 10, WHOLE = 100, SLACK = 500 /* hundredths below a step */ };

/* "12.34" as 1234, up to 100.00; what is behind the second decimal doesn't count. 0: no number. */
static int64_t hundredths(const char *s)
{
	int64_t n = 0;
	int decimals = -1;

	for (; (*s >= '0' && *s <= '9') || (*s == '.' && decimals < 0); s++) {
		if (*s == '.')
			decimals = 0;
		else if (decimals < 2 && n <= (int64_t)WHOLE * 100) {
			n = n * 10 + (*s - '0');
			decimals += decimals >= 0;
		}
	}
	for (; decimals < 2; decimals++)
		n *= decimals < 0 ? 1 : 10;
	return n < (int64_t)WHOLE * 100 ? n : (int64_t)WHOLE * 100;
}

int64_t pressure_parse(const char *text)
{
	static const char key[] = " avg300=";
	const char *line, *found;

	for (line = text; *line != '\0' && !str_starts(line, "some "); line += *line == '\n')
		line += strcspn(line, "\n");
	found = memmem(line, strcspn(line, "\n"), key, strlen(key));
	return found ? hundredths(found + strlen(key)) : 0;
}

int64_t pressure_step(int64_t told, int64_t measured)
{
	if (measured >= told * 100 - SLACK && measured < (told + STEP) * 100)
		return told;
	return measured / 100 / STEP * STEP;
}

static int64_t next(const char *path, int64_t told)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	if (fs_read(AT_FDCWD, path, FILE_MAX, &text, NULL) < 0)
		buf_clear(&text);
	return pressure_step(told, pressure_parse(text.data));
}

bool pressure_read(struct wire_pressure *p)
{
	const struct wire_pressure before = *p;

	p->cpu = next("/proc/pressure/cpu", before.cpu);
	p->memory = next("/proc/pressure/memory", before.memory);
	p->io = next("/proc/pressure/io", before.io);
	return p->cpu != before.cpu || p->memory != before.memory || p->io != before.io;
}
