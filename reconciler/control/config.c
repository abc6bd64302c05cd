/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * ConfigMaps and Secrets: each is known to agents by its digest, and a pod by the digests of what it names. When
 * one changes, the pods that use it get another digest under the same UID: their volumes are renewed, nothing restarts.
 * The Cluster manifest's settings are here as well.
 */
#include <stdio.h>

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
	if (user->kind->id == KIND_REPLICA_SET)
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

	world_cluster_defaults(w);
	if (!cluster)
		return;
	if (!str_empty(cluster->spec.pod_cidr))
		snprintf(w->pod_cidr, sizeof(w->pod_cidr), "%s", cluster->spec.pod_cidr);
	if (!str_empty(cluster->spec.service_cidr))
		snprintf(w->service_cidr, sizeof(w->service_cidr), "%s", cluster->spec.service_cidr);
	if (!str_empty(cluster->spec.dns_domain))
		snprintf(w->dns_domain, sizeof(w->dns_domain), "%s", cluster->spec.dns_domain);
	if (cluster->spec.node_prefix > 0)
		w->node_prefix = cluster->spec.node_prefix;
}
