/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Namespaces as places: what is in each is counted as it comes and goes, and shares one text of its name. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "reconciler/world_internal.h"

const struct world_space *world_space(const struct world *w, const char *name)
{
	return map_get(&w->spaces, name);
}

const char *world_space_join(struct world *w, const char *name)
{
	struct world_space *s = name ? map_get(&w->spaces, name) : NULL;
	size_t size = name ? strlen(name) + 1 : 0;

	if (!name)
		return NULL;
	if (!s) {
		s = xcalloc(1, sizeof(*s) + size);
		memcpy(s->name, name, size);
		map_put(&w->spaces, s->name, s);
	}
	s->objects++;
	return s->name;
}

void world_space_leave(struct world *w, const char *name)
{
	struct world_space *s = name ? map_get(&w->spaces, name) : NULL;

	if (!s || --s->objects > 0)
		return;
	map_remove(&w->spaces, s->name);
	free(s);
}

void world_space_count(struct world *w, const struct world_object *o, bool there)
{
	struct world_space *s = o->namespace ? map_get(&w->spaces, o->namespace) : NULL;

	/* Events alone keep no namespace. */
	if (!s || o->kind->id == KIND_EVENT)
		return;
	s->users = there ? s->users + 1 : s->users - 1;
	/* A ServiceAccount may be left that keeps none either. */
	if (s->users <= 1 && !there)
		w->space_emptied = true;
}
