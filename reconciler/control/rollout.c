/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Rollouts: how many pods each of a Deployment's replica sets may have now. The rules are Kubernetes'
 * (pkg/controller/deployment: rolling.go, recreate.go, sync.go, util/deployment_util.go).
 *
 * A rolling update never has more than replicas + maxSurge pods wanted, and takes pods of old sets only while at
 * least replicas - maxUnavailable are available:
 *
 *   up     newest grows to replicas, as far as the sum of all sets stays within replicas + surge
 *   clean  old pods that are not available go first: they serve nobody
 *   down   old pods go while more than replicas - unavailable are available
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "lib/object/int_or_string.h"
#include "reconciler/control/deployment.h"

const struct deployment_spec *deployment_spec_of(const struct world_deployment *d)
{
	return &object_deployment(d->o.origin->object)->spec;
}

/* --- budgets -------------------------------------------------------------------------------------------------- */

/* The tables let nothing else through than a number or a percentage. */
static int64_t scaled(const struct int_or_string *v, int64_t total, bool up)
{
	int64_t n;

	int_or_string_scale(v, total, up, &n);
	return n;
}

/* Both zero would never move: then one may be unavailable. */
struct rollout_budget rollout_budget(const struct deployment_spec *spec)
{
	const struct rolling_update *r = spec->strategy.rolling_update;
	struct rollout_budget b = { 0 };

	if (str_eq(spec->strategy.type, "Recreate") || !r)
		return b;
	b.surge = scaled(&r->max_surge, spec->replicas, true) + MUTANT(2);
	b.unavailable = scaled(&r->max_unavailable, spec->replicas, false) + MUTANT(1);
	if (b.surge == 0 && b.unavailable == 0)
		b.unavailable = 1;
	if (b.unavailable > spec->replicas)
		b.unavailable = spec->replicas;
	return b;
}

static int64_t min_i64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t max_i64(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t sum_wanted(const struct world_deployment *d)
{
	int64_t n = 0;

	for (size_t i = 0; i < d->set_count; i++)
		n += d->sets[i]->wanted;
	return n;
}

static int64_t sum_available(const struct world_deployment *d)
{
	int64_t n = 0;

	for (size_t i = 0; i < d->set_count; i++)
		n += d->sets[i]->available;
	return n;
}

/* --- one set ------------------------------------------------------------------------------------------------------ */

bool rollout_set_wanted(struct control *c, struct world_deployment *d, struct world_set *s, int64_t wanted)
{
	const struct deployment_spec *spec = deployment_spec_of(d);
	int64_t max = spec->replicas + rollout_budget(spec).surge, before = s->wanted;

	if (s->desired != spec->replicas || s->max != max) {
		s->desired = spec->replicas;
		s->max = max;
		world_touch(c->world, &s->o);
	}
	if (before == wanted)
		return false;
	s->wanted = wanted;
	world_touch(c->world, &s->o);
	plan_step(c->plan, PLAN_SCALE, &s->o, "from %lld to %lld", (long long)before, (long long)wanted);
	control_event(c, &d->o, "Normal", "ScalingReplicaSet", "Scaled %s replica set %s from %lld to %lld",
		wanted > before ? "up" : "down", s->o.name, (long long)before, (long long)wanted);
	return true;
}

static int by_age(const struct world_set *a, const struct world_set *b)
{
	if (a->o.created != b->o.created)
		return a->o.created < b->o.created ? -1 : 1;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return strcmp(a->o.name, b->o.name);
}

static int set_cmp_age(const void *a, const void *b)
{
	return by_age(*(struct world_set *const *)a, *(struct world_set *const *)b);
}

static int set_cmp_size_newer(const void *a, const void *b)
{
	const struct world_set *x = *(struct world_set *const *)a, *y = *(struct world_set *const *)b;

	if (x->wanted != y->wanted)
		return x->wanted > y->wanted ? -1 : 1;
	return by_age(y, x);
}

static int set_cmp_size_older(const void *a, const void *b)
{
	const struct world_set *x = *(struct world_set *const *)a, *y = *(struct world_set *const *)b;

	if (x->wanted != y->wanted)
		return x->wanted > y->wanted ? -1 : 1;
	return by_age(x, y);
}

/* The sets but for EXCEPT (may be NULL) with pods wanted, sorted by CMP. The caller frees. */
static struct world_set **sorted_sets(const struct world_deployment *d, const struct world_set *except,
	int (*cmp)(const void *, const void *), size_t *ret_count)
{
	struct world_set **list = xcalloc(d->set_count, sizeof(list[0]));

	*ret_count = 0;
	for (size_t i = 0; i < d->set_count; i++)
		if (d->sets[i] != except && d->sets[i]->wanted > 0)
			list[(*ret_count)++] = d->sets[i];
	if (*ret_count > 1)
		qsort(list, *ret_count, sizeof(list[0]), cmp);
	return list;
}

/* --- rolling update ------------------------------------------------------------------------------------------------- */

static bool roll_up(struct control *c, struct world_deployment *d, struct world_set *newest)
{
	const struct deployment_spec *spec = deployment_spec_of(d);
	int64_t room = spec->replicas + rollout_budget(spec).surge - sum_wanted(d);

	if (newest->wanted >= spec->replicas)
		return rollout_set_wanted(c, d, newest, spec->replicas);
	if (room <= 0)
		return false;
	return rollout_set_wanted(
		c, d, newest, newest->wanted + min_i64(room, spec->replicas - newest->wanted));
}

/* Takes unavailable pods of old sets, at most MAX. Returns how many. */
static int64_t roll_clean(
	struct control *c, struct world_deployment *d, struct world_set *newest, int64_t max)
{
	size_t count;
	_cleanup_(freep) struct world_set **old = sorted_sets(d, newest, set_cmp_age, &count);
	int64_t done = 0;

	for (size_t i = 0; i < count && done < max; i++) {
		int64_t n = min_i64(max - done, old[i]->wanted - old[i]->available);

		if (n <= 0)
			continue;
		rollout_set_wanted(c, d, old[i], old[i]->wanted - n);
		done += n;
	}
	return done;
}

static bool roll_down(struct control *c, struct world_deployment *d, struct world_set *newest)
{
	const struct deployment_spec *spec = deployment_spec_of(d);
	int64_t floor = spec->replicas - rollout_budget(spec).unavailable;
	int64_t fresh = newest->wanted - newest->available;
	int64_t room = sum_wanted(d) - floor - max_i64(fresh, 0), spare, cleaned;
	size_t count;
	_cleanup_(freep) struct world_set **old = sorted_sets(d, newest, set_cmp_age, &count);

	if (count == 0 || room <= 0)
		return false;
	cleaned = roll_clean(c, d, newest, room);
	spare = sum_available(d) - floor;
	for (size_t i = 0; i < count && spare > 0; i++) {
		int64_t n = min_i64(spare, old[i]->wanted);

		if (n > 0)
			rollout_set_wanted(c, d, old[i], old[i]->wanted - n);
		spare -= n;
		cleaned += n;
	}
	return cleaned > 0;
}

bool rollout_rolling(struct control *c, struct world_deployment *d, struct world_set *newest)
{
	return roll_up(c, d, newest) || roll_down(c, d, newest);
}

/* --- recreate -------------------------------------------------------------------------------------------------------- */

static bool runs_pods(const struct world_set *s)
{
	for (size_t i = 0; i < s->pods.count; i++) {
		enum world_phase phase = s->pods.items[i]->phase;

		if (phase != PHASE_SUCCEEDED && phase != PHASE_FAILED)
			return true;
	}
	return false;
}

bool rollout_others_run(const struct world_deployment *d, const struct world_set *newest)
{
	for (size_t i = 0; i < d->set_count; i++)
		if (d->sets[i] != newest && runs_pods(d->sets[i]))
			return true;
	return false;
}

bool rollout_recreate(struct control *c, struct rollout *r)
{
	struct world_deployment *d = r->d;
	bool changed = false;

	for (size_t i = 0; i < d->set_count; i++)
		if (d->sets[i] != r->newest)
			changed |= rollout_set_wanted(c, d, d->sets[i], 0);
	if (changed)
		return true;
	if (rollout_others_run(d, r->newest) && !MUTANT(17))
		return false;
	/* A set that is new has a status to be written, also where it is to have no pods. */
	changed = r->newest == NULL;
	deployment_make_newest(c, r);
	return rollout_set_wanted(c, d, r->newest, deployment_spec_of(d)->replicas) || changed;
}

/* --- scaling ----------------------------------------------------------------------------------------------------------- */

bool rollout_is_scaling(const struct world_deployment *d)
{
	for (size_t i = 0; i < d->set_count; i++)
		if (d->sets[i]->wanted > 0 && d->sets[i]->desired != deployment_spec_of(d)->replicas)
			return true;
	return false;
}

/* The only set with pods; or, where none has any, the newest; NULL where several have. */
static struct world_set *active_or_newest(const struct world_deployment *d, struct world_set *newest)
{
	struct world_set *only = NULL;

	for (size_t i = 0; i < d->set_count; i++) {
		if (d->sets[i]->wanted == 0)
			continue;
		if (only)
			return NULL;
		only = d->sets[i];
	}
	return only ? only : newest;
}

static bool saturated(const struct world_deployment *d, const struct world_set *newest)
{
	int64_t replicas = deployment_spec_of(d)->replicas;

	return newest && newest->wanted == replicas && newest->desired == replicas &&
	       newest->available == replicas;
}

static int64_t divide_rounded(int64_t a, int64_t b)
{
	return b > 0 ? (2 * a + b) / (2 * b) : 0;
}

/* This set's share of TO_ADD, of which ADDED are given out (GetProportion). */
static int64_t proportion(
	const struct world_deployment *d, const struct world_set *s, int64_t to_add, int64_t added)
{
	const struct deployment_spec *spec = deployment_spec_of(d);
	int64_t max = spec->replicas + rollout_budget(spec).surge, fraction, allowed = to_add - added;

	if (s->wanted == 0 || allowed == 0)
		return 0;
	if (spec->replicas == 0)
		fraction = -s->wanted;
	else
		fraction = divide_rounded(s->wanted * max, s->max > 0 ? s->max : max) - s->wanted;
	return to_add > 0 ? min_i64(fraction, allowed) : max_i64(fraction, allowed);
}

static bool scale_proportionally(struct control *c, struct world_deployment *d)
{
	const struct deployment_spec *spec = deployment_spec_of(d);
	int64_t allowed = spec->replicas > 0 ? spec->replicas + rollout_budget(spec).surge : 0;
	int64_t to_add = allowed - sum_wanted(d), added = 0;
	size_t count;
	_cleanup_(freep) struct world_set **sets = sorted_sets(
		d, NULL, to_add > 0 ? set_cmp_size_newer : set_cmp_size_older, &count);
	_cleanup_(freep) int64_t *sizes = xcalloc(count, sizeof(sizes[0]));
	bool changed = false;

	for (size_t i = 0; i < count; i++) {
		int64_t n = to_add != 0 ? proportion(d, sets[i], to_add, added) : 0;

		sizes[i] = sets[i]->wanted + n;
		added += n;
	}
	if (count > 0)
		sizes[0] = max_i64(sizes[0] + to_add - added, 0);
	for (size_t i = 0; i < count; i++)
		changed |= rollout_set_wanted(c, d, sets[i], sizes[i]);
	return changed;
}

bool rollout_scale(struct control *c, struct world_deployment *d, struct world_set *newest)
{
	const struct deployment_spec *spec = deployment_spec_of(d);
	struct world_set *only = active_or_newest(d, newest);
	bool changed = false;

	if (only)
		return rollout_set_wanted(c, d, only, spec->replicas);
	if (saturated(d, newest)) {
		for (size_t i = 0; i < d->set_count; i++)
			if (d->sets[i] != newest)
				changed |= rollout_set_wanted(c, d, d->sets[i], 0);
		return changed;
	}
	if (!str_eq(spec->strategy.type, "RollingUpdate"))
		return false;
	return scale_proportionally(c, d);
}
