/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Why a request fits on no node, counted by reason. Nobody asks where it fits: once somebody has, what each node says is kept and
 * follows the node's changes, and nodes with the same taints are asked once.
 */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "sched/fit.h"
#include "sched/mask.h"
#include "sched/part.h"
#include "sched/view_internal.h"

/* --- of the node itself -------------------------------------------------------------------------- */

struct collecting {
	struct sched_view *view;
	uint32_t bits;
};

/* TEXT is new: it takes a place that is free, or that of a reason that no node has any more (and is not among BITS). */
static size_t place_for_reason(struct sched_view *v, uint32_t bits, const char *text)
{
	size_t i = v->reason_count;

	for (size_t k = 0; i == SCHED_REASONS_MAX && k < SCHED_REASONS_MAX; k++)
		if (v->reasons[k].nodes == 0 && !(bits >> k & 1))
			i = k;
	if (i == SCHED_REASONS_MAX)
		return i;
	if (i == v->reason_count)
		v->reason_count++;
	else
		free(v->reasons[i].text);
	v->reasons[i] = (struct sched_view_reason){ .text = xstrdup(text) };
	return i;
}

static void collect(const char *text, void *arg)
{
	struct collecting *k = arg;
	struct sched_view *v = k->view;
	size_t i = 0;

	while (i < v->reason_count && !str_eq(v->reasons[i].text, text))
		i++;
	if (i == v->reason_count)
		i = place_for_reason(v, k->bits, text);
	if (i == SCHED_REASONS_MAX)
		return;
	k->bits |= UINT32_C(1) << i;
}

static void count_reasons(struct sched_view *v, uint32_t bits, bool more)
{
	for (uint32_t i = 0; bits != 0; i++, bits >>= 1)
		if (bits & 1)
			v->reasons[i].nodes += more ? 1 : UINT32_MAX;
}

/* Do taints alone decide why a pod of the request may not be on N? */
static bool kept_by_taints(
	const struct sched_cluster *c, const struct sched_view *v, const struct sched_node *n)
{
	return !n->drained && str_empty(v->request->spec->node_name) &&
	       sched_mask_cordon(c, v->request, n->index) && !sched_mask_taints(c, v->request, n->index);
}

/* Where the reasons of nodes with taints as NODE's are kept, once they are known; NULL: nobody has asked about such yet. */
static uint32_t *known_reasons(const struct sched_cluster *c, struct sched_view *v, uint32_t node)
{
	uint32_t plight = sched_mask_plight(c, node);

	if (v->plights_gone != c->masks->plights_gone)
		v->taint_why_count = 0;
	v->plights_gone = c->masks->plights_gone;
	while (v->taint_why_count <= plight) {
		v->taint_why = grow(
			v->taint_why, &v->taint_why_cap, v->taint_why_count + 1, sizeof(v->taint_why[0]));
		v->taint_why[v->taint_why_count++] = 0;
	}
	return &v->taint_why[plight];
}

static uint32_t ask_reasons(const struct sched_cluster *c, struct sched_view *v, uint32_t node)
{
	struct collecting k = { .view = v };
	struct sched_look l = {
		.c = c, .r = v->request, .node = node, .n = c->nodes[node], .add = collect, .arg = &k
	};

	if (sched_fit_fixed(&l))
		sched_fit_local(&l);
	return k.bits;
}

/* Why the node itself has no room for it. */
static uint32_t reasons_of(const struct sched_cluster *c, struct sched_view *v, uint32_t node)
{
	uint32_t *known;

	if (!c->nodes[node] || v->place[node] != 0)
		return 0;
	if (!kept_by_taints(c, v, c->nodes[node]))
		return ask_reasons(c, v, node);
	known = known_reasons(c, v, node);
	if (*known == 0)
		*known = ask_reasons(c, v, node);
	return *known;
}

void sched_view_keep_reasons(const struct sched_cluster *c, struct sched_view *v, uint32_t node)
{
	uint32_t bits = reasons_of(c, v, node);

	count_reasons(v, v->why[node], false);
	v->why[node] = bits;
	count_reasons(v, bits, true);
}

void sched_view_forget_reasons(struct sched_view *v)
{
	for (size_t i = 0; i < v->reason_count; i++)
		free(v->reasons[i].text);
	v->reason_count = v->taint_why_count = 0;
	free(v->why);
	v->why = NULL;
}

/* --- all of them --------------------------------------------------------------------------------- */

struct adding {
	sched_count_fn add;
	void *arg;
	uint32_t nodes;
};

static void add_for_all(const char *text, void *arg)
{
	const struct adding *a = arg;

	a->add(text, a->nodes, a->arg);
}

static void group_reasons(
	const struct sched_cluster *c, struct sched_view *v, size_t group, sched_count_fn add, void *arg)
{
	struct adding a = { .add = add, .arg = arg, .nodes = v->teams[v->group_team[group]].heap.count };
	uint32_t node = v->groups[group].node;
	const struct sched_look l = {
		.c = c, .r = v->request, .node = node, .n = c->nodes[node], .add = add_for_all, .arg = &a
	};

	if (a.nodes > 0 && v->groups[group].refused)
		sched_fit_elsewhere(&l);
}

void sched_view_reasons(struct sched_cluster *c, struct sched_request *r, sched_count_fn add, void *arg)
{
	struct sched_view *v = r->view;

	if (!v)
		return;
	if (!v->why) {
		v->why = xcalloc(v->cap, sizeof(v->why[0]));
		for (uint32_t i = 0; i < c->span; i++)
			sched_view_keep_reasons(c, v, i);
	}
	for (size_t i = 0; i < v->reason_count; i++)
		if (v->reasons[i].nodes > 0)
			add(v->reasons[i].text, v->reasons[i].nodes, arg);
	for (size_t i = 0; i < v->group_count; i++)
		group_reasons(c, v, i, add, arg);
}
