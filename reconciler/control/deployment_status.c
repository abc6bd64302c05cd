/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * A Deployment's status and its conditions, with the reasons that `kubectl rollout status` waits for
 * (pkg/controller/deployment: sync.go, progress.go).
 */
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/control/deployment.h"

/* progressDeadlineSeconds that means: none (math.MaxInt32). */
enum { NO_DEADLINE = 2147483647 };

#define CREATED "NewReplicaSetCreated"
#define FOUND "FoundNewReplicaSet"
#define UPDATED "ReplicaSetUpdated"
#define AVAILABLE "NewReplicaSetAvailable"
#define TOO_LATE "ProgressDeadlineExceeded"
#define PAUSED "DeploymentPaused"
#define RESUMED "DeploymentResumed"

struct counts {
	int64_t replicas, updated, ready, available, unavailable;
};

/* The set of the manifest's template; not the newest where that is the one gone back to. */
static const struct world_set *updated_set(const struct rollout *r)
{
	return r->d->distrusted ? NULL : r->newest;
}

static int64_t distrusted_replicas(const struct rollout *r)
{
	int64_t n = 0;

	for (size_t i = 0; r->revision && i < r->d->set_count; i++)
		if (memcmp(r->d->sets[i]->revision->hash, r->revision->hash, sizeof(r->revision->hash)) == 0)
			n += r->d->sets[i]->replicas;
	return n;
}

static struct counts count_pods(const struct rollout *r)
{
	const struct world_deployment *d = r->d;
	const struct world_set *updated = updated_set(r);
	struct counts n = { .updated = updated ? updated->replicas : 0 };
	int64_t wanted = 0;

	if (d->distrusted)
		n.updated = distrusted_replicas(r);
	for (size_t i = 0; i < d->set_count; i++) {
		n.replicas += d->sets[i]->replicas;
		n.ready += d->sets[i]->ready;
		n.available += d->sets[i]->available;
		wanted += d->sets[i]->wanted;
	}
	n.unavailable = wanted > n.available ? wanted - n.available : 0;
	return n;
}

static bool sync_available(struct control *c, struct world_deployment *d, const struct counts *n)
{
	const struct deployment_spec *spec = deployment_spec_of(d);
	bool enough = n->available >= spec->replicas - rollout_budget(spec).unavailable;

	return world_condition_set(&d->conditions, "Available", enough ? "True" : "False",
		enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
		enough ? "Deployment has minimum availability."
		       : "Deployment does not have minimum availability.",
		c->now);
}

/* --- progress ---------------------------------------------------------------------------------------- */

static bool has_progressed(const struct world_deployment *d, const struct counts *n)
{
	return n->updated > d->updated || n->replicas - n->updated < d->replicas - d->updated ||
	       n->ready > d->ready || n->available > d->available;
}

static bool is_complete(const struct deployment_spec *spec, const struct counts *n)
{
	return n->updated == spec->replicas && n->replicas == spec->replicas &&
	       n->available == spec->replicas;
}

static bool has_deadline(const struct deployment_spec *spec)
{
	return spec->progress_deadline_seconds < NO_DEADLINE;
}

/* In the words that Kubernetes has for each reason. */
static bool set_progress(struct control *c, const struct rollout *r, const char *reason)
{
	static const struct {
		const char *reason, *status, *before, *behind;
	} words[] = {
		{ CREATED, "True", "Created new replica set", "" },
		{ FOUND, "True", "Found new replica set", "" },
		{ UPDATED, "True", NULL, " is progressing." },
		{ AVAILABLE, "True", NULL, " has successfully progressed." },
		{ TOO_LATE, "False", NULL, " has timed out progressing." },
	};
	const char *subject = r->newest ? "ReplicaSet" : "Deployment";
	const char *name = r->newest ? r->newest->o.name : r->d->o.name;
	_cleanup_(freep) char *message = NULL;
	size_t i = 0;

	while (!str_eq(words[i].reason, reason))
		i++;
	message = xasprintf(
		"%s \"%s\"%s", words[i].before ? words[i].before : subject, name, words[i].behind);
	return world_condition_set(
		&r->d->conditions, "Progressing", words[i].status, reason, message, c->now);
}

/* It goes on: the deadline counts from now, also where the words are the same. */
static bool go_on(struct control *c, const struct rollout *r)
{
	struct world_conditions *all = &r->d->conditions;

	set_progress(c, r, UPDATED);
	for (size_t i = 0; i < all->count; i++)
		if (str_eq(all->items[i].type, "Progressing"))
			all->items[i].updated = c->now;
	return true;
}

/* When the deadline passes; NSEC_NEVER where none runs. */
static nsec_t deadline_of(const struct world_deployment *d)
{
	const struct world_condition *now = world_condition_get(&d->conditions, "Progressing");

	if (!now || str_eq(now->reason, AVAILABLE) || str_eq(now->reason, TOO_LATE) ||
		str_eq(now->reason, PAUSED))
		return NSEC_NEVER;
	return now->updated + deployment_spec_of(d)->progress_deadline_seconds * NSEC_PER_SEC;
}

/* While it is paused no time passes for it; what has failed before stays said (checkPausedConditions). */
static bool sync_paused(struct control *c, struct world_deployment *d)
{
	const struct world_condition *now = world_condition_get(&d->conditions, "Progressing");
	bool paused = deployment_spec_of(d)->paused;

	if (now && str_eq(now->reason, TOO_LATE))
		return false;
	if (paused)
		return world_condition_set(
			&d->conditions, "Progressing", "Unknown", PAUSED, "Deployment is paused", c->now);
	if (now && str_eq(now->reason, PAUSED))
		return world_condition_set(
			&d->conditions, "Progressing", "Unknown", RESUMED, "Deployment is resumed", c->now);
	return false;
}

/* A rollout's own step. Scaling what is complete is none: its condition stays. */
static bool sync_rollout(struct control *c, const struct rollout *r, const struct counts *n)
{
	struct world_deployment *d = r->d;
	const struct world_condition *now = world_condition_get(&d->conditions, "Progressing");
	bool was_held = now && str_eq(now->reason, "NotYetSupported");

	if (r->news == ROLLOUT_SAME && now && str_eq(now->reason, AVAILABLE) && n->replicas == n->updated)
		return false;
	if (is_complete(deployment_spec_of(d), n))
		return set_progress(c, r, AVAILABLE);
	if (r->news != ROLLOUT_SAME)
		return set_progress(c, r, r->news == ROLLOUT_CREATED ? CREATED : FOUND);
	if (!now || was_held || has_progressed(d, n))
		return go_on(c, r);
	return c->now >= deadline_of(d) && set_progress(c, r, TOO_LATE);
}

static bool remove_condition(struct world_deployment *d, const char *type)
{
	bool there = world_condition_get(&d->conditions, type) != NULL;

	world_condition_remove(&d->conditions, type);
	return there;
}

/* Of a template that is distrusted it stays said that it failed. */
static bool sync_progressing(struct control *c, const struct rollout *r, const struct counts *n)
{
	bool changed;

	if (!has_deadline(deployment_spec_of(r->d)))
		return remove_condition(r->d, "Progressing");
	if (r->d->distrusted)
		return false;
	changed = sync_paused(c, r->d);
	if (!deployment_spec_of(r->d)->paused)
		changed |= sync_rollout(c, r, n);
	world_wake(c->world, &r->d->o, deadline_of(r->d));
	return changed;
}

static bool is_too_late(const struct world_deployment *d)
{
	const struct world_condition *now = world_condition_get(&d->conditions, "Progressing");

	return now && str_eq(now->reason, TOO_LATE);
}

/* --- failures of sets -------------------------------------------------------------------------------- */

/* The newest set's failure goes before the others'. */
static const struct world_condition *failure_of(const struct rollout *r)
{
	const struct world_condition *found = r->newest ? world_condition_get(
								  &r->newest->conditions, "ReplicaFailure")
							: NULL;

	for (size_t i = 0; i < r->d->set_count && !found; i++)
		found = world_condition_get(&r->d->sets[i]->conditions, "ReplicaFailure");
	return found;
}

static bool sync_failure(const struct rollout *r)
{
	const struct world_condition *f = failure_of(r);

	if (!f)
		return remove_condition(r->d, "ReplicaFailure");
	return world_condition_set(
		&r->d->conditions, "ReplicaFailure", f->status, f->reason, f->message, f->updated);
}

/* --- all of it --------------------------------------------------------------------------------------- */

static bool take_counts(struct world_deployment *d, const struct counts *n)
{
	const struct counts was = { d->replicas, d->updated, d->ready, d->available, d->unavailable };
	bool same = was.replicas == n->replicas && was.updated == n->updated && was.ready == n->ready &&
		    was.available == n->available && was.unavailable == n->unavailable &&
		    d->observed == d->o.generation;

	d->replicas = n->replicas;
	d->updated = n->updated;
	d->ready = n->ready;
	d->available = n->available;
	d->unavailable = n->unavailable;
	d->observed = d->o.generation;
	return !same;
}

bool deployment_status_sync(struct control *c, const struct rollout *r)
{
	struct world_deployment *d = r->d;
	struct counts n = count_pods(r);
	bool changed = sync_available(c, d, &n);

	if (!d->o.origin->held) {
		changed |= sync_progressing(c, r, &n);
		changed |= sync_failure(r);
	}
	changed |= take_counts(d, &n);
	if (changed)
		world_touch(c->world, &d->o);
	return is_too_late(d);
}
