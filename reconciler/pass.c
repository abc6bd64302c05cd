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
#include "reconciler/control/rebalance.h"
#include "reconciler/pass.h"
#include "reconciler/schedule.h"
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

/* Budgets count what the others have come to: a pod that is replaced within a pass is no news to them. */
static bool looks_last(const struct world_object *o)
{
	return o->kind->id == KIND_DISRUPTION_BUDGET;
}

static bool any_looks_first(struct world_object *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!looks_last(list[i]))
			return true;
	return false;
}

static void run_controllers(struct control *c)
{
	for (unsigned round = 0; c->world->dirty_count > 0 && round < ROUNDS_MAX; round++) {
		size_t count;
		struct world_object **list = take_dirty(c->world, &count);
		bool others = any_looks_first(list, count);

		for (size_t i = 0; i < count; i++) {
			list[i]->dirty = false;
			c->world->looked++;
			if (others && looks_last(list[i]))
				world_dirty(c->world, list[i]);
			else if (!list[i]->dropped)
				control_sync(c, list[i]);
		}
		free(list);
	}
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
		if (!schedule_pods(c) && c->world->dirty_count == 0 && !c->world->drains_due)
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
	if (control_rebalance(c))
		settle(c);
	if (control_withhold(c))
		settle(c);
}

void pass_run(struct world *w, const struct pass_input *in, struct plan *plan)
{
	struct control c = { .world = w, .plan = plan, .now = in->now };

	decide(&c, in);
	record(w, plan, in->version);
	w->tree_version = in->version + (int64_t)plan->record_count - 1;
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
	struct control c = { .world = w, .plan = plan, .now = in->now, .imagined = true };
	const struct pass_input later = { .now = in->now };

	decide(&c, in);
	for (unsigned i = 0; i < IMAGINED_MAX && plan->step_count > 0 && imagine_agents(&c); i++)
		decide(&c, &later);
}

nsec_t pass_next(const struct world *w)
{
	return world_wake_next(w);
}
