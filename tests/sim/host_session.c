/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What a reconciler hears of agents, and tells them. */
#include "tests/sim/host_private.h"

#include "lib/base/mutant.h"
#include "tests/sim/fleet.h"
#include "tests/sim/oracle.h"

#define RETRY_FIRST (100 * NSEC_PER_MSEC)
#define RETRY_MAX (5 * NSEC_PER_SEC)

static struct control control_now(struct sim *s, struct host *h)
{
	return (struct control){ .world = &h->world, .plan = &h->plan, .now = s->now };
}

static struct world_node *node_of(struct sim *s, struct host *h, unsigned node)
{
	struct world_object *o = world_find(&h->world, KIND_NODE, NULL, s->fleet->agents[node].name);

	return o ? world_node(o) : NULL;
}

void host_try_connect(struct sim *s, struct host *h, unsigned node)
{
	struct host_link *l = &h->links[node];

	if (l->trying)
		return;
	l->trying = true;
	queue_put(&s->queue, (struct due){ .at = s->now + l->pause,
				     .type = EVENT_CONNECT,
				     .a = h->index,
				     .b = node,
				     .generation = h->generation });
	l->pause = l->pause == 0 ? RETRY_FIRST : l->pause * 2 < RETRY_MAX ? l->pause * 2 : RETRY_MAX;
}

void host_on_connect(struct sim *s, struct host *h, unsigned node, uint64_t generation)
{
	struct agent *a = &s->fleet->agents[node];
	struct host_link *l = &h->links[node];

	if (generation != h->generation || !h->runs)
		return;
	l->trying = false;
	if (l->session)
		return;
	if (h->still || !a->runs || agent_is_cut(s, a) || !node_of(s, h, node)) {
		host_try_connect(s, h, node);
		return;
	}
	l->session = net_connect(s, h->index, node);
	fleet_connected(s, l->session);
}

void host_lost(struct sim *s, struct host *h, struct session *c)
{
	struct host_link *l = &h->links[c->node];
	struct control control = control_now(s, h);

	if (!h->runs || l->session != c)
		return;
	if (l->state.greeted)
		node_session_end(&l->state, &control, node_of(s, h, c->node));
	*l = (struct host_link){ .trying = l->trying, .pause = l->pause, .lost = s->now };
	host_try_connect(s, h, c->node);
	host_want_drain(s, h);
}

static void drop(struct sim *s, struct host *h, struct session *c)
{
	net_close(s, c, END_HOST, false);
	host_lost(s, h, c);
}

static void judge(struct sim *s, struct host *h, struct session *c, enum node_session_verdict verdict)
{
	switch (verdict) {
	case NODE_SESSION_GOES_ON:
		host_want_drain(s, h);
		return;
	case NODE_SESSION_OUT_OF_TURN:
	case NODE_SESSION_OTHER_CLUSTER:
	case NODE_SESSION_OTHER_NODE:
	case NODE_SESSION_OTHER_VERSION:
		drop(s, h, c);
		return;
	case NODE_SESSION_HIGHER_TERM:
		host_stop(s, h);
		return;
	}
}

static void acknowledge(struct sim *s, struct host *h, unsigned node, const struct wire_reported *r)
{
	struct letter *l = letter_new(LETTER_REPORTED);

	l->number = r->seq;
	l->tree_version = r->tree_version;
	oracle_acknowledged(s, h, node, r->seq);
	net_send(s, h->links[node].session, END_AGENT, l);
}

static void take(
	struct sim *s, struct host *h, struct session *c, const struct letter *l, struct arena *arena)
{
	struct host_link *link = &h->links[c->node];
	struct control control = control_now(s, h);
	struct world_node *n = node_of(s, h, c->node);

	if (!n)
		drop(s, h, c);
	else if (l->type == LETTER_HELLO) {
		judge(s, h, c,
			node_session_hello(
				&link->state, &control, host_cluster_id, n, letter_hello(l, arena)));
		oracle_term_seen(s, h, l->term);
		host_pauses_at(s, h, PAUSE_HELLO);
	} else if (l->type == LETTER_REPORT) {
		if (link->state.greeted)
			oracle_told(s, h, c->node, l);
		link->lost = NSEC_NEVER;
		if (MUTANT(10))
			acknowledge(s, h, c->node, &(struct wire_reported){ .seq = l->number });
		judge(s, h, c, node_session_report(&link->state, &control, n, letter_report(l, arena)));
	} else if (l->type == LETTER_FENCED)
		host_stop(s, h);
}

void host_take(struct sim *s, struct host *h, struct session *c, const struct letter *l)
{
	struct arena *arena;

	if (!h->runs || h->links[c->node].session != c)
		return;
	h->links[c->node].pause = 0;
	arena = arena_new(4096);
	take(s, h, c, l, arena);
	arena_free(arena);
}

void host_tell(struct sim *s, struct host *h, unsigned node, const struct wire_apply *apply)
{
	struct host_link *l = &h->links[node];
	struct world_node *n = node_of(s, h, node);
	struct node_session_words words;

	if (!n || !l->session || !l->state.greeted)
		return;
	node_session_tell(&l->state, &h->world, n, host_cluster_id, h->holder, apply, &words);
	if (words.welcome)
		net_send(s, l->session, END_AGENT, letter_of_welcome(&words.welcome_body, s->o->wire));
	if (words.network) {
		oracle_network_told(s, h, &words.network->body);
		net_send(s, l->session, END_AGENT, letter_of_network(words.network));
	}
	if (words.apply)
		net_send(s, l->session, END_AGENT, letter_of_apply(words.apply, s->o->wire));
	if (words.reported.seq > 0)
		acknowledge(s, h, node, &words.reported);
}
