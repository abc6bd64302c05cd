/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/schedule.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

/* --- those that wait ----------------------------------------------------------------------------------------- */

static void must_wait(struct control *c, struct world_pod *p, const char *why)
{
	p->tried = true;
	if (str_eq(p->waiting, why))
		return;
	free(p->waiting);
	p->waiting = xstrdup(why);
	plan_step(c->plan, PLAN_WAIT, &p->o, "%s", why);
	control_event(c, &p->o, "Warning", "FailedScheduling", "%s", why);
	world_touch(c->world, &p->o);
}

/* Those whose priority is known now wait for a node; the others wait for their class. */
static void rank_pods(struct control *c)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct world *w = c->world;
	struct world_waiting list;

	if (w->unranked.count == w->unranked.ordered && !w->classes_changed)
		return;
	w->classes_changed = false;
	world_waiting_order(&w->unranked);
	list = w->unranked;
	w->unranked = (struct world_waiting){ 0 };
	for (size_t i = 0; i < list.count; i++) {
		struct world_pod *p = list.items[i];
		const char *why;

		p->waits = p->tried = false;
		why = pod_rank(c, p, arena);
		world_pod_wait(w, p);
		if (!why && world_pod_is_foreign(p))
			control_event_once(c, &p->o, "Normal", "LeftAlone",
				"it asks for the scheduler %s; Pintle places those of default-scheduler",
				p->revision->template.spec.scheduler_name);
		if (why)
			must_wait(c, p, why);
	}
	w->unranked.ordered = w->unranked.count;
	free(list.items);
}

/* --- decisions ----------------------------------------------------------------------------------------------- */

static void place(struct control *c, const struct sched_decision *d)
{
	struct world_object *n = world_find(c->world, KIND_NODE, NULL, d->node);
	_cleanup_(buf_done) struct buf why = BUF_INIT;

	if (c->plan->steps_wanted)
		sched_verdict_explain(d->verdict, &why);
	pod_place(c, d->pod->id, world_node(n), why.data);
}

static void fits_nowhere(struct control *c, const struct sched_decision *d)
{
	_cleanup_(buf_done) struct buf why = BUF_INIT;

	if (d->by_gang)
		buf_addf(&why, "it has room, but another of its gang %s has none: all of them wait",
			d->pod->gang);
	else
		sched_verdict_explain(d->verdict, &why);
	must_wait(c, d->pod->id, why.data);
}

static void preempt(struct control *c, struct world_pod *victim, const struct world_pod *by)
{
	_cleanup_(freep) char *why = xasprintf("preempted by %s, which matters more", by->o.key);

	control_event(c, &victim->o, "Normal", "Preempted", "Preempted by pod %s/%s on node %s",
		by->o.namespace, by->o.name, victim->node->o.name);
	pod_disrupt(c, victim, "PreemptionByScheduler",
		"default-scheduler: preempting to accommodate a higher priority pod");
	pod_delete(c, victim, why);
}

/* The victims are remembered first: as they go, the scheduler's list of them changes. */
static void make_room(struct control *c, const struct sched_decision *d)
{
	struct world_pod *p = d->pod->id;
	size_t count = d->victim_count;
	_cleanup_(freep) struct world_pod **victims = xcalloc(count + 1, sizeof(victims[0]));
	_cleanup_(freep) char *why = xasprintf(
		"it goes to %s when those that matter less have left", d->node);

	for (size_t i = 0; i < count; i++)
		victims[i] = d->victims[i].id;
	must_wait(c, p, why);
	p->nominated = true;
	world_touch(c->world, &p->o);
	for (size_t i = 0; i < count; i++)
		preempt(c, victims[i], p);
}

static void decided(const struct sched_decision *d, void *arg)
{
	switch (d->outcome) {
	case SCHED_PLACED:
		place(arg, d);
		break;
	case SCHED_NOMINATED:
		make_room(arg, d);
		break;
	case SCHED_NOWHERE:
		fits_nowhere(arg, d);
		break;
	case SCHED_WAITS:
		break;
	}
}

/* --- turns --------------------------------------------------------------------------------------------------- */

static struct sched_pending pending_of(struct world *w, struct world_pod *p)
{
	const struct world_revision *r = p->revision;

	return (struct sched_pending){
		.id = p,
		.request = world_pod_request(w, p),
		.key = p->o.key + strlen("Pod/"),
		.pinned = p->pinned,
		.gang = r->gang,
		.priority = p->priority,
		.no_preemption = p->no_preemption,
		.deadline = world_revision_deadline(r, p->o.created),
		.created = p->o.created,
	};
}

/* Room that was kept may have been taken by one that matters more, or be gone with its node. */
static void look_at_nominations(struct world *w)
{
	for (size_t i = 0; i < w->waiting.count; i++) {
		struct world_pod *p = w->waiting.items[i];

		if (!p || !p->nominated || sched_cluster_nominated(w->sched, p))
			continue;
		p->nominated = false;
		world_touch(w, &p->o);
	}
}

bool schedule_pods(struct control *c)
{
	struct world *w = c->world;
	struct world_waiting *list = &w->waiting;
	struct sched_pending *pods;

	world_sched_tell(w);
	rank_pods(c);
	if (list->count == list->ordered && !w->nodes_changed)
		return false;
	w->nodes_changed = false;
	world_waiting_close(list);
	if (list->count == 0)
		return false;
	w->looked += list->count;
	pods = xcalloc(list->count, sizeof(pods[0]));
	for (size_t i = 0; i < list->count; i++)
		pods[i] = pending_of(w, list->items[i]);
	sched_place(w->sched, pods, list->count, decided, c);
	look_at_nominations(w);
	free(pods);
	return true;
}
