/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Any bytes as what an agent is told of other nodes, and then done on a host: what is kept on disk is what was told; and once a plan is carried
 * out there is nothing left to do, while what the host had of its own is still there.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/route_plan.h"
#include "tests/fuzz/fuzz.h"

struct host {
	struct route_seen *routes;
	size_t count, cap, own; /* OWN: so many, the first ones, are not ours */
	struct route *made;
	size_t made_count, made_cap;
};

static void add(struct host *h, const char *to, const char *via, bool is_address)
{
	struct route_seen s = { .is_address = is_address, .has_via = via };

	if (cidr_parse(to, &s.prefix, NULL) < 0 || (via && cidr_parse_address(via, &s.via, NULL) < 0))
		abort();
	h->routes = grow(h->routes, &h->cap, h->count + 1, sizeof(h->routes[0]));
	h->routes[h->count++] = s;
	h->own = h->count;
}

static void check_disk(const struct peers *p)
{
	char one[WIRE_NETWORK_DIGEST], other[WIRE_NETWORK_DIGEST];
	_cleanup_(buf_done) struct buf line = BUF_INIT;
	struct peers q = { 0 };

	peers_write(p, &line);
	if (peers_read(&q, line.data, line.len, NULL) < 0 || q.count != p->count)
		abort();
	peers_digest(p, one);
	peers_digest(&q, other);
	if (!str_eq(one, other))
		abort();
	peers_done(&q);
}

/* As the kernel and the record are after L was deleted. */
static void delete_all(struct host *h, const struct route_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		for (size_t k = h->own; k < h->count; k++)
			if (cidr_equal(&h->routes[k].prefix, &l->items[i].to)) {
				h->routes[k] = h->routes[--h->count];
				break;
			}
}

static void put_all(struct host *h, const struct route_list *l)
{
	delete_all(h, l);
	for (size_t i = 0; i < l->count; i++) {
		size_t own = h->own;

		h->routes = grow(h->routes, &h->cap, h->count + 1, sizeof(h->routes[0]));
		h->routes[h->count++] = (struct route_seen){
			.prefix = l->items[i].to, .via = l->items[i].via, .has_via = true
		};
		h->own = own;
	}
}

static void record(struct host *h, const struct route_list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		h->made = grow(h->made, &h->made_cap, h->made_count + 1, sizeof(h->made[0]));
		h->made[h->made_count++] = (struct route){ .to = l->items[i].to, .via = l->items[i].via };
	}
}

/* Plans and does it. Returns how much there was to do. */
static size_t plan_and_do(struct host *h, const struct peers *p)
{
	static const struct cidr own = { .family = 2 /* AF_INET */, .bytes = { 10, 244 }, .prefix = 23 };
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	const struct route_input in = {
		.peers = p,
		.self = "a",
		.own = &own,
		.kernel = h->routes,
		.kernel_count = h->count,
		.made = { h->made, h->made_count },
	};
	struct route_plan plan;

	route_plan(arena, &in, &plan);
	if (plan.problem_count > plan.peer_count)
		abort();
	route_problems_text(
		arena, plan.problems, plan.problem_count, plan.peer_count, str_or_empty(p->cluster_cidr));
	delete_all(h, &plan.remove);
	put_all(h, &plan.put);
	h->made_count = 0;
	record(h, &plan.stay);
	record(h, &plan.put);
	return plan.remove.count + plan.put.count;
}

static void take(struct host *h, struct peers *p, const char *line, size_t len)
{
	struct wire_message m = { 0 };

	if (wire_parse(line, len, &m, NULL) < 0)
		return;
	if (m.type == WIRE_NETWORK && (m.network->full || p->cluster_cidr)) {
		peers_take(p, m.network);
		if (peers_take(p, m.network))
			abort(); /* twice is as once */
		check_disk(p);
		plan_and_do(h, p);
		if (plan_and_do(h, p) > 0)
			abort();
	}
	wire_message_done(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_reader r;
	struct host h = { 0 };
	struct peers p = { 0 };
	const char *line;
	size_t len;

	add(&h, "127.0.0.0/8", NULL, true);
	add(&h, "192.0.2.0/24", NULL, false);
	add(&h, "10.244.128.0/17", "192.0.2.254", false);
	wire_reader_init(&r, 1 << 16);
	wire_reader_feed(&r, data, size);
	while (wire_reader_line(&r, &line, &len) > 0)
		take(&h, &p, line, len);
	wire_reader_done(&r);
	peers_done(&p);
	free(h.routes);
	free(h.made);
	return 0;
}
