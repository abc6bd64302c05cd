/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/agentlink_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/backoff.h"

/* The longest are well below the 40 seconds after which a node counts as lost: one that is back is heard of in time. */
static const struct {
	nsec_t first, most; /* between attempts */
} pauses[TRANSPORT_KINDS] = {
	[TRANSPORT_UNIX] = { 50 * NSEC_PER_MSEC, 2 * NSEC_PER_SEC },
	[TRANSPORT_SSH] = { 500 * NSEC_PER_MSEC, 15 * NSEC_PER_SEC },
	[TRANSPORT_CHILD] = { 500 * NSEC_PER_MSEC, 15 * NSEC_PER_SEC },
};

/* --- ending and trying again ---------------------------------------------------------------------------------- */

static void close_session(struct agentlink *l)
{
	gate_leave(&l->turn);
	l->transport = transport_free(l->transport);
	wire_reader_done(&l->reader);
	wire_reader_init(&l->reader, 0);
	outbox_clear(&l->out);
	l->left = 0;
	l->state = LINK_WAITS;
	l->more_in = l->pinged = l->full = false;
	l->line = 0;
}

/* Once for each reason, until a session is up again. */
static void say(struct agentlink *l, const struct trouble *why)
{
	if (str_eq(l->said.message, why->message))
		return;
	l->said = *why;
	log_info("node %s: %s", l->node, why->message);
}

/* A span of time, as the tests have it. */
nsec_t agentlink_span(const struct agentlink *l, nsec_t t)
{
	return l->spec.haste > 0 ? t / l->spec.haste : t;
}

static void try_later(struct agentlink *l)
{
	enum transport_kind kind = l->spec.target.kind;
	nsec_t pause = backoff_pause(l->node, l->tries, pauses[kind].first, pauses[kind].most);

	l->tries++;
	loop_timer_set(l->timer, time_monotonic() + agentlink_span(l, pause));
}

/* A session that ends like this is an attempt that failed: who says hello and then nonsense, or farewell, is not called at once. */
static bool was_in_vain(const struct agentlink *l, const struct trouble *why)
{
	return time_monotonic() - l->since < agentlink_span(l, LINK_SHORT) ||
	       (why->reason && !trouble_may_pass(why));
}

static void count_failure(struct agentlink *l, const struct trouble *why)
{
	if (l->state == LINK_UP && was_in_vain(l, why)) {
		l->tries = l->tries_before;
		l->failing = l->failing_before;
	}
	if (l->failing == 0)
		l->failing = l->state == LINK_UP ? time_monotonic() : l->since;
}

/* The session, or the attempt, is over. */
void agentlink_end(struct agentlink *l, const struct trouble *from)
{
	struct trouble why = *from; /* the transport's goes with it */
	bool was_up = l->state == LINK_UP;

	count_failure(l, &why);
	say(l, &why);
	close_session(l);
	try_later(l);
	if (was_up)
		l->spec.down(l, why.message, l->spec.arg);
	if (why.reason && (!trouble_may_pass(&why) ||
				  time_monotonic() - l->failing >= agentlink_span(l, LINK_TROUBLE_TIME)))
		l->spec.trouble(l, &why, l->spec.arg);
}

void agentlink_end_for(struct agentlink *l, const char *reason, const char *message)
{
	struct trouble why;

	trouble_set(&why, 0, reason, "%s", message);
	agentlink_end(l, &why);
}

void agentlink_drop(struct agentlink *l, const char *why)
{
	if (l->state != LINK_WAITS)
		agentlink_end_for(l, NULL, why);
}

/* --- the transport's turns ------------------------------------------------------------------------------------------ */

static void go_on_connecting(struct agentlink *l)
{
	int r = transport_connect(l->transport);

	if (r < 0)
		agentlink_end(l, transport_why(l->transport));
	if (r <= 0)
		return;
	l->state = LINK_OPEN;
	gate_leave(&l->turn);
	l->since = l->heard = l->moved = time_monotonic();
	loop_timer_set(l->timer, l->since + agentlink_span(l, LINK_IDLE));
	/* The first bytes may have come with the last of what connecting read: the kernel tells of them no more. */
	agentlink_take_in(l);
}

static void on_ready(void *arg)
{
	struct agentlink *l = arg;

	if (l->state == LINK_CONNECTS)
		go_on_connecting(l);
	else if (l->state >= LINK_OPEN) {
		agentlink_send(l);
		if (l->state >= LINK_OPEN && !l->more_in)
			agentlink_take_in(l);
	}
}

static void connect_now(void *arg)
{
	struct agentlink *l = arg;

	l->state = LINK_CONNECTS;
	l->since = time_monotonic();
	loop_timer_set(l->timer, l->since + agentlink_span(l, LINK_TURN_UNANSWERED));
	l->transport = transport_new(l->loop, &l->spec.target, on_ready, l);
	go_on_connecting(l);
}

static void connect_in_turn(struct agentlink *l)
{
	if (!l->spec.turns)
		connect_now(l);
	else if (!l->turn.gate && gate_enter(l->spec.turns, &l->turn, connect_now, l))
		connect_now(l);
}

/* --- time ------------------------------------------------------------------------------------------------------------ */

/* What the session is to be ended for at NOW, or NULL. */
static const char *overdue(const struct agentlink *l, nsec_t now, const char **ret_text)
{
	if ((l->pinged || l->state == LINK_OPEN) && now - l->heard >= agentlink_span(l, LINK_SILENCE)) {
		*ret_text = l->state == LINK_UP
				    ? "the agent has said nothing for 20 seconds, not even to a ping"
				    : "the connection is there, but no agent says hello";
		return TROUBLE_NO_ANSWER;
	}
	if (outbox_left(&l->out) > 0 && now - l->moved >= agentlink_span(l, LINK_SILENCE)) {
		*ret_text = "the agent has taken nothing of what it is sent for 20 seconds";
		return TROUBLE_TOO_SLOW;
	}
	if (l->line != 0 && now - l->paced >= agentlink_span(l, LINK_SILENCE)) {
		*ret_text = "a message of the agent comes at less than 50 bytes a second";
		return TROUBLE_TOO_SLOW;
	}
	if (l->line != 0 && now - l->line >= agentlink_span(l, LINK_LINE_TIME)) {
		*ret_text = "a message of the agent was not whole after 5 minutes";
		return TROUBLE_TOO_SLOW;
	}
	return NULL;
}

static void ping(struct agentlink *l)
{
	l->pinged = true;
	wire_write_ping(&l->out.own);
	agentlink_send(l);
}

/* Looks after a session: what has arrived counts before the clock does, since it may be us who were away. */
static void look(struct agentlink *l)
{
	const char *reason, *text = NULL;
	nsec_t now;

	agentlink_take_in(l);
	if (l->state < LINK_OPEN)
		return;
	now = time_monotonic();
	reason = overdue(l, now, &text);
	if (reason) {
		agentlink_end_for(l, reason, text);
		return;
	}
	if (l->state == LINK_UP && !l->pinged && now - l->heard >= agentlink_span(l, LINK_IDLE)) {
		ping(l);
		if (l->state < LINK_OPEN)
			return;
		loop_timer_set(l->timer, now + agentlink_span(l, LINK_SILENCE - LINK_IDLE));
	} else {
		loop_timer_set(l->timer, now - l->heard < agentlink_span(l, LINK_IDLE)
						 ? l->heard + agentlink_span(l, LINK_IDLE)
						 : now + agentlink_span(l, LINK_IDLE));
	}
}

/* When an attempt that comes no further than it has lets others have their turn. */
static nsec_t turn_ends(const struct agentlink *l, nsec_t since)
{
	bool answered = since > l->since || l->spec.target.kind == TRANSPORT_CHILD;

	return since + agentlink_span(l, answered ? LINK_TURN : LINK_TURN_UNANSWERED);
}

/* The time counts from the last step: of many that connect at once the last ones wait for us, not for their hosts. */
static void look_at_connecting(struct agentlink *l)
{
	nsec_t now = time_monotonic(), moved = transport_moved(l->transport);
	nsec_t since = transport_is_held(l->transport) ? now : moved > l->since ? moved : l->since;
	nsec_t turn = turn_ends(l, since), last = since + agentlink_span(l, LINK_CONNECT_TIME);
	const char *text = transport_waits(l->transport);

	if (now >= last) {
		agentlink_end_for(l, TROUBLE_NO_ANSWER, text ? text : "no answer within 20 seconds");
		return;
	}
	if (now >= turn)
		gate_leave(&l->turn);
	loop_timer_set(l->timer, now < turn ? turn : last);
}

static int on_timer(void *arg)
{
	struct agentlink *l = arg;

	switch (l->state) {
	case LINK_WAITS:
		connect_in_turn(l);
		break;
	case LINK_CONNECTS:
		look_at_connecting(l);
		break;
	case LINK_OPEN:
	case LINK_UP:
		look(l);
		break;
	}
	return 0;
}

/* The socket has appeared: try at once. */
static void on_watch(void *arg)
{
	struct agentlink *l = arg;

	if (l->state == LINK_WAITS)
		loop_timer_set(l->timer, time_monotonic());
}

/* --- making and ending ---------------------------------------------------------------------------------------------- */

bool agentlink_is_to(const struct agentlink *l, const struct transport_target *target)
{
	return transport_target_equal(&l->spec.target, target);
}

static int make_sources(struct agentlink *l, struct err *err)
{
	struct err why = { 0 };
	int r = loop_timer(l->loop, time_monotonic(), on_timer, l, &l->timer, err);

	if (r >= 0)
		r = loop_defer(l->loop, agentlink_on_rest, l, &l->rest, err);
	/* Without a watch it is tried again by the clock alone. */
	if (r >= 0 && l->spec.target.kind == TRANSPORT_UNIX &&
		socket_watch_new(l->spec.watches, l->spec.target.path, on_watch, l, &l->watch, &why) < 0)
		log_warning("node %s: %s", l->node, err_text(&why));
	return r;
}

int agentlink_new(
	struct loop *loop, const struct agentlink_spec *spec, struct agentlink **ret, struct err *err)
{
	struct agentlink *l = xcalloc(1, sizeof(*l));
	int r;

	l->loop = loop;
	l->spec = *spec;
	transport_target_copy(&l->spec.target, &spec->target);
	l->spec.node = l->node = xstrdup(spec->node);
	outbox_init(&l->out);
	wire_reader_init(&l->reader, 0);
	r = make_sources(l, err);
	if (r < 0) {
		r = err_wrap(err, r, "node %s", spec->node);
		agentlink_free(l);
		return r;
	}
	*ret = l;
	return 0;
}

struct agentlink *agentlink_free(struct agentlink *l)
{
	if (!l)
		return NULL;
	gate_leave(&l->turn);
	transport_free(l->transport);
	loop_source_free(l->timer);
	loop_source_free(l->rest);
	socket_watch_free(l->watch);
	wire_reader_done(&l->reader);
	outbox_done(&l->out);
	transport_target_done(&l->spec.target);
	free(l->node);
	free(l);
	return NULL;
}

const char *agentlink_node(const struct agentlink *l)
{
	return l->node;
}

bool agentlink_is_up(const struct agentlink *l)
{
	return l->state == LINK_UP;
}
