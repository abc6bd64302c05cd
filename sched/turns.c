/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/turns.h"

#include <stdlib.h>

#include "lib/base/mem.h"

static void init(struct sched_cluster *c)
{
	c->turns = xcalloc(1, sizeof(*c->turns));
	c->turns->nominations.level = INT32_MIN;
	c->turns->least_priority = INT32_MAX;
}

static void done(struct sched_cluster *c)
{
	c->turns->trial++;
	sched_nominations_done(c);
	sched_harms_done(&c->turns->harms);
	sched_budgets_done(&c->turns->budgets);
	sched_waiting_done(&c->turns->waiting);
	free(c->turns->trials.pods);
	free(c->turns->trials.out);
	free(c->turns);
	c->turns = NULL;
}

static void happens(struct sched_cluster *c, uint32_t node, unsigned events)
{
	struct sched_turns *t = c->turns;

	if (t->trial > 0)
		return;
	sched_harms_node_changed(&t->harms, node);
	if (t->quiet == 0)
		sched_events_add(&t->events, events);
}

static void node_changes(struct sched_cluster *c, uint32_t node)
{
	happens(c, node, SCHED_EVENT_NODE);
}

static void node_goes(struct sched_cluster *c, uint32_t node)
{
	sched_harms_node_goes(c, node);
	happens(c, node, SCHED_EVENT_NODE);
}

static void pods(struct sched_cluster *c, uint32_t node, const struct sched_bound *p, int live, int leaving)
{
	if (live + leaving > 0 && p->priority < c->turns->least_priority)
		c->turns->least_priority = p->priority;
	happens(c, node, live + leaving < 0 ? SCHED_EVENT_ROOM : SCHED_EVENT_PODS);
}

static void object(
	struct sched_cluster *c, enum kind_id kind, const struct object *old, const struct object *new)
{
	(void)old;
	(void)new;
	c->turns->harms.anew++;
	if (kind == KIND_DISRUPTION_BUDGET)
		c->turns->budgets.stale = true;
	else if (kind == KIND_NAMESPACE)
		sched_events_add(&c->turns->events, SCHED_EVENT_NAMESPACES);
	else
		sched_events_add(&c->turns->events, SCHED_EVENT_VOLUMES);
}

const struct sched_part sched_part_turns = {
	.init = init,
	.done = done,
	.node_in = node_changes,
	.node_out = node_goes,
	.node_status = node_changes,
	.pods = pods,
	.object = object,
};
