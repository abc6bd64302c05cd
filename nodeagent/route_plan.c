/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What is wanted and what was made are both sorted by subnet and walked once. The host's own routes are few; they are looked
 * through for each route that is yet to be made.
 */
#include "nodeagent/route_plan.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"

enum { NAMES_MAX = 5 /* of nodes with the same trouble */ };

struct planning {
	struct arena *arena;
	const struct route_input *in;
	struct route_plan *out;
	struct cidr cluster;
	bool has_cluster;
	struct route_list wanted, ours;   /* ours: made, and there */
	const struct route_seen **theirs; /* [their_count] */
	size_t their_count;
};

static void problem(
	struct planning *p, enum route_trouble trouble, const struct wire_network_node *n, const char *text)
{
	p->out->problems[p->out->problem_count++] = (struct route_problem){
		.trouble = trouble, .name = n->name, .address = n->address, .text = text
	};
}

static int by_subnet(const void *a, const void *b)
{
	const struct route *x = a, *y = b;
	int r = cidr_cmp(&x->to, &y->to);

	if (r == 0)
		r = cidr_cmp(&x->via, &y->via);
	return r ? r : str_cmp(x->node ? x->node->name : NULL, y->node ? y->node->name : NULL);
}

static void sort(struct route_list *l)
{
	if (l->count > 1)
		qsort(l->items, l->count, sizeof(l->items[0]), by_subnet);
}

/* --- what is wanted ------------------------------------------------------------------------------------ */

static const char *subnet_text(struct planning *p, const struct cidr *c)
{
	char text[CIDR_TEXT_MAX];

	return arena_strdup(p->arena, cidr_format(c, text));
}

/* Cases 2 and 3 (its own subnet). False: no route to it is wanted. */
static bool want(struct planning *p, const struct wire_network_node *n, struct route *ret)
{
	struct err err = { 0 };

	*ret = (struct route){ .node = n };
	if (cidr_parse(n->pod_cidr, &ret->to, &err) < 0 ||
		cidr_parse_address(n->address, &ret->via, &err) < 0) {
		problem(p, ROUTE_UNREADABLE, n, arena_strdup(p->arena, err_text(&err)));
		return false;
	}
	if (ret->to.family != AF_INET || ret->via.family != AF_INET) {
		problem(p, ROUTE_UNREADABLE, n, "only IPv4 is supported yet");
		return false;
	}
	if (p->in->own && cidr_overlaps(&ret->to, p->in->own)) {
		problem(p, ROUTE_OVERLAPS, n,
			arena_printf(p->arena, "%s overlaps this node's %s", n->pod_cidr,
				subnet_text(p, p->in->own)));
		return false;
	}
	return true;
}

/* Case 3, others. What contains another stands before it. */
static void leave_out_overlaps(struct planning *p)
{
	struct route_list *l = &p->wanted;
	size_t left = 0;

	for (size_t i = 0; i < l->count; i++) {
		const struct route *before = left > 0 ? &l->items[left - 1] : NULL;

		if (!before || !cidr_overlaps(&before->to, &l->items[i].to)) {
			l->items[left++] = l->items[i];
			continue;
		}
		problem(p, ROUTE_OVERLAPS, l->items[i].node,
			arena_printf(p->arena, "%s overlaps %s of node %s", subnet_text(p, &l->items[i].to),
				subnet_text(p, &before->to), before->node->name));
	}
	l->count = left;
}

static void list_wanted(struct planning *p)
{
	const struct peers *peers = p->in->peers;

	p->wanted.items = arena_array(p->arena, peers->count, sizeof(p->wanted.items[0]));
	for (size_t i = 0; i < peers->count; i++) {
		const struct wire_network_node *n = &peers->items[i].said;

		if (str_eq(n->name, p->in->self))
			continue;
		p->out->peer_count++;
		if (want(p, n, &p->wanted.items[p->wanted.count]))
			p->wanted.count++;
	}
	sort(&p->wanted);
	leave_out_overlaps(p);
}

/* --- what is there --------------------------------------------------------------------------------------- */

static bool is_made(const struct route_list *made, const struct route_seen *s)
{
	const struct route key = { .to = s->prefix, .via = s->via };

	return !s->is_address && s->has_via && made->count > 0 &&
	       bsearch(&key, made->items, made->count, sizeof(made->items[0]), by_subnet);
}

static void list_there(struct planning *p)
{
	const struct route_input *in = p->in;
	struct route_list made = { arena_array(p->arena, in->made.count, sizeof(made.items[0])), 0 };

	for (; made.count < in->made.count; made.count++)
		made.items[made.count] = (struct route){ .to = in->made.items[made.count].to,
			.via = in->made.items[made.count].via };
	sort(&made);
	p->ours.items = arena_array(p->arena, in->kernel_count, sizeof(p->ours.items[0]));
	p->theirs = arena_array(p->arena, in->kernel_count, sizeof(p->theirs[0]));
	for (size_t i = 0; i < in->kernel_count; i++) {
		const struct route_seen *s = &in->kernel[i];

		if (is_made(&made, s))
			p->ours.items[p->ours.count++] = (struct route){ .to = s->prefix, .via = s->via };
		else if ((s->is_address || s->prefix.prefix > 0) &&
			 !(in->own && cidr_contains(in->own, &s->prefix)))
			p->theirs[p->their_count++] = s;
	}
	sort(&p->ours);
}

/* --- both ------------------------------------------------------------------------------------------------- */

/* Cases 6 and 7. */
static bool leads_there(const struct planning *p, const struct route_seen *s, const struct route *r)
{
	if (s->is_address || !s->has_via)
		return false;
	if (cidr_equal(&s->prefix, &r->to) && cidr_equal(&s->via, &r->via))
		return true;
	return p->has_cluster && cidr_contains(&p->cluster, &s->prefix) && cidr_contains(&s->prefix, &r->to);
}

/* Case 8: what of S is in the way of R, or NULL. */
static const char *in_the_way(struct planning *p, const struct route_seen *s, const struct route *r)
{
	const char *on = str_empty(s->ifname) ? "" : " on ", *name = str_or_empty(s->ifname);

	if (s->is_address && memcmp(s->prefix.bytes, r->via.bytes, sizeof(s->prefix.bytes)) == 0)
		return arena_printf(
			p->arena, "its address %s is this host's too%s%s", r->node->address, on, name);
	if (!cidr_overlaps(&s->prefix, &r->to) || leads_there(p, s, r))
		return NULL;
	return arena_printf(p->arena, "%s overlaps this host's %s %s%s%s", subnet_text(p, &r->to),
		s->is_address ? "address" : "route", subnet_text(p, &s->prefix), on, name);
}

/* Cases 6 to 9: R is neither there nor was it made. */
static void meet_host(struct planning *p, const struct route *r)
{
	bool served = false;

	for (size_t i = 0; i < p->their_count; i++) {
		const char *text = in_the_way(p, p->theirs[i], r);

		if (text) {
			problem(p, ROUTE_TAKEN, r->node, text);
			return;
		}
		served |= cidr_overlaps(&p->theirs[i]->prefix, &r->to);
	}
	if (!served)
		p->out->put.items[p->out->put.count++] = *r;
}

/* Which of the two lists is behind at W and O? < 0: wanted; 0: neither; > 0: ours. */
static int behind(const struct planning *p, size_t w, size_t o)
{
	if (w == p->wanted.count)
		return 1;
	return o == p->ours.count ? -1 : cidr_cmp(&p->wanted.items[w].to, &p->ours.items[o].to);
}

/* Both lists in step. (Of ours there are two to one subnet where somebody gave one of them another metric.) */
static void walk(struct planning *p)
{
	struct route_plan *out = p->out;
	size_t w = 0, o = 0;

	while (w < p->wanted.count || o < p->ours.count) {
		int r = behind(p, w, o);

		if (r < 0)
			meet_host(p, &p->wanted.items[w]);
		else if (r > 0)
			out->remove.items[out->remove.count++] = p->ours.items[o];
		else if (cidr_equal(&p->wanted.items[w].via, &p->ours.items[o].via))
			out->stay.items[out->stay.count++] = p->wanted.items[w];
		else
			out->put.items[out->put.count++] = p->wanted.items[w];
		w += r <= 0;
		o += r >= 0;
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct route_problem *)a)->name, ((const struct route_problem *)b)->name);
}

void route_plan(struct arena *arena, const struct route_input *in, struct route_plan *ret)
{
	struct planning p = { .arena = arena, .in = in, .out = ret };

	*ret = (struct route_plan){ 0 };
	ret->problems = arena_array(arena, in->peers->count, sizeof(ret->problems[0]));
	p.has_cluster = in->peers->cluster_cidr && cidr_parse(in->peers->cluster_cidr, &p.cluster, NULL) == 0;
	list_wanted(&p);
	list_there(&p);
	ret->put.items = arena_array(arena, p.wanted.count, sizeof(ret->put.items[0]));
	ret->stay.items = arena_array(arena, p.wanted.count, sizeof(ret->stay.items[0]));
	ret->remove.items = arena_array(arena, p.ours.count, sizeof(ret->remove.items[0]));
	walk(&p);
	if (ret->problem_count > 1)
		qsort(ret->problems, ret->problem_count, sizeof(ret->problems[0]), by_name);
}

/* --- for people --------------------------------------------------------------------------------------------- */

/* The nodes that are not on a network of this host, in one sentence. */
static void add_no_gateway(
	struct buf *out, const struct route_problem *problems, size_t count, const char *cluster_cidr)
{
	size_t named = 0;

	for (size_t i = 0; i < count; i++) {
		if (problems[i].trouble != ROUTE_NO_GATEWAY)
			continue;
		if (named < NAMES_MAX)
			buf_addf(out, "%s%s (%s)", named > 0 ? ", " : "", problems[i].name,
				problems[i].address);
		named++;
	}
	if (named > NAMES_MAX)
		buf_addf(out, " and %zu more", named - NAMES_MAX);
	buf_addf(out,
		"%s not on a network of this host: put the hosts on one network, or give the router between "
		"them "
		"a route to each node's pods, and this host one to all pods by way of it (ip route add %s "
		"via ROUTER)",
		named == 1 ? " is" : " are", cluster_cidr);
}

const char *route_problems_text(struct arena *arena, const struct route_problem *problems, size_t count,
	size_t peer_count, const char *cluster_cidr)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	size_t others = 0, far = 0;

	buf_addf(&out, "no route to the pods of %zu of %zu other node%s: ", count, peer_count,
		peer_count == 1 ? "" : "s");
	for (size_t i = 0; i < count; i++) {
		if (problems[i].trouble == ROUTE_NO_GATEWAY) {
			far++;
			continue;
		}
		if (others < NAMES_MAX)
			buf_addf(
				&out, "%s%s: %s", others > 0 ? "; " : "", problems[i].name, problems[i].text);
		others++;
	}
	if (others > NAMES_MAX)
		buf_addf(&out, "; and %zu more", others - NAMES_MAX);
	if (far > 0 && others > 0)
		buf_adds(&out, "; ");
	if (far > 0)
		add_no_gateway(&out, problems, count, cluster_cidr);
	return arena_strdup(arena, out.data);
}
