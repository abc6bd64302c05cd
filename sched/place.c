/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The turns: each pod that has no node gets one, or hears why not. What is PLACED or NOMINATED is decided at once; what fails may
 * be helped by a later one, and hears at the end.
 */
#include "sched/place.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "sched/heap.h"
#include "sched/queue.h"
#include "sched/score.h"
#include "sched/volume.h"

/* --- what failed ------------------------------------------------------------------------------------------ */

static struct sched_verdict *verdict_copy(const struct sched_verdict *v)
{
	size_t size = offsetof(struct sched_verdict, reasons) + v->reason_count * sizeof(v->reasons[0]);
	struct sched_verdict *copy = xcalloc(1, sizeof(*copy));

	memcpy(copy, v, size);
	copy->reason_count = v->reason_count;
	return copy;
}

struct sched_failure *sched_place_failure(
	struct sched_placing *x, const struct sched_pending *p, bool preempts)
{
	struct sched_failure *f = xcalloc(1, sizeof(*f));

	if (p->pinned)
		sched_pick_on(x->c, p->pinned, p->request, &x->verdict);
	else
		sched_pick(x->c, p->request, &x->verdict);
	f->request = sched_request_ref(p->request);
	f->priority = p->priority;
	f->preempts = preempts;
	/* Where a node would do but for pods that room is only kept for, the reasons are silent about it. */
	f->events = x->verdict.node ? SCHED_EVENT_ANY : sched_events_for(&x->verdict);
	/* Nor do they say what would keep it from a node without those that matter less. */
	if (preempts && !sched_victims_preemptor(p->request, p->priority, p->pinned).plain)
		f->events = SCHED_EVENT_ANY;
	f->time = x->c->turns->events.now;
	f->verdict = verdict_copy(&x->verdict);
	f->next = x->failures;
	x->failures = f;
	return f;
}

static void failures_done(struct sched_placing *x)
{
	while (x->failures) {
		struct sched_failure *f = x->failures;

		x->failures = f->next;
		sched_request_unref(f->request);
		free(f->verdict);
		free(f);
	}
	sched_ids_done(&x->by_request);
}

/* What an equal pod has met with in this call, where nothing has happened since that could help. */
static const struct sched_failure *met_with(const struct sched_placing *x, const struct sched_pending *p)
{
	const struct sched_failure *f = p->pinned ? NULL : sched_ids_get(&x->by_request, p->request);

	if (!f || f->priority < p->priority || (sched_preempts(x->c, p) && !f->preempts) ||
		sched_events_since(&x->c->turns->events, f->events, f->time))
		return NULL;
	return f;
}

static void fails(struct sched_placing *x, size_t i, const struct sched_failure *f)
{
	x->turns[i].state = SCHED_TURN_FAILED;
	x->turns[i].events = f->events;
	x->turns[i].time = x->c->turns->events.now;
	x->turns[i].why = f;
	x->turns[i].before = false;
}

/* --- a node as things are ----------------------------------------------------------------------------------- */

/* Of the nodes that take R with and without the pods that room is kept for, the best; slowly. */
static void pick_surely(struct sched_cluster *c, struct sched_request *r, struct sched_verdict *ret)
{
	struct sched_verdict best = { .node = NULL };
	uint64_t best_key = 0;

	sched_order_names(c);
	for (uint32_t i = 0; i < c->span; i++) {
		struct sched_look l = { .c = c, .r = r, .node = i, .n = c->nodes[i] };
		uint64_t key;
		int64_t sum;

		if (!l.n || !sched_fits_now(c, l.n, r, false))
			continue;
		best.feasible++;
		sum = sched_score_sum(&l);
		key = sched_key(sum, (uint32_t)sched_used(c, i, RESOURCE_PODS), c->order[i]);
		if (best.node && key <= best_key)
			continue;
		best_key = key;
		best.node = l.n->name;
		best.score = sched_score_percent(c->strategy, sum);
	}
	ret->node = best.node;
	ret->score = best.score;
	ret->feasible = best.feasible;
}

/* N, which takes R. */
static void this_one(struct sched_cluster *c, const struct sched_node *n, struct sched_request *r,
	bool pinned, struct sched_verdict *ret)
{
	const struct sched_look l = { .c = c, .r = r, .node = n->index, .n = n, .alone = pinned };

	ret->node = n->name;
	ret->score = sched_score_percent(c->strategy, sched_score_sum(&l));
	ret->feasible = ret->total = 1;
	ret->reason_count = 0;
}

bool sched_place_find(struct sched_placing *x, const struct sched_pending *p,
	const struct sched_nomination *kept, struct sched_verdict *verdict)
{
	struct sched_cluster *c = x->c;
	struct sched_node *n = kept ? sched_node_find(c, kept->node) : NULL;

	sched_request_prepare(c, p->request);
	if (n && sched_fits_now(c, n, p->request, p->pinned)) {
		this_one(c, n, p->request, p->pinned, verdict);
		return true;
	}
	if (p->pinned) {
		sched_pick_on(c, p->pinned, p->request, verdict);
		return verdict->node &&
		       sched_fits_now(c, sched_node_find(c, verdict->node), p->request, true);
	}
	sched_pick_quick(c, p->request, verdict);
	if (verdict->node && !sched_fits_now(c, sched_node_find(c, verdict->node), p->request, false))
		pick_surely(c, p->request, verdict);
	return verdict->node;
}

/* --- decisions ------------------------------------------------------------------------------------------------ */

struct sched_pod sched_place_pod(const struct sched_pending *p)
{
	return (struct sched_pod){ .id = p->id, .request = p->request, .priority = p->priority };
}

void sched_place_decide(struct sched_placing *x, size_t i, const struct sched_decision *d)
{
	struct sched_decision whole = *d;

	whole.pod = &x->pods[i];
	x->turns[i].state = SCHED_TURN_OVER;
	sched_waiting_remove(&x->c->turns->waiting, whole.pod);
	x->decide(&whole, x->arg);
}

/* What happens while it is told, victims that go at once, is after this turn. */
void sched_place_nominate(
	struct sched_placing *x, size_t i, const char *node, const struct sched_victims *victims)
{
	sched_nominations_find(x->c, x->pods[i].id)->time = x->c->turns->events.now;
	sched_place_decide(x, i,
		&(struct sched_decision){ .outcome = SCHED_NOMINATED,
			.node = sched_node_find(x->c, node)->name,
			.victims = victims->items,
			.victim_count = victims->count });
}

void sched_place_keeps(struct sched_placing *x, size_t i, struct sched_nomination *kept)
{
	kept->time = x->c->turns->events.now;
	sched_place_decide(x, i,
		&(struct sched_decision){
			.outcome = SCHED_NOMINATED, .node = sched_node_find(x->c, kept->node)->name });
}

/* --- a turn ----------------------------------------------------------------------------------------------------- */

static bool place_as_is(struct sched_placing *x, size_t i, struct sched_nomination *kept)
{
	if (!sched_place_find(x, &x->pods[i], kept, &x->verdict))
		return false;
	if (kept)
		sched_nominations_placed(x->c, kept, x->verdict.node);
	sched_place_decide(x, i,
		&(struct sched_decision){ .outcome = SCHED_PLACED,
			.verdict = &x->verdict,
			.node = x->verdict.node,
			.score = x->verdict.score });
	return true;
}

/* Room that was kept is kept on, where it will do. */
static bool keep_waiting(struct sched_placing *x, size_t i, struct sched_nomination *kept)
{
	const struct sched_pending *p = &x->pods[i];
	struct sched_node *n = sched_node_find(x->c, kept->node);

	if (!n || !sched_victims_none(x->c, n, p->request, p->priority, p->pinned)) {
		sched_nominations_drop(x->c, kept);
		return false;
	}
	sched_nominations_book(x->c, kept);
	sched_place_keeps(x, i, kept);
	return true;
}

static bool place_at_cost(struct sched_placing *x, size_t i)
{
	const struct sched_pending *p = &x->pods[i];
	_cleanup_(sched_victims_done) struct sched_victims victims = { 0 };
	struct sched_node *on = p->pinned ? sched_node_find(x->c, p->pinned) : NULL, *n;
	struct sched_pod pod;

	if (p->pinned && !on)
		return false;
	n = sched_preempt(x->c, p->request, p->priority, on, &victims);
	if (!n)
		return false;
	sched_budgets_take(x->c, victims.items, victims.count, true);
	pod = sched_place_pod(p);
	sched_nominations_keep(x->c, n->name, &pod);
	sched_place_nominate(x, i, n->name, &victims);
	return true;
}

static void try_now(struct sched_placing *x, size_t i)
{
	const struct sched_pending *p = &x->pods[i];
	bool preempts = sched_preempts(x->c, p);
	struct sched_nomination *kept;
	struct sched_failure *f;

	sched_nominations_level(x->c, p->priority);
	kept = sched_nominations_find(x->c, p->id);
	if (kept)
		sched_nominations_lift(x->c, kept);
	if (place_as_is(x, i, kept))
		return;
	if (kept && keep_waiting(x, i, kept))
		return;
	if (preempts && place_at_cost(x, i))
		return;
	f = sched_place_failure(x, p, preempts);
	if (!p->pinned)
		sched_ids_put(&x->by_request, p->request, f);
	fails(x, i, f);
}

/* It failed in an earlier call, or has room kept for it, and nothing has happened since. */
static bool is_as_before(struct sched_placing *x, size_t i)
{
	const struct sched_events *events = &x->c->turns->events;
	const struct sched_pending *p = &x->pods[i];
	struct sched_nomination *kept = sched_nominations_find(x->c, p->id);
	const struct sched_waiter *w;

	if (kept && kept->booked && !sched_events_since(events, SCHED_EVENT_ANY, kept->time)) {
		sched_place_keeps(x, i, kept);
		return true;
	}
	w = sched_waiting_find(&x->c->turns->waiting, p, 0);
	if (!w || sched_events_since(events, w->events, w->time))
		return false;
	x->turns[i].state = SCHED_TURN_FAILED;
	x->turns[i].before = true;
	x->turns[i].events = w->events;
	x->turns[i].time = w->time;
	return true;
}

static void turn(struct sched_placing *x, size_t i)
{
	const struct sched_failure *f;

	if (x->turns[i].gang) {
		if (x->turns[i].state != SCHED_TURN_OPEN || !sched_gang_waits(x, x->turns[i].gang))
			sched_gang_try(x, x->turns[i].gang);
		return;
	}
	if (x->turns[i].state == SCHED_TURN_OPEN && is_as_before(x, i))
		return;
	f = met_with(x, &x->pods[i]);
	if (f && !sched_nominations_find(x->c, x->pods[i].id))
		fails(x, i, f);
	else
		try_now(x, i);
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

/* Those that failed, where something has happened since that could help. Returns whether one is no longer among them. */
static bool try_again(struct sched_placing *x)
{
	bool any = false;

	for (size_t i = 0; i < x->count; i++) {
		const struct sched_turn *t = &x->turns[i];

		if (t->state != SCHED_TURN_FAILED ||
			!sched_events_since(&x->c->turns->events, t->events, t->time))
			continue;
		turn(x, i);
		any |= t->state == SCHED_TURN_OVER;
	}
	return any;
}

static void tell_failed(struct sched_placing *x, size_t i)
{
	const struct sched_turn *t = &x->turns[i];
	struct sched_decision d = { .pod = &x->pods[i],
		.outcome = t->before ? SCHED_WAITS : SCHED_NOWHERE,
		.verdict = t->why ? t->why->verdict : NULL,
		.by_gang = t->by_gang };

	sched_waiting_add(&x->c->turns->waiting, d.pod, t->gang ? t->gang->sum : 0, t->events, t->time);
	x->decide(&d, x->arg);
}

static void place_all(struct sched_placing *x)
{
	for (size_t i = 0; i < x->count; i++)
		if (x->turns[i].state == SCHED_TURN_OPEN)
			turn(x, i);
	do
		sched_nominations_level(x->c, INT32_MIN);
	while (try_again(x));
	sched_nominations_level(x->c, INT32_MIN);
	for (size_t i = 0; i < x->count; i++)
		if (x->turns[i].state == SCHED_TURN_FAILED)
			tell_failed(x, i);
}

void sched_place(
	struct sched_cluster *c, struct sched_pending *pods, size_t count, sched_decide_fn decide, void *arg)
{
	struct sched_placing *x = xcalloc(1, sizeof(*x));

	*x = (struct sched_placing){ .c = c, .pods = pods, .count = count, .decide = decide, .arg = arg };
	x->turns = xcalloc(count, sizeof(x->turns[0]));
	sched_volumes_settle(c);
	sched_queue_order(c, pods, count);
	sched_gangs_find(x);
	sched_budgets_begin(c);
	sched_waiting_begin(&c->turns->waiting);
	place_all(x);
	sched_waiting_end(&c->turns->waiting);
	sched_budgets_end(c);
	sched_volumes_settle(c);
	sched_gangs_done(x);
	failures_done(x);
	free(x->turns);
	free(x);
}
