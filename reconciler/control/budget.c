/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What may be taken away at once, and who is taken. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "lib/object/int_or_string.h"
#include "reconciler/control/budget.h"
#include "reconciler/control/deployment.h"

/* --- which pods ------------------------------------------------------------------------------------ */

static const struct disruption_budget_spec *spec_of(const struct world_budget *b)
{
	return &object_disruption_budget(b->o.origin->object)->spec;
}

static bool is_about(const struct world *w, const struct world_budget *b, const struct world_pod *p)
{
	_cleanup_(arena_freep) struct arena *arena = NULL;

	if (!str_eq(b->o.namespace, p->o.namespace))
		return false;
	arena = arena_new(2048);
	return label_selector_matches(spec_of(b)->selector, &world_pod_object(w, p, arena)->meta->labels);
}

static bool has(const struct world_budget *b, const struct world_pod *p)
{
	for (size_t i = 0; i < b->pods.count; i++)
		if (b->pods.items[i] == p)
			return true;
	return false;
}

void budget_pod_joins(struct control *c, struct world_pod *p)
{
	const struct world_budgets *list = world_budgets_of(c->world, p->o.namespace);

	for (size_t i = 0; i < list->count; i++) {
		struct world_budget *b = list->items[i];

		/* What isn't joined yet looks at all pods when it is. */
		if (b->joined == 0 || !is_about(c->world, b, p))
			continue;
		world_pods_put(&b->pods, p);
		world_dirty(c->world, &b->o);
	}
}

void budget_pod_changed(struct control *c, struct world_pod *p)
{
	const struct world_budgets *list = world_budgets_of(c->world, p->o.namespace);

	for (size_t i = 0; i < list->count; i++)
		if (has(list->items[i], p))
			world_dirty(c->world, &list->items[i]->o);
}

void budget_pod_leaves(struct control *c, struct world_pod *p)
{
	const struct world_budgets *list = world_budgets_of(c->world, p->o.namespace);

	budget_pod_changed(c, p);
	for (size_t i = 0; i < list->count; i++)
		world_pods_remove(&list->items[i]->pods, p);
}

static int pod_cmp(const void *a, const void *b)
{
	const struct world_pod *x = *(struct world_pod *const *)a, *y = *(struct world_pod *const *)b;

	return strcmp(x->o.key, y->o.key);
}

/* Drains that waited for room. */
static void wake_drains(struct control *c, const struct world_budget *b)
{
	for (size_t i = 0; i < b->pods.count; i++) {
		struct world_node *n = b->pods.items[i]->node;

		if (n && n->draining)
			world_dirty(c->world, &n->o);
	}
}

/* By another selector than before, or after a start: all pods are looked at, once. */
static void join(struct control *c, struct world_budget *b)
{
	const struct world_list *all = &c->world->of_kind[KIND_POD];

	if (b->joined == b->o.generation)
		return;
	b->joined = b->o.generation;
	/* It may be about others, or let go what it kept. */
	wake_drains(c, b);
	b->pods.count = 0;
	for (size_t i = 0; i < all->count; i++)
		if (is_about(c->world, b, world_pod(all->items[i])))
			world_pods_add(&b->pods, world_pod(all->items[i]));
	c->world->looked += all->count;
	if (b->pods.count > 1)
		qsort(b->pods.items, b->pods.count, sizeof(b->pods.items[0]), pod_cmp);
	wake_drains(c, b);
}

/* --- how many -------------------------------------------------------------------------------------- */

static const struct world_object *controller_of(const struct world_pod *p)
{
	if (!p->set)
		return NULL;
	return p->set->deployment ? &p->set->deployment->o : &p->set->o;
}

static bool is_about_pods_of(const struct world_budget *b, const struct world_object *o)
{
	for (size_t i = 0; i < b->pods.count; i++)
		if (controller_of(b->pods.items[i]) == o)
			return true;
	return false;
}

void budget_replicas_changed(struct control *c, const struct world_object *o)
{
	const struct world_budgets *list = world_budgets_of(c->world, o->namespace);

	for (size_t i = 0; i < list->count; i++)
		if (is_about_pods_of(list->items[i], o))
			world_dirty(c->world, &list->items[i]->o);
}

/* The replicas that a controller wants; -1: it has no such number. */
static int64_t replicas_of(const struct world_object *o)
{
	switch ((int)o->kind->id) {
	case KIND_DEPLOYMENT:
		return deployment_spec_of((const struct world_deployment *)o)->replicas;
	case KIND_REPLICA_SET:
	case KIND_REPLICATION_CONTROLLER:
	case KIND_STATEFUL_SET:
		return ((const struct world_set *)o)->wanted;
	default:
		return -1;
	}
}

static int owner_cmp(const void *a, const void *b)
{
	const struct world_object *x = *(const struct world_object *const *)a,
				  *y = *(const struct world_object *const *)b;

	return strcmp(x->key, y->key);
}

/* Of the controllers of its pods, each once. -1: *RET_WHO has no number of replicas. */
static int64_t wanted_pods(const struct world_budget *b, const struct world_object **ret_who)
{
	_cleanup_(freep) const struct world_object **owners = xcalloc(b->pods.count, sizeof(owners[0]));
	size_t count = 0;
	int64_t sum = 0;

	for (size_t i = 0; i < b->pods.count; i++) {
		const struct world_object *o = controller_of(b->pods.items[i]);

		/* Pods of one controller mostly stand together. */
		if (o && (count == 0 || owners[count - 1] != o))
			owners[count++] = o;
	}
	if (count > 1)
		qsort(owners, count, sizeof(owners[0]), owner_cmp);
	for (size_t i = 0; i < count; i++) {
		int64_t replicas = replicas_of(owners[i]);

		if (i > 0 && owners[i] == owners[i - 1])
			continue;
		*ret_who = owners[i];
		if (replicas < 0)
			return -1;
		sum += replicas;
	}
	return sum;
}

static bool is_healthy(const struct world_pod *p)
{
	return p->ready && !p->o.deleting;
}

/* Sets what is expected and desired. NULL, or who keeps it from being known. */
static const struct world_object *expect(
	const struct world_budget *b, int64_t *ret_expected, int64_t *ret_desired)
{
	const struct disruption_budget_spec *spec = spec_of(b);
	const struct int_or_string *min = &spec->min_available;
	const struct world_object *who = NULL;
	int64_t number, share = 0;

	if (min->set && int_or_string_number(min, &number)) {
		*ret_expected = (int64_t)b->pods.count;
		*ret_desired = number;
		return NULL;
	}
	*ret_expected = wanted_pods(b, &who);
	if (*ret_expected < 0)
		return who;
	(void)int_or_string_scale(min->set ? min : &spec->max_unavailable, *ret_expected, true, &share);
	*ret_desired = min->set ? share : *ret_expected - share;
	if (*ret_desired < 0)
		*ret_desired = 0;
	return NULL;
}

/* --- the controller -------------------------------------------------------------------------------- */

static bool set_condition(struct control *c, struct world_budget *b, const struct world_object *who)
{
	_cleanup_(freep) char *message = who ? xasprintf("%s has no number of replicas", who->key)
					     : xstrdup("");

	if (who)
		return world_condition_set(
			&b->conditions, "DisruptionAllowed", "False", "SyncFailed", message, c->now);
	return world_condition_set(&b->conditions, "DisruptionAllowed", b->allowed > 0 ? "True" : "False",
		b->allowed > 0 ? "SufficientPods" : "InsufficientPods", message, c->now);
}

void control_budget_drop(struct control *c, struct world_budget *b)
{
	wake_drains(c, b);
	world_drop(c->world, &b->o);
}

static int64_t allowed(const struct world_budget *b)
{
	return b->expected > 0 && b->healthy > b->desired ? b->healthy - b->desired : 0;
}

/* Case 8: are so many healthy that those that aren't may leave? */
static bool lets_unready_go(const struct world_budget *b)
{
	return b->healthy >= b->desired && b->desired > 0;
}

void control_budget_sync(struct control *c, struct world_budget *b)
{
	const int64_t before[] = { b->observed, b->allowed, b->healthy, b->desired, b->expected };
	const bool let_go = lets_unready_go(b);
	const struct world_object *who;

	if (!b->o.origin)
		return;
	join(c, b);
	who = expect(b, &b->expected, &b->desired);
	b->healthy = 0;
	for (size_t i = 0; i < b->pods.count; i++)
		b->healthy += is_healthy(b->pods.items[i]);
	if (who)
		b->expected = b->desired = 0;
	b->allowed = who ? 0 : allowed(b);
	b->observed = b->o.generation;
	if (b->allowed > before[1] || (lets_unready_go(b) && !let_go))
		wake_drains(c, b);
	if (set_condition(c, b, who) ||
		memcmp(before, (int64_t[]){ b->observed, b->allowed, b->healthy, b->desired, b->expected },
			sizeof(before)) != 0)
		world_touch(c->world, &b->o);
}

/* --- eviction -------------------------------------------------------------------------------------- */

/* The budget that P is of; of several the first by name. */
static struct world_budget *budget_of(struct control *c, const struct world_pod *p, bool *ret_several)
{
	struct world_budget *found = NULL;

	*ret_several = false;
	const struct world_budgets *list = world_budgets_of(c->world, p->o.namespace);

	for (size_t i = 0; i < list->count; i++) {
		struct world_budget *b = list->items[i];

		/* Nodes are looked at before budgets are: after a start, or by a commit that changes both. */
		if (b->o.origin)
			join(c, b);
		if (!has(b, p))
			continue;
		if (found)
			*ret_several = true;
		if (!found || strcmp(b->o.key, found->o.key) < 0)
			found = b;
	}
	return found;
}

/* Case 7, which asks no budget, be they several. */
static bool is_no_loss(const struct world_pod *p)
{
	return !set_pod_active(p) || p->phase == PHASE_PENDING;
}

/* Case 8. */
static bool may_leave_unready(const struct world_budget *b, const struct world_pod *p)
{
	if (p->ready)
		return false;
	return str_eq(spec_of(b)->unhealthy_pod_eviction_policy, "AlwaysAllow") || lets_unready_go(b);
}

const char *pod_evict(struct control *c, struct world_pod *p, const char *why)
{
	bool several;
	struct world_budget *b = budget_of(c, p, &several);

	if (p->o.deleting)
		return NULL;
	if (b)
		control_budget_sync(c, b);
	if (b && !MUTANT(13) && !is_no_loss(p) && (several || (!may_leave_unready(b, p) && b->allowed <= 0)))
		return b->o.key;
	control_event(c, &p->o, "Normal", "Evicted", "%s", why);
	pod_disrupt(c, p, "EvictionByEvictionAPI", why);
	pod_delete(c, p, why);
	return NULL;
}
