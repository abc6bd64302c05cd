/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Namespaces that nobody declared: those that are used exist, and go with the last user; default and kube-system stay. */
#include <stdlib.h>

#include "lib/base/map.h"
#include "lib/base/str.h"
#include "reconciler/control/control.h"

static bool always_there(const char *name)
{
	return str_eq(name, "default") || str_eq(name, "kube-system");
}

void control_namespace_use(struct control *c, const char *namespace)
{
	struct world_object *o = world_add(c->world, KIND_NAMESPACE, NULL, namespace, NULL, c->now);

	if (!o)
		return;
	o->generation = 1;
	plan_step(c->plan, PLAN_CREATE, o, "implied by what is in it");
	world_touch(c->world, o);
}

/* What is in a namespace keeps it. */
static bool is_used(const struct world *w, const char *name)
{
	const struct world_space *s = world_space(w, name);

	return s && s->users > 0;
}

static void make_used(struct control *c)
{
	struct map_entry *spaces = map_sorted(&c->world->spaces);
	size_t count = c->world->spaces.count;

	for (size_t i = 0; i < count; i++)
		if (is_used(c->world, spaces[i].key))
			control_namespace_use(c, spaces[i].key);
	free(spaces);
}

static void drop_unused(struct control *c)
{
	struct world_entry_list all = world_kind_entries(c->world, KIND_NAMESPACE);

	for (size_t i = 0; i < all.count; i++) {
		struct world_object *o = all.items[i];

		if (o->origin || always_there(o->name) || is_used(c->world, o->name))
			continue;
		plan_step(c->plan, PLAN_DELETE, o, "nothing is in it any more");
		world_drop(c->world, o);
	}
	free(all.items);
}

void control_namespaces(struct control *c)
{
	control_namespace_use(c, "default");
	control_namespace_use(c, "kube-system");
	make_used(c);
	drop_unused(c);
}
