/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The agent's end of the protocol (pintle-protocol(7)): a Unix socket on which reconcilers are answered.
 *
 * One reconciler is obeyed at a time: the one whose welcome carried the highest term; an older one is told "Fenced" and let
 * go. What arrives goes to the pods, what changes there is reported back. Without a reconciler everything goes on.
 */
#pragma once

#include "nodeagent/node.h"
#include "nodeagent/pods.h"
#include "nodeagent/requests.h"

struct sessions;

enum { SESSIONS_MAX = 8 /* beyond them the oldest that was not welcomed goes */ };
/*
 * A session on which nothing comes for so long is dropped: its reconciler has gone without a word. One that is welcomed with version 1 is
 * not, for such a reconciler says nothing where there is nothing to say.
 */
#define SESSION_SILENCE (60 * NSEC_PER_SEC)

struct session_options {
	struct node_services *node; /* its identity and ipam are brought up to date by a welcome */
	struct identity *identity;
	const char *cluster_id; /* of the home: a reconciler of another cluster is refused */
	struct pods *pods;
	int listen_fd;    /* a listening Unix socket, owned by the sessions from now on */
	uid_t owner;      /* of the home: may connect, as root may */
	nsec_t silence;   /* so long nothing may come; 0: SESSION_SILENCE */
	int64_t protocol; /* the newest version that is spoken; 0: WIRE_VERSION */
};

int sessions_new(const struct session_options *options, struct sessions **ret, struct err *err);
struct sessions *sessions_free(struct sessions *s);
void sessions_freep(struct sessions **s);
/* To be called (from the loop) when pods' statuses may have changed: reports them at the end of the turn. */
int sessions_changed(void *sessions);
