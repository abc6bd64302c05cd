/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Rule `routes`: an agent that is connected knows all nodes that the tree has, in which subnet their pods are and where they are
 * reached, and no others; and is told nothing that no tree has.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "tests/sim/ledger.h"

#define NODES "cluster/nodes/"

/* The text behind MARK in JSON, up to its quote; the caller frees it. NULL: there is none. */
static char *behind(const char *json, const char *mark)
{
	const char *at = strstr(json, mark);

	return at ? xstrndup(at + strlen(mark), strcspn(at + strlen(mark), "\"")) : NULL;
}

/* As the tree says; false: it is no node whose pods can be reached. */
static bool read_node(const struct tree_file *f, struct known_node *ret)
{
	const char *name = str_after(f->path, NODES);

	if (!name)
		return false;
	*ret = (struct known_node){
		.name = xstrndup(name, strcspn(name, ".")),
		.pod_cidr = behind(f->json, "\"podCIDR\":\""),
		.address = behind(f->json, "{\"type\":\"InternalIP\",\"address\":\""),
	};
	return ret->pod_cidr && ret->address;
}

static void node_done(struct known_node *n)
{
	free(n->name);
	free(n->pod_cidr);
	free(n->address);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct known_node *)a)->name, ((const struct known_node *)b)->name);
}

struct known_nodes known_nodes(const struct tree *t)
{
	struct known_nodes all = { .items = xcalloc(t->files.count, sizeof(all.items[0])) };

	for (size_t i = 0; i < t->files.count; i++) {
		struct known_node n = { 0 };

		if (read_node(t->files.entries[i].value, &n))
			all.items[all.count++] = n;
		else
			node_done(&n);
	}
	if (all.count > 1)
		qsort(all.items, all.count, sizeof(all.items[0]), by_name);
	return all;
}

void known_nodes_done(struct known_nodes *all)
{
	for (size_t i = 0; i < all->count; i++)
		node_done(&all->items[i]);
	free(all->items);
}

bool knows_nodes(const struct agent *a, const struct known_nodes *all)
{
	bool same = a->network.cluster_cidr && a->network.count == all->count;

	for (size_t i = 0; same && i < all->count; i++) {
		const struct wire_network_node *n = &a->network.items[i].said;

		same = str_eq(n->name, all->items[i].name) && str_eq(n->pod_cidr, all->items[i].pod_cidr) &&
		       str_eq(n->address, all->items[i].address);
	}
	return same;
}

void routes_end(struct sim *s)
{
	struct known_nodes all = known_nodes(&s->hosts[s->chief]->tree);

	for (size_t i = 0; i < s->fleet->count; i++) {
		const struct agent *a = &s->fleet->agents[i];

		if (a->version >= 2 && oracle_reach(s, a) && !knows_nodes(a, &all))
			sim_fail(
				s, "routes", "%s does not know all nodes, or others than there are", a->name);
	}
	known_nodes_done(&all);
}

/* Nothing but what is durable. (That a node is to be forgotten is no word about it.) */
void oracle_network_told(struct sim *s, const struct host *h, const struct wire_network *m)
{
	struct known_nodes all = known_nodes(&h->tree);

	for (size_t i = 0; i < m->nodes.count; i++) {
		const struct wire_network_node *n = &m->nodes.items[i];
		struct known_node key = { .name = (char *)(uintptr_t)n->name };
		const struct known_node *k = all.count > 0 ? bsearch(&key, all.items, all.count,
								     sizeof(all.items[0]), by_name)
							   : NULL;

		if (!k || !str_eq(k->pod_cidr, n->pod_cidr) || !str_eq(k->address, n->address))
			sim_fail(s, "undurable", "agents are told that %s has %s at %s, and no tree has that",
				n->name, n->pod_cidr, n->address);
	}
	known_nodes_done(&all);
}
