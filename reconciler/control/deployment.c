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
#include "reconciler/control/budget.h"
#include "reconciler/control/config_hash.h"
#include "reconciler/control/deployment.h"
#include "reconciler/control/replica_set.h"

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

/* A set that lost its Deployment may have the name, and then the template too. */
static struct world_set *lost_set(
	struct control *c, const struct world_deployment *d, const char *name, const struct world_revision *r)
{
	struct world_object *o = world_find(c->world, KIND_REPLICA_SET, d->o.namespace, name);
	struct world_set *s = o && !o->origin ? world_set(o) : NULL;

	if (!s || s->deployment || memcmp(s->revision->hash, r->hash, sizeof(r->hash)) != 0)
		return NULL;
	return deployment_adopt(c, s) ? s : NULL;
}

static struct world_set *create_set(struct control *c, struct world_deployment *d, struct world_revision *r)
{
	char hash[NAMES_HASH], name[NAMES_OBJECT_MAX];
	struct world_object *o;
	struct world_set *s;

	for (;;) {
		names_template_hash(r->hash, d->collisions, hash);
		snprintf(name, sizeof(name), "%.*s-%s", NAMES_OBJECT_MAX - NAMES_HASH - 1, d->o.name, hash);
		s = lost_set(c, d, name, r);
		if (s)
			return s;
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

/* --- what the newest set has from its Deployment -------------------------------------------------------------- */

static void remember_number(struct world_set *s)
{
	char *before = s->history;

	if (s->number == 0)
		return;
	s->history = before ? xasprintf("%s,%lld", before, (long long)s->number)
			    : xasprintf("%lld", (long long)s->number);
	free(before);
}

/* A set that is the newest (again) has the highest revision number. Returns whether it was not before. */
static bool number_newest(struct control *c, struct world_deployment *d, struct world_set *newest)
{
	int64_t number = highest_number(d, newest) + 1;
	bool news = newest->number < number;

	if (news) {
		remember_number(newest);
		newest->number = number;
		/* What is gone back to is still that commit's. */
		if (!d->distrusted || !newest->commit) {
			free(newest->commit);
			newest->commit = c->world->commit[0] != '\0' ? xstrdup(c->world->commit) : NULL;
		}
		world_touch(c->world, &newest->o);
	}
	if (d->revision_number != newest->number) {
		d->revision_number = newest->number;
		world_touch(c->world, &d->o);
	}
	return news;
}

/* Do all annotations of A that sets have too stand in B? */
static bool notes_within(const struct string_map *a, const struct string_map *b)
{
	for (size_t i = 0; i < a->count; i++)
		if (world_set_note_is_copied(a->items[i].key) &&
			!str_eq(string_map_get(b, a->items[i].key), a->items[i].value))
			return false;
	return true;
}

static void dress_newest(struct control *c, struct world_deployment *d, struct world_set *newest)
{
	const struct string_map *have = &newest->revision->holder->meta->annotations;
	const struct string_map *wanted = &d->o.origin->object->meta->annotations;

	if (newest->min_ready_seconds != deployment_spec_of(d)->min_ready_seconds) {
		newest->min_ready_seconds = deployment_spec_of(d)->min_ready_seconds;
		world_touch(c->world, &newest->o);
	}
	/* The annotations come with the manifest that holds the template. */
	if (d->revision->holder != d->o.origin->object || newest->revision->holder == d->revision->holder ||
		memcmp(newest->revision->hash, d->revision->hash, sizeof(d->revision->hash)) != 0)
		return;
	if (!notes_within(have, wanted) || !notes_within(wanted, have))
		world_touch(c->world, &newest->o);
	world_set_share_revision(c->world, newest, d->revision);
}

void deployment_make_newest(struct control *c, struct rollout *r)
{
	if (!r->newest) {
		r->newest = create_set(c, r->d, r->revision);
		r->news = ROLLOUT_CREATED;
	}
	if (number_newest(c, r->d, r->newest) && r->news == ROLLOUT_SAME)
		r->news = ROLLOUT_FOUND;
	dress_newest(c, r->d, r->newest);
}

/* --- which set is to have the pods ---------------------------------------------------------------------------- */

/* What failed is not tried again: the newest is the one gone back to. Returns whether it is so. */
static bool go_back(struct control *c, struct rollout *r)
{
	struct world_set *good;
	bool before = r->d->distrusted != NULL;

	if (!rollback_distrusts(c, r->d, r->revision)) {
		if (before)
			r->news = ROLLOUT_FOUND;
		return false;
	}
	good = rollback_good(r->d, NULL);
	if (!good) {
		rollback_mended(c, r->d);
		return false;
	}
	r->newest = good;
	return true;
}

static bool is_recreate(const struct world_deployment *d)
{
	return str_eq(deployment_spec_of(d)->strategy.type, "Recreate");
}

static void choose_newest(struct control *c, struct rollout *r)
{
	bool back = go_back(c, r);

	if (!back)
		r->newest = find_newest(r->d, r->revision);
	if (r->newest || (!deployment_spec_of(r->d)->paused && !is_recreate(r->d)))
		deployment_make_newest(c, r);
}

/* --- old sets ------------------------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
	const struct world_set *x = *(struct world_set *const *)a, *y = *(struct world_set *const *)b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return strcmp(x->o.name, y->o.name);
}

bool deployment_is_complete(const struct world_deployment *d, const struct world_set *newest)
{
	int64_t replicas = deployment_spec_of(d)->replicas;

	return newest && newest->replicas == replicas && newest->available == replicas &&
	       d->replicas == replicas;
}

/* Neither wanted nor there: what is left of it has finished for good. */
static bool is_empty(const struct world_set *s)
{
	for (size_t i = 0; i < s->pods.count; i++)
		if (s->pods.items[i]->o.deleting || set_pod_active(s->pods.items[i]))
			return false;
	return s->wanted == 0;
}

static void drop_history(struct control *c, struct world_deployment *d, const struct world_set *newest)
{
	int64_t limit = deployment_spec_of(d)->revision_history_limit;
	_cleanup_(freep) struct world_set **old = xcalloc(d->set_count, sizeof(old[0]));
	bool complete = deployment_is_complete(d, newest);
	const struct world_set *kept = complete || !rollback_wanted(d) ? NULL : rollback_good(d, newest);
	size_t count = 0;

	if (!complete && !deployment_spec_of(d)->paused)
		return;
	for (size_t i = 0; i < d->set_count; i++)
		if (d->sets[i] != newest && d->sets[i] != kept && is_empty(d->sets[i]))
			old[count++] = d->sets[i];
	if (count > 1)
		qsort(old, count, sizeof(old[0]), by_number);
	for (size_t i = 0; i < count && (int64_t)(count - i) > limit; i++) {
		plan_step(c->plan, PLAN_DELETE, &old[i]->o, "older than revisionHistoryLimit");
		control_set_drop(c, old[i]);
	}
}

/* --- sets without a Deployment -------------------------------------------------------------------------------- */

/* The labels that the stored set bears: the template's. */
bool deployment_adopt(struct control *c, struct world_set *s)
{
	const struct owner_reference *owner = meta_controller(s->revision->holder->meta);
	struct world_object *o = owner && str_eq(owner->kind, kinds[KIND_DEPLOYMENT].name)
					 ? world_find(c->world, KIND_DEPLOYMENT, s->o.namespace, owner->name)
					 : NULL;

	if (!o || !o->origin ||
		!label_selector_matches(object_deployment(o->origin->object)->spec.selector,
			&s->revision->template.meta.labels))
		return false;
	world_set_join(c->world, s, world_deployment(o));
	plan_step(c->plan, PLAN_UPDATE, &s->o, "adopted by Deployment %s", o->name);
	world_touch(c->world, &s->o);
	world_dirty(c->world, o);
	return true;
}

/* --- the controller ------------------------------------------------------------------------------------------- */

static void scale_sets(struct control *c, struct world_deployment *d)
{
	for (size_t i = 0; i < d->set_count; i++)
		set_scale(c, d->sets[i]);
}

static bool roll(struct control *c, struct rollout *r)
{
	return is_recreate(r->d) ? rollout_recreate(c, r) : rollout_rolling(c, r->d, r->newest);
}

static void roll_out(struct control *c, struct rollout *r)
{
	struct world_deployment *d = r->d;
	bool paused = deployment_spec_of(d)->paused;

	scale_sets(c, d);
	if ((paused || rollout_is_scaling(d)) && (r->newest || d->set_count > 0)) {
		if (rollout_scale(c, d, r->newest))
			scale_sets(c, d);
	}
	for (unsigned i = 0; !paused && i < ROUNDS_MAX && roll(c, r); i++)
		scale_sets(c, d);
	/* Every set says what its Deployment wants now: the tree shall not depend on when an old set was scaled. */
	for (size_t i = 0; i < d->set_count; i++)
		rollout_set_wanted(c, d, d->sets[i], d->sets[i]->wanted);
}

/* It was seen to work: what a later rollout can go back to. Nothing is seen of no pods. */
static void mark_complete(struct control *c, const struct rollout *r)
{
	if (!deployment_is_complete(r->d, r->newest) || r->d->distrusted || r->newest->wanted == 0)
		return;
	rollback_mended(c, r->d);
	if (r->newest->was_complete)
		return;
	r->newest->was_complete = true;
	world_touch(c->world, &r->newest->o);
}

/* One time through; returns whether the rollout has failed and another one takes its place. */
static bool sync_once(struct control *c, struct rollout *r)
{
	bool late;

	choose_newest(c, r);
	roll_out(c, r);
	late = deployment_status_sync(c, r);
	mark_complete(c, r);
	return late && rollback_is_due(r) && rollback_begin(c, r);
}

/* What a held Deployment has goes on as it is: its pods are kept at their number, nothing is rolled out. */
static void hold(struct control *c, struct world_deployment *d)
{
	_cleanup_(freep) char *message = xasprintf("uses what is not supported yet: %s", d->o.origin->held);

	scale_sets(c, d);
	deployment_status_sync(c, &(struct rollout){ .d = d });
	if (!world_condition_set(&d->conditions, "Progressing", "False", "NotYetSupported", message, c->now))
		return;
	control_held(c, &d->o);
	world_touch(c->world, &d->o);
}

void control_deployment_sync(struct control *c, struct world_deployment *d)
{
	struct rollout r = { .d = d };

	if (!d->o.origin)
		return;
	if (d->asked != deployment_spec_of(d)->replicas)
		budget_replicas_changed(c, &d->o);
	d->asked = deployment_spec_of(d)->replicas;
	if (d->o.origin->held) {
		hold(c, d);
		return;
	}
	r.revision = revision_in_force(c, d);
	if (sync_once(c, &r)) {
		r = (struct rollout){ .d = d, .revision = r.revision };
		sync_once(c, &r);
	}
	drop_history(c, d, r.newest);
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
