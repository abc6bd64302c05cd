/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/budget.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "sched/relations.h"
#include "sched/turns.h"

static struct sched_budgets *of(const struct sched_cluster *c)
{
	return &c->turns->budgets;
}

static const struct disruption_budget *budget_in(const struct sched_budget *b)
{
	return object_disruption_budget(b->object);
}

/* --- what requests have ---------------------------------------------------------------------------------- */

static void forget_requests(struct sched_budgets *b)
{
	for (size_t i = 0; i < b->of.cap; i++) {
		struct sched_budgets_of *about = b->of.slots[i].value;

		if (!about)
			continue;
		sched_request_unref(about->request);
		free(about);
	}
	sched_ids_done(&b->of);
}

static bool is_about(const struct sched_budget *b, const struct sched_request *r)
{
	const struct sched_pod_view *p = &r->ties->view;

	return str_eq(b->object->meta->namespace, p->namespace) &&
	       label_selector_matches(budget_in(b)->spec.selector, p->labels);
}

static const struct sched_budgets_of *budgets_of(struct sched_budgets *b, struct sched_request *r)
{
	struct sched_budgets_of *about = sched_ids_get(&b->of, r);

	if (about)
		return about;
	about = xcalloc(1, sizeof(*about) + b->count * sizeof(about->indices[0]));
	about->request = sched_request_ref(r);
	for (size_t i = 0; i < b->count; i++)
		if (is_about(&b->items[i], r))
			about->indices[about->count++] = (uint32_t)i;
	sched_ids_put(&b->of, r, about);
	return about;
}

/* --- a call ---------------------------------------------------------------------------------------------- */

static void gather(struct sched_cluster *c)
{
	struct sched_budgets *b = of(c);
	const struct map *objects = &c->objects[KIND_DISRUPTION_BUDGET];

	forget_requests(b);
	free(b->items);
	b->items = xcalloc(objects->count, sizeof(b->items[0]));
	b->count = objects->count;
	for (size_t i = 0; i < b->count; i++) {
		const struct sched_object *o = objects->entries[i].value;

		b->items[i].object = o->object;
		b->items[i].left = budget_in(&b->items[i])->status.disruptions_allowed;
	}
	b->stale = false;
	c->turns->harms.anew++;
}

void sched_budgets_begin(struct sched_cluster *c)
{
	struct sched_budgets *b = of(c);

	if (b->stale)
		gather(c);
	for (size_t i = 0; i < b->count; i++) {
		int64_t allowed = budget_in(&b->items[i])->status.disruptions_allowed;

		c->turns->harms.anew += allowed > b->items[i].left;
		b->items[i].left = allowed;
	}
}

void sched_budgets_end(struct sched_cluster *c)
{
	forget_requests(of(c));
}

void sched_budgets_done(struct sched_budgets *b)
{
	forget_requests(b);
	free(b->items);
	*b = (struct sched_budgets){ 0 };
}

/* --- pods that go ------------------------------------------------------------------------------------------ */

static bool is_counted(const struct sched_budget *b, const struct sched_pod *p)
{
	return p->name && string_map_get(&budget_in(b)->status.disrupted_pods, p->name);
}

/* DELTA for each of P's budgets; returns whether one is below 0 then. */
static bool move(struct sched_budgets *b, const struct sched_pod *p, int64_t delta)
{
	const struct sched_budgets_of *about = budgets_of(b, p->request);
	bool below = false;

	for (size_t i = 0; i < about->count; i++) {
		struct sched_budget *budget = &b->items[about->indices[i]];

		if (is_counted(budget, p))
			continue;
		budget->left += delta;
		below |= budget->left < 0;
	}
	return below;
}

void sched_budgets_broken(struct sched_cluster *c, const struct sched_pod *pods, size_t count, bool *ret)
{
	struct sched_budgets *b = of(c);

	if (b->stale)
		gather(c);
	for (size_t i = 0; i < count; i++)
		ret[i] = b->count > 0 && move(b, &pods[i], -1);
	for (size_t i = 0; i < count && b->count > 0; i++)
		move(b, &pods[i], 1);
}

/*
 * Less of B is left: nodes with pods of it would cost something else. It may be less, too: of a node's pods those come back first that
 * their budgets don't allow to go.
 */
static void change_costs(struct sched_cluster *c, const struct sched_budget *b)
{
	for (uint32_t i = 0; i < c->request_span; i++) {
		const struct sched_request *r = c->requests[i];

		if (!r || r->live.count == 0 || !is_about(b, r))
			continue;
		for (uint32_t k = 0; k < r->live.cap; k++)
			if (r->live.slots[k].key != 0 && r->live.slots[k].value > 0)
				sched_harms_node_changed(&c->turns->harms, r->live.slots[k].key - 1);
	}
}

/* P is going. Of what is used up already no more can be missed. */
static void change_costs_of(struct sched_cluster *c, const struct sched_pod *p)
{
	struct sched_budgets *b = of(c);
	const struct sched_budgets_of *about = budgets_of(b, p->request);

	for (size_t i = 0; i < about->count; i++)
		if (b->items[about->indices[i]].left > 0)
			change_costs(c, &b->items[about->indices[i]]);
}

void sched_budgets_take(struct sched_cluster *c, const struct sched_pod *pods, size_t count, bool go)
{
	struct sched_budgets *b = of(c);

	if (b->stale)
		gather(c);
	if (b->count == 0)
		return;
	for (size_t i = 0; i < count; i++) {
		if (go)
			change_costs_of(c, &pods[i]);
		move(b, &pods[i], go ? -1 : 1);
	}
	c->turns->harms.anew += !go;
}
