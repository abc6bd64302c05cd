/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The shortest script that still breaks the same rule: delta debugging over its events. */
#pragma once

#include "tests/sim/run.h"

/*
 * SCRIPT under O breaks RULE. Leaves in it only events without which RULE is no longer broken, as far as RUNS runs show. Returns how
 * many runs it took.
 */
unsigned shrink(const struct run_settings *o, struct script *script, const char *rule, unsigned runs);
