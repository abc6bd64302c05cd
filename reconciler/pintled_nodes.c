/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Nodes and their sessions. A node is reached when it is this host: the implicit node, or the Node that git marks
 * pintle.dev/local. What an agent says goes into the world; what it is told leaves only after the drain made durable
 * what it rests on.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/pintled_internal.h"

static struct world_node *find_node(const struct pintled_node *n)
{
	struct world_object *o = world_find(&n->pintled->world, KIND_NODE, NULL, n->name);

	return o ? world_node(o) : NULL;
}

/* --- what agents say ----------------------------------------------------------------------------------------------- */

/* A newer reconciler has been there: this one stops, it never outbids. */
static int fenced(struct pintled_node *n, int64_t term, const char *holder)
{
	log_error("node %s follows a reconciler with term %lld (%s); this one has %lld and stops", n->name,
		(long long)term, str_or_empty(holder), (long long)n->pintled->world.names.term);
	loop_stop(n->pintled->loop, 3);
	return -ESTALE;
}

/* Since the last pass things may have been dropped: they are recorded by the next one. */
static struct control control_now(struct pintled *p)
{
	return (struct control){ .world = &p->world, .plan = &p->plan, .now = time_now() };
}

/* The agent is told as well, whose log is nearer to who upgrades it. */
static void other_version(struct pintled_node *n, const struct wire_hello *h)
{
	char text[512];

	node_session_version_text(n->name, h, text, sizeof(text));
	log_error("node %s: %s", n->name, text);
	wire_write_error(agentlink_out(n->link), &(struct wire_error){ .code = "Version", .message = text });
	agentlink_send(n->link);
	pintled_want_drain(n->pintled);
}

/* What the session's state says to a message, for the link: < 0 ends it. */
static int judge(struct pintled_node *n, enum node_session_verdict verdict, const struct wire_hello *h)
{
	switch (verdict) {
	case NODE_SESSION_GOES_ON:
		pintled_want_drain(n->pintled);
		return 0;
	case NODE_SESSION_OUT_OF_TURN:
		return -EPROTO;
	case NODE_SESSION_OTHER_CLUSTER:
		log_error("node %s belongs to another cluster, %s", n->name, h->cluster_id);
		return -EPERM;
	case NODE_SESSION_OTHER_VERSION:
		other_version(n, h);
		return -EPROTO;
	case NODE_SESSION_HIGHER_TERM:
		return fenced(n, h->term, h->holder);
	}
	return -EPROTO;
}

static int on_hello(struct pintled_node *n, const struct wire_hello *h)
{
	struct world_node *node = find_node(n);
	struct control c = control_now(n->pintled);
	int r;

	if (!node)
		return -ENOENT;
	r = judge(n, node_session_hello(&n->session, &c, n->pintled->home->cluster_id, node, h), h);
	if (r == 0)
		log_info("node %s: session with agent %s, which holds %zu pods", n->name,
			str_or_empty(h->agent), h->pods.count);
	return r;
}

static int on_report(struct pintled_node *n, const struct wire_report *r)
{
	struct world_node *node = find_node(n);
	struct control c = control_now(n->pintled);

	return node ? judge(n, node_session_report(&n->session, &c, node, r), NULL) : -EPROTO;
}

static int on_error(struct pintled_node *n, const struct wire_error *e)
{
	if (str_eq(e->code, "Fenced"))
		return fenced(n, e->term.value, NULL);
	log_warning(
		"node %s: its agent says %s: %s", n->name, str_or_empty(e->code), str_or_empty(e->message));
	return 0;
}

static int on_message(struct agentlink *l, const struct wire_message *m, void *arg)
{
	struct pintled_node *n = arg;

	if (n->pintled->stuck)
		return -EBUSY;
	switch (m->type) {
	case WIRE_HELLO:
		return on_hello(n, m->hello);
	case WIRE_REPORT:
		return on_report(n, m->report);
	case WIRE_ERROR:
		return on_error(n, m->error);
	case WIRE_DATA:
	case WIRE_END:
		if (!pintled_measured(n, m) && n->pintled->readsock)
			readsock_answer(n->pintled->readsock, l, m);
		return 0;
	case WIRE_PING:
		wire_write_pong(agentlink_out(l));
		agentlink_send(l);
		return 0;
	case WIRE_UNKNOWN: {
		const struct wire_error e = { .code = "UnknownType", .message = m->type_name };

		wire_write_error(agentlink_out(l), &e);
		agentlink_send(l);
		return 0;
	}
	case WIRE_APPLIED:
	case WIRE_PONG:
	case WIRE_WELCOME:
	case WIRE_APPLY:
	case WIRE_REPORTED:
	case WIRE_NETWORK:
	case WIRE_REQUEST:
	case WIRE_CANCEL:
	case WIRE_PAUSE:
	case WIRE_RESUME:
	case WIRE_TYPE_COUNT:
		return 0;
	}
	return 0;
}

static void on_down(struct agentlink *l, const char *why, void *arg)
{
	struct pintled_node *n = arg;
	struct world_node *node = find_node(n);
	struct control c = control_now(n->pintled);

	(void)why;
	n->measuring = false;
	if (n->pintled->readsock)
		readsock_link_down(n->pintled->readsock, l);
	node_session_end(&n->session, &c, node);
	pintled_want_drain(n->pintled);
}

/* --- what they are told ------------------------------------------------------------------------------------------------ */

static const struct wire_apply *apply_of(const struct world_node *node, const struct plan *plan)
{
	for (size_t i = 0; i < plan->apply_count; i++)
		if (plan->applies[i].node == node)
			return &plan->applies[i].apply;
	return NULL;
}

static void tell(struct pintled_node *n, const struct world_node *node, const struct plan *plan)
{
	const struct pintled *p = n->pintled;
	struct buf *out = agentlink_out(n->link);
	struct node_session_words words;

	node_session_tell(
		&n->session, &p->world, node, p->home->cluster_id, p->holder, apply_of(node, plan), &words);
	if (words.welcome)
		wire_write_welcome(out, &words.welcome_body);
	if (words.network)
		buf_add(out, words.network->line.data, words.network->line.len);
	if (words.apply)
		wire_write_apply(out, words.apply);
	if (words.reported > 0)
		wire_write_reported(out, &(struct wire_reported){ .seq = words.reported });
	agentlink_send(n->link);
}

void pintled_nodes_tell(struct pintled *p, const struct plan *plan)
{
	for (size_t i = 0; i < p->node_count; i++) {
		struct pintled_node *n = p->nodes[i];
		struct world_node *node = find_node(n);

		if (node && n->session.greeted && agentlink_is_up(n->link))
			tell(n, node, plan);
	}
}

/* --- which there are ------------------------------------------------------------------------------------------------------ */

static bool is_local(const struct world_node *n)
{
	if (!n->o.origin)
		return true;
	return str_eq(string_map_get(&n->o.origin->object->meta->annotations, "pintle.dev/local"), "true");
}

static struct pintled_node *by_name(struct pintled *p, const char *name)
{
	for (size_t i = 0; i < p->node_count; i++)
		if (str_eq(p->nodes[i]->name, name))
			return p->nodes[i];
	return NULL;
}

static void node_free(struct pintled_node *n)
{
	if (n->link && n->pintled->readsock)
		readsock_link_down(n->pintled->readsock, n->link);
	agentlink_free(n->link);
	buf_done(&n->measured);
	free(n->name);
	free(n);
}

static void node_add(struct pintled *p, const char *name)
{
	_cleanup_(freep) char *path = home_path(p->home, "run/agent.sock");
	struct pintled_node *n = xcalloc(1, sizeof(*n));
	struct err err = { 0 };
	struct agentlink_spec spec = {
		.node = name,
		.path = path,
		.owner = p->home->uid,
		.message = on_message,
		.down = on_down,
		.arg = n,
	};

	n->pintled = p;
	n->name = xstrdup(name);
	if (agentlink_new(p->loop, &spec, &n->link, &err) < 0) {
		log_error("%s", err_text(&err));
		node_free(n);
		return;
	}
	p->nodes = grow(p->nodes, &p->node_cap, p->node_count + 1, sizeof(p->nodes[0]));
	p->nodes[p->node_count++] = n;
}

static void drop_unreachable(struct pintled *p)
{
	for (size_t i = p->node_count; i > 0; i--) {
		struct world_node *node = find_node(p->nodes[i - 1]);

		if (node && is_local(node))
			continue;
		node_free(p->nodes[i - 1]);
		p->nodes[i - 1] = p->nodes[--p->node_count];
	}
}

void pintled_nodes_sync(struct pintled *p)
{
	drop_unreachable(p);
	for (size_t i = 0; i < p->world.of_kind[KIND_NODE].count; i++) {
		struct world_object *o = p->world.of_kind[KIND_NODE].items[i];

		/* One agent listens on this host's socket: the first local node is it. */
		if (is_local(world_node(o)) && p->node_count == 0 && !by_name(p, o->name))
			node_add(p, o->name);
	}
}

void pintled_nodes_free(struct pintled *p)
{
	for (size_t i = 0; i < p->node_count; i++)
		node_free(p->nodes[i]);
	free(p->nodes);
	p->nodes = NULL;
	p->node_count = 0;
}

/* --- requests of readers ---------------------------------------------------------------------------------------------------- */

static struct agentlink *link_of(struct pintled *p, const char *node, const char **ret_why)
{
	struct pintled_node *n = by_name(p, node);

	*ret_why = "there is no session with the node's agent";
	return n && n->session.welcomed && agentlink_is_up(n->link) ? n->link : NULL;
}

struct agentlink *pintled_route(const struct wire_params *params, const char **ret_why, void *arg)
{
	struct pintled *p = arg;
	struct world_object *o;

	if (p->stuck) {
		*ret_why = "the tree's disk takes nothing: see pintle status";
		return NULL;
	}
	if (str_empty(params->pod)) {
		*ret_why = "there is no session with an agent";
		return p->node_count > 0 ? link_of(p, p->nodes[0]->name, ret_why) : NULL;
	}
	o = world_find(&p->world, KIND_POD, str_empty(params->namespace) ? "default" : params->namespace,
		params->pod);
	if (!o || !world_pod(o)->node) {
		*ret_why = o ? "the pod has no node yet" : "there is no such pod";
		return NULL;
	}
	return link_of(p, world_pod(o)->node->o.name, ret_why);
}
