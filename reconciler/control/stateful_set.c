/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/control/stateful_set.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "lib/object/int_or_string.h"
#include "reconciler/control/budget.h"
#include "reconciler/control/claims.h"
#include "reconciler/control/history.h"
#include "reconciler/health.h"

/* --- a look at it -------------------------------------------------------------------------------------- */

static int64_t budget_of(const struct stateful_set_spec *spec, int64_t replicas)
{
	const struct stateful_rolling_update *r = spec->update_strategy.rolling_update;
	int64_t n = 1;

	if (r && r->max_unavailable.set)
		int_or_string_scale(&r->max_unavailable, replicas, true, &n);
	return n > 0 ? n : 1;
}

static int highest_first(const void *a, const void *b)
{
	const struct world_pod *x = *(struct world_pod *const *)a, *y = *(struct world_pod *const *)b;

	return x->ordinal > y->ordinal ? -1 : x->ordinal < y->ordinal;
}

/* Where pods come one after the other, nothing behind the first gap is looked at. */
static void sort_pods(struct stateful *v)
{
	const struct world_pods *pods = &v->s->r.set.pods;
	int64_t room = v->ordered && v->replicas > (int64_t)pods->count ? (int64_t)pods->count + 1
									: v->replicas;

	v->slot_count = (size_t)room;
	v->slots = xcalloc(v->slot_count, sizeof(v->slots[0]));
	v->condemned = xcalloc(pods->count, sizeof(v->condemned[0]));
	for (size_t i = 0; i < pods->count; i++) {
		int64_t at = pods->items[i]->ordinal - v->start;

		if (at >= 0 && at < room)
			v->slots[at] = pods->items[i];
		else if (at < 0 || at >= v->replicas)
			v->condemned[v->condemned_count++] = pods->items[i];
	}
	if (v->condemned_count > 1)
		qsort(v->condemned, v->condemned_count, sizeof(v->condemned[0]), highest_first);
}

static void look(struct stateful *v, bool held)
{
	const struct stateful_rolling_update *r = v->spec->update_strategy.rolling_update;

	v->replicas = held ? v->s->r.set.wanted : v->spec->replicas;
	v->start = v->spec->ordinals ? v->spec->ordinals->start : 0;
	v->ordered = !str_eq(v->spec->pod_management_policy, "Parallel");
	v->rolls = !held && str_eq(v->spec->update_strategy.type, "RollingUpdate");
	v->partition = r ? r->partition : 0;
	v->budget = budget_of(v->spec, v->replicas);
	sort_pods(v);
}

bool stateful_available(const struct stateful *v, const struct world_pod *p)
{
	return !p->o.deleting && set_pod_active(p) &&
	       set_pod_available(p, v->s->r.set.min_ready_seconds, v->c->now, NULL);
}

bool stateful_broken(const struct stateful *v, const struct world_pod *p)
{
	_cleanup_(arena_freep) struct arena *arena = NULL;
	const struct pod_status *status;

	if (p->ready || p->unseen || history_made(v->s->r.update, p))
		return false;
	if (!p->was_ready)
		return true;
	arena = arena_new(1024);
	status = world_pod_status(v->c->world, p, arena);
	return status && health_stuck(status);
}

/* --- making -------------------------------------------------------------------------------------------- */

/* Below the partition pods come back as they were (newVersionedStatefulSetPod). */
static struct world_controller_revision *revision_for(const struct stateful *v, size_t i)
{
	return v->rolls && (int64_t)i < v->partition ? v->s->current : v->s->r.update;
}

static void create(struct stateful *v, size_t i)
{
	struct world_set *set = &v->s->r.set;
	int64_t ordinal = v->start + (int64_t)i;
	_cleanup_(freep) char *name = xasprintf("%s-%" PRId64, set->o.name, ordinal);
	const struct pod_own own = { .name = name,
		.ordinal = (int32_t)ordinal,
		.revision = world_history_admitted(v->c->world, revision_for(v, i)) };

	claims_make(v->c, v->s, ordinal);
	v->slots[i] = pod_create(v->c, set, &own);
	if (v->slots[i])
		control_event(v->c, &set->o, "Normal", "SuccessfulCreate",
			"create Pod %s in StatefulSet %s successful", name, set->o.name);
	else
		control_event_once(v->c, &set->o, "Warning", "FailedCreate",
			"create Pod %s in StatefulSet %s waits: another pod has that name", name,
			set->o.name);
}

void stateful_delete(struct stateful *v, struct world_pod **slot, const char *why)
{
	struct world_set *set = &v->s->r.set;

	control_event(v->c, &set->o, "Normal", "SuccessfulDelete",
		"delete Pod %s in StatefulSet %s successful", (*slot)->o.name, set->o.name);
	pod_delete(v->c, *slot, why);
	if ((*slot)->o.dropped)
		*slot = NULL;
}

static bool is_finished(const struct world_pod *p)
{
	return p->phase == PHASE_FAILED || p->phase == PHASE_SUCCEEDED;
}

enum verdict { GOES_ON, STOPS, IS_PASSED };

/*
 * A pod of an old template that was ready before and isn't now may be so because the one that was replaced is missing: it
 * doesn't keep that from coming back.
 */
static bool waits_for_others(const struct stateful *v, const struct world_pod *p, size_t i)
{
	return v->rolls && (int64_t)i >= v->partition && !p->ready && p->was_ready &&
	       !history_made(v->s->r.update, p);
}

static enum verdict make_one(struct stateful *v, size_t i)
{
	struct world_pod *p = v->slots[i];

	if (!p) {
		create(v, i);
		return STOPS;
	}
	if (is_finished(p)) {
		if (!p->o.deleting)
			stateful_delete(
				v, &v->slots[i], "it is finished; it is created anew when it is gone");
		return STOPS;
	}
	claims_own(v->c, v->s, p, false);
	if (p->o.deleting)
		return STOPS;
	if (!p->ready)
		claims_make(v->c, v->s, p->ordinal);
	if (stateful_available(v, p))
		return GOES_ON;
	return waits_for_others(v, p, i) ? IS_PASSED : STOPS;
}

/* Returns whether all are there and available, or that doesn't matter. */
static bool make_all(struct stateful *v)
{
	bool all = true;

	for (size_t i = 0; i < v->slot_count; i++) {
		enum verdict verdict = make_one(v, i);

		if (verdict == STOPS && v->ordered && !MUTANT(11))
			return false;
		all = all && verdict == GOES_ON;
	}
	return all || !v->ordered;
}

/* --- too many ------------------------------------------------------------------------------------------ */

/* Of pods that aren't available, only the lowest number may go: the others wait for it. */
static const struct world_pod *lowest_unavailable(struct stateful *v)
{
	for (size_t i = v->condemned_count; i > 0; i--)
		if (!stateful_available(v, v->condemned[i - 1]))
			return v->condemned[i - 1];
	return NULL;
}

static bool condemn(struct stateful *v)
{
	const struct world_pod *lowest = lowest_unavailable(v);

	for (size_t i = 0; i < v->condemned_count; i++)
		claims_own(v->c, v->s, v->condemned[i], true);
	for (size_t i = 0; i < v->condemned_count; i++) {
		struct world_pod *p = v->condemned[i];

		if (!p->o.deleting &&
			(!v->ordered || p == lowest || stateful_available(v, p) || stateful_broken(v, p)))
			stateful_delete(v, &v->condemned[i], NULL);
		if (v->ordered)
			return false;
	}
	return true;
}

/* --- status -------------------------------------------------------------------------------------------- */

struct counts {
	int64_t replicas, ready, available, current, updated;
};

/* The set wakes when it will be. */
static bool is_available(struct stateful *v, const struct world_pod *p)
{
	nsec_t when;

	if (set_pod_available(p, v->s->r.set.min_ready_seconds, v->c->now, &when))
		return true;
	if (when != NSEC_NEVER)
		world_wake(v->c->world, &v->s->r.set.o, when);
	return false;
}

static struct counts count_pods(struct stateful *v)
{
	const struct world_pods *pods = &v->s->r.set.pods;
	struct counts n = { .replicas = (int64_t)pods->count };

	for (size_t i = 0; i < pods->count; i++) {
		const struct world_pod *p = pods->items[i];

		n.ready += p->ready;
		n.available += is_available(v, p);
		if (p->o.deleting)
			continue;
		n.current += history_made(v->s->current, p);
		n.updated += history_made(v->s->r.update, p);
	}
	return n;
}

/* Once all pods have the newest template, that is the current one (completeRollingUpdate). */
static bool complete(struct stateful *v, struct counts *n)
{
	if (!v->rolls || v->s->current == v->s->r.update || n->updated != v->replicas ||
		n->ready != v->replicas || n->replicas != v->replicas)
		return false;
	v->s->current = v->s->r.update;
	n->current = n->updated;
	return true;
}

static void sync_status(struct stateful *v, bool changed)
{
	struct world_stateful_set *s = v->s;
	struct world_set *t = &s->r.set;
	struct counts n = count_pods(v);

	changed |= complete(v, &n);
	if (!changed && t->observed == t->o.generation && t->replicas == n.replicas && t->ready == n.ready &&
		t->available == n.available && s->current_count == n.current && s->updated == n.updated)
		return;
	t->observed = t->o.generation;
	t->replicas = n.replicas;
	t->ready = n.ready;
	t->available = n.available;
	s->current_count = n.current;
	s->updated = n.updated;
	world_touch(v->c->world, &t->o);
}

/* --- the controller ------------------------------------------------------------------------------------ */

static void step(struct stateful *v)
{
	if (v->rolls && stateful_force(v) && v->ordered)
		return;
	if (make_all(v) && condemn(v) && v->rolls)
		stateful_roll(v);
}

/* What git says: how many, and from which template. Returns whether the status has to say something new. */
static bool take_manifest(struct stateful *v)
{
	struct world_roller *r = &v->s->r;
	const struct world_controller_revision *before = r->update;
	bool held_before = world_condition_get(&r->set.conditions, "ReplicaFailure") != NULL;

	if (held_before)
		world_condition_remove(&r->set.conditions, "ReplicaFailure");
	if (r->set.wanted != v->spec->replicas)
		budget_replicas_changed(v->c, &r->set.o);
	r->set.wanted = v->spec->replicas;
	r->set.min_ready_seconds = v->spec->min_ready_seconds;
	return history_take(v->c, r, &v->spec->template) != before || held_before;
}

void control_stateful_set_sync(struct control *c, struct world_stateful_set *s)
{
	struct stateful v = { .c = c, .s = s };
	bool held = s->r.set.o.origin && s->r.set.o.origin->held, changed = false;

	if (!s->r.set.o.origin)
		return;
	v.spec = &object_stateful_set(s->r.set.o.origin->object)->spec;
	if (held)
		control_held(c, &s->r.set.o);
	else
		changed = take_manifest(&v);
	if (!s->r.update)
		return; /* held from the beginning */
	if (!s->current) {
		s->current = s->r.update;
		changed = true;
	}
	look(&v, held);
	step(&v);
	sync_status(&v, changed);
	history_trim(c, &s->r, v.spec->revision_history_limit, s->current);
	free(v.slots);
	free(v.condemned);
}

void control_stateful_set_drop(struct control *c, struct world_stateful_set *s)
{
	claims_set_goes(c, s);
	s->current = NULL;
	history_drop(c, &s->r);
}
