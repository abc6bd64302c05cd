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

/* What is in a namespace keeps it; events alone do not. */
static void used_namespaces(const struct world *w, struct map *ret)
{
	for (size_t i = 0; i < w->objects.count; i++) {
		struct world_object *o = w->objects.entries[i].value;

		if (o->namespace && o->kind->id != KIND_EVENT && !map_has(ret, o->namespace))
			map_put(ret, o->namespace, o);
	}
}

void control_namespaces(struct control *c)
{
	struct world_entry_list all;
	struct map used = { 0 };
	struct map_entry *names;

	used_namespaces(c->world, &used);
	names = map_sorted(&used);
	control_namespace_use(c, "default");
	control_namespace_use(c, "kube-system");
	for (size_t i = 0; i < used.count; i++)
		control_namespace_use(c, names[i].key);
	all = world_entries(c->world);
	for (size_t i = 0; i < all.count && all.items[i]->kind->id == KIND_NAMESPACE; i++) {
		struct world_object *o = all.items[i];

		if (o->origin || always_there(o->name) || map_has(&used, o->name))
			continue;
		plan_step(c->plan, PLAN_DELETE, o, "nothing is in it any more");
		world_drop(c->world, o);
	}
	free(names);
	free(all.items);
	map_done(&used);
}
