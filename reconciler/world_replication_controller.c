/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* ReplicationControllers in the world and in the tree: ReplicaSets of git but for their selector, which is the manifest's. */
#include "reconciler/stored.h"
#include "reconciler/world_internal.h"

static void free_set(struct world_object *o)
{
	world_set_done(world_set(o));
}

static void load_set(struct world *w, struct object *from, struct world_object *o)
{
	const struct replication_controller *rc = object_replication_controller(from);
	struct world_set *s = world_set(o);

	s->wanted = rc->spec.replicas;
	s->min_ready_seconds = rc->spec.min_ready_seconds;
	world_set_revision(w, s, world_revision_new(from, o->namespace, &rc->spec.template));
	world_set_load_status(s, &rc->status);
}

static void *body_set(struct world_scratch *s, const struct world_object *o)
{
	const struct world_set *t = (const struct world_set *)o;
	struct replication_controller *b = stored_plain(s, o);

	b->spec.replicas = t->wanted;
	b->status = world_set_status(s, t);
	return b;
}

static struct world_revision *pod_revision(struct world *w, struct world_set *s, size_t i)
{
	return i == 0 ? world_set_admitted(w, s) : NULL;
}

const struct world_kind world_kind_replication_controller = {
	.size = sizeof(struct world_set),
	.keeps_pods = true,
	.free = free_set,
	.load = load_set,
	.body = body_set,
	.revision = pod_revision,
};
