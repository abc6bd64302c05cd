/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Workloads that use what Pintle can't act on yet: held as they are, and said so by name. Nothing else is affected.
 * And the table of which controller looks at which kind.
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
	else if (o->kind->id == KIND_REPLICA_SET)
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

/* --- dispatch --------------------------------------------------------------------------------------------------- */

static void sync_node(struct control *c, struct world_object *o)
{
	control_node_sync(c, world_node(o));
}

static void sync_config(struct control *c, struct world_object *o)
{
	control_config_sync(c, o->key);
}

static void sync_service(struct control *c, struct world_object *o)
{
	control_service_sync(c, world_service(o));
}

static void sync_pod(struct control *c, struct world_object *o)
{
	control_pod_sync(c, world_pod(o));
}

static void sync_set(struct control *c, struct world_object *o)
{
	control_set_sync(c, world_set(o));
}

static void sync_deployment(struct control *c, struct world_object *o)
{
	control_deployment_sync(c, world_deployment(o));
}

static void sync_event(struct control *c, struct world_object *o)
{
	control_event_sync(c, world_event(o));
}

void control_sync(struct control *c, struct world_object *o)
{
	static void (*const controllers[KIND_COUNT])(struct control *, struct world_object *) = {
		[KIND_NODE] = sync_node,
		[KIND_CONFIG_MAP] = sync_config,
		[KIND_SECRET] = sync_config,
		[KIND_SERVICE] = sync_service,
		[KIND_POD] = sync_pod,
		[KIND_REPLICA_SET] = sync_set,
		[KIND_DEPLOYMENT] = sync_deployment,
		[KIND_EVENT] = sync_event,
	};

	if (controllers[o->kind->id])
		controllers[o->kind->id](c, o);
}
