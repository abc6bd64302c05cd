/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What goes out over a session and what comes in, each within its bounds. */
#include <errno.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/agentlink_private.h"

/* What a message has left behind is given back once it is empty: most sessions are silent most of the time. */
enum { BUFFER_KEPT = 1 << 10 };

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
		agentlink_end(l, transport_why(l->transport));
		return;
	}
	/* What is given at once may be as large as it is; but there must be an end to it. */
	if (l->left > LINK_BACKLOG_MAX && outbox_left(&l->out) > l->left) {
		agentlink_end_for(l, TROUBLE_TOO_SLOW, "the agent takes too little of what it is sent");
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

/* A line that is not whole has a time by which it must be, and a pace. LEN bytes have come, ANY: with the end of a line. */
static void watch_line(struct agentlink *l, size_t len, bool any)
{
	bool part = l->reader.in.len > l->reader.start;

	if (!part)
		l->line = 0;
	else if (any || l->line == 0) {
		l->line = l->paced = l->heard;
		l->paced_bytes = 0;
	} else if ((l->paced_bytes += len) >= LINK_PACE_BYTES) {
		l->paced = l->heard;
		l->paced_bytes = 0;
	}
}

/* CAME: bytes that the reader was fed. */
static int take_lines(struct agentlink *l, size_t came, struct trouble *why)
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
	watch_line(l, came, any);
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
	r = take_lines(l, (size_t)n, why);
	return r < 0 ? r : n == sizeof(bytes);
}

/* One share, and the rest of it at the turn's end. */
void agentlink_take_in(struct agentlink *l)
{
	struct trouble why = { 0 };
	int r = pull(l, &why);

	if (l->state < LINK_OPEN)
		return; /* a callback has ended it */
	if (r < 0) {
		agentlink_end(l, &why);
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

int agentlink_on_rest(void *arg)
{
	struct agentlink *l = arg;

	if (l->state >= LINK_OPEN && l->more_in)
		agentlink_take_in(l);
	return 0;
}
