/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Why a plan puts pods where it puts them, and what would help those that wait: said with its steps.
 */
#pragma once

#include "reconciler/plan.h"
#include "reconciler/world.h"

/*
 * Adds to the steps of P, which was just made of W, that place pods what their node's score is made of, as far as it is below 100; and to those
 * that let pods wait the smallest change that would let them fit (sched_explain). Takes the plan back in the scheduler's books on the way: W
 * can only be thrown away then.
 */
void planned_why(struct plan *p, struct world *w);
