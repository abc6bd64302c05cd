/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Topology keys and regions: where nodes are, as counters want it.
 *
 * A key is a label of nodes (topology.kubernetes.io/zone); each of its values is a domain with a number, the same for all that ask
 * about the key. A region is a key and conditions on nodes: those that don't meet them are in no domain of it.
 * Both are made when somebody first asks, shared by all who ask for the same, and kept up as nodes come and go.
 *
 * Costs: making one O(nodes); a node that comes or goes O(keys + regions).
 */
#pragma once

#include "lib/base/intern.h"
#include "sched/counter.h"
#include "sched/eligible.h"

struct sched_key {
	char *name;
	struct intern *values;    /* domain - 1 → value */
	struct sched_space space; /* all nodes that have the label */
	unsigned refs;
};

struct sched_region {
	char *text; /* of key and conditions */
	struct sched_key *key;
	struct sched_space *space; /* own, or the key's where there are no conditions */
	struct sched_space own;
	struct sched_key **with; /* [with_count] labels that a node must have, too */
	size_t with_count;
	struct sched_eligible *eligible; /* NULL: all */
	unsigned refs;
};

struct sched_topology {
	struct map keys, regions;
};

void sched_topology_done(struct sched_topology *t);
/* One more user of key NAME. */
struct sched_key *sched_key_ref(struct sched_cluster *c, struct sched_topology *t, const char *name);
void sched_key_unref(struct sched_topology *t, struct sched_key *k);
/* One more user of the region of NAME that leaves out nodes without one of the labels WITH, and those that aren't ELIGIBLE (taken over; NULL: all are). */
struct sched_region *sched_region_ref(struct sched_cluster *c, struct sched_topology *t, const char *name,
	const char *const *with, size_t with_count, struct sched_eligible *eligible);
void sched_region_unref(struct sched_topology *t, struct sched_region *r);

/* N came, is about to go. Returns whether a key whose domains were small has large ones now, or the other way round. */
bool sched_topology_node_in(struct sched_topology *t, const struct sched_node *n);
bool sched_topology_node_out(struct sched_topology *t, const struct sched_node *n);

/*
 * Are the domains of K so small that it is better to look again at all nodes of a domain when its counts change, than to judge each domain by
 * itself at each choice? Hosts are, racks of a few machines, too.
 */
static inline bool sched_key_small(const struct sched_key *k)
{
	return k->space.nodes <= k->space.domains * UINT32_C(8);
}
