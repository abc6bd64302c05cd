/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Deployments: one replica set a template. The set whose template is the manifest's is the newest; rollout.c says
 * how many pods each set may have; old sets are kept, empty, for as long as revisionHistoryLimit says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/control/config_hash.h"

enum { ROUNDS_MAX = 64 /* of scaling within one sync; three are the most that were ever needed */ };

/* --- the newest set ------------------------------------------------------------------------------------------- */

static struct world_revision *revision_in_force(struct control *c, struct world_deployment *d)
{
	struct world_revision *now = config_revision(
		c->world, &d->o, &deployment_spec_of(d)->template, d->revision);

	world_revision_unref(d->revision);
	d->revision = now;
	return now;
}

/* Of several with this template (there should be one) the oldest, as Kubernetes. */
static struct world_set *find_newest(const struct world_deployment *d, const struct world_revision *r)
{
	struct world_set *found = NULL;

	for (size_t i = 0; i < d->set_count; i++) {
		struct world_set *s = d->sets[i];

		if (memcmp(s->revision->hash, r->hash, sizeof(r->hash)) != 0)
			continue;
		if (!found || s->o.created < found->o.created)
			found = s;
	}
	return found;
}

static int64_t highest_number(const struct world_deployment *d, const struct world_set *except)
{
	int64_t max = 0;

	for (size_t i = 0; i < d->set_count; i++)
		if (d->sets[i] != except && d->sets[i]->number > max)
			max = d->sets[i]->number;
	return max;
}

static struct world_set *create_set(struct control *c, struct world_deployment *d, struct world_revision *r)
{
	char hash[NAMES_HASH], name[NAMES_OBJECT_MAX];
	struct world_object *o;
	struct world_set *s;

	for (;;) {
		names_template_hash(r->hash, d->collisions, hash);
		snprintf(name, sizeof(name), "%.*s-%s", NAMES_OBJECT_MAX - NAMES_HASH - 1, d->o.name, hash);
		o = world_add(c->world, KIND_REPLICA_SET, d->o.namespace, name, NULL, c->now);
		if (o)
			break;
		d->collisions++;
		world_touch(c->world, &d->o);
	}
	s = world_set(o);
	o->generation = 1;
	snprintf(s->hash, sizeof(s->hash), "%s", hash);
	world_set_join(c->world, s, d);
	world_set_revision(c->world, s, world_revision_ref(r));
	s->min_ready_seconds = deployment_spec_of(d)->min_ready_seconds;
	plan_step(c->plan, PLAN_CREATE, o, NULL);
	world_touch(c->world, o);
	return s;
}

/* A set that is the newest (again) has the highest revision number. */
static void number_newest(struct control *c, struct world_deployment *d, struct world_set *newest)
{
	int64_t number = highest_number(d, newest) + 1;

	if (newest->number < number) {
		newest->number = number;
		world_touch(c->world, &newest->o);
	}
	if (d->revision_number != newest->number) {
		d->revision_number = newest->number;
		world_touch(c->world, &d->o);
	}
	if (newest->min_ready_seconds != deployment_spec_of(d)->min_ready_seconds) {
		newest->min_ready_seconds = deployment_spec_of(d)->min_ready_seconds;
		world_touch(c->world, &newest->o);
	}
}

static struct world_set *newest_set(struct control *c, struct world_deployment *d, bool *ret_created)
{
	struct world_revision *r = revision_in_force(c, d);
	struct world_set *newest = find_newest(d, r);

	*ret_created = false;
	if (!newest && !deployment_spec_of(d)->paused) {
		newest = create_set(c, d, r);
		*ret_created = true;
	}
	if (newest)
		number_newest(c, d, newest);
	return newest;
}

/* --- old sets ----------------------------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
	const struct world_set *x = *(struct world_set *const *)a, *y = *(struct world_set *const *)b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return strcmp(x->o.name, y->o.name);
}

static bool is_complete(const struct world_deployment *d, const struct world_set *newest)
{
	int64_t replicas = deployment_spec_of(d)->replicas;

	return newest && newest->replicas == replicas && newest->available == replicas &&
	       d->replicas == replicas;
}

static void drop_history(struct control *c, struct world_deployment *d, const struct world_set *newest)
{
	int64_t limit = deployment_spec_of(d)->revision_history_limit;
	_cleanup_(freep) struct world_set **old = xcalloc(d->set_count, sizeof(old[0]));
	size_t count = 0;

	if (!is_complete(d, newest))
		return;
	for (size_t i = 0; i < d->set_count; i++)
		if (d->sets[i] != newest && d->sets[i]->wanted == 0 && d->sets[i]->pods.count == 0)
			old[count++] = d->sets[i];
	if (count > 1)
		qsort(old, count, sizeof(old[0]), by_number);
	for (size_t i = 0; i < count && (int64_t)(count - i) > limit; i++) {
		plan_step(c->plan, PLAN_DELETE, &old[i]->o, "older than revisionHistoryLimit");
		control_set_drop(c, old[i]);
	}
}

/* --- the controller -------------------------------------------------------------------------------------------------- */

static void scale_sets(struct control *c, struct world_deployment *d)
{
	for (size_t i = 0; i < d->set_count; i++)
		set_scale(c, d->sets[i]);
}

static bool roll(struct control *c, struct world_deployment *d, struct world_set *newest)
{
	if (str_eq(deployment_spec_of(d)->strategy.type, "Recreate"))
		return rollout_recreate(c, d, newest);
	return rollout_rolling(c, d, newest);
}

static void rollout(struct control *c, struct world_deployment *d, struct world_set *newest)
{
	bool paused = deployment_spec_of(d)->paused;

	scale_sets(c, d);
	if ((paused || rollout_is_scaling(d)) && (newest || d->set_count > 0)) {
		if (rollout_scale(c, d, newest))
			scale_sets(c, d);
	}
	for (unsigned i = 0; !paused && i < ROUNDS_MAX && roll(c, d, newest); i++)
		scale_sets(c, d);
	/* Every set says what its Deployment wants now: the tree shall not depend on when an old set was scaled. */
	for (size_t i = 0; i < d->set_count; i++)
		rollout_set_wanted(c, d, d->sets[i], d->sets[i]->wanted);
}

/* What a held Deployment has goes on as it is: its pods are kept at their number, nothing is rolled out. */
static void hold(struct control *c, struct world_deployment *d)
{
	_cleanup_(freep) char *message = xasprintf("uses what is not supported yet: %s", d->o.origin->held);

	scale_sets(c, d);
	deployment_status_sync(c, d, NULL, false);
	if (!world_condition_set(&d->conditions, "Progressing", "False", "NotYetSupported", message, c->now))
		return;
	control_held(c, &d->o);
	world_touch(c->world, &d->o);
}

void control_deployment_sync(struct control *c, struct world_deployment *d)
{
	struct world_set *newest;
	bool created;

	if (!d->o.origin)
		return;
	if (d->o.origin->held) {
		hold(c, d);
		return;
	}
	newest = newest_set(c, d, &created);
	rollout(c, d, newest);
	deployment_status_sync(c, d, newest, created);
	drop_history(c, d, newest);
}

void control_deployment_drop(struct control *c, struct world_deployment *d)
{
	while (d->set_count > 0) {
		struct world_set *s = d->sets[d->set_count - 1];

		plan_step(c->plan, PLAN_DELETE, &s->o, NULL);
		control_set_drop(c, s);
	}
	world_drop(c->world, &d->o);
}
