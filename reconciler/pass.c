/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The pass, as a list of calls. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/assign.h"
#include "reconciler/control/node_lifecycle.h"
#include "reconciler/pass.h"

enum {
	ROUNDS_MAX = 100,    /* of controllers marking each other dirty; a pass settles in three or four */
	IMAGINED_MAX = 1000, /* passes of a plan, which is made to its end */
};

/* --- controllers ------------------------------------------------------------------------------------------- */

/* Takes the list of dirty objects, sorted, and leaves an empty one. */
static struct world_object **take_dirty(struct world *w, size_t *ret_count)
{
	struct world_object **list = w->dirty;

	*ret_count = w->dirty_count;
	w->dirty = NULL;
	w->dirty_count = w->dirty_cap = 0;
	if (*ret_count > 1)
		qsort(list, *ret_count, sizeof(list[0]), world_object_cmp);
	return list;
}

static void run_controllers(struct control *c)
{
	for (unsigned round = 0; c->world->dirty_count > 0 && round < ROUNDS_MAX; round++) {
		size_t count;
		struct world_object **list = take_dirty(c->world, &count);

		for (size_t i = 0; i < count; i++) {
			list[i]->dirty = false;
			if (!list[i]->dropped)
				control_sync(c, list[i]);
		}
		free(list);
	}
}

/* --- placing ------------------------------------------------------------------------------------------------- */

static int waiting_order(const void *a, const void *b)
{
	const struct world_pod *x = *(struct world_pod *const *)a, *y = *(struct world_pod *const *)b;

	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	if (x->o.created != y->o.created)
		return x->o.created < y->o.created ? -1 : 1;
	return strcmp(x->o.key, y->o.key);
}

static void must_wait(struct control *c, struct world_pod *p, const char *why)
{
	p->tried = true;
	if (str_eq(p->waiting, why))
		return;
	free(p->waiting);
	p->waiting = xstrdup(why);
	plan_step(c->plan, PLAN_WAIT, &p->o, "%s", why);
	control_event(c, &p->o, "Warning", "FailedScheduling", "%s", why);
	world_touch(c->world, &p->o);
}

/* Returns whether the pod has a node now. */
static bool place_pod(struct control *c, struct world_pod *p, struct sched_verdict *v)
{
	_cleanup_(buf_done) struct buf why = BUF_INIT;
	struct world_object *n;

	if (p->pinned)
		sched_pick_on(c->world->sched, p->pinned, p->revision->request, v);
	else
		sched_pick(c->world->sched, p->revision->request, v);
	n = v->node ? world_find(c->world, KIND_NODE, NULL, v->node) : NULL;
	if (n && !c->plan->steps_wanted) {
		pod_place(c, p, world_node(n), "");
		return true;
	}
	sched_verdict_explain(v, &why);
	if (n)
		pod_place(c, p, world_node(n), why.data);
	else
		must_wait(c, p, why.data);
	return n != NULL;
}

/* Those whose priority is known now come in its order; the others wait for their class. */
static void rank_pods(struct control *c)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct world_pods *list = &c->world->unplaced;

	for (size_t i = 0; i < list->count; i++) {
		const char *why = pod_rank(c, list->items[i], arena);

		if (why)
			must_wait(c, list->items[i], why);
	}
	qsort(list->items, list->count, sizeof(list->items[0]), waiting_order);
}

/* Only pods that are new are tried, and all when a node changed or room came. */
static void place_pods(struct control *c)
{
	struct world_pods *list = &c->world->unplaced;
	struct sched_verdict *v;
	size_t kept = 0;

	if (list->count == 0)
		return;
	v = xcalloc(1, sizeof(*v));
	rank_pods(c);
	for (size_t i = 0; i < list->count; i++) {
		struct world_pod *p = list->items[i];
		bool placed = false;

		if (p->ranked && (!p->tried || c->world->nodes_changed))
			placed = place_pod(c, p, v);
		if (!placed)
			list->items[kept++] = p;
	}
	list->count = kept;
	free(v);
}

/* --- recording ---------------------------------------------------------------------------------------------------- */

static void record(struct world *w, struct plan *plan, int64_t version)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	for (size_t i = 0; i < w->dropped_count; i++)
		if (w->dropped[i]->version != 0) {
			plan_record(plan, w->dropped[i], "", 0);
			version++;
		}
	for (size_t i = 0; i < w->changed_count; i++) {
		struct world_object *o = w->changed[i];

		if (o->dropped)
			continue;
		o->version = version++;
		buf_clear(&text);
		world_write(w, o, o->version, &text);
		plan_record(plan, o, text.data, text.len);
	}
}

/* --- the pass ------------------------------------------------------------------------------------------------------- */

static void decide(struct control *c, const struct pass_input *in)
{
	if (in->snapshot)
		control_take_snapshot(c, in->before, in->snapshot);
	world_wake_due(c->world, in->now);
	if (in->everything)
		world_dirty_all(c->world);
	run_controllers(c);
	control_zones(c);
	run_controllers(c);
	place_pods(c);
	c->world->nodes_changed = false;
	run_controllers(c);
}

void pass_run(struct world *w, const struct pass_input *in, struct plan *plan)
{
	struct control c = { .world = w, .plan = plan, .now = in->now };

	decide(&c, in);
	record(w, plan, in->version);
	assign_nodes(w, plan);
}

/* --- planning to the end ---------------------------------------------------------------------------------------------- */

/* As if the agents did at once what they are told: what is to go is gone, what is placed is ready. */
static bool imagine_agents(struct control *c)
{
	struct world_entry_list all = world_entries(c->world);
	bool news = false;

	for (size_t i = 0; i < all.count; i++) {
		struct world_pod *p = all.items[i]->kind->id == KIND_POD ? world_pod(all.items[i]) : NULL;

		if (!p || !p->node || (p->ready && !p->o.deleting))
			continue;
		news = true;
		if (p->o.deleting) {
			pod_gone(c, p);
			continue;
		}
		p->phase = PHASE_RUNNING;
		p->ready = true;
		p->ready_since = 0;
		pod_dirty_owner(c, p);
	}
	free(all.items);
	return news;
}

void pass_plan(struct world *w, const struct pass_input *in, struct plan *plan)
{
	struct control c = { .world = w, .plan = plan, .now = in->now };
	const struct pass_input later = { .now = in->now };

	decide(&c, in);
	for (unsigned i = 0; i < IMAGINED_MAX && plan->step_count > 0 && imagine_agents(&c); i++)
		decide(&c, &later);
}

nsec_t pass_next(const struct world *w)
{
	return world_wake_next(w);
}
