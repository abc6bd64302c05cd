/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What pods of autoscalers use, as their agents would tell it: the app's demand, shared by all of its pods that run. */
#pragma once

#include "tests/sim/host.h"

/* H hears of it, where it has a session; as often as it asks (pintled_measures.c). */
void usage_take(struct sim *s, struct host *h);
