/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What requests.c, request_logs.c and request_exec.c share. */
#pragma once

#include "nodeagent/requests.h"

struct request;

/* What a kind of request does beyond its start; NULL: nothing. */
struct request_ops {
	void (*data)(struct request *q, const void *data, size_t len);
	void (*end)(struct request *q);
	void (*resume)(struct request *q); /* request_may_send again; may free Q */
	void (*free)(struct request *q);   /* frees q->state */
};

struct request {
	struct requests *all;
	int64_t id;
	const struct request_ops *ops;
	void *state;
	bool paused; /* whoever reads this answer is slow */
};

struct requests {
	const struct node_services *node;
	struct pods *pods;
	requests_send_fn send;
	void *arg;
	bool full; /* what was sent is not being read: send no more than is at hand */
	struct request **items;
	size_t count, cap;
	struct buf line; /* scratch */
};

/* Is what is sent being read? Otherwise send no more than is at hand, and wait for ops->resume. */
bool request_may_send(const struct request *q);
/* One data message. STREAM: "stdout" or "stderr". */
void request_send(struct request *q, const char *stream, const void *data, size_t len);
/* The end message; Q is freed. ERROR NULL: none. */
void request_finish(struct request *q, int64_t exit_code, const char *error);

/* The container that a request is about. -ENOENT: ERR says what isn't there. */
struct request_target {
	struct pod_view pod;
	const struct container_record *container;
	const struct container *spec;
};
int request_target(
	const struct requests *r, const struct wire_params *p, struct request_target *ret, struct err *err);

/* Each answers in the end, also where it can't start. */
void request_logs_start(struct request *q, const struct wire_params *p);
void request_exec_start(struct request *q, const struct wire_params *p);
