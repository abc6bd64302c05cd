/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The choice: the best of the nodes that pass all filters, by the ranking. */
#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"
#include "sched/internal.h"

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

/* Why R doesn't fit on N goes to V. */
static void look_at(const struct sched_node *n, const struct sched_request *r, struct sched_verdict *v)
{
	v->total++;
	v->feasible += sched_fit(n, r, add_reason, v);
}

static void decide(struct sched_verdict *v, const char *node, int64_t score)
{
	v->node = node;
	v->score = score;
}

/* Why it fits nowhere takes another look at all nodes; where it fits, nobody asks. */
void sched_pick(struct sched_cluster *c, struct sched_request *r, struct sched_verdict *ret)
{
	const struct sched_ranking *ranking = sched_ranking(c, r);

	begin(ret);
	if (ranking->count == 0) {
		for (size_t i = 0; i < c->nodes.count; i++)
			look_at(c->nodes.entries[i].value, r, ret);
		return;
	}
	ret->total = (unsigned)c->nodes.count;
	ret->feasible = (unsigned)ranking->count;
	decide(ret, ranking->heap[0]->name, ranking->heap[0]->rank_score);
}

void sched_pick_on(
	struct sched_cluster *c, const char *node, struct sched_request *r, struct sched_verdict *ret)
{
	const struct sched_node *n = map_get(&c->nodes, node);

	begin(ret);
	if (!n)
		return;
	ret->total = 1;
	if (!sched_fit_pinned(n, r, add_reason, ret))
		return;
	ret->feasible = 1;
	decide(ret, n->name, sched_score(n, r));
}
