/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Failure zones: where much of a zone is lost at once, the network is likelier to have failed than its nodes, so
 * their pods are not all moved (node_lifecycle_controller.go: ComputeZoneState, handleDisruption). A zone is the pair of the
 * labels topology.kubernetes.io/region and …/zone; nodes without them are one zone.
 */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/control/daemon_set.h"
#include "reconciler/control/node_lifecycle.h"

enum { LARGE_ZONE = 50, UNHEALTHY_PERCENT = 55 };
#define PACE (10 * NSEC_PER_SEC)       /* --node-eviction-rate 0.1 */
#define SLOW_PACE (100 * NSEC_PER_SEC) /* --secondary-node-eviction-rate 0.01 */

struct count {
	const char *zone;
	size_t ready, lost;
};
struct zones {
	struct map counts; /* zone → struct count */
	struct world_object **nodes;
	size_t node_count;
	bool any_ready;
};

static char *zone_of(const struct world_node *n)
{
	const struct string_map *labels = n->o.origin ? &n->o.origin->object->meta->labels : NULL;
	const char *region = labels ? string_map_get(labels, "topology.kubernetes.io/region") : NULL;
	const char *zone = labels ? string_map_get(labels, "topology.kubernetes.io/zone") : NULL;

	return xasprintf("%s/%s", str_or_empty(region), str_or_empty(zone));
}

static struct world_zone *zone_at(struct world *w, const struct world_node *n)
{
	_cleanup_(freep) char *name = zone_of(n);
	struct world_zone *z = map_get(&w->zones, name);

	if (!z) {
		z = xcalloc(1, sizeof(*z));
		z->name = TAKE_PTR(name);
		map_put(&w->zones, z->name, z);
	}
	return z;
}

static void count_node(struct zones *zones, struct world_zone *z, const struct world_node *n)
{
	struct count *count = map_get(&zones->counts, z->name);

	if (!count) {
		count = xcalloc(1, sizeof(*count));
		count->zone = z->name;
		map_put(&zones->counts, count->zone, count);
	}
	if (n->ready)
		count->ready++;
	else
		count->lost++;
	zones->any_ready = zones->any_ready || n->ready;
}

/* How long to wait after a node of the zone was given up before the next is; NSEC_NEVER: none is. */
static nsec_t pace(const struct count *count)
{
	size_t all = count->ready + count->lost;

	if (count->ready == 0 || count->lost <= 2 || count->lost * 100 < all * UNHEALTHY_PERCENT)
		return PACE;
	return all > LARGE_ZONE ? SLOW_PACE : NSEC_NEVER;
}

static void set_given_up(struct control *c, struct world_node *n, bool given_up)
{
	if (!node_taints_sync(c, n, given_up))
		return;
	world_node_refresh(c->world, n);
	world_touch(c->world, &n->o);
	world_dirty(c->world, &n->o);
	control_daemon_sets_dirty(c);
}

static void look_at(struct control *c, const struct zones *zones, struct world_node *n)
{
	struct world_zone *z = zone_at(c->world, n);
	nsec_t wait = pace(map_get(&zones->counts, z->name));

	if (n->ready || node_is_given_up(n) || wait == NSEC_NEVER)
		return;
	if (c->now < z->next) {
		world_wake(c->world, &n->o, z->next);
		return;
	}
	z->next = c->now + wait;
	set_given_up(c, n, true);
}

static void collect(struct control *c, struct zones *zones)
{
	struct world *w = c->world;
	struct world_entry_list nodes = world_kind_entries(w, KIND_NODE);

	zones->nodes = nodes.items;
	zones->node_count = nodes.count;
	for (size_t i = 0; i < nodes.count; i++)
		count_node(zones, zone_at(w, world_node(nodes.items[i])), world_node(nodes.items[i]));
}

void control_zones(struct control *c)
{
	struct zones zones = { 0 };

	if (!c->world->zones_changed)
		return;
	c->world->zones_changed = false;
	collect(c, &zones);
	for (size_t i = 0; i < zones.node_count; i++) {
		struct world_node *n = world_node(zones.nodes[i]);

		if (zones.any_ready)
			look_at(c, &zones, n);
		else
			set_given_up(c, n, false);
	}
	for (size_t i = 0; i < zones.counts.count; i++)
		free(zones.counts.entries[i].value);
	map_done(&zones.counts);
	free(zones.nodes);
}
