/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The turns: each pod that has no node gets one, or hears why not. */
#include "sched/queue.h"

void sched_place(
	struct sched_cluster *c, struct sched_pending *pods, size_t count, sched_decide_fn decide, void *arg)
{
	struct sched_verdict v;

	sched_queue_order(c, pods, count);
	for (size_t i = 0; i < count; i++) {
		struct sched_decision d = { .pod = &pods[i], .outcome = SCHED_NOWHERE };

		if (pods[i].pinned)
			sched_pick_on(c, pods[i].pinned, pods[i].request, &v);
		else
			sched_pick(c, pods[i].request, &v);
		if (v.node) {
			d.outcome = SCHED_PLACED;
			d.node = v.node;
			d.score = v.score;
		}
		decide(&d, arg);
	}
}
