/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Verdicts in kube-scheduler's words (framework/types.go, FitError.Error): counts and reasons, sorted as text. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/str.h"
#include "sched/internal.h"

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
