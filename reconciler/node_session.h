/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * How far the session with a node's agent is, whatever carries it: what may be taken from the agent, and what it is
 * told next (pintle-protocol(7)).
 *
 *   begin   a connection is there; nothing was said
 *   hello   the agent introduced itself: the world knows what it holds
 *   tell    after each pass, once the pass's records are durable: the welcome, once; what it does not know of the pod network, once
 *           it has told what it knows; what the pass has for the node; and the acknowledgement of all reports that the pass could have seen
 *   end     the connection is gone
 */
#pragma once

#include "reconciler/control/control.h"
#include "reconciler/network.h"

struct node_session {
	bool greeted; /* its hello is in the world; the welcome leaves with the next pass */
	bool welcomed;
	int64_t version;    /* of the protocol, that both speak */
	char pod_cidr[20];  /* that the welcome told */
	int64_t seq, acked; /* of the last report taken, and of the last one said to be durable */
	char network_held[WIRE_NETWORK_DIGEST]; /* of the pod network that it knew at the first report */
	uint64_t network; /* the generation of that which it was told since; 0: none yet */
};

enum node_session_verdict {
	NODE_SESSION_GOES_ON,
	NODE_SESSION_OUT_OF_TURN,   /* a report before the hello: close it */
	NODE_SESSION_OTHER_CLUSTER, /* the agent belongs to another cluster: close it */
	NODE_SESSION_OTHER_NODE,    /* it is the agent of another Node of git: close it */
	NODE_SESSION_OTHER_VERSION, /* it speaks no version of the protocol that we do: close it */
	NODE_SESSION_HIGHER_TERM,   /* a newer reconciler has been there: this one must stop */
};

/* The agent's first message. Who refuses it says why (control_node_trouble). */
enum node_session_verdict node_session_hello(struct node_session *s, struct control *c,
	const char *cluster_id, struct world_node *n, const struct wire_hello *hello);
enum node_session_verdict node_session_report(
	struct node_session *s, struct control *c, struct world_node *n, const struct wire_report *report);
/* What there is to say to an agent that speaks no version that we do: what both speak, and what to do. */
void node_session_version_text(const char *node, const struct wire_hello *hello, char *ret, size_t size);
/* The connection is gone; N may be NULL (the node has left the world). */
void node_session_end(struct node_session *s, struct control *c, struct world_node *n);

/* What to say now, in this order. */
struct node_session_words {
	bool welcome;
	struct wire_welcome welcome_body;
	const struct network_news *network; /* NULL: none */
	const struct wire_apply *apply;     /* NULL: none */
	struct wire_reported reported;      /* seq 0: nothing to acknowledge */
};
/*
 * Everything that was taken so far is durable, and so is what APPLY (the pass's for this node; NULL: none) rests on. HOLDER names this
 * reconciler. RET borrows from W, N and APPLY.
 */
void node_session_tell(struct node_session *s, const struct world *w, const struct world_node *n,
	const char *cluster_id, const char *holder, const struct wire_apply *apply,
	struct node_session_words *ret);
