/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The pod network as agents are told it: which nodes have pods, in which subnet, and at which address they are reached; and
 * in which order that changed.
 *
 * Each change has a generation, and a log says which node it was about: what a session that was told generation G has to
 * hear are the nodes behind G in the log, as they are now, which costs what changed and not how many nodes there are. All
 * sessions that were told the same hear the same: what it says is made once (network_news), with its line.
 * The log has an end; who is behind it hears the whole.
 *
 * A node without a subnet, or without an address that others can send to, is not in the network. One that can't be reached
 * now stays in it.
 */
#pragma once

#include "lib/wire/wire.h"
#include "reconciler/outbox.h"

struct network;

struct network *network_new(void);
struct network *network_free(struct network *nw);

/* The addresses of all pods. */
void network_set_cluster(struct network *nw, const char *cidr);
/* Node NAME; it leaves where POD_CIDR or ADDRESS (each may be NULL) is none of IPv4 that others can use. */
void network_set_node(struct network *nw, const char *name, const char *pod_cidr, const char *address);
void network_remove_node(struct network *nw, const char *name);

/* Of the last change; from 1 on. */
uint64_t network_generation(const struct network *nw);
/* What there is (wire.h). */
void network_digest(const struct network *nw, char ret[WIRE_NETWORK_DIGEST]);

/* What to say to those that were told generation SINCE (0: nothing yet): NULL: nothing. The network's, until it changes or forgets. */
struct network_news {
	struct wire_network body;
	struct outbox_text *line; /* the same as it goes over the wire */
};
const struct network_news *network_news(struct network *nw, uint64_t since);
/* All were told: the news are not kept any longer, and of the log its newest part. */
void network_told(struct network *nw);
