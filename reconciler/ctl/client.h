/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A connection to pintled over HOME/run/read.sock, for the verbs that need a running one: requests out,
 * messages in (lib/wire/wire.h). Blocking, but for client_next, which hands out what has arrived, and for what loops use: client_open_now,
 * client_push; there client_receive is called when the descriptor is readable.
 */
#pragma once

#include "lib/wire/wire.h"
#include "reconciler/home.h"

struct client {
	int fd;
	struct wire_reader lines;
	struct buf out; /* scratch for client_write's callers: filled by wire_write_X */
	bool paused;    /* who answers wants no more of standard input for now; of clients with one request */
};

/* -ECONNREFUSED: no pintled runs, and ERR says how to start one. */
int client_open(const struct home *h, struct client *ret, struct err *err);
/* The same without waiting. -EAGAIN: pintled has not come to take those who wait already. */
int client_open_now(const struct home *h, struct client *ret, struct err *err);
void client_done(struct client *c);
/* Sends what stands in c->out and empties it. -ECONNRESET: pintled has gone; here and below. */
int client_flush(struct client *c, struct err *err);
/* Sends what can be sent at once. What is left stays in c->out: wait until the descriptor takes more. */
int client_push(struct client *c, struct err *err);
/* Sends a request. */
int client_request(struct client *c, const struct wire_request *request, struct err *err);
/*
 * The next message that has arrived, data or end; pings are answered (by what is sent next, where they can't be at once), pause and resume set
 * c->paused, what is unknown is skipped. 1: *RET, to be ended with wire_message_done; 0: none
 * is whole yet: wait for the descriptor, then client_receive; < 0: the session is broken.
 */
int client_next(struct client *c, struct wire_message *ret, struct err *err);
/* Reads what is there (blocks until something is; of client_open_now's: -EAGAIN). */
int client_receive(struct client *c, struct err *err);
/*
 * What a running pintled says of itself (method "status", readsock.h), as JSON into RET. < 0: none runs, or it has not answered
 * within a few seconds.
 */
int client_status(const struct home *h, struct buf *ret, struct err *err);
/* client_next that waits. */
int client_wait(struct client *c, struct wire_message *ret, struct err *err);
