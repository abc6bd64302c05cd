/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/pressure.h"

#include <stdio.h>

#include "lib/base/str.h"

static uint8_t percent(int64_t n)
{
	return n < 0 ? 0 : n > 100 ? 100 : (uint8_t)n;
}

void pressure_format(struct sched_pressure p, struct buf *out)
{
	if (p.cpu || p.memory || p.io)
		buf_addf(out, "cpu=%u,memory=%u,io=%u", p.cpu, p.memory, p.io);
}

struct sched_pressure pressure_from_text(const char *text)
{
	unsigned cpu, memory, io;
	int end = 0;

	if (!text || sscanf(text, "cpu=%3u,memory=%3u,io=%3u%n", &cpu, &memory, &io, &end) != 3 ||
		text[end] != '\0')
		return (struct sched_pressure){ 0 };
	return (struct sched_pressure){ percent(cpu), percent(memory), percent(io) };
}

struct sched_pressure pressure_from_wire(const struct wire_pressure *p)
{
	return (struct sched_pressure){ percent(p->cpu), percent(p->memory), percent(p->io) };
}
