/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The choice among nodes. A view has a heap of nodes by what they would cost for one request and priority. A node is asked again
 * when it changes, and when less is left of a budget of its pods (budget.h); where budgets allow more than before, all is reckoned anew. The
 * first of the heap is asked again, for its victims; if it is dearer than it was, it sinks and the next is asked.
 */
#include "sched/preempt.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "sched/fit.h"
#include "sched/turns.h"
#include "sched/volume.h"

/* A node as it was when it was last asked. */
struct cost {
	struct sched_harm harm;
	uint32_t place; /* in the heap, from 1; 0: it wouldn't do */
	bool stale;     /* changed since then */
	bool minded;    /* what it costs may change though it doesn't: it is asked each time */
	bool listed;    /* among those that are asked each time */
};

struct sched_harm_view {
	/* a reference; what it borrows may be gone unless somebody asks for it */
	struct sched_request *request;
	int32_t priority;
	uint64_t anew;
	struct cost *costs; /* [cap] by node */
	uint32_t cap;
	uint32_t *heap; /* [count]; the least harm first */
	size_t count, heap_cap;
	uint32_t *stale; /* [stale_count] */
	size_t stale_count, stale_cap;
	uint32_t *minded; /* [minded_count] those that are, and some that were */
	size_t minded_count, minded_cap;
	uint32_t *passed; /* scratch: nodes that are out of the heap for the time of a choice */
	size_t passed_cap;
	struct sched_victims victims; /* of the node that was asked last */
};

static struct sched_harm_view *view_free(struct sched_harm_view *v)
{
	if (!v)
		return NULL;
	sched_request_unref(v->request);
	sched_victims_done(&v->victims);
	free(v->costs);
	free(v->heap);
	free(v->stale);
	free(v->minded);
	free(v->passed);
	free(v);
	return NULL;
}

/* --- the heap ------------------------------------------------------------------------------------------ */

static bool better(const struct sched_cluster *c, const struct sched_harm_view *v, uint32_t a, uint32_t b)
{
	int n = sched_harm_cmp(&v->costs[a].harm, &v->costs[b].harm);

	return n != 0 ? n < 0 : strcmp(c->nodes[a]->name, c->nodes[b]->name) < 0;
}

static void put_at(struct sched_harm_view *v, size_t i, uint32_t node)
{
	v->heap[i] = node;
	v->costs[node].place = (uint32_t)i + 1;
}

static void rise(const struct sched_cluster *c, struct sched_harm_view *v, size_t i, uint32_t node)
{
	while (i > 0 && better(c, v, node, v->heap[(i - 1) / 2])) {
		put_at(v, i, v->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put_at(v, i, node);
}

static void sink(const struct sched_cluster *c, struct sched_harm_view *v, size_t i, uint32_t node)
{
	for (size_t child = 2 * i + 1; child < v->count; child = 2 * i + 1) {
		if (child + 1 < v->count && better(c, v, v->heap[child + 1], v->heap[child]))
			child++;
		if (!better(c, v, v->heap[child], node))
			break;
		put_at(v, i, v->heap[child]);
		i = child;
	}
	put_at(v, i, node);
}

static void settle(const struct sched_cluster *c, struct sched_harm_view *v, uint32_t node)
{
	rise(c, v, v->costs[node].place - 1, node);
	sink(c, v, v->costs[node].place - 1, node);
}

static void leave(const struct sched_cluster *c, struct sched_harm_view *v, uint32_t node)
{
	size_t i = v->costs[node].place;
	uint32_t last;

	if (i == 0)
		return;
	v->costs[node].place = 0;
	last = v->heap[--v->count];
	if (last == node)
		return;
	put_at(v, i - 1, last);
	settle(c, v, last);
}

static void join(const struct sched_cluster *c, struct sched_harm_view *v, uint32_t node)
{
	v->heap = grow(v->heap, &v->heap_cap, v->count + 1, sizeof(v->heap[0]));
	v->count++;
	rise(c, v, v->count - 1, node);
}

/* --- a view ---------------------------------------------------------------------------------------------- */

static void ask(
	struct sched_cluster *c, struct sched_harm_view *v, const struct sched_preemptor *p, uint32_t node)
{
	struct cost *cost = &v->costs[node];
	bool found = c->nodes[node] && sched_victims_on(c, c->nodes[node], p, &v->victims);

	cost->minded = c->nodes[node] && v->victims.minded;
	if (cost->minded && !cost->listed) {
		v->minded = grow(v->minded, &v->minded_cap, v->minded_count + 1, sizeof(v->minded[0]));
		v->minded[v->minded_count++] = node;
		cost->listed = true;
	}
	if (!found || cost->minded) {
		leave(c, v, node);
		return;
	}
	cost->harm = v->victims.harm;
	if (cost->place > 0)
		settle(c, v, node);
	else
		join(c, v, node);
}

static void mark_stale(struct sched_harm_view *v, uint32_t node)
{
	/* A node beyond is new, and seen as such. */
	if (node >= v->cap || v->costs[node].stale)
		return;
	v->costs[node].stale = true;
	v->stale = grow(v->stale, &v->stale_cap, v->stale_count + 1, sizeof(v->stale[0]));
	v->stale[v->stale_count++] = node;
}

static void widen(struct sched_cluster *c, struct sched_harm_view *v)
{
	uint32_t old = v->cap;

	if (old >= c->span)
		return;
	v->costs = xreallocarray(v->costs, c->cap, sizeof(v->costs[0]));
	memset(v->costs + old, 0, (c->cap - old) * sizeof(v->costs[0]));
	v->cap = c->cap;
	for (uint32_t i = old; i < c->span; i++)
		mark_stale(v, i);
}

static void mark_all(struct sched_cluster *c, struct sched_harm_view *v)
{
	v->anew = c->turns->harms.anew;
	for (uint32_t i = 0; i < c->span; i++)
		mark_stale(v, i);
}

static void refresh(struct sched_cluster *c, struct sched_harm_view *v, const struct sched_preemptor *p)
{
	widen(c, v);
	/* Volumes may be in use on any node. */
	if (v->anew != c->turns->harms.anew || sched_volume_asked(p->request))
		mark_all(c, v);
	for (size_t i = 0; i < v->stale_count; i++) {
		v->costs[v->stale[i]].stale = false;
		ask(c, v, p, v->stale[i]);
	}
	v->stale_count = 0;
}

/* The view of P, which becomes the first of all. */
static struct sched_harm_view *view_of(struct sched_harms *h, const struct sched_preemptor *p)
{
	size_t i = 0;
	struct sched_harm_view *v;

	while (i < SCHED_HARM_VIEWS - 1 && h->views[i] &&
		(h->views[i]->request != p->request || h->views[i]->priority != p->priority))
		i++;
	v = h->views[i];
	if (v && (v->request != p->request || v->priority != p->priority))
		v = view_free(v);
	if (!v) {
		v = xcalloc(1, sizeof(*v));
		v->request = sched_request_ref(p->request);
		v->priority = p->priority;
	}
	memmove(&h->views[1], &h->views[0], i * sizeof(h->views[0]));
	h->views[0] = v;
	return v;
}

static void give_victims(struct sched_victims *from, struct sched_victims *to)
{
	struct sched_victims old = *to;

	*to = *from;
	*from = old;
}

/* Whatever is on other nodes? Where none of its pods matter, as things are. */
static bool will_do(struct sched_cluster *c, const struct sched_preemptor *p, struct sched_node *n,
	const struct sched_victims *victims)
{
	const struct sched_look l = { .c = c, .r = p->request, .node = n->index, .n = n };

	if (p->plain)
		return true;
	if (!victims->minded && !sched_fit_elsewhere(&l))
		return false;
	return c->turns->nominations.count == 0 || sched_victims_suffice(c, n, p, victims);
}

/* The first of the heap that will do. Those before it are out of the heap for that long. */
static struct sched_node *choose_by_heap(
	struct sched_cluster *c, struct sched_harm_view *v, const struct sched_preemptor *p)
{
	struct sched_node *best = NULL;
	size_t passed = 0;

	while (v->count > 0 && !best) {
		uint32_t node = v->heap[0];
		struct sched_harm before = v->costs[node].harm;

		ask(c, v, p, node);
		if (v->count == 0 || v->heap[0] != node || sched_harm_cmp(&before, &v->costs[node].harm) != 0)
			continue;
		if (will_do(c, p, c->nodes[node], &v->victims)) {
			best = c->nodes[node];
			continue;
		}
		leave(c, v, node);
		v->passed = grow(v->passed, &v->passed_cap, passed + 1, sizeof(v->passed[0]));
		v->passed[passed++] = node;
	}
	while (passed > 0)
		join(c, v, v->passed[--passed]);
	return best;
}

/* Of those that are asked each time the best, if it is better than BEST, which costs what is in RET. */
static struct sched_node *choose_minded(struct sched_cluster *c, struct sched_harm_view *v,
	const struct sched_preemptor *p, struct sched_node *best, struct sched_victims *ret)
{
	size_t kept = 0;

	for (size_t i = 0; i < v->minded_count; i++) {
		uint32_t node = v->minded[i];
		struct sched_node *n = c->nodes[node];
		int order;

		v->costs[node].listed = v->costs[node].minded;
		if (!v->costs[node].minded)
			continue;
		v->minded[kept++] = node;
		if (!sched_victims_on(c, n, p, &v->victims))
			continue;
		order = best ? sched_harm_cmp(&v->victims.harm, &ret->harm) : -1;
		if (order > 0 || (order == 0 && strcmp(n->name, best->name) > 0) ||
			!will_do(c, p, n, &v->victims))
			continue;
		best = n;
		give_victims(&v->victims, ret);
	}
	v->minded_count = kept;
	return best;
}

static struct sched_node *choose(
	struct sched_cluster *c, const struct sched_preemptor *p, struct sched_victims *ret)
{
	struct sched_harm_view *v = view_of(&c->turns->harms, p);
	struct sched_node *best;

	refresh(c, v, p);
	best = choose_by_heap(c, v, p);
	if (best)
		give_victims(&v->victims, ret);
	return choose_minded(c, v, p, best, ret);
}

void sched_harms_node_changed(struct sched_harms *h, uint32_t node)
{
	for (size_t i = 0; i < SCHED_HARM_VIEWS && h->views[i]; i++)
		mark_stale(h->views[i], node);
}

void sched_harms_node_goes(struct sched_cluster *c, uint32_t node)
{
	struct sched_harms *h = &c->turns->harms;

	for (size_t i = 0; i < SCHED_HARM_VIEWS && h->views[i]; i++) {
		if (node < h->views[i]->cap)
			leave(c, h->views[i], node);
		mark_stale(h->views[i], node);
	}
}

void sched_harms_done(struct sched_harms *h)
{
	for (size_t i = 0; i < SCHED_HARM_VIEWS; i++)
		h->views[i] = view_free(h->views[i]);
}

/* --- the face ------------------------------------------------------------------------------------------------ */

bool sched_preempts(const struct sched_cluster *c, const struct sched_pending *p)
{
	const struct pod_spec *spec = p->request->spec;

	return !p->no_preemption && p->priority > c->turns->least_priority && str_empty(spec->node_name) &&
	       !str_eq(spec->preemption_policy, "Never");
}

struct sched_node *sched_preempt(struct sched_cluster *c, struct sched_request *r, int32_t priority,
	struct sched_node *on, struct sched_victims *ret)
{
	struct sched_preemptor p = sched_victims_preemptor(r, priority, on != NULL);
	const struct sched_look l = { .c = c, .r = r };
	_cleanup_(freep) uint8_t *minds = NULL;

	if (!sched_fit_possible(&l))
		return NULL;
	if (on)
		return sched_victims_on(c, on, &p, ret) && will_do(c, &p, on, ret) ? on : NULL;
	if (!p.plain)
		minds = xcalloc(c->request_span, sizeof(minds[0]));
	p.minds = minds;
	p.elsewhere_later = true;
	return choose(c, &p, ret);
}
