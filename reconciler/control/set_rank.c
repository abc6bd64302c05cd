/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/control/set_rank.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "reconciler/control/control.h"

enum { FEW = 32 };

/* A pod and what is compared of it, lower first. */
struct candidate {
	struct world_pod *pod;
	int64_t placed, phase, ready, available, cost, crowd, ready_age, restarts, age;
};

static int phase_rank(enum world_phase phase)
{
	switch (phase) {
	case PHASE_PENDING:
		return 0;
	case PHASE_UNKNOWN:
		return 1;
	case PHASE_RUNNING:
	case PHASE_SUCCEEDED:
	case PHASE_FAILED:
		return 2;
	}
	return 2;
}

/* The power of two that SPAN is at least; -1 for none. */
static int64_t magnitude(nsec_t span)
{
	return span > 0 ? 63 - __builtin_clzll((unsigned long long)span) : -1;
}

/* What is no number of 32 bits costs nothing, as in Kubernetes. */
static int64_t deletion_cost(const struct world_pod *p)
{
	const char *text = string_map_get(&p->revision->template.meta.annotations, SET_NOTE_COST);
	int64_t cost;

	return text && str_to_i64(text, &cost) == 0 && cost >= INT32_MIN && cost <= INT32_MAX ? cost : 0;
}

static struct candidate candidate_of(const struct world_set *s, struct world_pod *p, nsec_t now)
{
	return (struct candidate){
		.pod = p,
		.placed = p->node != NULL,
		.phase = phase_rank(p->phase),
		.ready = MUTANT(4) ? !p->ready : p->ready,
		.available = set_pod_available(p, s->min_ready_seconds, now, NULL),
		.cost = deletion_cost(p),
		.crowd = p->node ? -p->node->crowd : 0,
		.ready_age = p->ready ? magnitude(now - p->ready_since) : 0,
		.restarts = -p->restarts,
		.age = magnitude(now - p->o.created),
	};
}

static int candidate_cmp(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	const int64_t of_x[] = { x->placed, x->phase, x->ready, x->available, x->cost, x->crowd, x->ready_age,
		x->restarts, x->age };
	const int64_t of_y[] = { y->placed, y->phase, y->ready, y->available, y->cost, y->crowd, y->ready_age,
		y->restarts, y->age };

	for (size_t i = 0; i < ARRAY_LEN(of_x); i++)
		if (of_x[i] != of_y[i])
			return of_x[i] < of_y[i] ? -1 : 1;
	return strcmp(x->pod->o.uid, y->pod->o.uid);
}

/* --- how many are on each node ------------------------------------------------------------------------ */

static void each_sibling(const struct world_set *s, void (*fn)(struct world_pod *p))
{
	const struct world_deployment *d = s->deployment;

	for (size_t i = 0; i < (d ? d->set_count : 1); i++) {
		const struct world_pods *pods = d ? &d->sets[i]->pods : &s->pods;

		for (size_t k = 0; k < pods->count; k++)
			if (pods->items[k]->node && set_pod_active(pods->items[k]))
				fn(pods->items[k]);
	}
}

static void forget_crowd(struct world_pod *p)
{
	p->node->crowd = 0;
}

static void join_crowd(struct world_pod *p)
{
	p->node->crowd++;
}

/* --- the order ---------------------------------------------------------------------------------------- */

/* As sorting does, which costs more where few are asked for. */
static void bring_first(struct candidate *list, size_t have, size_t count)
{
	size_t kept = 0;

	if (count > FEW) {
		qsort(list, have, sizeof(list[0]), candidate_cmp);
		return;
	}
	for (size_t i = 0; i < have; i++) {
		const struct candidate one = list[i];
		size_t at;

		if (kept == count && candidate_cmp(&one, &list[kept - 1]) > 0)
			continue;
		at = kept < count ? kept++ : kept - 1;
		list[i] = list[at];
		for (; at > 0 && candidate_cmp(&one, &list[at - 1]) < 0; at--)
			list[at] = list[at - 1];
		list[at] = one;
	}
}

void set_rank(const struct world_set *s, struct world_pod **list, size_t have, size_t count, nsec_t now)
{
	_cleanup_(freep) struct candidate *all = xcalloc(have, sizeof(all[0]));

	if (count == 0)
		return;
	each_sibling(s, forget_crowd);
	each_sibling(s, join_crowd);
	for (size_t i = 0; i < have; i++)
		all[i] = candidate_of(s, list[i], now);
	bring_first(all, have, count);
	for (size_t i = 0; i < have; i++)
		list[i] = all[i].pod;
}
