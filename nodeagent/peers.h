/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The nodes of the pod network as the reconciler told them, this one among them. What is kept is what was said, readable or
 * not, so that the digest by which both ends compare is the same on both.
 *
 * On disk it is the message that would tell the whole.
 */
#pragma once

#include "lib/wire/wire.h"

struct peer {
	struct wire_network_node said; /* the texts are the peers' */
	char *text;
};
struct peers {
	char *cluster_cidr; /* of all pods; NULL: nothing was told yet */
	struct peer *items; /* [count], by name */
	size_t count, cap;
	uint64_t sum;
};

/* A zeroed one knows nothing. */
void peers_done(struct peers *p);
/* Returns whether anything is other than before. */
bool peers_take(struct peers *p, const struct wire_network *m);
/* "" where nothing was told yet. */
void peers_digest(const struct peers *p, char ret[WIRE_NETWORK_DIGEST]);
/* Appends what is known, a line. */
void peers_write(const struct peers *p, struct buf *out);
/* Takes over what peers_write wrote; P knows nothing. -EBADMSG: it is damaged. */
int peers_read(struct peers *p, const char *line, size_t len, struct err *err);
