/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Priorities: a pod has that of its PriorityClass when it is made, and keeps it (admission plugin Priority). A pod that names a class
 * which isn't there waits for it.
 */
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/control/control.h"

static const struct {
	const char *name;
	int32_t value;
} built_in[] = {
	{ "system-cluster-critical", 2000000000 },
	{ "system-node-critical", 2000001000 },
};

static bool of_class(const struct world *w, const char *name, int32_t *ret)
{
	const struct world_object *o = world_find(w, KIND_PRIORITY_CLASS, NULL, name);

	for (size_t i = 0; i < ARRAY_LEN(built_in); i++)
		if (str_eq(built_in[i].name, name)) {
			*ret = built_in[i].value;
			return true;
		}
	if (o && o->origin)
		*ret = (int32_t)object_priority_class(o->origin->object)->value;
	return o && o->origin;
}

/* Of several global defaults the lowest counts, as in Kubernetes. */
static int32_t by_default(const struct world *w)
{
	const struct world_list *list = &w->of_kind[KIND_PRIORITY_CLASS];
	bool found = false;
	int32_t value = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct world_object *o = list->items[i];
		const struct priority_class *class = o->origin ? object_priority_class(o->origin->object)
							       : NULL;

		if (!class || !class->global_default || (found && class->value >= value))
			continue;
		value = (int32_t) class->value;
		found = true;
	}
	return value;
}

const char *pod_rank(struct control *c, struct world_pod *p, struct arena *arena)
{
	const struct pod_spec *spec = &p->revision->template.spec;

	if (p->ranked)
		return NULL;
	if (spec->priority.set)
		p->priority = (int32_t)spec->priority.value;
	else if (!spec->priority_class_name)
		p->priority = by_default(c->world);
	else if (!of_class(c->world, spec->priority_class_name, &p->priority))
		return arena_printf(
			arena, "no PriorityClass with name %s was found", spec->priority_class_name);
	p->ranked = true;
	world_touch(c->world, &p->o);
	return NULL;
}
