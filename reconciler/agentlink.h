/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A session with one node's agent: lines out, messages in. Today's only transport is the home's Unix socket.
 *
 * A link connects by itself, and again after it broke, with growing pauses and at once when the socket appears. Nothing
 * blocks: what the socket doesn't take is kept and sent when it does; an agent that takes nothing more is cut off at
 * LINK_BACKLOG_MAX. The callbacks run from the loop. After `down` all that was queued is gone: the next hello says what the agent holds.
 */
#pragma once

#include <sys/types.h>

#include "lib/base/loop.h"
#include "lib/wire/wire.h"

enum { LINK_BACKLOG_MAX = 256 << 20 };

struct agentlink;

struct agentlink_spec {
	const char *node; /* name, for messages; copied */
	const char *path; /* of the Unix socket; copied */
	uid_t owner;      /* the peer must be root or this user (SO_PEERCRED) */
	/* A message; the first of a session is a hello. Its result < 0 ends the session. */
	int (*message)(struct agentlink *l, const struct wire_message *m, void *arg);
	/* The session, whose hello had come, has ended. */
	void (*down)(struct agentlink *l, const char *why, void *arg);
	void *arg;
};

int agentlink_new(
	struct loop *loop, const struct agentlink_spec *spec, struct agentlink **ret, struct err *err);
struct agentlink *agentlink_free(struct agentlink *l);
const char *agentlink_node(const struct agentlink *l);
/* Is a session there whose hello has come? */
bool agentlink_is_up(const struct agentlink *l);
/* Append lines here, then send. Only while it is up. */
struct buf *agentlink_out(struct agentlink *l);
/* Hands to the socket what it takes now; the rest follows by itself. */
void agentlink_send(struct agentlink *l);
/* Ends the session (it connects again after a pause). */
void agentlink_drop(struct agentlink *l, const char *why);
