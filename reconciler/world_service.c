/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Services in the world and in the tree. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/stored.h"
#include "reconciler/world_internal.h"

static void free_service(struct world_object *o)
{
	free(world_service(o)->node_ports);
}

static void load_service(struct world *w, struct object *from, struct world_object *o)
{
	struct world_service *s = world_service(o);
	const struct service_spec *spec = &object_service(from)->spec;

	world_service_ip(w, s, str_or_empty(spec->cluster_ip));
	s->node_port_count = spec->ports.count;
	s->node_ports = xcalloc(spec->ports.count, sizeof(s->node_ports[0]));
	for (size_t i = 0; i < spec->ports.count; i++)
		s->node_ports[i] = spec->ports.items[i].node_port;
}

static void *body_service(struct world_scratch *s, const struct world_object *o)
{
	const struct world_service *v = (const struct world_service *)o;
	struct service *b = stored_plain(s, o);
	size_t count = b->spec.ports.count;
	struct service_port *ports = arena_array(s->arena, count + 1, sizeof(ports[0]));

	if (count > 0)
		memcpy(ports, b->spec.ports.items, count * sizeof(ports[0]));
	for (size_t i = 0; i < count && i < v->node_port_count; i++)
		ports[i].node_port = v->node_ports[i];
	b->spec.ports.items = ports;
	if (v->cluster_ip[0] != '\0') {
		b->spec.cluster_ip = v->cluster_ip;
		b->spec.cluster_ips.items = arena_alloc(s->arena, sizeof(char *));
		b->spec.cluster_ips.items[0] = v->cluster_ip;
		b->spec.cluster_ips.count = 1;
	}
	return b;
}

const struct world_kind world_kind_service = {
	.size = sizeof(struct world_service),
	.free = free_service,
	.load = load_service,
	.body = body_service,
};
