/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Bytes on their way to a peer: what is written for it alone, and between that, by reference, a text that many peers are sent. It
 * is there once, however many of them are slow.
 *
 * Take what outbox_next says, send some of it, and tell how much by outbox_sent.
 */
#pragma once

#include "lib/base/buf.h"

/* A text that is shared: immutable. */
struct outbox_text {
	unsigned refs;
	struct buf text;
};
/* Takes over what is in TEXT, and leaves it empty. A reference. */
struct outbox_text *outbox_text_new(struct buf *text);
struct outbox_text *outbox_text_ref(struct outbox_text *t);
struct outbox_text *outbox_text_unref(struct outbox_text *t);

struct outbox {
	struct buf own;             /* append here */
	size_t sent;                /* of own */
	struct outbox_text *shared; /* NULL: none */
	size_t shared_at;           /* where in own it belongs */
	size_t shared_sent;
};

void outbox_init(struct outbox *o);
void outbox_done(struct outbox *o);
/* Everything in it is lost. */
void outbox_clear(struct outbox *o);
/* Appends T: by reference, where it is large and nothing else is by reference. */
void outbox_add(struct outbox *o, struct outbox_text *t);
/* Bytes that are yet to be sent. */
size_t outbox_left(const struct outbox *o);
/* The next of them in one piece, at *RET_DATA; 0: there are none. */
size_t outbox_next(const struct outbox *o, const char **ret_data);
/* The first COUNT of what outbox_next said are sent. */
void outbox_sent(struct outbox *o, size_t count);
