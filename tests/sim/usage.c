/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "tests/sim/usage.h"

#include <stdio.h>

#include "reconciler/control/autoscaler.h"
#include "tests/sim/fleet.h"

/* The app that an agent's pod is of, if it has an autoscaler and its container runs; -1: none such. */
static int scaled_app(const struct sim *s, const struct agent_pod *p)
{
	unsigned index;

	if (p->state != POD_UP || !p->told.key || sscanf(p->told.key, "default/scaled-%u-", &index) != 1)
		return -1;
	return s->head && index < s->head->count ? (int)index : -1;
}

static int sharers(const struct sim *s, int app)
{
	int n = 0;

	for (size_t i = 0; i < s->fleet->count; i++) {
		const struct map *pods = &s->fleet->agents[i].pods;

		for (size_t k = 0; k < pods->count; k++)
			n += scaled_app(s, pods->entries[k].value) == app;
	}
	return n;
}

static void take_pod(struct sim *s, struct host *h, const struct agent_pod *p)
{
	int app = scaled_app(s, p);
	struct world_pod *in_world = app >= 0 ? world_pod_by_uid(&h->world, p->told.uid) : NULL;
	struct world_container_usage c = { .container = "c" };

	if (!in_world)
		return;
	c.cpu_milli = s->head->apps[app].demand / sharers(s, app);
	autoscaler_take_usage(in_world, &(struct world_usage){ .at = s->now,
						.window = AUTOSCALER_PERIOD * NSEC_PER_SEC,
						.containers = &c,
						.count = 1 });
}

void usage_take(struct sim *s, struct host *h)
{
	if (s->now - h->measured < AUTOSCALER_PERIOD * NSEC_PER_SEC)
		return;
	h->measured = s->now;
	for (unsigned i = 0; i < s->script->node_count; i++) {
		const struct map *pods = &s->fleet->agents[i].pods;

		for (size_t k = 0; h->links[i].session && k < pods->count; k++)
			take_pod(s, h, pods->entries[k].value);
	}
}
