/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The choice: the best of the nodes that pass all filters, by the view. */
#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"
#include "sched/fit.h"
#include "sched/score.h"
#include "sched/view.h"

static void add_reasons(const char *text, uint32_t nodes, void *arg)
{
	struct sched_verdict *v = arg;

	for (size_t i = 0; i < v->reason_count; i++) {
		if (str_eq(v->reasons[i].text, text)) {
			v->reasons[i].nodes += nodes;
			return;
		}
	}
	if (v->reason_count == SCHED_REASONS_MAX)
		return;
	v->reasons[v->reason_count].nodes = nodes;
	snprintf(v->reasons[v->reason_count].text, SCHED_REASON_TEXT, "%s", text);
	v->reason_count++;
}

static void add_one(const char *text, void *arg)
{
	add_reasons(text, 1, arg);
}

/* A reason of the pod alone. */
static void add_general(const char *text, void *arg)
{
	add_reasons(text, 0, arg);
}

/* Leaves the reasons' texts as they are: there is much room for them. */
static void begin(struct sched_verdict *v, uint32_t total)
{
	v->node = NULL;
	v->score = 0;
	v->feasible = 0;
	v->total = total;
	v->reason_count = 0;
}

static bool is_possible(const struct sched_cluster *c, const struct sched_request *r, struct sched_verdict *v)
{
	return sched_fit_possible(&(struct sched_look){ .c = c, .r = r, .add = add_general, .arg = v });
}

void sched_pick_quick(struct sched_cluster *c, struct sched_request *r, struct sched_verdict *ret)
{
	struct sched_choice choice;

	sched_request_prepare(c, r);
	begin(ret, (uint32_t)sched_cluster_count(c));
	if (!is_possible(c, r, ret))
		return;
	choice = sched_view_choose(c, r);
	ret->feasible = choice.feasible;
	if (!choice.node)
		return;
	ret->node = choice.node->name;
	ret->score = sched_score_percent(c->strategy, choice.sum);
}

void sched_pick(struct sched_cluster *c, struct sched_request *r, struct sched_verdict *ret)
{
	sched_pick_quick(c, r, ret);
	if (!ret->node && ret->reason_count == 0)
		sched_view_reasons(c, r, add_reasons, ret);
}

void sched_pick_on(
	struct sched_cluster *c, const char *node, struct sched_request *r, struct sched_verdict *ret)
{
	const struct sched_node *n = sched_node_find(c, node);
	struct sched_look l = { .c = c, .r = r, .n = n, .alone = true, .add = add_one, .arg = ret };

	begin(ret, n ? 1 : 0);
	if (!n)
		return;
	l.node = n->index;
	sched_request_prepare(c, r);
	if (!is_possible(c, r, ret) || !sched_fit_pinned(&l))
		return;
	ret->feasible = 1;
	ret->node = n->name;
	ret->score = sched_score_percent(c->strategy, sched_score_sum(&l));
}
