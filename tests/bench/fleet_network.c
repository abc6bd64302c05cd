/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The pod network as agents know it. Each is told of each other one: thousands of agents that all read and keep the same
 * thousands of lines would be what is measured. All are told the same, so that it is kept once for all of them, and a line that
 * came before, for another one, is not read again.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "tests/bench/fleet.h"

/* A node's hash, by its name. */
struct member {
	uint64_t hash;
	char name[];
};

static void forget(struct fleet_network *nw, const char *name)
{
	struct member *m = map_remove(&nw->nodes, name);

	nw->sum -= m ? m->hash : 0;
	free(m);
}

void fleet_network_clear(struct fleet_network *nw)
{
	for (size_t i = 0; i < nw->nodes.count; i++)
		free(nw->nodes.entries[i].value);
	map_done(&nw->nodes);
	*nw = (struct fleet_network){ 0 };
}

static void keep(struct fleet_network *nw, const struct wire_network_node *n)
{
	size_t len = strlen(n->name) + 1;
	struct member *m = xcalloc(1, sizeof(*m) + len);

	forget(nw, n->name);
	memcpy(m->name, n->name, len);
	m->hash = wire_network_hash(n);
	nw->sum += m->hash;
	map_put(&nw->nodes, m->name, m);
}

static void take(struct fleet_network *nw, const struct wire_network *m)
{
	if (m->full)
		fleet_network_clear(nw);
	nw->sum -= nw->cluster;
	nw->cluster = wire_network_hash_cluster(m->cluster_cidr);
	nw->sum += nw->cluster;
	for (size_t i = 0; i < m->nodes.count; i++)
		keep(nw, &m->nodes.items[i]);
	for (size_t i = 0; i < m->remove.count; i++)
		forget(nw, m->remove.items[i]);
}

bool fleet_network_line(struct fleet_network *nw, const char *line, size_t len)
{
	static const char begin[] = "{\"type\":\"network\"";
	struct wire_message m = { 0 };
	uint64_t hash;

	if (len < sizeof(begin) || memcmp(line, begin, sizeof(begin) - 1) != 0)
		return false;
	hash = hash_bytes(line, len);
	for (size_t i = 0; i < ARRAY_LEN(nw->seen); i++)
		if (nw->seen[i] == hash)
			return true;
	if (wire_parse(line, len, &m, NULL) < 0)
		return false;
	take(nw, m.network);
	wire_message_done(&m);
	nw->seen[nw->next_seen++ % ARRAY_LEN(nw->seen)] = hash;
	return true;
}
