/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* HorizontalPodAutoscalers in the world and in the tree; what pods used. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/stored.h"

void world_usage_free(struct world_usage *u)
{
	for (size_t i = 0; u && i < u->count; i++)
		free((char *)(uintptr_t)u->containers[i].container);
	if (u)
		free(u->containers);
	free(u);
}

struct world_object *world_autoscaler_target(const struct world *w, const struct world_autoscaler *a)
{
	const struct scale_target *t =
		a->o.origin ? &object_autoscaler(a->o.origin->object)->spec.scale_target_ref : NULL;
	const struct kind *kind = t ? kind_find(str_or_empty(t->api_version), str_or_empty(t->kind)) : NULL;
	struct world_object *o = kind ? world_find(w, kind->id, a->o.namespace, t->name) : NULL;

	return o && world_scales(o) ? o : NULL;
}

static void free_autoscaler(struct world_object *o)
{
	struct world_autoscaler *a = world_autoscaler(o);

	free(a->target);
	free(a->advice.items);
	free(a->ups.items);
	free(a->downs.items);
	arena_free(a->metrics_arena);
	stored_conditions_done(&a->conditions);
}

static void load_autoscaler(struct world *w, struct object *from, struct world_object *o)
{
	const struct autoscaler_status *s = &object_autoscaler(from)->status;
	struct world_autoscaler *a = world_autoscaler(o);

	(void)w;
	a->observed = s->observed_generation;
	a->current = s->current_replicas;
	a->desired = s->desired_replicas;
	a->last_scale = s->last_scale_time.value;
	stored_load_conditions(&a->conditions, &s->conditions);
}

/* Its target goes on with the replicas that it was given. */
static void link_autoscaler(struct world *w, struct world_object *o)
{
	struct world_object *target = world_autoscaler_target(w, world_autoscaler(o));

	if (!target)
		return;
	world_autoscaler(o)->target = xstrdup(target->key);
	if (world_autoscaler(o)->last_scale != 0)
		target->origin->scaled = (struct opt_int){ .set = true, .value = world_replicas(target) };
}

static void *body_autoscaler(struct world_scratch *s, const struct world_object *o)
{
	const struct world_autoscaler *a = (const struct world_autoscaler *)o;
	struct autoscaler *body = stored_plain(s, o);

	body->status = (struct autoscaler_status){
		.observed_generation = a->observed,
		.current_replicas = a->current,
		.desired_replicas = a->desired,
		.last_scale_time = stored_instant(a->last_scale),
		.current_metrics = { a->metrics, a->metric_count },
		.conditions = stored_conditions(s, &a->conditions),
	};
	return body;
}

const struct world_kind world_kind_autoscaler = {
	.size = sizeof(struct world_autoscaler),
	.free = free_autoscaler,
	.load = load_autoscaler,
	.link = link_autoscaler,
	.body = body_autoscaler,
};
