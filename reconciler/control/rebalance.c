/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/control/rebalance.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/control/budget.h"

enum { CRITICAL = 2000000000 /* system-cluster-critical */ };

static bool makes_another(const struct world_set *s)
{
	switch ((int)s->o.kind->id) {
	case KIND_REPLICA_SET:
	case KIND_REPLICATION_CONTROLLER:
	case KIND_STATEFUL_SET:
		return !s->o.origin || !s->o.origin->held;
	default:
		return false;
	}
}

static enum sched_movable movable(const struct sched_pod *booked, void *arg)
{
	const struct world_pod *p = booked->id;

	(void)arg;
	if (p->set && p->set->o.kind->id == KIND_DAEMON_SET)
		return SCHED_OF_NODE;
	/* What becomes of the pods of a node that is lost or drained is others' to say. */
	if (!p->set || !makes_another(p->set) || !p->ready || p->priority >= CRITICAL || !p->node->ready ||
		p->node->draining)
		return SCHED_STAYS;
	return SCHED_MOVES;
}

/* --- one round after the other --------------------------------------------------------------------------------- */

/* Has the set of KEY all its pods again? One that is gone needs none. */
static bool is_whole(const struct world_set *s)
{
	int64_t ready = 0;

	for (size_t i = 0; i < s->pods.count; i++)
		ready += s->pods.items[i]->ready && set_pod_active(s->pods.items[i]);
	return ready >= s->wanted;
}

static bool round_is_over(struct world *w)
{
	for (size_t i = 0; i < w->moved.count; i++) {
		const struct world_object *o = map_get(&w->objects, w->moved.entries[i].key);

		if (o && !is_whole((const struct world_set *)o))
			return false;
	}
	return true;
}

static void forget(struct world *w)
{
	for (size_t i = 0; i < w->moved.count; i++)
		free(w->moved.entries[i].value);
	map_done(&w->moved);
}

static void remember(struct world *w, const struct world_set *s)
{
	char *key;

	if (map_has(&w->moved, s->o.key))
		return;
	key = xstrdup(s->o.key);
	map_put(&w->moved, key, key);
}

/* --- moves ------------------------------------------------------------------------------------------------------- */

static char *words(const struct sched_move *m)
{
	switch (m->why) {
	case SCHED_MOVE_VIOLATES:
		return xasprintf("rebalancing: it would not be placed on %s any more (%s), but on %s",
			m->from, m->text, m->to);
	case SCHED_MOVE_LOADED:
		return xasprintf("rebalancing: there is much more room on %s than on %s", m->to, m->from);
	case SCHED_MOVE_EMPTIES:
		return xasprintf("rebalancing: it has room on %s, and its node comes to be empty", m->to);
	}
	return NULL;
}

static bool evict(struct control *c, const struct sched_move *m)
{
	struct world_pod *p = m->pod.id;
	struct world_set *s = p->set;
	_cleanup_(freep) char *why = words(m);

	if (pod_evict(c, p, why))
		return false;
	remember(c->world, s);
	return true;
}

static bool is_due(struct control *c)
{
	struct world *w = c->world;
	const nsec_t pace = w->rebalance_seconds * NSEC_PER_SEC;
	struct world_object *cluster = world_find(w, KIND_CLUSTER, NULL, "cluster");
	nsec_t due = w->started + pace > w->rebalance_next ? w->started + pace : w->rebalance_next;

	if (w->rebalance_seconds == 0 || !cluster)
		return false;
	if (c->imagined)
		return round_is_over(w);
	if (c->now >= due && round_is_over(w))
		return true;
	world_wake(w, cluster, c->now >= due ? c->now + pace : due);
	return false;
}

bool control_rebalance(struct control *c)
{
	struct world *w = c->world;
	struct sched_move *moves;
	size_t count, done = 0;

	if (!is_due(c))
		return false;
	forget(w);
	moves = xcalloc((size_t)w->rebalance_max, sizeof(moves[0]));
	count = sched_rebalance(w->sched, movable, NULL, (size_t)w->rebalance_max, moves);
	for (size_t i = 0; i < count; i++)
		done += evict(c, &moves[i]);
	free(moves);
	w->rebalance_next = c->now + w->rebalance_seconds * NSEC_PER_SEC;
	world_wake(w, world_find(w, KIND_CLUSTER, NULL, "cluster"), w->rebalance_next);
	return done > 0;
}
