/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/schedule.h"

#include <stdio.h>
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

/* While decisions come. */
struct turns {
	struct control *c;
	struct sched_verdict *verdict;
	/* Why the pods of this request fit nowhere: room only shrinks until one is placed. NULL: not known. */
	const struct sched_request *hopeless;
	struct buf why;
};

/* The scheduler's sentence for D's pod, which fits nowhere. */
static const char *sentence(struct turns *t, const struct sched_decision *d)
{
	struct sched_cluster *sched = t->c->world->sched;

	if (t->hopeless == d->pod->request && !d->pod->pinned)
		return t->why.data;
	if (d->pod->pinned)
		sched_pick_on(sched, d->pod->pinned, d->pod->request, t->verdict);
	else
		sched_pick(sched, d->pod->request, t->verdict);
	buf_clear(&t->why);
	sched_verdict_explain(t->verdict, &t->why);
	t->hopeless = d->pod->pinned ? NULL : d->pod->request;
	return t->why.data;
}

static void place(struct turns *t, const struct sched_decision *d)
{
	struct world_object *n = world_find(t->c->world, KIND_NODE, NULL, d->node);
	char why[64];

	snprintf(why, sizeof(why), "scores %lld", (long long)d->score);
	t->hopeless = NULL;
	pod_place(t->c, d->pod->id, world_node(n), why);
}

static void fits_nowhere(struct turns *t, const struct sched_decision *d)
{
	_cleanup_(freep) char *gang = NULL;

	if (d->by_gang)
		gang = xasprintf(
			"it has room, but another of its gang %s has none: all of them wait", d->pod->gang);
	must_wait(t->c, d->pod->id, gang ? gang : sentence(t, d));
}

static void preempt(struct turns *t, struct world_pod *victim, const struct world_pod *by)
{
	_cleanup_(freep) char *why = xasprintf("preempted by %s, which matters more", by->o.key);

	control_event(t->c, &victim->o, "Normal", "Preempted", "Preempted by pod %s/%s on node %s",
		by->o.namespace, by->o.name, victim->node->o.name);
	pod_disrupt(t->c, victim, "PreemptionByScheduler",
		"default-scheduler: preempting to accommodate a higher priority pod");
	pod_delete(t->c, victim, why);
}

/* The victims are remembered first: as they go, the scheduler's list of them changes. */
static void make_room(struct turns *t, const struct sched_decision *d)
{
	struct world_pod *p = d->pod->id;
	size_t count = d->victim_count;
	_cleanup_(freep) struct world_pod **victims = xcalloc(count, sizeof(victims[0]));
	_cleanup_(freep) char *why = xasprintf("%s It goes to %s when %zu %s there", sentence(t, d), d->node,
		count, count == 1 ? "pod that matters less has left" : "pods that matter less have left");

	for (size_t i = 0; i < count; i++)
		victims[i] = d->victims[i].id;
	must_wait(t->c, p, why);
	p->nominated = true;
	world_touch(t->c->world, &p->o);
	t->hopeless = NULL;
	for (size_t i = 0; i < count; i++)
		preempt(t, victims[i], p);
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

bool schedule_pods(struct control *c)
{
	struct world *w = c->world;
	struct world_waiting *list = &w->waiting;
	struct turns t = { .c = c, .why = BUF_INIT };
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
	t.verdict = xcalloc(1, sizeof(*t.verdict));
	sched_place(w->sched, pods, list->count, decided, &t);
	free(t.verdict);
	free(pods);
	buf_done(&t.why);
	return true;
}
