/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * How long to wait before something is tried again: twice as long each time, to a bound, and never the same for all who lost the
 * same thing at once. What is added or taken (a quarter at most) comes from a hash of name and attempt: the same in every run.
 */
#pragma once

#include "lib/base/time.h"

/* Before attempt N + 1 of NAME, N from 0; the bound is before the quarter. */
nsec_t backoff_pause(const char *name, unsigned n, nsec_t first, nsec_t most);
