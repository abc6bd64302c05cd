/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What agentlink.c (attempts, time, the end) and agentlink_lines.c (what goes out and comes in) share. */
#pragma once

#include "reconciler/agentlink.h"

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
	nsec_t paced;          /* since when paced_bytes are, of that line */
	size_t paced_bytes;    /* that came */
	nsec_t counted;        /* since when messages are */
	unsigned messages;     /* since then, but for what requests are answered */
	nsec_t failing;        /* the first failed attempt's begin; 0: the last one was good */
	nsec_t failing_before; /* the hello */
	unsigned tries;        /* that failed, one after the other */
	unsigned tries_before; /* the hello */
	struct trouble said;   /* in the log */
};

/* A span of time, as the tests have it (spec.haste). */
nsec_t agentlink_span(const struct agentlink *l, nsec_t t);
/* The session, or the attempt, is over: the owner is told, and the next attempt is due after a pause. WHY may be the transport's. */
void agentlink_end(struct agentlink *l, const struct trouble *why);
/* REASON as in struct trouble; NULL: nothing is wrong with the node. */
void agentlink_end_for(struct agentlink *l, const char *reason, const char *message);
/* Reads one share, and the rest of it at the turn's end. Only while it is open; it may not be afterwards. */
void agentlink_take_in(struct agentlink *l);
/* Handler of l->rest. */
int agentlink_on_rest(void *arg);
