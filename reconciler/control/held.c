/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Workloads that use what Pintle can't act on yet: held as they are, and said so by name. Nothing else is affected.
 */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/control/control.h"

/* A pod's record says it in its PodScheduled condition; the event comes with the first time. */
static bool pod_says_so(struct world_pod *p, char *message)
{
	if (p->node || str_eq(p->waiting, message)) {
		free(message);
		return true;
	}
	free(p->waiting);
	p->waiting = message;
	return false;
}

static bool set_says_so(struct control *c, struct world_set *s, char *message)
{
	bool news = world_condition_set(
		&s->conditions, "ReplicaFailure", "True", "NotYetSupported", message, c->now);

	free(message);
	return !news;
}

void control_held(struct control *c, struct world_object *o)
{
	char *message = xasprintf("uses what is not supported yet: %s", o->origin->held);
	bool said = false;

	if (o->kind->id == KIND_POD)
		said = pod_says_so(world_pod(o), message);
	else if (world_keeps_pods(o->kind->id))
		said = set_says_so(c, world_set(o), message);
	else
		free(message);
	if (said)
		return;
	plan_step(c->plan, PLAN_HOLD, o, "not supported yet: %s", o->origin->held);
	control_event(c, o, "Warning", "NotYetSupported", "held as it is: %s is not supported yet",
		o->origin->held);
	world_touch(c->world, o);
}
