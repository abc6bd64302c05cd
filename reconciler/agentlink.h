/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A session with one node's agent: lines out, messages in, over whatever carries them (transport.h).
 *
 * A link connects by itself, and again after it broke, with growing pauses; over a Unix socket at once when the socket appears. Nothing
 * blocks, and nothing that one node does keeps others waiting. Where thousands are to connect at once (pintled has started, a network is
 * back), they have turns: neither hosts nor what leads to them are flooded, and none is given up for the load that all are together.
 *
 *   in    LINK_SHARE bytes a turn of the loop; a line is at most WIRE_LINE_MAX (TooLong), and must be whole within LINK_LINE_TIME
 *         and come at LINK_PACE_BYTES in each LINK_SILENCE (TooSlow). Who says a byte a second delays nobody, and is cut off.
 *   out   what the transport doesn't take is kept and sent when it does. Who takes nothing for LINK_SILENCE (TooSlow), or is given more
 *         while LINK_BACKLOG_MAX bytes wait, is cut off.
 *         More than LINK_FLOOD messages in LINK_FLOOD_TIME, what requests are answered apart, are no agent's (Flood).
 *   idle  after LINK_IDLE without a byte the peer is pinged; after LINK_SILENCE it is cut off (NoAnswer).
 *
 * The callbacks run from the loop. After `down` all that was queued is gone: the next hello says what the agent holds.
 */
#pragma once

#include "lib/base/loop.h"
#include "lib/wire/wire.h"
#include "reconciler/outbox.h"
#include "reconciler/socket_watch.h"
#include "reconciler/transport.h"

enum { LINK_BACKLOG_MAX = 64 << 20, LINK_FULL = 256 << 10, LINK_SHARE = 32 << 10 };
enum { LINK_FLOOD = 50000, LINK_PACE_BYTES = 1 << 10 };
#define LINK_FLOOD_TIME (10 * NSEC_PER_SEC)
#define LINK_CONNECT_TIME (20 * NSEC_PER_SEC)
/*
 * Of those that connect in turns (spec.turns): one that comes no further for LINK_TURN, or whose host has not answered at all for
 * LINK_TURN_UNANSWERED, lets the next one begin, and goes on beside it.
 */
#define LINK_TURN (5 * NSEC_PER_SEC)
#define LINK_TURN_UNANSWERED (1 * NSEC_PER_SEC)
#define LINK_IDLE (10 * NSEC_PER_SEC)
#define LINK_SILENCE (20 * NSEC_PER_SEC)
#define LINK_LINE_TIME (300 * NSEC_PER_SEC)
/* A session that lasted less is an attempt that failed: the pause before the next one grows. */
#define LINK_SHORT (5 * NSEC_PER_SEC)
/* A trouble that may pass by itself is told once it has lasted for so long. */
#define LINK_TROUBLE_TIME (3 * NSEC_PER_SEC)

struct agentlink;

struct agentlink_spec {
	const char *node;               /* name, for messages; copied */
	struct transport_target target; /* copied */
	struct socket_watches *watches; /* for Unix sockets */
	struct gate *turns;             /* attempts to connect wait for room in it; NULL: they don't wait */
	/*
	 * A message; the first of a session is a hello. Its result < 0 ends the session, for WHY; where that has no reason, nothing is
	 * told of the node.
	 */
	int (*message)(struct agentlink *l, const struct wire_message *m, struct trouble *why, void *arg);
	/* The session, whose hello had come, has ended. */
	void (*down)(struct agentlink *l, const char *why, void *arg);
	/* The node can't be reached, for WHY; said again while that lasts. The next hello is the end of it. */
	void (*trouble)(struct agentlink *l, const struct trouble *why, void *arg);
	/* It was full (agentlink_is_full), and has sent half of that; may be NULL. */
	void (*drained)(struct agentlink *l, void *arg);
	void *arg;
	/* For tests: all the times above are so many times shorter; 0: they are as they are. */
	unsigned haste;
};

int agentlink_new(
	struct loop *loop, const struct agentlink_spec *spec, struct agentlink **ret, struct err *err);
struct agentlink *agentlink_free(struct agentlink *l);
const char *agentlink_node(const struct agentlink *l);
/* Is TARGET where it leads to? */
bool agentlink_is_to(const struct agentlink *l, const struct transport_target *target);
/* Is a session there whose hello has come? */
bool agentlink_is_up(const struct agentlink *l);
/* Append lines here, then send. Only while it is up. */
struct buf *agentlink_out(struct agentlink *l);
/* … or T, which many are sent. */
void agentlink_add(struct agentlink *l, struct outbox_text *t);
/* Do LINK_FULL bytes wait to be sent? Who has more that can wait holds it back until `drained`: what can't has its turn sooner. */
bool agentlink_is_full(const struct agentlink *l);
/* Hands to the transport what it takes now; the rest follows by itself. */
void agentlink_send(struct agentlink *l);
/* Ends the session, for a reason of ours (it connects again after a pause). */
void agentlink_drop(struct agentlink *l, const char *why);
