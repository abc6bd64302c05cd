/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "tests/sim/net.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "tests/sim/fleet.h"
#include "tests/sim/host.h"

struct net {
	struct session **by_node; /* [node_count]: lists */
	struct session *over;     /* those that nothing comes of any more; events may still name them */
	unsigned node_count;
	struct rng rng;
};

struct net *net_new(struct sim *s)
{
	struct net *n = xcalloc(1, sizeof(*n));

	n->node_count = s->script->node_count;
	n->by_node = xcalloc(n->node_count, sizeof(n->by_node[0]));
	n->rng = rng_of(s->o->seed, 3, 0);
	return n;
}

static void lane_clear(struct lane *lane)
{
	while (lane->first) {
		struct letter *l = lane->first;

		lane->first = l->next;
		letter_free(l);
	}
	lane->last = NULL;
}

static void session_free(struct session *c)
{
	lane_clear(&c->lanes[0]);
	lane_clear(&c->lanes[1]);
	free(c->gone);
	free(c->gone_seq);
	free(c);
}

static void list_free(struct session *c)
{
	while (c) {
		struct session *next = c->next;

		session_free(c);
		c = next;
	}
}

void net_free(struct net *n)
{
	for (unsigned i = 0; i < n->node_count; i++)
		list_free(n->by_node[i]);
	list_free(n->over);
	free(n->by_node);
	free(n);
}

struct session *net_sessions(const struct sim *s, unsigned node)
{
	return s->net->by_node[node];
}

static bool is_over(const struct session *c)
{
	return !c->open[0] && !c->open[1] && !c->lanes[0].first && !c->lanes[1].first;
}

static void put_aside(struct net *n, unsigned node)
{
	struct session **at = &n->by_node[node];

	while (*at) {
		struct session *c = *at;

		if (!is_over(c)) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		c->next = n->over;
		n->over = c;
	}
}

struct session *net_connect(struct sim *s, unsigned host, unsigned node)
{
	struct session *c = xcalloc(1, sizeof(*c));

	put_aside(s->net, node);
	*c = (struct session){
		.host = host, .node = node, .open = { true, true }, .next = s->net->by_node[node]
	};
	for (int i = 0; i < 2; i++)
		c->lanes[i] = (struct lane){ .session = c, .to = (enum end)i };
	s->net->by_node[node] = c;
	return c;
}

/* --- letters ---------------------------------------------------------------------------------------------- */

static struct agent *agent_of(const struct sim *s, const struct session *c)
{
	return &s->fleet->agents[c->node];
}

static nsec_t delay(struct sim *s, const struct agent *a)
{
	nsec_t d = rng_range(&s->net->rng, 50, 3000) * NSEC_PER_USEC;

	return a->slow_until > s->now ? d * a->slow : d;
}

static void schedule(struct sim *s, struct lane *lane)
{
	nsec_t at = s->now + delay(s, agent_of(s, lane->session));

	if (at <= lane->last_at)
		at = lane->last_at + 1;
	lane->last_at = at;
	sim_at_item(s, at, EVENT_LETTER, 0, lane, 0);
}

void net_send(struct sim *s, struct session *c, enum end to, struct letter *l)
{
	struct lane *lane = &c->lanes[to];

	if (!c->open[to] && l->type != LETTER_CLOSED) {
		letter_free(l);
		return;
	}
	if (lane->last)
		lane->last->next = l;
	else
		lane->first = l;
	lane->last = l;
	schedule(s, lane);
}

static void hand_over(struct sim *s, struct session *c, enum end to, const struct letter *l)
{
	struct buf text = BUF_INIT;

	s->result->letters++;
	if (s->o->trace) {
		letter_format(l, &text);
		sim_trace(s, to == END_AGENT ? "host %u > node-%u: %s" : "host %u < node-%u: %s", c->host,
			c->node, text.data);
		buf_done(&text);
	}
	if (l->type == LETTER_CLOSED) {
		c->open[to] = false;
		if (to == END_AGENT)
			fleet_lost(s, c);
		else
			host_lost(s, s->hosts[c->host], c);
	} else if (to == END_AGENT) {
		fleet_take(s, c, l);
	} else {
		host_take(s, s->hosts[c->host], c, l);
	}
}

static bool ready_to_take(const struct sim *s, const struct session *c, enum end to)
{
	const struct agent *a = agent_of(s, c);

	return !agent_is_cut(s, a) && (to == END_HOST ? !s->hosts[c->host]->still : a->runs);
}

void net_on_letter(struct sim *s, struct lane *lane)
{
	struct session *c = lane->session;
	struct letter *l = lane->first;

	if (!l || (c->open[lane->to] && !ready_to_take(s, c, lane->to)))
		return; /* held back: net_heal */
	lane->first = l->next;
	if (!lane->first)
		lane->last = NULL;
	if (c->open[lane->to]) {
		hand_over(s, c, lane->to, l);
		if (agent_of(s, c)->echo_until > s->now && l->type != LETTER_HELLO &&
			l->type != LETTER_CLOSED && c->open[lane->to])
			hand_over(s, c, lane->to, l);
	}
	letter_free(l);
}

/* --- ends ------------------------------------------------------------------------------------------------------- */

static enum end other(enum end e)
{
	return e == END_HOST ? END_AGENT : END_HOST;
}

void net_close(struct sim *s, struct session *c, enum end from, bool lost)
{
	enum end to = other(from);

	if (!c->open[from])
		return;
	c->open[from] = false;
	lane_clear(&c->lanes[from]);
	if (!c->open[to])
		return;
	/* What was on its way is lost with the connection, but for bytes that the other end has and has not read. */
	if (agent_of(s, c)->late_until <= s->now)
		lane_clear(&c->lanes[to]);
	else
		c->lanes[to].last_at += rng_range(&s->net->rng, 0, 20000) * NSEC_PER_MSEC;
	if (lost)
		sim_at_item(
			s, s->now + rng_range(&s->net->rng, 10, 30) * NSEC_PER_SEC, EVENT_NOTICE, to, c, 1);
	else
		net_send(s, c, to, letter_new(LETTER_CLOSED));
}

void net_doubt(struct sim *s, unsigned node)
{
	for (struct session *c = net_sessions(s, node); c; c = c->next)
		for (int e = 0; e < 2; e++)
			if (c->open[e])
				sim_at_item(s, s->now + rng_range(&s->net->rng, 10, 40) * NSEC_PER_SEC,
					EVENT_NOTICE, (unsigned)e, c, 0);
}

/* GENERATION 1: the other end is gone for sure; 0: unless the node is reached again by now. */
void net_on_notice(struct sim *s, struct session *c, enum end who, uint64_t generation)
{
	if (!c->open[who] || (generation == 0 && !agent_is_cut(s, agent_of(s, c))))
		return;
	net_close(s, c, who, true);
	if (who == END_AGENT)
		fleet_lost(s, c);
	else
		host_lost(s, s->hosts[c->host], c);
}

void net_heal(struct sim *s, unsigned node)
{
	for (struct session *c = net_sessions(s, node); c; c = c->next)
		for (int e = 0; e < 2; e++)
			for (struct letter *l = c->lanes[e].first; l; l = l->next)
				schedule(s, &c->lanes[e]);
}
