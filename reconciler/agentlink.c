/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/agentlink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/backoff.h"

/* What a message has left behind is given back once it is empty: most sessions are silent most of the time. */
enum { BUFFER_KEPT = 1 << 10 };

enum link_state {
	LINK_WAITS,    /* for the next attempt */
	LINK_CONNECTS, /* an attempt is under way */
	LINK_OPEN,     /* bytes flow; the hello has not come */
	LINK_UP,
};

struct agentlink {
	struct loop *loop;
	struct agentlink_spec spec;
	char *node;
	struct transport *transport;
	struct loop_source *timer;
	struct loop_source *rest; /* it had its share of this turn: goes on at its end */
	struct socket_watch *watch;
	struct gate_ticket turn; /* to connect */
	enum link_state state;
	struct wire_reader reader;
	struct outbox out;
	size_t left;           /* of out, that the transport did not take the last time */
	bool full;             /* LINK_FULL of that, and not drained since */
	bool more_in;          /* there may be more to read than was */
	bool pinged;           /* and nothing was heard since */
	nsec_t since;          /* of the attempt, or the session */
	nsec_t heard;          /* the last byte */
	nsec_t moved;          /* out was empty, or some of it was taken */
	nsec_t line;           /* the first byte of a line that is not whole; 0: none */
	nsec_t counted;        /* since when messages are */
	unsigned messages;     /* since then, but for what requests are answered */
	nsec_t failing;        /* the first failed attempt's begin; 0: the last one was good */
	nsec_t failing_before; /* the hello */
	unsigned tries;        /* that failed, one after the other */
	unsigned tries_before; /* the hello */
	struct trouble said;   /* in the log */
};

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
static nsec_t span(const struct agentlink *l, nsec_t t)
{
	return l->spec.haste > 0 ? t / l->spec.haste : t;
}

static void try_later(struct agentlink *l)
{
	enum transport_kind kind = l->spec.target.kind;
	nsec_t pause = backoff_pause(l->node, l->tries, pauses[kind].first, pauses[kind].most);

	l->tries++;
	loop_timer_set(l->timer, time_monotonic() + span(l, pause));
}

/* A session that ends like this is an attempt that failed: who says hello and then nonsense, or farewell, is not called at once. */
static bool was_in_vain(const struct agentlink *l, const struct trouble *why)
{
	return time_monotonic() - l->since < span(l, LINK_SHORT) || (why->reason && !trouble_may_pass(why));
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
static void end(struct agentlink *l, const struct trouble *from)
{
	struct trouble why = *from; /* the transport's goes with it */
	bool was_up = l->state == LINK_UP;

	count_failure(l, &why);
	say(l, &why);
	close_session(l);
	try_later(l);
	if (was_up)
		l->spec.down(l, why.message, l->spec.arg);
	if (why.reason &&
		(!trouble_may_pass(&why) || time_monotonic() - l->failing >= span(l, LINK_TROUBLE_TIME)))
		l->spec.trouble(l, &why, l->spec.arg);
}

static void end_for(struct agentlink *l, const char *reason, const char *message)
{
	struct trouble why;

	trouble_set(&why, 0, reason, "%s", message);
	end(l, &why);
}

void agentlink_drop(struct agentlink *l, const char *why)
{
	if (l->state != LINK_WAITS)
		end_for(l, NULL, why);
}

/* --- out --------------------------------------------------------------------------------------------------------- */

struct buf *agentlink_out(struct agentlink *l)
{
	return &l->out.own;
}

void agentlink_add(struct agentlink *l, struct outbox_text *t)
{
	outbox_add(&l->out, t);
}

static void watch(struct agentlink *l)
{
	transport_watch(l->transport, !l->more_in, outbox_left(&l->out) > 0);
}

/* 0: all is sent, or the transport takes nothing now. */
static int push(struct agentlink *l)
{
	const char *data;
	size_t len;

	while ((len = outbox_next(&l->out, &data)) > 0) {
		ssize_t n = transport_write(l->transport, data, len);

		if (n == -EAGAIN)
			return 0;
		if (n < 0)
			return (int)n;
		outbox_sent(&l->out, (size_t)n);
		l->moved = time_monotonic();
	}
	return 0;
}

void agentlink_send(struct agentlink *l)
{
	if (l->state < LINK_OPEN || outbox_left(&l->out) == 0)
		return;
	if (l->left == 0)
		l->moved = time_monotonic();
	if (push(l) < 0) {
		end(l, transport_why(l->transport));
		return;
	}
	/* What is given at once may be as large as it is; but there must be an end to it. */
	if (l->left > LINK_BACKLOG_MAX && outbox_left(&l->out) > l->left) {
		end_for(l, TROUBLE_TOO_SLOW, "the agent takes too little of what it is sent");
		return;
	}
	l->left = outbox_left(&l->out);
	watch(l);
	if (l->left >= LINK_FULL)
		l->full = true;
	else if (l->full && l->left <= LINK_FULL / 2) {
		l->full = false;
		if (l->spec.drained)
			l->spec.drained(l, l->spec.arg);
	}
}

bool agentlink_is_full(const struct agentlink *l)
{
	return l->full;
}

/* --- in ------------------------------------------------------------------------------------------------------------ */

static int check_turn(const struct agentlink *l, const struct wire_message *m, struct trouble *why)
{
	if (l->state == LINK_UP || m->type == WIRE_HELLO || m->type == WIRE_ERROR)
		return 0;
	return trouble_set(why, -EPROTO, TROUBLE_BAD_MESSAGE,
		"the agent begins with something else than a hello: is it pintle-agent?");
}

static void be_up(struct agentlink *l)
{
	l->failing_before = l->failing;
	l->failing = 0;
	l->tries_before = l->tries;
	l->tries = 0;
	l->said = (struct trouble){ 0 };
}

/* Agents gather what they report: one that floods is broken, and each of its messages costs a look at the world. */
static int check_flood(struct agentlink *l, const struct wire_message *m, struct trouble *why)
{
	nsec_t now = time_monotonic();

	if (m->type == WIRE_DATA || m->type == WIRE_END)
		return 0;
	if (now - l->counted >= LINK_FLOOD_TIME) {
		l->counted = now;
		l->messages = 0;
	}
	if (++l->messages <= LINK_FLOOD)
		return 0;
	return trouble_set(why, -EPROTO, TROUBLE_FLOOD,
		"the agent says more than %d messages in %d seconds, as none should: see its log, and start "
		"it anew",
		LINK_FLOOD, (int)(LINK_FLOOD_TIME / NSEC_PER_SEC));
}

static int take_line(struct agentlink *l, const char *line, size_t len, struct trouble *why)
{
	struct wire_message m = { 0 };
	struct err err = { 0 };
	int r = wire_parse(line, len, &m, &err);

	if (r < 0)
		return trouble_set(why, r, TROUBLE_BAD_MESSAGE, "a message of the agent can't be read: %s",
			err_text(&err));
	r = check_turn(l, &m, why);
	if (r == 0)
		r = check_flood(l, &m, why);
	if (r == 0) {
		if (m.type == WIRE_HELLO)
			l->state = LINK_UP;
		r = l->spec.message(l, &m, why, l->spec.arg);
		/* A hello that is refused is a failure like any other: said once, and tried again ever later. */
		if (m.type == WIRE_HELLO && r >= 0 && l->state == LINK_UP)
			be_up(l);
	}
	wire_message_done(&m);
	return r;
}

/* A line that is not whole has a time by which it must be. */
static void watch_line(struct agentlink *l, bool any)
{
	bool part = l->reader.in.len > l->reader.start;

	if (!part)
		l->line = 0;
	else if (any || l->line == 0)
		l->line = l->heard;
}

static int take_lines(struct agentlink *l, struct trouble *why)
{
	const char *line;
	bool any = false;
	size_t len;
	int r;

	while ((r = wire_reader_line(&l->reader, &line, &len)) > 0) {
		any = true;
		r = take_line(l, line, len, why);
		if (r < 0 || l->state < LINK_OPEN)
			return r;
	}
	if (r < 0)
		return trouble_set(why, r, TROUBLE_TOO_LONG,
			"a message of the agent is longer than the protocol allows (%d MiB)",
			WIRE_LINE_MAX >> 20);
	watch_line(l, any);
	return 0;
}

/* What the transport says of its end, and whether a message was under way. */
static int ended(struct agentlink *l, int code, struct trouble *why)
{
	*why = *transport_why(l->transport);
	if (l->line != 0 && str_eq(why->reason, TROUBLE_SESSION_ENDED))
		trouble_set(why, code, TROUBLE_SESSION_ENDED,
			"the agent has closed the session in the middle of a message");
	return code;
}

/* Takes at most one share. Returns 1 when there may be more, 0 when there is none now. */
static int pull(struct agentlink *l, struct trouble *why)
{
	char bytes[LINK_SHARE];
	ssize_t n = transport_read(l->transport, bytes, sizeof(bytes));
	int r;

	if (n == -EAGAIN)
		return 0;
	if (n < 0)
		return ended(l, (int)n, why);
	l->heard = time_monotonic();
	l->pinged = false;
	wire_reader_feed(&l->reader, bytes, (size_t)n);
	r = take_lines(l, why);
	return r < 0 ? r : n == sizeof(bytes);
}

/* One share, and the rest of it at the turn's end. */
static void take_in(struct agentlink *l)
{
	struct trouble why = { 0 };
	int r = pull(l, &why);

	if (l->state < LINK_OPEN)
		return; /* a callback has ended it */
	if (r < 0) {
		end(l, &why);
		return;
	}
	if (l->reader.in.len == l->reader.start && l->reader.in.cap > BUFFER_KEPT) {
		wire_reader_done(&l->reader);
		wire_reader_init(&l->reader, 0);
	}
	l->more_in = r > 0;
	if (l->more_in)
		loop_defer_arm(l->rest);
	watch(l);
}

static int on_rest(void *arg)
{
	struct agentlink *l = arg;

	if (l->state >= LINK_OPEN && l->more_in)
		take_in(l);
	return 0;
}

/* --- the transport's turns ------------------------------------------------------------------------------------------ */

static void go_on_connecting(struct agentlink *l)
{
	int r = transport_connect(l->transport);

	if (r < 0)
		end(l, transport_why(l->transport));
	if (r <= 0)
		return;
	l->state = LINK_OPEN;
	gate_leave(&l->turn);
	l->since = l->heard = l->moved = time_monotonic();
	loop_timer_set(l->timer, l->since + span(l, LINK_IDLE));
	/* The first bytes may have come with the last of what connecting read: the kernel tells of them no more. */
	take_in(l);
}

static void on_ready(void *arg)
{
	struct agentlink *l = arg;

	if (l->state == LINK_CONNECTS)
		go_on_connecting(l);
	else if (l->state >= LINK_OPEN) {
		agentlink_send(l);
		if (l->state >= LINK_OPEN && !l->more_in)
			take_in(l);
	}
}

static void connect_now(void *arg)
{
	struct agentlink *l = arg;

	l->state = LINK_CONNECTS;
	l->since = time_monotonic();
	loop_timer_set(l->timer, l->since + span(l, LINK_TURN_UNANSWERED));
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
	if ((l->pinged || l->state == LINK_OPEN) && now - l->heard >= span(l, LINK_SILENCE)) {
		*ret_text = l->state == LINK_UP
				    ? "the agent has said nothing for 20 seconds, not even to a ping"
				    : "the connection is there, but no agent says hello";
		return TROUBLE_NO_ANSWER;
	}
	if (outbox_left(&l->out) > 0 && now - l->moved >= span(l, LINK_SILENCE)) {
		*ret_text = "the agent has taken nothing of what it is sent for 20 seconds";
		return TROUBLE_TOO_SLOW;
	}
	if (l->line != 0 && now - l->line >= span(l, LINK_LINE_TIME)) {
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

	take_in(l);
	if (l->state < LINK_OPEN)
		return;
	now = time_monotonic();
	reason = overdue(l, now, &text);
	if (reason) {
		end_for(l, reason, text);
		return;
	}
	if (l->state == LINK_UP && !l->pinged && now - l->heard >= span(l, LINK_IDLE)) {
		ping(l);
		if (l->state < LINK_OPEN)
			return;
		loop_timer_set(l->timer, now + span(l, LINK_SILENCE - LINK_IDLE));
	} else {
		loop_timer_set(l->timer, now - l->heard < span(l, LINK_IDLE) ? l->heard + span(l, LINK_IDLE)
									     : now + span(l, LINK_IDLE));
	}
}

/* When an attempt that comes no further than it has lets others have their turn. */
static nsec_t turn_ends(const struct agentlink *l, nsec_t since)
{
	bool answered = since > l->since || l->spec.target.kind == TRANSPORT_CHILD;

	return since + span(l, answered ? LINK_TURN : LINK_TURN_UNANSWERED);
}

/* The time counts from the last step: of many that connect at once the last ones wait for us, not for their hosts. */
static void look_at_connecting(struct agentlink *l)
{
	nsec_t now = time_monotonic(), moved = transport_moved(l->transport);
	nsec_t since = transport_is_held(l->transport) ? now : moved > l->since ? moved : l->since;
	nsec_t turn = turn_ends(l, since), last = since + span(l, LINK_CONNECT_TIME);
	const char *text = transport_waits(l->transport);

	if (now >= last) {
		end_for(l, TROUBLE_NO_ANSWER, text ? text : "no answer within 20 seconds");
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
		r = loop_defer(l->loop, on_rest, l, &l->rest, err);
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
