/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * HOME/run/read.sock: what readers on the control host may ask of a running pintled, in the agents' own protocol.
 * Requests for logs, exec, forward, stats and images are handed to the session of the node concerned, and what comes
 * back is handed to the reader: data and end, and the agent's wish that the reader pause with what it sends, which is the reader's to
 * heed. The method "sync" looks at the repository again, now. The method "status" answers what sync.json
 * would say, as one JSON text; with `follow` again each time that readsock_status_changed is called.
 *
 * At most 1024 requests are under way at once; further ones are answered with an error.
 *
 * The socket is mode 0600; a peer must be root or the home's owner. A reader that goes takes its requests with it.
 */
#pragma once

#include <sys/types.h>

#include "lib/base/loop.h"
#include "reconciler/agentlink.h"

struct readsock;

struct readsock_spec {
	const char *path;
	uid_t owner;
	gid_t group;
	/* The link that answers a request, or NULL and *RET_WHY (a constant). */
	struct agentlink *(*route)(const struct wire_params *params, const char **ret_why, void *arg);
	void (*sync)(void *arg);
	void (*status)(struct buf *out, void *arg); /* appends the JSON */
	void *arg;
};

int readsock_new(struct loop *loop, const struct readsock_spec *spec, struct readsock **ret, struct err *err);
struct readsock *readsock_free(struct readsock *s);
/* Data, end, pause and resume of an agent; others are ignored. */
void readsock_answer(struct readsock *s, struct agentlink *from, const struct wire_message *m);
/* Those who follow the status are told. */
void readsock_status_changed(struct readsock *s);
/* The link that was full takes more: who has more for it (standard input) is read again. */
void readsock_link_drained(struct readsock *s);
/* The link is down: its requests end with an error. */
void readsock_link_down(struct readsock *s, const struct agentlink *l);
