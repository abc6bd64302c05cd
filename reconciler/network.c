/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/network.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "lib/object/ip.h"

enum { LOG_MAX = 1024 };

struct member {
	struct wire_network_node said; /* its texts stand behind it */
	uint64_t hash;
	char texts[];
};

/* What is made at most once a generation and SINCE. */
struct made {
	struct network_news news;
	struct arena *arena; /* NULL: not made */
	uint64_t since, generation;
};

struct network {
	struct map nodes; /* name → struct member */
	char *cluster_cidr;
	uint64_t sum;     /* of the hashes of all nodes, and of the cluster's */
	char **log;       /* [log_count]: whose name it is; "": the cluster's */
	uint64_t log_end; /* the generation before the first in the log */
	size_t log_count, log_cap;
	struct made whole, changes;
};

struct network *network_new(void)
{
	struct network *nw = xcalloc(1, sizeof(*nw));

	nw->cluster_cidr = xstrdup("");
	nw->sum = wire_network_hash_cluster("");
	nw->log_end = 1;
	return nw;
}

static void made_forget(struct made *m)
{
	m->arena = arena_free(m->arena);
	outbox_text_unref(m->news.line);
	*m = (struct made){ 0 };
}

static void log_drop(struct network *nw, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(nw->log[i]);
	nw->log_count -= count;
	nw->log_end += count;
	memmove(nw->log, nw->log + count, nw->log_count * sizeof(nw->log[0]));
}

struct network *network_free(struct network *nw)
{
	if (!nw)
		return NULL;
	made_forget(&nw->whole);
	made_forget(&nw->changes);
	for (size_t i = 0; i < nw->nodes.count; i++)
		free(nw->nodes.entries[i].value);
	map_done(&nw->nodes);
	log_drop(nw, nw->log_count);
	free(nw->log);
	free(nw->cluster_cidr);
	free(nw);
	return NULL;
}

/* --- changes ------------------------------------------------------------------------------------------- */

uint64_t network_generation(const struct network *nw)
{
	return nw->log_end + nw->log_count;
}

static void changed(struct network *nw, const char *name)
{
	nw->log = grow(nw->log, &nw->log_cap, nw->log_count + 1, sizeof(nw->log[0]));
	nw->log[nw->log_count++] = xstrdup(name);
}

void network_set_cluster(struct network *nw, const char *cidr)
{
	if (str_eq(nw->cluster_cidr, cidr))
		return;
	nw->sum -= wire_network_hash_cluster(nw->cluster_cidr);
	nw->sum += wire_network_hash_cluster(cidr);
	free(nw->cluster_cidr);
	nw->cluster_cidr = xstrdup(cidr);
	changed(nw, "");
}

static bool is_subnet(const char *text)
{
	struct ip_network n;

	return text && ip_parse_network(text, &n) == 0 && n.bits == 32;
}

static bool is_address(const char *text)
{
	struct ip_network n;

	return text && ip_parse(text, &n) == 0 && n.bits == 32 && !ip_special(&n);
}

static struct member *node_new(const char *name, const char *pod_cidr, const char *address)
{
	size_t a = strlen(name) + 1, b = strlen(pod_cidr) + 1, c = strlen(address) + 1;
	struct member *n = xcalloc(1, sizeof(*n) + a + b + c);

	memcpy(n->texts, name, a);
	memcpy(n->texts + a, pod_cidr, b);
	memcpy(n->texts + a + b, address, c);
	n->said = (struct wire_network_node){ n->texts, n->texts + a, n->texts + a + b };
	n->hash = wire_network_hash(&n->said);
	return n;
}

void network_set_node(struct network *nw, const char *name, const char *pod_cidr, const char *address)
{
	const struct member *before = map_get(&nw->nodes, name);
	struct member *n;

	if (!is_subnet(pod_cidr) || !is_address(address)) {
		network_remove_node(nw, name);
		return;
	}
	if (before && str_eq(before->said.pod_cidr, pod_cidr) && str_eq(before->said.address, address))
		return;
	n = node_new(name, pod_cidr, address);
	nw->sum += n->hash - (before ? before->hash : 0);
	free(map_put(&nw->nodes, n->said.name, n));
	changed(nw, name);
}

void network_remove_node(struct network *nw, const char *name)
{
	struct member *n = map_remove(&nw->nodes, name);

	if (!n)
		return;
	nw->sum -= n->hash;
	changed(nw, name);
	free(n);
}

/* --- what to say ---------------------------------------------------------------------------------------- */

void network_digest(const struct network *nw, char ret[WIRE_NETWORK_DIGEST])
{
	wire_network_digest(nw->sum, ret);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(
		((const struct wire_network_node *)a)->name, ((const struct wire_network_node *)b)->name);
}

static void say_whole(const struct network *nw, struct made *m)
{
	struct wire_network *body = &m->news.body;

	body->full = true;
	body->nodes.items = arena_array(m->arena, nw->nodes.count, sizeof(body->nodes.items[0]));
	for (size_t i = 0; i < nw->nodes.count; i++)
		body->nodes.items[body->nodes.count++] =
			((const struct member *)nw->nodes.entries[i].value)->said;
}

/* The nodes behind the log's first SKIP, each once. */
static void say_changes(const struct network *nw, size_t skip, struct made *m)
{
	struct wire_network *body = &m->news.body;
	size_t most = nw->log_count - skip;
	struct map seen = { 0 };

	body->nodes.items = arena_array(m->arena, most, sizeof(body->nodes.items[0]));
	body->remove.items = arena_array(m->arena, most, sizeof(body->remove.items[0]));
	for (size_t i = MUTANT(23) ? nw->log_count - 1 : skip; i < nw->log_count; i++) {
		const char *name = nw->log[i];
		const struct member *n = map_get(&nw->nodes, name);

		if (*name == '\0' || map_has(&seen, name))
			continue;
		map_put(&seen, name, nw->log[i]);
		if (n)
			body->nodes.items[body->nodes.count++] = n->said;
		else
			body->remove.items[body->remove.count++] = name;
	}
	map_done(&seen);
}

static int text_cmp(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void make(const struct network *nw, uint64_t since, struct made *m)
{
	struct wire_network *body = &m->news.body;
	struct buf line = BUF_INIT;

	made_forget(m);
	m->arena = arena_new(0);
	m->since = since;
	m->generation = network_generation(nw);
	body->cluster_cidr = nw->cluster_cidr;
	if (since < nw->log_end)
		say_whole(nw, m);
	else
		say_changes(nw, since - nw->log_end, m);
	if (body->nodes.count > 1)
		qsort(body->nodes.items, body->nodes.count, sizeof(body->nodes.items[0]), by_name);
	if (body->remove.count > 1)
		qsort(body->remove.items, body->remove.count, sizeof(body->remove.items[0]), text_cmp);
	wire_write_network(&line, body);
	m->news.line = outbox_text_new(&line);
}

const struct network_news *network_news(struct network *nw, uint64_t since)
{
	struct made *m = since < nw->log_end ? &nw->whole : &nw->changes;

	if (since == network_generation(nw))
		return NULL;
	if (since < nw->log_end)
		since = 0;
	if (!m->arena || m->since != since || m->generation != network_generation(nw))
		make(nw, since, m);
	return &m->news;
}

void network_told(struct network *nw)
{
	made_forget(&nw->whole);
	made_forget(&nw->changes);
	if (nw->log_count > LOG_MAX)
		log_drop(nw, nw->log_count - LOG_MAX / 2);
}
