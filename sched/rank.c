/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The nodes that a request fits on, best first, kept from one choice to the next.
 *
 * Pods come in crowds of one template. Between two choices for the same request few nodes change: those that took a pod
 * or gave one back. The ranking is a heap of all feasible nodes; the cluster names the nodes that changed,
 * and only these are looked at again. So a choice is that of a look at all nodes, at a fraction of the cost. Another
 * request begins a ranking of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "sched/score.h"

struct sched_ranking *sched_ranking_free(struct sched_ranking *r)
{
	if (!r)
		return NULL;
	sched_request_unref(r->request);
	free(r->heap);
	free(r->stale);
	free(r);
	return NULL;
}

/* Is A a better choice than B? A higher score, then fewer pods, then the name. */
static bool better(const struct sched_node *a, const struct sched_node *b)
{
	if (a->rank_score != b->rank_score)
		return a->rank_score > b->rank_score;
	if (a->rank_pods != b->rank_pods)
		return a->rank_pods < b->rank_pods;
	return strcmp(a->name, b->name) < 0;
}

/* --- the heap ------------------------------------------------------------------------------------------ */

static void put_at(struct sched_ranking *r, size_t i, struct sched_node *n)
{
	r->heap[i] = n;
	n->rank = (uint32_t)i + 1;
}

static void rise(struct sched_ranking *r, size_t i, struct sched_node *n)
{
	while (i > 0 && better(n, r->heap[(i - 1) / 2])) {
		put_at(r, i, r->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put_at(r, i, n);
}

static void sink(struct sched_ranking *r, size_t i, struct sched_node *n)
{
	for (size_t child = 2 * i + 1; child < r->count; child = 2 * i + 1) {
		if (child + 1 < r->count && better(r->heap[child + 1], r->heap[child]))
			child++;
		if (!better(r->heap[child], n))
			break;
		put_at(r, i, r->heap[child]);
		i = child;
	}
	put_at(r, i, n);
}

static void settle(struct sched_ranking *r, size_t i, struct sched_node *n)
{
	rise(r, i, n);
	sink(r, n->rank - 1, n);
}

static void leave(struct sched_ranking *r, struct sched_node *n)
{
	size_t i = n->rank;
	struct sched_node *last;

	if (i == 0)
		return;
	n->rank = 0;
	last = r->heap[--r->count];
	if (last != n)
		settle(r, i - 1, last);
}

static void join(struct sched_ranking *r, struct sched_node *n)
{
	r->heap = grow(r->heap, &r->cap, r->count + 1, sizeof(r->heap[0]));
	rise(r, r->count++, n);
}

/* --- keeping it right ---------------------------------------------------------------------------------- */

static void look_at(struct sched_ranking *r, struct sched_node *n)
{
	const struct sched_look l = { .c = r->request->cluster, .r = r->request, .n = n, .node = n->index };

	if (!sched_fit(&l)) {
		leave(r, n);
		return;
	}
	n->rank_score = sched_score_sum(&l);
	n->rank_pods = n->pod_count;
	if (n->rank > 0)
		settle(r, n->rank - 1, n);
	else
		join(r, n);
}

static void clear_marks(struct sched_cluster *c)
{
	for (uint32_t i = 0; i < c->span; i++) {
		if (!c->nodes[i])
			continue;
		c->nodes[i]->rank = 0;
		c->nodes[i]->stale = false;
	}
}

static void begin(struct sched_cluster *c, struct sched_ranking *r, struct sched_request *request)
{
	sched_request_unref(r->request);
	r->request = sched_request_ref(request);
	r->count = r->stale_count = 0;
	r->changes = c->changes;
	clear_marks(c);
	for (uint32_t i = 0; i < c->span; i++)
		if (c->nodes[i])
			look_at(r, c->nodes[i]);
}

static void refresh(struct sched_ranking *r)
{
	for (size_t i = 0; i < r->stale_count; i++) {
		r->stale[i]->stale = false;
		look_at(r, r->stale[i]);
	}
	r->stale_count = 0;
}

struct sched_ranking *sched_ranking(struct sched_cluster *c, struct sched_request *request)
{
	if (!c->ranking)
		c->ranking = xcalloc(1, sizeof(*c->ranking));
	if (c->ranking->request != request || c->ranking->changes < request->changed ||
		c->ranking->changes < c->all_changed)
		begin(c, c->ranking, request);
	else
		refresh(c->ranking);
	return c->ranking;
}

void sched_ranking_node_changed(struct sched_cluster *c, struct sched_node *n)
{
	struct sched_ranking *r = c->ranking;

	if (!r || n->stale)
		return;
	n->stale = true;
	r->stale = grow(r->stale, &r->stale_cap, r->stale_count + 1, sizeof(r->stale[0]));
	r->stale[r->stale_count++] = n;
}

void sched_ranking_node_gone(struct sched_cluster *c)
{
	c->ranking = sched_ranking_free(c->ranking);
	clear_marks(c);
}
