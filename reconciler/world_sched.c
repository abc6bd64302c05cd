/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What pods refer to, as the scheduler has to know it: labels of Namespaces, volumes, claims and their classes, and how many
 * pods budgets allow to go. Whatever is touched is put on a list; the scheduler hears of it before pods have their turn.
 */
#include "lib/base/mem.h"
#include "reconciler/stored.h"

static bool matters(enum kind_id id)
{
	return id == KIND_NAMESPACE || id == KIND_PERSISTENT_VOLUME || id == KIND_STORAGE_CLASS ||
	       id == KIND_CLAIM || id == KIND_DISRUPTION_BUDGET;
}

void world_sched_news(struct world *w, struct world_object *o)
{
	struct world_list *l = &w->untold;

	if (!matters(o->kind->id) || o->untold || o->dropped)
		return;
	o->untold = true;
	l->items = grow(l->items, &l->cap, l->count + 1, sizeof(l->items[0]));
	l->items[l->count++] = o;
}

void world_sched_forget(struct world *w, struct world_object *o)
{
	struct world_list *l = &w->untold;

	if (!matters(o->kind->id))
		return;
	for (size_t i = 0; o->untold && i < l->count; i++)
		if (l->items[i] == o)
			l->items[i--] = l->items[--l->count];
	o->untold = false;
	sched_cluster_remove_object(w->sched, o->kind->id, o->namespace, o->name);
	w->nodes_changed = true;
}

/* As the tree has it, an object of its own. */
static struct object *view(const struct world *w, const struct world_object *o)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct object *whole = NULL;

	world_write(w, o, o->version, &text);
	return object_load_json(text.data, text.len, &whole, NULL) < 0 ? NULL : whole;
}

/* Nothing but what is allowed, and for whom, is anybody's concern. */
static bool has_heard(struct world_budget *b)
{
	bool heard = b->told_generation == b->o.generation && b->told_allowed == b->allowed;

	b->told_generation = b->o.generation;
	b->told_allowed = b->allowed;
	return heard;
}

static void tell(struct world *w, struct world_object *o)
{
	_cleanup_(object_unrefp) struct object *whole = NULL;

	if (o->kind->id == KIND_DISRUPTION_BUDGET && has_heard(world_budget(o)))
		return;
	whole = view(w, o);
	if (!whole)
		return;
	sched_cluster_set_object(w->sched, whole);
	w->nodes_changed = true;
}

void world_sched_tell(struct world *w)
{
	for (size_t i = 0; i < w->untold.count; i++) {
		w->untold.items[i]->untold = false;
		tell(w, w->untold.items[i]);
	}
	w->untold.count = 0;
}

void world_sched_begin(struct world *w)
{
	for (size_t kind = 0; kind < KIND_COUNT; kind++)
		for (size_t i = 0; matters((enum kind_id)kind) && i < w->of_kind[kind].count; i++)
			world_sched_news(w, w->of_kind[kind].items[i]);
	world_sched_tell(w);
}
