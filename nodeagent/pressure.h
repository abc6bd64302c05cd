/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * How much what runs on this node waits for CPU, memory and I/O: the kernel's pressure stall information (PSI, "some" over 300 seconds),
 * in percent of time. It is told in steps of 10, and a step is left only once the measure is clearly below it, so that what
 * sways about a step is told once.
 */
#pragma once

#include "lib/base/cleanup.h"
#include "lib/wire/wire.h"

/* "some avg10=0.12 avg60=0.34 avg300=0.56 total=789": 56, hundredths of a percent; 0 where TEXT has no such line, or it can't be read. */
int64_t pressure_parse(const char *text);
/* What is to be told (0, 10, … 100) where MEASURED hundredths of a percent follow upon TOLD. */
int64_t pressure_step(int64_t told, int64_t measured);
/* Takes the next step in P from /proc/pressure; files that aren't there count as no pressure. true: P is another. */
bool pressure_read(struct wire_pressure *p);
