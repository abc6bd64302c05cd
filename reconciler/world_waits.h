/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Objects that wait for others (pintle.dev/depends-on), and who waits for whom. Each has the version that git has, which is not
 * in the world yet: what the world has of the object is an older one that goes on, or one that has not begun, or nothing.
 * What is looked at again is marked by whoever changes the object that is waited for.
 */
#pragma once

#include "lib/object/depends_on.h"
#include "reconciler/world.h"

struct world_wait {
	char *key;             /* of the object that waits */
	struct object *object; /* a reference */
	char *commit;          /* that brought it */
	struct arena *arena;   /* of the list */
	struct depends_on_list on;
	char *said; /* what it was last said to wait for; NULL: nothing yet */
	bool look;  /* what it waits for may have changed */
};

/* O, which depends on something, waits from now on, instead of any version that did; it is marked. */
struct world_wait *world_waits_put(struct world *w, struct object *o, const char *commit);
void world_waits_remove(struct world *w, const char *key);
struct world_wait *world_waits_find(const struct world *w, const char *key);
/* Marks those that wait for KEY. */
void world_waits_look(struct world *w, const char *key);
void world_waits_look_all(struct world *w);
/* Those that are marked, sorted by key, and unmarks them: a fresh array, which the caller frees. */
struct world_wait **world_waits_marked(struct world *w, size_t *ret_count);
size_t world_waits_count(const struct world *w);
struct world_waits *world_waits_free(struct world_waits *all);
