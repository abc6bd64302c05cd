/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "nodeagent/peers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

void peers_done(struct peers *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->items[i].text);
	free(p->items);
	free(p->cluster_cidr);
	*p = (struct peers){ 0 };
}

static struct peer peer_of(const struct wire_network_node *n)
{
	const char *const from[] = { str_or_empty(n->name), str_or_empty(n->pod_cidr),
		str_or_empty(n->address) };
	struct peer ret = { 0 };
	size_t a = strlen(from[0]) + 1, b = strlen(from[1]) + 1;

	ret.text = xcalloc(1, a + b + strlen(from[2]) + 1);
	ret.said.name = strcpy(ret.text, from[0]);
	ret.said.pod_cidr = strcpy(ret.text + a, from[1]);
	ret.said.address = strcpy(ret.text + a + b, from[2]);
	return ret;
}

/* The place of NAME, or where it would stand. */
static size_t place(const struct peers *p, const char *name)
{
	size_t low = 0, high = p->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(p->items[middle].said.name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct peers *p, size_t at, const char *name)
{
	return at < p->count && str_eq(p->items[at].said.name, name);
}

static void put(struct peers *p, const struct wire_network_node *n)
{
	struct peer new = peer_of(n);
	size_t at = place(p, new.said.name);

	p->sum += wire_network_hash(&new.said);
	if (is_at(p, at, new.said.name)) {
		p->sum -= wire_network_hash(&p->items[at].said);
		free(p->items[at].text);
	} else {
		p->items = grow(p->items, &p->cap, p->count + 1, sizeof(p->items[0]));
		memmove(&p->items[at + 1], &p->items[at], (p->count++ - at) * sizeof(p->items[0]));
	}
	p->items[at] = new;
}

static void drop(struct peers *p, const char *name)
{
	size_t at = place(p, str_or_empty(name));

	if (!is_at(p, at, str_or_empty(name)))
		return;
	p->sum -= wire_network_hash(&p->items[at].said);
	free(p->items[at].text);
	memmove(&p->items[at], &p->items[at + 1], (--p->count - at) * sizeof(p->items[0]));
}

static void set_cluster(struct peers *p, const char *cidr)
{
	p->sum -= p->cluster_cidr ? wire_network_hash_cluster(p->cluster_cidr) : 0;
	free(p->cluster_cidr);
	p->cluster_cidr = xstrdup(str_or_empty(cidr));
	p->sum += wire_network_hash_cluster(p->cluster_cidr);
}

bool peers_take(struct peers *p, const struct wire_network *m)
{
	bool known = p->cluster_cidr;
	uint64_t before = p->sum;

	if (m->full)
		peers_done(p);
	if (m->full || !str_eq(p->cluster_cidr, m->cluster_cidr))
		set_cluster(p, m->cluster_cidr);
	for (size_t i = 0; i < m->remove.count; i++)
		drop(p, m->remove.items[i]);
	for (size_t i = 0; i < m->nodes.count; i++)
		put(p, &m->nodes.items[i]);
	return !known || p->sum != before;
}

void peers_digest(const struct peers *p, char ret[WIRE_NETWORK_DIGEST])
{
	if (p->cluster_cidr)
		wire_network_digest(p->sum, ret);
	else
		ret[0] = '\0';
}

void peers_write(const struct peers *p, struct buf *out)
{
	struct wire_network m = { .cluster_cidr = p->cluster_cidr, .full = true };

	m.nodes.items = xcalloc(p->count, sizeof(m.nodes.items[0]));
	for (size_t i = 0; i < p->count; i++)
		m.nodes.items[m.nodes.count++] = p->items[i].said;
	wire_write_network(out, &m);
	free(m.nodes.items);
}

int peers_read(struct peers *p, const char *line, size_t len, struct err *err)
{
	struct wire_message m = { 0 };
	int r = wire_parse(line, len, &m, err);

	if (r < 0)
		return r;
	if (m.type == WIRE_NETWORK && m.network->full)
		peers_take(p, m.network);
	else
		r = err_set(err, -EBADMSG, "not the whole of a pod network");
	wire_message_done(&m);
	return r;
}
