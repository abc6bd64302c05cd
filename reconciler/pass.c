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
#include "reconciler/world_waits.h"

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
			c->world->looked++;
			if (!list[i]->dropped)
				control_sync(c, list[i]);
		}
		free(list);
	}
}

/* --- placing ------------------------------------------------------------------------------------------------- */

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

/* While the waiting pods are gone through room only shrinks: what fitted nowhere for one pod does for none of its kind. */
static bool is_hopeless(struct control *c, struct world_pod *p)
{
	const struct world_revision *r = p->revision;

	if (p->pinned || !r->why || r->why_placings != c->world->placings)
		return false;
	must_wait(c, p, r->why);
	return true;
}

static void fits_nowhere(struct control *c, struct world_pod *p, const char *why)
{
	if (!p->pinned) {
		free(p->revision->why);
		p->revision->why = xstrdup(why);
		p->revision->why_placings = c->world->placings;
	}
	must_wait(c, p, why);
}

static void place_pod(struct control *c, struct world_pod *p, struct sched_verdict *v)
{
	_cleanup_(buf_done) struct buf why = BUF_INIT;
	struct world_object *n;

	if (is_hopeless(c, p))
		return;
	if (p->pinned)
		sched_pick_on(c->world->sched, p->pinned, p->revision->request, v);
	else
		sched_pick(c->world->sched, p->revision->request, v);
	n = v->node ? world_find(c->world, KIND_NODE, NULL, v->node) : NULL;
	if (!n || c->plan->steps_wanted)
		sched_verdict_explain(v, &why);
	if (n)
		pod_place(c, p, world_node(n), why.data);
	else
		fits_nowhere(c, p, why.data);
}

/* Those whose priority is known now wait for a node; the others wait for their class. */
static void rank_pods(struct control *c)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct world *w = c->world;
	struct world_waiting list;

	if (w->unranked.count == w->unranked.ordered && !w->classes_changed)
		return;
	w->classes_changed = false;
	world_waiting_order(&w->unranked);
	list = w->unranked;
	w->unranked = (struct world_waiting){ 0 };
	for (size_t i = 0; i < list.count; i++) {
		struct world_pod *p = list.items[i];
		const char *why;

		p->waits = p->tried = false;
		why = pod_rank(c, p, arena);
		world_pod_wait(w, p);
		if (why)
			must_wait(c, p, why);
	}
	w->unranked.ordered = w->unranked.count;
	free(list.items);
}

/* Only pods that are new are tried, and all when a node changed or room came. */
static void place_pods(struct control *c)
{
	struct world_waiting *list = &c->world->waiting;
	struct sched_verdict *v;

	rank_pods(c);
	if (list->count == list->ordered && !c->world->nodes_changed)
		return;
	world_waiting_order(list);
	c->world->placings++;
	v = xcalloc(1, sizeof(*v));
	for (size_t i = 0; i < list->count; i++) {
		struct world_pod *p = list->items[i];

		c->world->looked++;
		if (p && (!p->tried || c->world->nodes_changed))
			place_pod(c, p, v);
	}
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

/* Controllers, then drains, which go by what controllers have done, and so on until no drain has anything to look at. */
static void act(struct control *c)
{
	run_controllers(c);
	for (unsigned round = 0; round < ROUNDS_MAX && control_drains(c); round++)
		run_controllers(c);
}

static void settle(struct control *c)
{
	run_controllers(c);
	control_zones(c);
	control_finished(c);
	for (unsigned round = 0; round < ROUNDS_MAX; round++) {
		act(c);
		place_pods(c);
		c->world->nodes_changed = false;
		run_controllers(c);
		if (!c->world->drains_due)
			break;
	}
	control_namespaces_settle(c);
}

static void decide(struct control *c, const struct pass_input *in)
{
	if (in->snapshot)
		control_take_snapshot(c, in->before, in->snapshot);
	world_wake_due(c->world, in->now);
	if (in->everything) {
		world_dirty_all(c->world);
		world_waits_look_all(c->world);
	}
	settle(c);
	/* What others wait for may be healthy now. */
	for (unsigned round = 0; round < ROUNDS_MAX && control_release(c); round++)
		settle(c);
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

		if (!p || !p->node || ((p->ready || !set_pod_active(p)) && !p->o.deleting))
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
