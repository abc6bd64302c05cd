/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What each node's agent must be told: the difference between what it should hold and what it holds, as one apply a
 * node. What is put into an apply counts as held; when a session ends all that is thrown away, and the next hello
 * says what the agent really holds (collect_hello).
 */
#pragma once

#include "reconciler/plan.h"

/* Adds an apply to PLAN for each connected node that has something queued. Everything in it lives in the plan's arena or the world. */
void assign_nodes(struct world *w, struct plan *plan);
