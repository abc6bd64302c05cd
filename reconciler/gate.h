/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Lets so many at a time do what costs the loop's time (a handshake is milliseconds of arithmetic) or that of what is beyond it
 * (connections to hosts), and the others after them, first come first served. Thousands that connect at once then delay the sessions
 * that are there by a few handshakes, not by all of them.
 *
 * A ticket is part of whoever wants in; zeroed, it is nowhere. Who is let in is told from the loop.
 */
#pragma once

#include "lib/base/loop.h"

struct gate;

struct gate_ticket {
	struct gate *gate; /* NULL: neither in nor waiting */
	bool in;
	void (*enter)(void *arg);
	void *arg;
	struct gate_ticket *prev, *next; /* of those that wait */
};

/* MAX at a time. */
int gate_new(struct loop *loop, unsigned max, struct gate **ret, struct err *err);
/* After all who have tickets for it. */
struct gate *gate_free(struct gate *g);
/* True: T is in. False: it waits, and ENTER is called from the loop once it is. T is nowhere before. */
bool gate_enter(struct gate *g, struct gate_ticket *t, void (*enter)(void *arg), void *arg);
/* T is out, or waits no more. Nothing where it is nowhere. */
void gate_leave(struct gate_ticket *t);
