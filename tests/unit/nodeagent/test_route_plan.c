/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/route_plan.h"

/* Words "SUBNET>VIA"; of the kernel also "address ADDRESS/N" as "@ADDRESS/N", and routes without a gateway "SUBNET". */
static struct cidr cidr(const char *text)
{
	struct cidr c;
	struct err err = { 0 };
	int r = strchr(text, '/') ? cidr_parse(text, &c, &err) : cidr_parse_address(text, &c, &err);

	if (r < 0)
		fail_msg("%s: %s", text, err_text(&err));
	return c;
}

/* Of an interface: with bits behind its prefix. */
static struct cidr interface_address(const char *text)
{
	char address[64];
	struct cidr c;

	snprintf(address, sizeof(address), "%.*s", (int)strcspn(text, "/"), text);
	c = cidr(address);
	c.prefix = (unsigned)atoi(strchr(text, '/') + 1);
	return c;
}

struct world {
	struct peers peers;
	struct route_seen kernel[32];
	struct route made[32];
	struct cidr own;
	struct route_input in;
};

static void add_peers(struct world *w, const char *words)
{
	_cleanup_(freep) char *copy = xstrdup(words);
	struct wire_network m = { .cluster_cidr = "10.0.0.0/8", .full = true };
	struct wire_network_node nodes[32];
	char *at = copy;

	m.nodes.items = nodes;
	for (char *word; (word = strsep(&at, " "));) {
		char *name = strsep(&word, "="), *subnet = strsep(&word, ">");

		if (*name != '\0')
			nodes[m.nodes.count++] = (struct wire_network_node){ name, subnet, word };
	}
	peers_take(&w->peers, &m);
}

static void add_kernel(struct world *w, const char *words)
{
	_cleanup_(freep) char *copy = xstrdup(words);
	char *at = copy;

	for (char *word; (word = strsep(&at, " "));) {
		struct route_seen *s = &w->kernel[w->in.kernel_count];
		char *prefix = strsep(&word, ">");

		if (*prefix == '\0')
			continue;
		w->in.kernel_count++;
		s->ifname = "eth0";
		s->is_address = *prefix == '@';
		s->prefix = s->is_address ? interface_address(prefix + 1) : cidr(prefix);
		s->has_via = word;
		if (word && *word != '\0')
			s->via = cidr(word);
	}
}

static void add_made(struct world *w, const char *words)
{
	_cleanup_(freep) char *copy = xstrdup(words);
	char *at = copy;

	w->in.made.items = w->made;
	for (char *word; (word = strsep(&at, " "));) {
		char *to = strsep(&word, ">");

		if (*to != '\0')
			w->made[w->in.made.count++] = (struct route){ .to = cidr(to), .via = cidr(word) };
	}
}

static void add_list(struct buf *out, const char *sign, const struct route_list *l)
{
	char to[CIDR_TEXT_MAX], via[CIDR_TEXT_MAX];

	for (size_t i = 0; i < l->count; i++) {
		cidr_format(&l->items[i].via, via);
		via[strcspn(via, "/")] = '\0';
		buf_addf(out, "%s%s%s>%s", out->len > 0 ? " " : "", sign, cidr_format(&l->items[i].to, to),
			via);
	}
}

/* "-removed +put =stays !name: text" */
static void format(const struct route_plan *p, struct buf *out)
{
	add_list(out, "-", &p->remove);
	add_list(out, "+", &p->put);
	add_list(out, "=", &p->stay);
	for (size_t i = 0; i < p->problem_count; i++)
		buf_addf(out, "%s!%s: %s", out->len > 0 ? " " : "", p->problems[i].name, p->problems[i].text);
}

/* This node is `me` and has 10.0.0.0/24 of 10.0.0.0/8. */
static const struct plan_case {
	const char *what, *peers, *kernel, *made, *want;
} cases[] = {
	{ "1: none but this one", "me=10.0.0.0/24>192.0.2.1", "", "", "" },
	{ "9: one is made", "me=10.0.0.0/24>192.0.2.1 b=10.0.1.0/24>192.0.2.2",
		"0.0.0.0/0>192.0.2.254 192.0.2.0/24", "", "+10.0.1.0/24>192.0.2.2" },
	{ "2: unreadable",
		"b=nonsense>192.0.2.2 c=10.0.2.0/24>somewhere d=fd00::/64>192.0.2.4 e=10.0.3.0/24>fd00::1",
		"", "",
		"!b: \"nonsense\" is not an IP prefix like 10.244.0.0/24 !c: \"somewhere\" is not an IP "
		"address "
		"!d: only IPv4 is supported yet !e: only IPv4 is supported yet" },
	{ "3: this node's", "b=10.0.0.0/23>192.0.2.2", "", "",
		"!b: 10.0.0.0/23 overlaps this node's 10.0.0.0/24" },
	{ "3: another's", "b=10.0.2.0/24>192.0.2.2 c=10.0.2.0/23>192.0.2.3 d=10.0.3.0/24>192.0.2.4", "", "",
		"+10.0.2.0/23>192.0.2.3 !b: 10.0.2.0/24 overlaps 10.0.2.0/23 of node c !d: 10.0.3.0/24 "
		"overlaps "
		"10.0.2.0/23 of node c" },
	{ "3: the same", "b=10.0.2.0/24>192.0.2.2 c=10.0.2.0/24>192.0.2.3", "", "",
		"+10.0.2.0/24>192.0.2.2 !c: 10.0.2.0/24 overlaps 10.0.2.0/24 of node b" },
	{ "4: it is there", "b=10.0.1.0/24>192.0.2.2", "10.0.1.0/24>192.0.2.2", "10.0.1.0/24>192.0.2.2",
		"=10.0.1.0/24>192.0.2.2" },
	{ "4: whatever came meanwhile", "b=10.0.1.0/24>192.0.2.2", "10.0.1.0/24>192.0.2.2 10.0.0.0/16",
		"10.0.1.0/24>192.0.2.2", "=10.0.1.0/24>192.0.2.2" },
	{ "it was made, and is not there", "b=10.0.1.0/24>192.0.2.2", "", "10.0.1.0/24>192.0.2.2",
		"+10.0.1.0/24>192.0.2.2" },
	{ "5: another address", "b=10.0.1.0/24>192.0.2.9", "10.0.1.0/24>192.0.2.2", "10.0.1.0/24>192.0.2.2",
		"+10.0.1.0/24>192.0.2.9" },
	{ "6: the host's very same", "b=10.0.1.0/24>192.0.2.2", "10.0.1.0/24>192.0.2.2", "", "" },
	{ "6: … beyond the pod network", "b=172.16.1.0/24>192.0.2.2", "172.16.1.0/24>192.0.2.2", "", "" },
	{ "7: by a router", "b=10.0.1.0/24>198.51.100.2", "10.0.0.0/8>192.0.2.254", "", "" },
	{ "7: by several routers", "b=10.0.1.0/24>198.51.100.2", "10.0.0.0/8>", "", "" },
	{ "7: just this one", "b=10.0.1.0/24>198.51.100.2", "10.0.1.0/24>192.0.2.254", "", "" },
	{ "7: to more than the pod network", "b=10.0.1.0/24>198.51.100.2", "8.0.0.0/6>192.0.2.254", "",
		"!b: 10.0.1.0/24 overlaps this host's route 8.0.0.0/6 on eth0" },
	{ "7: to less than the subnet", "b=10.0.2.0/23>198.51.100.2", "10.0.2.0/24>192.0.2.254", "",
		"!b: 10.0.2.0/23 overlaps this host's route 10.0.2.0/24 on eth0" },
	{ "7: and one in the way", "b=10.0.2.0/23>198.51.100.2", "10.0.0.0/8>192.0.2.254 10.0.2.0/24", "",
		"!b: 10.0.2.0/23 overlaps this host's route 10.0.2.0/24 on eth0" },
	{ "8: a network of the host", "b=10.0.1.0/24>192.0.2.2 c=10.0.2.0/24>192.0.2.3", "10.0.1.128/25", "",
		"+10.0.2.0/24>192.0.2.3 !b: 10.0.1.0/24 overlaps this host's route 10.0.1.128/25 on eth0" },
	{ "8: an address of the host", "b=10.0.1.0/24>192.0.2.2", "@10.0.1.7/32", "",
		"!b: 10.0.1.0/24 overlaps this host's address 10.0.1.7/32 on eth0" },
	{ "8: two of one address", "b=10.0.1.0/24>192.0.2.1", "@192.0.2.1/24 192.0.2.0/24", "",
		"!b: its address 192.0.2.1 is this host's too on eth0" },
	{ "pods of this node are in nobody's way", "b=10.0.1.0/24>192.0.2.2",
		"10.0.0.5/32 10.0.0.0/24 @10.0.0.1/24", "", "+10.0.1.0/24>192.0.2.2" },
	{ "10: it left", "c=10.0.2.0/24>192.0.2.3", "10.0.1.0/24>192.0.2.2 10.0.2.0/24>192.0.2.3",
		"10.0.2.0/24>192.0.2.3 10.0.1.0/24>192.0.2.2",
		"-10.0.1.0/24>192.0.2.2 =10.0.2.0/24>192.0.2.3" },
	{ "10: … and the host has put another in its place", "", "10.0.1.0/24>192.0.2.7",
		"10.0.1.0/24>192.0.2.2", "" },
	{ "10: not what the host made", "", "10.0.1.0/24>192.0.2.2 10.0.3.0/24", "", "" },
	{ "a subnet goes from one to another", "c=10.0.1.0/24>192.0.2.3", "10.0.1.0/24>192.0.2.2",
		"10.0.1.0/24>192.0.2.2", "+10.0.1.0/24>192.0.2.3" },
	{ "a subnet is split", "c=10.0.2.0/24>192.0.2.3 d=10.0.3.0/24>192.0.2.4", "10.0.2.0/23>192.0.2.2",
		"10.0.2.0/23>192.0.2.2",
		"-10.0.2.0/23>192.0.2.2 +10.0.2.0/24>192.0.2.3 +10.0.3.0/24>192.0.2.4" },
	{ "ours are no problem where they go", "b=10.0.0.0/24>192.0.2.2", "10.0.0.0/24>192.0.2.2",
		"10.0.0.0/24>192.0.2.2",
		"-10.0.0.0/24>192.0.2.2 !b: 10.0.0.0/24 overlaps this node's 10.0.0.0/24" },
};

static void plans(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct plan_case *c = &cases[i];
		_cleanup_(arena_freep) struct arena *arena = arena_new(0);
		_cleanup_(buf_done) struct buf text = BUF_INIT;
		struct world w = { .own = cidr("10.0.0.0/24") };
		struct route_plan plan;

		add_peers(&w, c->peers);
		add_kernel(&w, c->kernel);
		add_made(&w, c->made);
		w.in.peers = &w.peers;
		w.in.self = "me";
		w.in.own = &w.own;
		w.in.kernel = w.kernel;
		route_plan(arena, &w.in, &plan);
		format(&plan, &text);
		if (!str_eq(text.data, c->want))
			fail_msg("%s:\n     %s\nnot  %s", c->what, text.data, c->want);
		peers_done(&w.peers);
	}
}

/* Before the first welcome there is no subnet, no name, and nothing to do. */
static void knows_nothing(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct peers none = { 0 };
	struct route_plan plan;

	(void)state;
	route_plan(arena, &(struct route_input){ .peers = &none }, &plan);
	assert_int_equal(plan.put.count + plan.remove.count + plan.stay.count + plan.problem_count, 0);
}

static void what_people_read(void **state)
{
	static const struct {
		struct route_problem problems[8];
		size_t count;
		const char *text;
	} texts[] = {
		{ { { ROUTE_NO_GATEWAY, "b", "198.51.100.2", NULL } }, 1,
			"no route to the pods of 1 of 9 other nodes: b (198.51.100.2) is not on a network of "
			"this "
			"host: put the hosts on one network, or give the router between them a route to each "
			"node's "
			"pods, and this host one to all pods by way of it (ip route add 10.0.0.0/8 via "
			"ROUTER)" },
		{ { { ROUTE_NO_GATEWAY, "b", "198.51.100.2", NULL },
			  { ROUTE_TAKEN, "c", "192.0.2.3",
				  "10.0.2.0/24 overlaps this host's route 10.0.0.0/16" },
			  { ROUTE_NO_GATEWAY, "d", "198.51.100.4", NULL } },
			3,
			"no route to the pods of 3 of 9 other nodes: c: 10.0.2.0/24 overlaps this host's "
			"route "
			"10.0.0.0/16; b (198.51.100.2), d (198.51.100.4) are not on a network of this host: "
			"put the "
			"hosts on one network, or give the router between them a route to each node's pods, "
			"and this "
			"host one to all pods by way of it (ip route add 10.0.0.0/8 via ROUTER)" },
		{ { { ROUTE_TAKEN, "a", "", "x" }, { ROUTE_TAKEN, "b", "", "x" },
			  { ROUTE_TAKEN, "c", "", "x" }, { ROUTE_TAKEN, "d", "", "x" },
			  { ROUTE_TAKEN, "e", "", "x" }, { ROUTE_TAKEN, "f", "", "x" },
			  { ROUTE_TAKEN, "g", "", "x" } },
			7,
			"no route to the pods of 7 of 9 other nodes: a: x; b: x; c: x; d: x; e: x; and 2 "
			"more" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		_cleanup_(arena_freep) struct arena *arena = arena_new(0);

		assert_string_equal(
			route_problems_text(arena, texts[i].problems, texts[i].count, 9, "10.0.0.0/8"),
			texts[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plans),
		cmocka_unit_test(knows_nothing),
		cmocka_unit_test(what_people_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
