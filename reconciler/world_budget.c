/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* PodDisruptionBudgets in the world and in the tree. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "reconciler/stored.h"

/* --- by namespace ------------------------------------------------------------------------------------ */

const struct world_budgets *world_budgets_of(const struct world *w, const char *namespace)
{
	static const struct world_budgets none = { 0 };
	const struct world_budgets *list = map_get(&w->budgets, namespace);

	return list ? list : &none;
}

void world_budget_join(struct world *w, struct world_budget *b)
{
	struct world_budgets *list = map_get(&w->budgets, b->o.namespace);

	if (!list) {
		list = xcalloc(1, sizeof(*list));
		list->namespace = xstrdup(b->o.namespace);
		map_put(&w->budgets, list->namespace, list);
	}
	list->items = grow(list->items, &list->cap, list->count + 1, sizeof(list->items[0]));
	list->items[list->count++] = b;
}

static void list_free(struct world_budgets *list)
{
	free(list->namespace);
	free(list->items);
	free(list);
}

void world_budget_leave(struct world *w, struct world_budget *b)
{
	struct world_budgets *list = map_get(&w->budgets, b->o.namespace);

	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i] != b)
			continue;
		list->items[i] = list->items[--list->count];
		break;
	}
	if (list->count == 0)
		list_free(map_remove(&w->budgets, b->o.namespace));
}

void world_budgets_done(struct world *w)
{
	for (size_t i = 0; i < w->budgets.count; i++)
		list_free(w->budgets.entries[i].value);
	map_done(&w->budgets);
}

/* --- the kind ---------------------------------------------------------------------------------------- */

static void free_budget(struct world_object *o)
{
	struct world_budget *b = world_budget(o);

	free(b->pods.items);
	stored_conditions_done(&b->conditions);
}

static void load_budget(struct world *w, struct object *from, struct world_object *o)
{
	const struct disruption_budget_status *s = &object_disruption_budget(from)->status;
	struct world_budget *b = world_budget(o);

	(void)w;
	b->observed = s->observed_generation;
	b->allowed = s->disruptions_allowed;
	b->healthy = s->current_healthy;
	b->desired = s->desired_healthy;
	b->expected = s->expected_pods;
	stored_load_conditions(&b->conditions, &s->conditions);
}

static void *body_budget(struct world_scratch *s, const struct world_object *o)
{
	const struct world_budget *b = (const struct world_budget *)o;
	struct disruption_budget *body = stored_plain(s, o);

	body->status = (struct disruption_budget_status){
		.observed_generation = b->observed,
		.disruptions_allowed = b->allowed,
		.current_healthy = b->healthy,
		.desired_healthy = b->desired,
		.expected_pods = b->expected,
		.conditions = stored_conditions(s, &b->conditions),
	};
	return body;
}

const struct world_kind world_kind_budget = {
	.size = sizeof(struct world_budget),
	.free = free_budget,
	.load = load_budget,
	.body = body_budget,
};
