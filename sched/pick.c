/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The choice: filter all nodes, score what is left, take the best. */
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

/* Is A a better choice than B? A higher score, then fewer pods, then the name. */
static bool better(const struct sched_node *a, int64_t a_score, const struct sched_node *b, int64_t b_score)
{
	if (!b || a_score != b_score)
		return !b || a_score > b_score;
	if (a->pods != b->pods)
		return a->pods < b->pods;
	return strcmp(a->name, b->name) < 0;
}

/* Of the nodes seen so far. */
struct choice {
	const struct sched_node *node;
	int64_t score;
};

static void look_at(const struct sched_node *n, const struct sched_request *r, struct choice *best,
	struct sched_verdict *v)
{
	int64_t score;

	v->total++;
	if (!sched_fit(n, r, add_reason, v))
		return;
	v->feasible++;
	score = sched_score(n, r);
	if (better(n, score, best->node, best->score))
		*best = (struct choice){ n, score };
}

static void begin(struct sched_verdict *v)
{
	v->feasible = v->total = 0;
	v->reason_count = 0;
}

static void decide(struct sched_verdict *v, const struct choice *best)
{
	v->node = best->node ? best->node->name : NULL;
	v->score = best->score;
}

void sched_pick(const struct sched_cluster *c, const struct sched_request *r, struct sched_verdict *ret)
{
	struct choice best = { 0 };

	begin(ret);
	for (size_t i = 0; i < c->nodes.count; i++)
		look_at(c->nodes.entries[i].value, r, &best, ret);
	decide(ret, &best);
}

void sched_pick_on(const struct sched_cluster *c, const char *node, const struct sched_request *r,
	struct sched_verdict *ret)
{
	const struct sched_node *n = map_get(&c->nodes, node);
	struct choice best = { 0 };

	begin(ret);
	if (n)
		look_at(n, r, &best, ret);
	decide(ret, &best);
}
