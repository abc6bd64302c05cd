/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/control/budget.h"
#include "reconciler/control/replica_set.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "reconciler/control/deployment.h"
#include "reconciler/control/set_rank.h"

enum { FINISHED_KEPT = 2 /* finished pods of a set that stay, for their logs */ };

bool set_pod_active(const struct world_pod *p)
{
	return !p->o.deleting && p->phase != PHASE_SUCCEEDED && p->phase != PHASE_FAILED;
}

bool set_pod_available(const struct world_pod *p, int64_t min_ready_seconds, nsec_t now, nsec_t *ret_when)
{
	nsec_t when = NSEC_NEVER;

	if (p->ready)
		when = min_ready_seconds > 0 && !MUTANT(3) ? p->ready_since + min_ready_seconds * NSEC_PER_SEC
							   : 0;
	if (ret_when)
		*ret_when = when;
	return when <= now;
}

/* --- the number of pods ---------------------------------------------------------------------------------------- */

static struct world_pod **active_pods(const struct world_set *s, size_t *ret_count)
{
	struct world_pod **list = xcalloc(s->pods.count, sizeof(list[0]));

	*ret_count = 0;
	for (size_t i = 0; i < s->pods.count; i++)
		if (set_pod_active(s->pods.items[i]))
			list[(*ret_count)++] = s->pods.items[i];
	return list;
}

void set_say_pods(struct control *c, struct world_set *s, const char *reason, const char *verb, size_t count,
	const char *first)
{
	if (count == 1)
		control_event(c, &s->o, "Normal", reason, "%s pod: %s", verb, first);
	else
		control_event(
			c, &s->o, "Normal", reason, "%s %zu pods, the first of them %s", verb, count, first);
}

static void create_pods(struct control *c, struct world_set *s, size_t count)
{
	const char *first = NULL;

	for (size_t i = 0; i < count; i++) {
		struct world_pod *p = pod_create(c, s, &(struct pod_own){ 0 });

		if (!first)
			first = p->o.name;
	}
	set_say_pods(c, s, "SuccessfulCreate", "Created", count, first);
}

static void delete_pods(
	struct control *c, struct world_set *s, struct world_pod **list, size_t have, size_t count)
{
	set_rank(s, list, have, count, c->now);
	set_say_pods(c, s, "SuccessfulDelete", "Deleted", count, list[0]->o.name);
	for (size_t i = 0; i < count; i++)
		pod_delete(c, list[i], NULL);
}

static int oldest_first(const void *a, const void *b)
{
	const struct world_pod *x = *(struct world_pod *const *)a, *y = *(struct world_pod *const *)b;
	if (x->o.created != y->o.created)
		return x->o.created < y->o.created ? -1 : 1;
	return strcmp(x->o.name, y->o.name);
}

/* Pods that finished for good are replaced; the last of them stay to be looked at. */
static void drop_finished(struct control *c, struct world_set *s)
{
	_cleanup_(freep) struct world_pod **list = xcalloc(s->pods.count, sizeof(list[0]));
	size_t count = 0;

	for (size_t i = 0; i < s->pods.count; i++)
		if (!s->pods.items[i]->o.deleting && !set_pod_active(s->pods.items[i]))
			list[count++] = s->pods.items[i];
	if (count <= FINISHED_KEPT)
		return;
	qsort(list, count, sizeof(list[0]), oldest_first);
	for (size_t i = 0; i + FINISHED_KEPT < count; i++)
		pod_delete(c, list[i], "it is finished and has been replaced");
}

static void sync_status(struct control *c, struct world_set *s)
{
	int64_t replicas = 0, ready = 0, available = 0;
	nsec_t when;

	for (size_t i = 0; i < s->pods.count; i++) {
		struct world_pod *p = s->pods.items[i];

		if (!set_pod_active(p))
			continue;
		replicas++;
		ready += p->ready;
		if (set_pod_available(p, s->min_ready_seconds, c->now, &when))
			available++;
		else if (when != NSEC_NEVER)
			world_wake(c->world, s->deployment ? &s->deployment->o : &s->o, when);
	}
	if (s->replicas == replicas && s->ready == ready && s->available == available &&
		s->observed == s->o.generation && s->labeled == replicas)
		return;
	s->replicas = s->labeled = replicas;
	s->ready = ready;
	s->available = available;
	s->observed = s->o.generation;
	world_touch(c->world, &s->o);
}

void set_scale(struct control *c, struct world_set *s)
{
	size_t have, want = s->wanted > 0 ? (size_t)s->wanted : 0;
	_cleanup_(freep) struct world_pod **list = active_pods(s, &have);

	if (have < want)
		create_pods(c, s, want - have);
	else if (have > want)
		delete_pods(c, s, list, have, have - want);
	drop_finished(c, s);
	sync_status(c, s);
}

/* --- sets ------------------------------------------------------------------------------------------------------------ */

/* What the kinds have in common. */
struct set_spec {
	int64_t replicas, min_ready_seconds;
	const struct pod_template *template;
};

static struct set_spec spec_of(const struct object *manifest)
{
	const struct replication_controller *rc;
	const struct replica_set *rs;

	if (manifest->kind->id == KIND_REPLICATION_CONTROLLER) {
		rc = object_replication_controller(manifest);
		return (struct set_spec){ rc->spec.replicas, rc->spec.min_ready_seconds, &rc->spec.template };
	}
	rs = object_replica_set(manifest);
	return (struct set_spec){ rs->spec.replicas, rs->spec.min_ready_seconds, &rs->spec.template };
}

static void take_manifest(struct control *c, struct world_set *s)
{
	struct object *manifest = s->o.origin->object;
	const struct set_spec spec = spec_of(manifest);

	if (s->revision && s->revision->holder == manifest && s->wanted == spec.replicas)
		return;
	if (s->wanted != spec.replicas)
		budget_replicas_changed(c, &s->o);
	s->wanted = spec.replicas;
	s->min_ready_seconds = spec.min_ready_seconds;
	world_set_revision(c->world, s, world_revision_new(manifest, s->o.namespace, spec.template));
}

static bool orphaned(const struct world_set *s)
{
	return !s->deployment && !s->o.origin;
}

void control_set_sync(struct control *c, struct world_set *s)
{
	if (s->deployment) {
		world_dirty(c->world, &s->deployment->o);
		return;
	}
	if (orphaned(s)) {
		if (deployment_adopt(c, s))
			return;
		plan_step(c->plan, PLAN_DELETE, &s->o, "its Deployment is gone");
		control_set_drop(c, s);
		return;
	}
	if (s->o.origin->held) {
		control_held(c, &s->o);
		if (!s->revision)
			return;
		sync_status(c, s);
		return;
	}
	take_manifest(c, s);
	set_scale(c, s);
}

void set_drop_pods(struct control *c, struct world_set *s)
{
	while (s->pods.count > 0) {
		struct world_pod *p = s->pods.items[s->pods.count - 1];

		pod_delete(c, p, NULL);
		if (p->o.dropped)
			continue;
		if (s->o.kind->id != KIND_REPLICA_SET)
			world_pod_keep_looks(c->world, p);
		world_pod_leave(p);
	}
}

void control_set_drop(struct control *c, struct world_set *s)
{
	set_drop_pods(c, s);
	world_set_revision(c->world, s, NULL);
	world_set_leave(s);
	world_drop(c->world, &s->o);
}
