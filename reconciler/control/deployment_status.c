/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * A Deployment's status and its conditions Available and Progressing, with the reasons that `kubectl rollout status` waits
 * for (pkg/controller/deployment: sync.go, progress.go).
 */
#include <stdio.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/control/control.h"

/* progressDeadlineSeconds that means: none (math.MaxInt32). */
enum { NO_DEADLINE = 2147483647 };

struct counts {
	int64_t replicas, updated, ready, available, unavailable;
};

static struct counts count_pods(const struct world_deployment *d, const struct world_set *newest)
{
	struct counts n = { .updated = newest ? newest->replicas : 0 };
	int64_t wanted = 0;

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

static bool set_progress(struct control *c, struct world_deployment *d, const char *status,
	const char *reason, const char *format, const char *name)
{
	char message[512];

	/* The formats are the constants below; the name goes where Kubernetes puts it. */
	snprintf(message, sizeof(message), "%s \"%s\" %s",
		str_eq(reason, "NewReplicaSetCreated") ? "Created new replica set" : "ReplicaSet", name,
		format);
	return world_condition_set(&d->conditions, "Progressing", status, reason, message, c->now);
}

/* Time until the progress deadline has passed; wakes the Deployment then. */
static bool is_late(struct control *c, struct world_deployment *d, const struct world_condition *progress)
{
	const struct deployment_spec *spec = deployment_spec_of(d);
	nsec_t deadline;

	if (spec->progress_deadline_seconds >= NO_DEADLINE || !progress ||
		str_eq(progress->reason, "NewReplicaSetAvailable"))
		return false;
	if (str_eq(progress->reason, "ProgressDeadlineExceeded"))
		return true;
	deadline = progress->updated + spec->progress_deadline_seconds * NSEC_PER_SEC;
	if (c->now >= deadline)
		return true;
	world_wake(c->world, &d->o, deadline);
	return false;
}

static bool touch_progress(struct world_deployment *d, nsec_t now)
{
	for (size_t i = 0; i < d->conditions.count; i++)
		if (str_eq(d->conditions.items[i].type, "Progressing"))
			d->conditions.items[i].updated = now;
	return true;
}

static bool sync_progressing(struct control *c, struct world_deployment *d, const struct counts *n,
	const struct world_set *newest, bool created)
{
	const struct deployment_spec *spec = deployment_spec_of(d);
	const struct world_condition *now = world_condition_get(&d->conditions, "Progressing");
	const char *name = newest ? newest->o.name : d->o.name;

	if (spec->paused)
		return world_condition_set(&d->conditions, "Progressing", "Unknown", "DeploymentPaused",
			"Deployment is paused", c->now);
	if (now && str_eq(now->reason, "NewReplicaSetAvailable") && n->replicas == n->updated && !created &&
		d->observed == d->o.generation)
		return false;
	if (is_complete(spec, n))
		return set_progress(
			c, d, "True", "NewReplicaSetAvailable", "has successfully progressed.", name);
	if (created)
		return set_progress(c, d, "True", "NewReplicaSetCreated", "", name);
	if (!now || has_progressed(d, n) || str_eq(now->reason, "DeploymentPaused") ||
		str_eq(now->reason, "NotYetSupported") || d->observed != d->o.generation)
		return set_progress(c, d, "True", "ReplicaSetUpdated", "is progressing.", name) ||
		       touch_progress(d, c->now);
	if (is_late(c, d, now))
		return set_progress(
			c, d, "False", "ProgressDeadlineExceeded", "has timed out progressing.", name);
	return false;
}

void deployment_status_sync(
	struct control *c, struct world_deployment *d, struct world_set *newest, bool created)
{
	struct counts n = count_pods(d, newest);
	bool changed = sync_available(c, d, &n);

	if (!d->o.origin->held) {
		changed |= sync_progressing(c, d, &n, newest, created);
		is_late(c, d, world_condition_get(&d->conditions, "Progressing"));
	}
	changed |= d->replicas != n.replicas || d->updated != n.updated || d->ready != n.ready ||
		   d->available != n.available || d->unavailable != n.unavailable ||
		   d->observed != d->o.generation;
	if (!changed)
		return;
	d->replicas = n.replicas;
	d->updated = n.updated;
	d->ready = n.ready;
	d->available = n.available;
	d->unavailable = n.unavailable;
	d->observed = d->o.generation;
	world_touch(c->world, &d->o);
}
