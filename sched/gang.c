/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Gangs: all that wait are placed, or none is. Members are put into the books one after the other, tentatively, and taken out again; only when all
 * have found a place are they decided, in the order in which they found it, so that each decision is true when it is told.
 * At others' expense it is the same, but victims are taken out too.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "sched/place.h"
#include "sched/volume.h"

/* --- who is in which ---------------------------------------------------------------------------------------- */

static struct sched_gang *gang_at(struct sched_placing *x, const struct sched_pending *p)
{
	_cleanup_(freep) char *name = xasprintf("%s/%s", str_or_empty(p->request->namespace), p->gang);
	struct sched_gang *g = map_get(&x->gangs, name);

	if (g)
		return g;
	g = xcalloc(1, sizeof(*g));
	g->name = TAKE_PTR(name);
	g->sum = 1;
	map_put(&x->gangs, g->name, g);
	return g;
}

static uint64_t sum_of(const char *key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *key; key++)
		h = (h ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
	return h;
}

void sched_gangs_find(struct sched_placing *x)
{
	for (size_t i = 0; i < x->count; i++) {
		struct sched_gang *g;

		if (!x->pods[i].gang)
			continue;
		g = gang_at(x, &x->pods[i]);
		g->members = grow(g->members, &g->cap, g->count + 1, sizeof(g->members[0]));
		g->members[g->count++] = i;
		g->sum = (g->sum + sum_of(x->pods[i].key)) | 1;
		x->turns[i].gang = g;
	}
}

void sched_gangs_done(struct sched_placing *x)
{
	for (size_t i = 0; i < x->gangs.count; i++) {
		struct sched_gang *g = x->gangs.entries[i].value;

		free(g->members);
		free(g->name);
		free(g);
	}
	map_done(&x->gangs);
}

bool sched_gang_waits(struct sched_placing *x, struct sched_gang *g)
{
	const struct sched_turns *t = x->c->turns;
	unsigned events = 0;
	uint64_t time = 0;

	for (size_t i = 0; i < g->count; i++) {
		const struct sched_waiter *w = sched_waiting_find(
			&x->c->turns->waiting, &x->pods[g->members[i]], g->sum);

		if (!w || sched_events_since(&t->events, w->events, w->time))
			return false;
		events = w->events;
		time = w->time;
	}
	for (size_t i = 0; i < g->count; i++) {
		struct sched_turn *turn = &x->turns[g->members[i]];

		turn->state = SCHED_TURN_FAILED;
		turn->before = true;
		turn->events = events;
		turn->time = time;
	}
	return true;
}

/* --- an attempt ----------------------------------------------------------------------------------------------- */

/* A member's place. */
struct seat {
	char *node; /* NULL: none */
	int64_t score;
	unsigned feasible, total;
	struct sched_victims victims; /* their requests have a reference each */
	struct sched_nomination *kept;
};

struct attempt {
	struct sched_placing *x;
	struct sched_gang *gang;
	struct seat *seats;     /* [gang->count] */
	size_t *order, ordered; /* members by number, as they found their places */
	int32_t priority;       /* the least of theirs */
	bool at_cost;
};

static const struct sched_pending *member(const struct attempt *a, size_t i)
{
	return &a->x->pods[a->gang->members[i]];
}

/* What is done to the books tentatively is no event; but nodes are others for the time being. */
static void put_in(struct attempt *a, size_t i)
{
	const struct sched_pod p = sched_place_pod(member(a, i));

	a->x->c->turns->quiet++;
	sched_volumes_try(a->x->c, true);
	sched_cluster_add_pod(a->x->c, a->seats[i].node, &p);
	sched_volumes_try(a->x->c, false);
	a->x->c->turns->quiet--;
	a->order[a->ordered++] = i;
}

static void take_victims(struct attempt *a, struct seat *s)
{
	struct sched_cluster *c = a->x->c;

	sched_budgets_take(c, s->victims.items, s->victims.count, true);
	sched_volumes_freeze(c);
	c->turns->quiet++;
	for (size_t i = 0; i < s->victims.count; i++) {
		sched_request_ref(s->victims.items[i].request);
		sched_cluster_remove_pod(c, s->node, s->victims.items[i].id);
	}
	c->turns->quiet--;
	sched_volumes_thaw(c);
}

static void give_victims_back(struct attempt *a, struct seat *s)
{
	struct sched_cluster *c = a->x->c;

	sched_volumes_freeze(c);
	c->turns->quiet++;
	for (size_t i = 0; i < s->victims.count; i++) {
		sched_cluster_add_pod(c, s->node, &s->victims.items[i]);
		sched_request_unref(s->victims.items[i].request);
	}
	c->turns->quiet--;
	sched_volumes_thaw(c);
}

static bool sit_as_is(struct attempt *a, size_t i)
{
	struct seat *s = &a->seats[i];
	struct sched_verdict *v = &a->x->verdict;

	if (!sched_place_find(a->x, member(a, i), s->kept, v))
		return false;
	s->node = xstrdup(v->node);
	s->score = v->score;
	s->feasible = v->feasible;
	s->total = v->total;
	put_in(a, i);
	return true;
}

static bool sit_at_cost(struct attempt *a, size_t i)
{
	const struct sched_pending *p = member(a, i);
	struct sched_cluster *c = a->x->c;
	struct sched_node *on = p->pinned ? sched_node_find(c, p->pinned) : NULL, *n;
	struct seat *s = &a->seats[i];

	if (!a->at_cost || !sched_preempts(c, p) || (p->pinned && !on))
		return false;
	n = sched_preempt(c, p->request, a->priority, on, &s->victims);
	if (!n)
		return false;
	s->node = xstrdup(n->name);
	take_victims(a, s);
	put_in(a, i);
	return true;
}

/* Some fit only once others have their places. Returns whether all have one. */
static bool seat_all(struct attempt *a)
{
	size_t before;

	do {
		before = a->ordered;
		for (size_t i = 0; i < a->gang->count; i++)
			if (!a->seats[i].node && !sit_as_is(a, i))
				sit_at_cost(a, i);
	} while (a->ordered > before && a->ordered < a->gang->count);
	return a->ordered == a->gang->count || (MUTANT(32) && a->ordered > 0);
}

/* All leave their seats, which are remembered; the last first. */
static void stand_up(struct attempt *a)
{
	struct sched_cluster *c = a->x->c;

	for (size_t i = a->ordered; i > 0; i--) {
		struct seat *s = &a->seats[a->order[i - 1]];

		c->turns->quiet++;
		sched_volumes_try(c, true);
		sched_cluster_remove_pod(c, s->node, member(a, a->order[i - 1])->id);
		sched_volumes_try(c, false);
		c->turns->quiet--;
		give_victims_back(a, s);
	}
}

static void forget_seats(struct attempt *a)
{
	for (size_t i = 0; i < a->gang->count; i++) {
		struct seat *s = &a->seats[i];

		if (s->node)
			sched_budgets_take(a->x->c, s->victims.items, s->victims.count, false);
		freep(&s->node);
		s->node = NULL;
		s->victims.count = 0;
	}
	a->ordered = 0;
}

/* --- what comes of it ------------------------------------------------------------------------------------------- */

static void decide_placed(struct attempt *a)
{
	struct sched_placing *x = a->x;

	for (size_t k = 0; k < a->ordered; k++) {
		const struct seat *s = &a->seats[a->order[k]];

		if (s->kept)
			sched_nominations_placed(x->c, s->kept, s->node);
		x->verdict = (struct sched_verdict){ .node = sched_node_find(x->c, s->node)->name,
			.score = s->score,
			.feasible = s->feasible,
			.total = s->total };
		sched_place_decide(x, a->gang->members[a->order[k]],
			&(struct sched_decision){ .outcome = SCHED_PLACED,
				.verdict = &x->verdict,
				.node = x->verdict.node,
				.score = s->score });
	}
}

/* Room is booked for all before anybody hears. */
static void decide_nominated(struct attempt *a)
{
	for (size_t k = 0; k < a->ordered; k++) {
		const struct seat *s = &a->seats[a->order[k]];
		const struct sched_pod p = sched_place_pod(member(a, a->order[k]));

		sched_nominations_keep(a->x->c, s->node, &p);
	}
	for (size_t k = 0; k < a->ordered; k++)
		sched_place_nominate(a->x, a->gang->members[a->order[k]], a->seats[a->order[k]].node,
			&a->seats[a->order[k]].victims);
}

/* Why those that have no place have none, while the others have theirs. */
static void fail_all(struct attempt *a)
{
	struct sched_placing *x = a->x;
	unsigned events = SCHED_EVENT_NODE | SCHED_EVENT_ROOM;

	for (size_t i = 0; i < a->gang->count; i++) {
		struct sched_turn *t = &x->turns[a->gang->members[i]];

		*t = (struct sched_turn){ .state = SCHED_TURN_FAILED, .gang = a->gang };
		t->by_gang = a->seats[i].node != NULL;
		if (t->by_gang)
			continue;
		t->why = sched_place_failure(x, member(a, i), false);
		events |= t->why->events;
	}
	for (size_t i = 0; i < a->gang->count; i++) {
		x->turns[a->gang->members[i]].events = events;
		x->turns[a->gang->members[i]].time = x->c->turns->events.now;
	}
}

/* --- room that was kept ------------------------------------------------------------------------------------------- */

static void lift_all(struct attempt *a)
{
	for (size_t i = 0; i < a->gang->count; i++) {
		a->seats[i].kept = sched_nominations_find(a->x->c, member(a, i)->id);
		if (a->seats[i].kept)
			sched_nominations_lift(a->x->c, a->seats[i].kept);
	}
}

static bool can_keep(struct attempt *a, size_t i)
{
	const struct sched_pending *p = member(a, i);
	struct sched_nomination *kept = a->seats[i].kept;
	struct sched_node *n = kept ? sched_node_find(a->x->c, kept->node) : NULL;

	if (!n || !sched_victims_none(a->x->c, n, p->request, a->priority, p->pinned))
		return false;
	sched_nominations_book(a->x->c, kept);
	return true;
}

/* All wait on where room is kept for them, if there is room still for each; else none is kept any more. */
static bool keep_all(struct attempt *a)
{
	bool all = true;

	for (size_t i = 0; i < a->gang->count && all; i++)
		all = can_keep(a, i);
	for (size_t i = 0; i < a->gang->count; i++) {
		if (all)
			sched_place_keeps(a->x, a->gang->members[i], a->seats[i].kept);
		else if (a->seats[i].kept)
			sched_nominations_drop(a->x->c, a->seats[i].kept);
		a->seats[i].kept = NULL;
	}
	return all;
}

/* --- the turn --------------------------------------------------------------------------------------------------------- */

static void try_at_cost(struct attempt *a)
{
	bool all;

	forget_seats(a);
	a->at_cost = true;
	all = seat_all(a);
	stand_up(a);
	if (all)
		decide_nominated(a);
	else
		forget_seats(a);
}

static bool may_cost(const struct attempt *a)
{
	for (size_t i = 0; i < a->gang->count; i++)
		if (!a->seats[i].node && !sched_preempts(a->x->c, member(a, i)))
			return false;
	return a->priority > a->x->c->turns->least_priority;
}

static void try_all(struct attempt *a)
{
	bool all, cost;

	lift_all(a);
	all = seat_all(a);
	cost = may_cost(a);
	if (!all)
		fail_all(a);
	stand_up(a);
	if (all)
		decide_placed(a);
	else if (!keep_all(a) && cost)
		try_at_cost(a);
}

void sched_gang_try(struct sched_placing *x, struct sched_gang *g)
{
	struct attempt a = { .x = x, .gang = g, .priority = INT32_MAX };

	a.seats = xcalloc(g->count, sizeof(a.seats[0]));
	a.order = xcalloc(g->count, sizeof(a.order[0]));
	for (size_t i = 0; i < g->count; i++)
		if (member(&a, i)->priority < a.priority)
			a.priority = member(&a, i)->priority;
	sched_nominations_level(x->c, a.priority);
	try_all(&a);
	for (size_t i = 0; i < g->count; i++) {
		freep(&a.seats[i].node);
		sched_victims_done(&a.seats[i].victims);
	}
	free(a.seats);
	free(a.order);
}
