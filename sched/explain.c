/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * For people. Verdicts in kube-scheduler's words (framework/types.go, FitError.Error): counts and reasons, sorted as text. Explanations
 * say more: by how much a resource is short, how the best nodes score, and (advice.h) what would help.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "sched/advice.h"
#include "sched/fit.h"
#include "sched/score.h"

static void explain_none(const struct sched_verdict *v, struct buf *out)
{
	char lines[SCHED_REASONS_MAX][SCHED_REASON_TEXT + 16];
	const char *sorted[SCHED_REASONS_MAX];

	if (v->total == 0) {
		buf_adds(out, "no nodes available to schedule pods");
		return;
	}
	for (size_t i = 0; i < v->reason_count; i++) {
		if (v->reasons[i].nodes > 0)
			snprintf(
				lines[i], sizeof(lines[i]), "%u %s", v->reasons[i].nodes, v->reasons[i].text);
		else
			snprintf(lines[i], sizeof(lines[i]), "%s", v->reasons[i].text);
		sorted[i] = lines[i];
	}
	if (v->reason_count > 1)
		qsort(sorted, v->reason_count, sizeof(sorted[0]), str_cmp_qsort);
	buf_addf(out, "0/%u nodes are available:", v->total);
	for (size_t i = 0; i < v->reason_count; i++)
		buf_addf(out, "%s %s", i > 0 ? "," : "", sorted[i]);
	buf_addc(out, '.');
}

void sched_verdict_explain(const struct sched_verdict *v, struct buf *out)
{
	if (!v->node)
		explain_none(v, out);
	else
		buf_addf(out, "%u of %u nodes fit; %s scores %lld", v->feasible, v->total, v->node,
			(long long)v->score);
}

/* --- explanations ------------------------------------------------------------------------------------------- */

/* How little of RESOURCE is missing where it is missing, over all nodes (or on ON alone); 0: nowhere. */
static int64_t least_short(
	struct sched_cluster *c, const struct sched_request *r, const char *on, const char *resource)
{
	uint32_t column = sched_resource(c, resource);
	int64_t amount = 0, least = 0;

	for (size_t i = 0; i < r->need_count; i++)
		if (r->needs[i].resource == column)
			amount = r->needs[i].amount;
	for (uint32_t i = 0; i < c->span; i++) {
		int64_t missing;

		if (!c->nodes[i] || (on && !str_eq(c->nodes[i]->name, on)))
			continue;
		missing = amount - (sched_allocatable(c, i, column) - sched_used(c, i, column));
		if (missing > 0 && (least == 0 || missing < least))
			least = missing;
	}
	return least;
}

/* What keeps most nodes out comes first. */
static int by_nodes(const void *x, const void *y)
{
	const struct sched_reason *a = x, *b = y;

	if (a->nodes != b->nodes)
		return a->nodes > b->nodes ? -1 : 1;
	return strcmp(a->text, b->text);
}

static void add_shortfalls(
	struct sched_cluster *c, const struct sched_request *r, const char *on, struct sched_verdict *v)
{
	for (size_t i = 0; i < v->reason_count; i++) {
		char *text = v->reasons[i].text, amount[QUANTITY_TEXT_MAX];
		const char *resource = str_after(text, "Insufficient ");
		size_t len = strlen(text);
		int64_t missing = resource ? least_short(c, r, on, resource) : 0;

		if (missing > 0)
			snprintf(text + len, SCHED_REASON_TEXT - len, " (short by %s at best)",
				sched_amount_text(resource, missing, amount));
	}
}

static bool is_better(
	const struct sched_candidate *a, int64_t sum, const struct sched_candidate *b, int64_t than)
{
	return sum != than ? sum > than : strcmp(a->node, b->node) < 0;
}

/* The SCHED_CANDIDATES_MAX best, by insertion. */
struct best {
	struct sched_explanation *e;
	int64_t sums[SCHED_CANDIDATES_MAX];
};

static void consider(struct best *b, const struct sched_look *l)
{
	int64_t sum = sched_score_sum(l);
	struct sched_candidate one = { .node = l->n->name,
		.score = sched_score_percent(l->c->strategy, sum) };
	size_t at = b->e->best_count;

	while (at > 0 && is_better(&one, sum, &b->e->best[at - 1], b->sums[at - 1]))
		at--;
	if (at == SCHED_CANDIDATES_MAX)
		return;
	if (b->e->best_count < SCHED_CANDIDATES_MAX)
		b->e->best_count++;
	for (size_t i = b->e->best_count - 1; i > at; i--) {
		b->e->best[i] = b->e->best[i - 1];
		b->sums[i] = b->sums[i - 1];
	}
	for (size_t t = 0; t < SCHED_TERM_COUNT; t++)
		one.terms[t] = (uint8_t)sched_score_term(l, (enum sched_term)t);
	b->e->best[at] = one;
	b->sums[at] = sum;
}

void sched_explain(
	struct sched_cluster *c, struct sched_request *r, const char *pinned, struct sched_explanation *ret)
{
	struct best best = { .e = ret };

	if (pinned)
		sched_pick_on(c, pinned, r, &ret->verdict);
	else
		sched_pick(c, r, &ret->verdict);
	ret->best_count = 0;
	ret->advice[0] = '\0';
	sched_request_prepare(c, r);
	for (uint32_t i = 0; i < c->span && ret->verdict.node; i++) {
		const struct sched_look l = { .c = c, .r = r, .n = c->nodes[i], .node = i };

		if (l.n && (pinned ? str_eq(l.n->name, pinned) && sched_fit_pinned(&l) : sched_fit(&l)))
			consider(&best, &l);
	}
	if (ret->verdict.node)
		return;
	add_shortfalls(c, r, pinned, &ret->verdict);
	if (ret->verdict.reason_count > 1)
		qsort(ret->verdict.reasons, ret->verdict.reason_count, sizeof(ret->verdict.reasons[0]),
			by_nodes);
	sched_advise(c, r, pinned, ret->advice);
}

void sched_explanation_write(const struct sched_explanation *e, struct buf *out)
{
	const struct sched_verdict *v = &e->verdict;

	if (!v->node && v->total == 0)
		buf_adds(out, "there are no nodes\n");
	for (size_t i = 0; !v->node && i < v->reason_count; i++) {
		if (v->reasons[i].nodes > 0)
			buf_addf(out, "%u of %u: ", v->reasons[i].nodes, v->total);
		buf_addf(out, "%s\n", v->reasons[i].text);
	}
	if (e->advice[0])
		buf_addf(out, "it would fit: %s\n", e->advice);
	for (size_t i = 0; i < e->best_count; i++) {
		buf_addf(out, "%s scores %" PRId64 " (", e->best[i].node, e->best[i].score);
		for (size_t t = 0; t < SCHED_TERM_COUNT; t++)
			buf_addf(out, "%s%s %u", t > 0 ? ", " : "", sched_term_names[t], e->best[i].terms[t]);
		buf_adds(out, ")\n");
	}
}
