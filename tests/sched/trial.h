/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * One script, run: the scheduler and the checker's world hear of the same events, and each decision is checked at the moment it is made.
 */
#pragma once

#include <stdio.h>

#include "tests/sched/script.h"
#include "tests/sched/worth.h"

struct trial_result {
	char rule[48];   /* what was broken first; "": nothing */
	char text[1024]; /* how */
	uint32_t seq;    /* at which event */
	/* How much was looked at. */
	unsigned placed, nominated, nowhere, waits, victims, gangs;
};

/* Runs S; TRACE (or NULL) hears of each event and decision, a line each. */
void trial_run(const struct script *s, FILE *trace, struct trial_result *ret);
/* The objects of S, a YAML document each, to OUT: as they are when it ends, with the pods that wait. */
void trial_print(const struct script *s, FILE *out);
