/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * ConfigMaps and Secrets: each is known to agents by its digest, and a pod by the digests of what it names. When
 * one changes, the pods that use it get another digest under the same UID: their volumes are renewed, nothing restarts,
 * unless their workload is to be rolled (config_hash.h).
 * The Cluster manifest's settings are here as well.
 */
#include "lib/base/mem.h"
#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "reconciler/control/config_hash.h"

static void refresh_pods(struct world_pods *pods, struct control *c)
{
	for (size_t i = 0; i < pods->count; i++)
		pod_refresh_digest(c, pods->items[i]);
}

static void roll_owner(struct control *c, struct world_set *s)
{
	struct world_object *o = s->deployment ? &s->deployment->o : &s->o;

	if (config_restarts(c->world, o))
		world_dirty(c->world, o);
}

static void refresh_user(struct world *w, struct world_object *user, void *arg)
{
	struct control *c = arg;

	(void)w;
	if (!world_keeps_pods(user->kind->id)) {
		pod_refresh_digest(c, world_pod(user));
		return;
	}
	refresh_pods(&world_set(user)->pods, c);
	roll_owner(c, world_set(user));
}

void control_config_sync(struct control *c, const char *key)
{
	if (!MUTANT(18))
		world_users_each(c->world, key, refresh_user, c);
}

/* Another default for those that say nothing themselves. */
static void workloads_dirty(struct control *c)
{
	for (size_t i = 0; i < c->world->objects.count; i++) {
		struct world_object *o = c->world->objects.entries[i].value;

		if (o->origin && o->kind->workload)
			world_dirty(c->world, o);
	}
}

void control_cluster(struct control *c, const struct cluster *cluster)
{
	struct world *w = c->world;
	_cleanup_(freep) char *before = xasprintf("%s %lld", w->pod_cidr, (long long)w->node_prefix);
	_cleanup_(freep) char *after = NULL;
	bool restarted = w->config_restarts;

	world_take_cluster(w, cluster);
	if (w->config_restarts != restarted)
		workloads_dirty(c);
	after = xasprintf("%s %lld", w->pod_cidr, (long long)w->node_prefix);
	if (!w->has_snapshot || !str_eq(before, after))
		control_nodes_dirty(c);
	w->has_snapshot = true;
}
