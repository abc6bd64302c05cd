/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Nodes and their sessions. Each Node is reached as its manifest says (target_of); the implicit node is this host. What an
 * agent says goes into the world; what it is told leaves only after the drain made durable what it rests on.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/annotations.h"
#include "reconciler/apply_lines.h"
#include "reconciler/pintled_internal.h"

static struct world_node *find_node(const struct pintled_node *n)
{
	struct world_object *o = world_find(&n->pintled->world, KIND_NODE, NULL, n->name);

	return o ? world_node(o) : NULL;
}

static struct pintled_node *by_name(struct pintled *p, const char *name)
{
	return map_get(&p->nodes_by_name, name);
}

static void want_tell(struct pintled_node *n)
{
	struct pintled *p = n->pintled;

	if (n->to_tell)
		return;
	n->to_tell = true;
	p->to_tell = grow(p->to_tell, &p->tell_cap, p->tell_count + 1, sizeof(p->to_tell[0]));
	p->to_tell[p->tell_count++] = n;
}

/* --- what agents say ----------------------------------------------------------------------------------------------- */

/* A newer reconciler has been there: this one stops, it never outbids. */
static int fenced(struct pintled_node *n, int64_t term, const char *holder, struct trouble *why)
{
	struct err err = { 0 };

	log_error("node %s follows a reconciler with term %lld, %s; this one has term %lld and stops",
		n->name, (long long)term, str_empty(holder) ? "of an unknown holder" : holder,
		(long long)n->pintled->world.names.term);
	if (home_fence(n->pintled->home, (uint64_t)term, holder, &err) < 0)
		log_error("%s", err_text(&err));
	loop_stop(n->pintled->loop, 3);
	return trouble_set(why, -ESTALE, NULL, "a newer reconciler has taken over");
}

/* Since the last pass things may have been dropped: they are recorded by the next one. */
static struct control control_now(struct pintled *p)
{
	return (struct control){ .world = &p->world, .plan = &p->plan, .now = time_now() };
}

/* The agent is told as well, whose log is nearer to who upgrades it. */
static int other_version(struct pintled_node *n, const struct wire_hello *h, struct trouble *why)
{
	char text[512];

	node_session_version_text(n->name, h, text, sizeof(text));
	wire_write_error(agentlink_out(n->link), &(struct wire_error){ .code = "Version", .message = text });
	agentlink_send(n->link);
	return trouble_set(why, -EPROTO, TROUBLE_VERSION, "%s", text);
}

/* What the session's state says to a message, for the link: < 0 ends it, and why. */
static int judge(struct pintled_node *n, enum node_session_verdict verdict, const struct wire_hello *h,
	struct trouble *why)
{
	switch (verdict) {
	case NODE_SESSION_GOES_ON:
		want_tell(n);
		pintled_want_drain(n->pintled);
		return 0;
	case NODE_SESSION_OUT_OF_TURN:
		return trouble_set(why, -EPROTO, TROUBLE_BAD_MESSAGE, "the agent reports before its hello");
	case NODE_SESSION_OTHER_CLUSTER:
		return trouble_set(why, -EPERM, TROUBLE_WRONG_CLUSTER,
			"its agent belongs to another cluster, %s", h->cluster_id);
	case NODE_SESSION_OTHER_NODE:
		pintled_want_drain(n->pintled);
		return trouble_set(why, -EPERM, TROUBLE_DUPLICATE,
			"its agent is that of node %s, which is in git as well", h->node);
	case NODE_SESSION_OTHER_VERSION:
		return other_version(n, h, why);
	case NODE_SESSION_HIGHER_TERM:
		return fenced(n, h->term, h->holder, why);
	}
	return -EPROTO;
}

static int on_hello(struct pintled_node *n, const struct wire_hello *h, struct trouble *why)
{
	struct world_node *node = find_node(n);
	struct control c = control_now(n->pintled);
	int r;

	if (!node)
		return -ENOENT;
	r = judge(n, node_session_hello(&n->session, &c, n->pintled->home->cluster_id, node, h), h, why);
	if (r == 0)
		log_info("node %s: session with agent %s, which holds %zu pods", n->name,
			str_or_empty(h->agent), h->pods.count);
	return r;
}

static int on_report(struct pintled_node *n, const struct wire_report *r, struct trouble *why)
{
	struct world_node *node = find_node(n);
	struct control c = control_now(n->pintled);

	return node ? judge(n, node_session_report(&n->session, &c, node, r), NULL, why) : -EPROTO;
}

/* What an agent ends a session for, and what that is to its node. */
static const struct {
	const char *code, *reason;
} endings[] = {
	{ "WrongCluster", TROUBLE_WRONG_CLUSTER },
	{ "Version", TROUBLE_VERSION },
	{ "BadMessage", TROUBLE_BAD_MESSAGE },
	{ "NotWelcomed", TROUBLE_BAD_MESSAGE },
	{ "TooLong", TROUBLE_TOO_LONG },
};

static int on_error(struct pintled_node *n, const struct wire_error *e, struct trouble *why)
{
	/* One with a lower term has no reason to. */
	if (str_eq(e->code, "Fenced") && e->term.value >= n->pintled->world.names.term)
		return fenced(n, e->term.value, e->holder, why);
	for (size_t i = 0; i < ARRAY_LEN(endings); i++)
		if (str_eq(e->code, endings[i].code))
			return trouble_set(why, -EPROTO, endings[i].reason, "its agent says %s: %s", e->code,
				str_or_empty(e->message));
	log_warning(
		"node %s: its agent says %s: %s", n->name, str_or_empty(e->code), str_or_empty(e->message));
	return 0;
}

static int on_message(struct agentlink *l, const struct wire_message *m, struct trouble *why, void *arg)
{
	struct pintled_node *n = arg;

	if (n->pintled->stuck)
		return trouble_set(why, -EBUSY, NULL, "the tree's disk takes nothing");
	switch (m->type) {
	case WIRE_HELLO:
		return on_hello(n, m->hello, why);
	case WIRE_REPORT:
		return on_report(n, m->report, why);
	case WIRE_ERROR:
		return on_error(n, m->error, why);
	case WIRE_DATA:
	case WIRE_END:
		if (!pintled_measured(n, m) && n->pintled->readsock)
			readsock_answer(n->pintled->readsock, l, m);
		return 0;
	case WIRE_PAUSE:
	case WIRE_RESUME:
		if (n->pintled->readsock)
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
	if (n->session.greeted) /* else its hello was refused */
		node_session_end(&n->session, &c, node);
	pintled_want_drain(n->pintled);
}

static void on_drained(struct agentlink *l, void *arg)
{
	const struct pintled_node *n = arg;

	(void)l;
	if (n->pintled->readsock)
		readsock_link_drained(n->pintled->readsock);
}

/* Told with each try that fails: what is no news costs no pass. */
static void on_trouble(struct agentlink *l, const struct trouble *why, void *arg)
{
	struct pintled_node *n = arg;
	struct world_node *node = find_node(n);
	struct control c = control_now(n->pintled);

	(void)l;
	if (node && !n->pintled->stuck && control_node_trouble(&c, node, why->reason, why->message))
		pintled_want_drain(n->pintled);
}

/* --- what they are told ------------------------------------------------------------------------------------------------ */

static void tell(struct pintled_node *n, const struct world_node *node)
{
	const struct pintled *p = n->pintled;
	struct buf *out = agentlink_out(n->link);
	struct node_session_words words;

	node_session_tell(&n->session, &p->world, node, p->home->cluster_id, p->holder, n->apply, &words);
	if (words.welcome)
		wire_write_welcome(out, &words.welcome_body);
	if (words.network)
		agentlink_add(n->link, words.network->line);
	if (words.apply)
		apply_lines_write(out, words.apply, WIRE_LINE_MAX);
	if (words.reported.seq > 0)
		wire_write_reported(out, &words.reported);
	agentlink_send(n->link);
}

/*
 * Whom this pass may have something to say to: those that said something, those that are given something, those of whom it wrote
 * something (a subnet), and all of them where the pod network changed, or a commit comes into force: before the first one nothing is
 * said of the network.
 */
static void choose_told(struct pintled *p, const struct plan *plan)
{
	uint64_t network = network_generation(p->world.network);

	for (size_t i = 0; i < plan->apply_count; i++) {
		struct pintled_node *n = by_name(p, plan->applies[i].node->o.name);

		if (!n)
			continue;
		n->apply = &plan->applies[i].apply;
		want_tell(n);
	}
	for (size_t i = 0; i < plan->record_count; i++) {
		const struct plan_record *r = &plan->records[i];
		struct pintled_node *n = r->kind->id == KIND_NODE ? by_name(p, r->name) : NULL;

		if (n)
			want_tell(n);
	}
	if (p->network_told != network || p->next)
		for (size_t i = 0; i < p->node_count; i++)
			want_tell(p->nodes[i]);
	p->network_told = network;
}

void pintled_nodes_tell(struct pintled *p, const struct plan *plan)
{
	choose_told(p, plan);
	for (size_t i = 0; i < p->tell_count; i++) {
		struct pintled_node *n = p->to_tell[i];
		struct world_node *node = n->session.greeted ? find_node(n) : NULL;

		n->to_tell = false;
		if (node && agentlink_is_up(n->link))
			tell(n, node);
		n->apply = NULL;
	}
	p->tell_count = 0;
}

/* --- which there are ------------------------------------------------------------------------------------------------------ */

static const char *annotation(const struct world_node *n, const char *key)
{
	return n->o.origin ? string_map_get(&n->o.origin->object->meta->annotations, key) : NULL;
}

static bool is_local(const struct world_node *n)
{
	return !n->o.origin || str_eq(annotation(n, ANNOTATION_LOCAL), "true");
}

/* What the manifest does not say is left to ssh_config(5). */
static void by_child(const struct pintled *p, const struct world_node *n, const struct ssh_address *a,
	struct transport_target *ret)
{
	ret->kind = TRANSPORT_CHILD;
	ret->user = a->user;
	if (a->port == 22 && !str_ends(annotation(n, ANNOTATION_SSH), ":22"))
		ret->port = 0;
	ret->node = n->o.name;
	ret->home = p->home->dir;
	ret->config = p->home->config.ssh_config;
}

/* What is wrong with TEXT was said when the manifest was loaded. */
static bool ssh_target(const struct pintled *p, const struct world_node *n, struct arena *arena,
	struct transport_target *ret)
{
	struct ssh_address a;

	if (ssh_address_parse(arena, annotation(n, ANNOTATION_SSH), &a))
		return false;
	ret->kind = TRANSPORT_SSH;
	ret->user = a.user ? a.user : p->user;
	ret->host = a.host;
	ret->port = a.port;
	ret->host_keys = str_or_empty(annotation(n, ANNOTATION_SSH_HOST_KEY));
	ret->key = p->home->config.ssh_key;
	ret->agent = p->home->config.ssh_agent;
	ret->gate = p->handshakes;
	if (str_eq(annotation(n, ANNOTATION_TRANSPORT), "openssh"))
		by_child(p, n, &a, ret);
	return true;
}

/* How N is reached; false: not at all. Texts of RET are in ARENA, or longer there. */
static bool target_of(const struct pintled *p, const struct world_node *n, struct arena *arena,
	struct transport_target *ret)
{
	*ret = (struct transport_target){ .kind = TRANSPORT_UNIX, .owner = p->home->uid };
	if (is_local(n))
		ret->path = arena_printf(arena, "%s/run/agent.sock", p->home->dir);
	else if (annotation(n, ANNOTATION_SSH))
		return ssh_target(p, n, arena, ret);
	else if (p->agents)
		ret->path = arena_printf(arena, "%s/%s.sock", p->agents, n->o.name);
	return ret->path != NULL;
}

static void node_free(struct pintled_node *n)
{
	struct pintled *p = n->pintled;

	for (size_t i = 0; n->to_tell && i < p->tell_count; i++)
		if (p->to_tell[i] == n)
			p->to_tell[i--] = p->to_tell[--p->tell_count];
	if (n->link && n->pintled->readsock)
		readsock_link_down(n->pintled->readsock, n->link);
	agentlink_free(n->link);
	buf_done(&n->measured);
	free(n->name);
	free(n);
}

static void node_add(struct pintled *p, const char *name, const struct transport_target *target)
{
	struct pintled_node *n = xcalloc(1, sizeof(*n));
	struct err err = { 0 };
	struct agentlink_spec spec = {
		.node = name,
		.target = *target,
		.watches = p->sockets,
		.turns = target->kind == TRANSPORT_UNIX ? NULL : p->turns,
		.message = on_message,
		.down = on_down,
		.trouble = on_trouble,
		.drained = on_drained,
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
	map_put(&p->nodes_by_name, n->name, n);
}

/* The I-th node is not to be reached any more, or in another way. */
static void node_drop(struct pintled *p, size_t i)
{
	struct pintled_node *n = p->nodes[i];
	struct world_node *node = find_node(n);
	struct control c = control_now(p);

	if (node && n->session.greeted)
		node_session_end(&n->session, &c, node);
	map_remove(&p->nodes_by_name, n->name);
	node_free(n);
	p->nodes[i] = p->nodes[--p->node_count];
}

static void drop_unreachable(struct pintled *p, struct arena *arena)
{
	for (size_t i = p->node_count; i > 0; i--) {
		struct world_node *node = find_node(p->nodes[i - 1]);
		struct transport_target target;

		if (!node || !target_of(p, node, arena, &target) ||
			!agentlink_is_to(p->nodes[i - 1]->link, &target))
			node_drop(p, i - 1);
	}
}

static void say_no_address(struct pintled *p, struct world_node *n)
{
	struct control c = control_now(p);

	if (control_node_trouble(&c, n, TROUBLE_NO_ADDRESS,
		    "its manifest does not say how it is reached: pintle.dev/ssh (pintle node add), or "
		    "pintle.dev/local: \"true\" for this host"))
		pintled_want_drain(p);
}

void pintled_nodes_sync(struct pintled *p)
{
	_cleanup_(arena_freep) struct arena *arena = NULL;
	struct transport_target target;

	/* Only a commit changes how nodes are reached. */
	if (!p->next && p->nodes_known == p->world.of_kind[KIND_NODE].count)
		return;
	arena = arena_new(0);
	p->nodes_known = p->world.of_kind[KIND_NODE].count;
	drop_unreachable(p, arena);
	for (size_t i = 0; i < p->world.of_kind[KIND_NODE].count; i++) {
		struct world_object *o = p->world.of_kind[KIND_NODE].items[i];

		if (by_name(p, o->name))
			continue;
		if (target_of(p, world_node(o), arena, &target))
			node_add(p, o->name, &target);
		else
			say_no_address(p, world_node(o));
	}
}

void pintled_nodes_free(struct pintled *p)
{
	p->tell_count = 0;
	for (size_t i = 0; i < p->node_count; i++)
		node_free(p->nodes[i]);
	free(p->nodes);
	free(p->to_tell);
	map_done(&p->nodes_by_name);
	p->nodes = NULL;
	p->to_tell = NULL;
	p->node_count = p->tell_count = p->tell_cap = 0;
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
