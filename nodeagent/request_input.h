/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What whoever asks sends into a request (a command's standard input, a connection's bytes), until the descriptor that it is for takes
 * it. For request_exec.c and request_forward.c.
 *
 * With INPUT_HIGH bytes waiting the asker is told to pause, below INPUT_LOW to go on: what is slow here slows nothing but itself.
 * An asker that does not heed that may send INPUT_MAX.
 */
#pragma once

#include "lib/base/buf.h"
#include "nodeagent/requests_private.h"

enum { INPUT_LOW = 256 << 10, INPUT_HIGH = 1 << 20, INPUT_MAX = 16 << 20 };

struct request_input {
	struct buf data; /* not written yet */
	bool ended;      /* nothing more comes, or is wanted: what does is ignored */
	bool held;       /* the asker was told to pause */
};
#define REQUEST_INPUT_INIT ((struct request_input){ .data = BUF_INIT })
void request_input_done(struct request_input *in);

/* LEN bytes have come. -ENOBUFS: more than INPUT_MAX would wait. */
int request_input_add(struct request *q, struct request_input *in, const void *data, size_t len);
/*
 * Writes what FD (non-blocking) takes now. 1: nothing waits any more; 0: some does, until FD can be written to; < 0: the -errno for
 * which FD takes nothing ever: request_input_drop.
 */
int request_input_write(struct request *q, struct request_input *in, int fd);
/* What waits, and what may still come, goes nowhere. */
void request_input_drop(struct request *q, struct request_input *in);
