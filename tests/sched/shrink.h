/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The smallest script that still breaks the same rule: events left out, then features of templates and nodes. */
#pragma once

#include "tests/sched/apart.h"

/* S breaks RULE. Returns how many runs it took, at most RUNS. */
unsigned shrink(struct script *s, const char *rule, unsigned runs);
