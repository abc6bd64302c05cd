/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What the files of the world share; nobody else includes this. */
#pragma once

#include "reconciler/world.h"

/* Who uses one ConfigMap or Secret: sets and bare pods. */
struct world_users {
	char *key;
	struct world_object **items;
	size_t count, cap;
};
void world_users_done(struct world *w);

enum world_phase world_phase_of(const char *phase);
