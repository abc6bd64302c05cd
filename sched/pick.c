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

void sched_pick(const struct sched_cluster *c, const struct sched_request *r, struct sched_verdict *ret)
{
	const struct sched_node *best = NULL;
	int64_t best_score = 0;

	ret->node = NULL;
	ret->score = 0;
	ret->feasible = 0;
	ret->total = (unsigned)c->nodes.count;
	ret->reason_count = 0;
	for (size_t i = 0; i < c->nodes.count; i++) {
		const struct sched_node *n = c->nodes.entries[i].value;
		int64_t score;

		if (!sched_fit(n, r, add_reason, ret))
			continue;
		ret->feasible++;
		score = sched_score(n, r);
		if (better(n, score, best, best_score)) {
			best = n;
			best_score = score;
		}
	}
	ret->node = best ? best->name : NULL;
	ret->score = best_score;
}
