/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * ConfigMaps and Secrets: each is known to agents by its digest, and a pod by the digests of what it names. When
 * one changes, the pods that use it get another digest under the same UID: their volumes are renewed, nothing restarts.
 * The Cluster manifest's settings are here as well.
 */
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/control/control.h"

static void refresh_pods(struct world_pods *pods, struct control *c)
{
	for (size_t i = 0; i < pods->count; i++)
		pod_refresh_digest(c, pods->items[i]);
}

static void refresh_user(struct world *w, struct world_object *user, void *arg)
{
	struct control *c = arg;

	(void)w;
	if (world_keeps_pods(user->kind->id))
		refresh_pods(&world_set(user)->pods, c);
	else
		pod_refresh_digest(c, world_pod(user));
}

void control_config_sync(struct control *c, const char *key)
{
	world_users_each(c->world, key, refresh_user, c);
}

void control_cluster(struct control *c, const struct cluster *cluster)
{
	struct world *w = c->world;
	_cleanup_(freep) char *before = xasprintf("%s %lld", w->pod_cidr, (long long)w->node_prefix);
	_cleanup_(freep) char *after = NULL;

	world_take_cluster(w, cluster);
	after = xasprintf("%s %lld", w->pod_cidr, (long long)w->node_prefix);
	if (!w->has_snapshot || !str_eq(before, after))
		control_nodes_dirty(c);
	w->has_snapshot = true;
}
