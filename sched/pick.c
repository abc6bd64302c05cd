/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The choice: the best of the nodes that pass all filters, by the ranking. */
#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"
#include "sched/score.h"

static void add_reason(const char *text, void *arg)
{
	struct sched_verdict *v = arg;

	for (size_t i = 0; i < v->reason_count; i++) {
		if (str_eq(v->reasons[i].text, text)) {
			v->reasons[i].nodes++;
			return;
		}
	}
	if (v->reason_count == SCHED_REASONS_MAX)
		return;
	v->reasons[v->reason_count].nodes = 1;
	snprintf(v->reasons[v->reason_count].text, SCHED_REASON_TEXT, "%s", text);
	v->reason_count++;
}

static void begin(struct sched_verdict *v)
{
	v->node = NULL;
	v->score = 0;
	v->feasible = v->total = 0;
	v->reason_count = 0;
}

/* Why R doesn't fit on a node goes to V. */
static struct sched_look look(
	const struct sched_node *n, struct sched_cluster *c, struct sched_request *r, struct sched_verdict *v)
{
	return (struct sched_look){ .c = c, .r = r, .n = n, .node = n->index, .add = add_reason, .arg = v };
}

static void decide(struct sched_verdict *v, const char *node, int64_t score)
{
	v->node = node;
	v->score = score;
}

/* Why it fits nowhere takes another look at all nodes; where it fits, nobody asks. */
void sched_pick(struct sched_cluster *c, struct sched_request *r, struct sched_verdict *ret)
{
	const struct sched_ranking *ranking;

	sched_request_prepare(c, r);
	ranking = sched_ranking(c, r);
	begin(ret);
	ret->total = (unsigned)sched_cluster_count(c);
	for (uint32_t i = 0; i < c->span && ranking->count == 0; i++) {
		struct sched_look l;

		if (!c->nodes[i])
			continue;
		l = look(c->nodes[i], c, r, ret);
		ret->feasible += sched_fit(&l);
	}
	if (ranking->count == 0)
		return;
	ret->feasible = (unsigned)ranking->count;
	decide(ret, ranking->heap[0]->name, sched_score_percent(c->strategy, ranking->heap[0]->rank_score));
}

void sched_pick_on(
	struct sched_cluster *c, const char *node, struct sched_request *r, struct sched_verdict *ret)
{
	const struct sched_node *n = sched_node_find(c, node);
	struct sched_look l;

	begin(ret);
	if (!n)
		return;
	sched_request_prepare(c, r);
	l = look(n, c, r, ret);
	ret->total = 1;
	if (!sched_fit_pinned(&l))
		return;
	ret->feasible = 1;
	decide(ret, n->name, sched_score_percent(c->strategy, sched_score_sum(&l)));
}
