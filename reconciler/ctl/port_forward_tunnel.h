/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * One connection of `pintle port-forward`: a local TCP connection, and a connection to pintled with one request "forward"
 * (pintle-protocol(7)), between which bytes go both ways.
 *
 * Each way ends by itself: what one peer ends is ended towards the other once all before it was written. What one resets is
 * reset towards the other. Neither way is read while the other side has TUNNEL_BACKLOG bytes not yet taken, or asks for a pause: a
 * tunnel holds that much each way, and a chunk, however slow a peer is, and nothing blocks.
 *
 * tunnel_new takes both descriptors; the tunnel frees itself when it is over, after it has called `done`.
 */
#pragma once

#include "lib/base/loop.h"
#include "reconciler/ctl/client.h"

enum { TUNNEL_BACKLOG = 256 << 10 };

struct tunnel;

struct tunnel_spec {
	struct loop *loop;
	const char *ns, *pod, *uid;
	uint16_t port;
	/* It is over: ERROR (lent) says why, or is NULL where both ways ended in order, or the local peer went. */
	void (*done)(struct tunnel *t, const char *error, void *arg);
	void *arg;
};

/* LOCAL, which does not block, and CLIENT, of client_open_now, are the tunnel's, also where this fails. What SPEC points to is copied, but LOOP. */
int tunnel_new(const struct tunnel_spec *spec, int local, struct client *client, struct tunnel **ret,
	struct err *err);
/* Ends it: both peers see a reset; `done` is not called. */
struct tunnel *tunnel_free(struct tunnel *t);
