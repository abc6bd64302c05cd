/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Priorities: a pod has that of its PriorityClass when it is made, and keeps it, as well as whether it may preempt (admission plugin
 * Priority). A pod that names a class
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

/* What a pod has from its class. */
struct rank {
	int32_t value;
	bool no_preemption;
};

static struct rank rank_of(const struct priority_class *class)
{
	return (struct rank){ (int32_t) class->value, str_eq(class->preemption_policy, "Never") };
}

static bool of_class(const struct world *w, const char *name, struct rank *ret)
{
	const struct world_object *o = world_find(w, KIND_PRIORITY_CLASS, NULL, name);

	for (size_t i = 0; i < ARRAY_LEN(built_in); i++)
		if (str_eq(built_in[i].name, name)) {
			*ret = (struct rank){ .value = built_in[i].value };
			return true;
		}
	if (o && o->origin)
		*ret = rank_of(object_priority_class(o->origin->object));
	return o && o->origin;
}

/* Of several global defaults the lowest counts, as in Kubernetes. */
static struct rank by_default(const struct world *w)
{
	const struct world_list *list = &w->of_kind[KIND_PRIORITY_CLASS];
	bool found = false;
	struct rank rank = { 0 };

	for (size_t i = 0; i < list->count; i++) {
		const struct world_object *o = list->items[i];
		const struct priority_class *class = o->origin ? object_priority_class(o->origin->object)
							       : NULL;

		if (!class || !class->global_default || (found && class->value >= rank.value))
			continue;
		rank = rank_of(class);
		found = true;
	}
	return rank;
}

const char *pod_rank(struct control *c, struct world_pod *p, struct arena *arena)
{
	const struct pod_spec *spec = p->o.origin ? &object_pod(p->o.origin->object)->spec
						  : &p->revision->template.spec;

	struct rank rank = { 0 };

	if (p->ranked)
		return NULL;
	if (spec->priority.set)
		rank.value = (int32_t)spec->priority.value;
	else if (!spec->priority_class_name)
		rank = by_default(c->world);
	else if (!of_class(c->world, spec->priority_class_name, &rank))
		return arena_printf(
			arena, "no PriorityClass with name %s was found", spec->priority_class_name);
	p->priority = rank.value;
	/* Its own word goes before its class's. */
	p->no_preemption = spec->preemption_policy ? str_eq(spec->preemption_policy, "Never")
						   : rank.no_preemption;
	p->ranked = true;
	world_touch(c->world, &p->o);
	return NULL;
}
