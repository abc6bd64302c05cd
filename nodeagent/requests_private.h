/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What requests.c and the methods that take their time (request_logs.c, request_exec.c, request_forward.c) share. */
#pragma once

#include "nodeagent/requests.h"

struct request;

/* What a kind of request does beyond its start; NULL: nothing. */
struct request_ops {
	void (*data)(struct request *q, const void *data, size_t len);
	void (*end)(struct request *q);
	void (*resume)(struct request *q); /* request_may_send again; may free Q */
	void (*look)(struct request *q);   /* pods may have changed; may free Q */
	void (*free)(struct request *q);   /* frees q->state */
};

struct request {
	struct requests *all;
	int64_t id;
	const struct request_ops *ops;
	void *state;
	bool paused;   /* whoever reads this answer is slow */
	uint64_t sent; /* how many had been sent in all when this one last sent something */
};

struct requests {
	const struct node_services *node;
	struct pods *pods;
	requests_send_fn send;
	void *arg;
	bool full;     /* what was sent is not being read: send no more than is at hand */
	uint64_t sent; /* data messages */
	struct request **items;
	size_t count, cap;
	struct buf line; /* scratch */
};

/* Is what is sent being read? Otherwise send no more than is at hand, and wait for ops->resume. */
bool request_may_send(const struct request *q);
/* One data message. STREAM: "stdout" or "stderr". */
void request_send(struct request *q, const char *stream, const void *data, size_t len);
/* The data message of no bytes, by which a stream ends before its request does. */
void request_send_end(struct request *q, const char *stream);
/* Asks whoever asks to send no more for now (HELD), or to go on. */
void request_hold(struct request *q, bool held);
/* The end message; Q is freed. ERROR NULL: none. */
void request_finish(struct request *q, int64_t exit_code, const char *error);

/* The pod that a request is about. -ENOENT: it is not here. */
int request_pod(const struct requests *r, const struct wire_params *p, struct pod_view *ret, struct err *err);
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
void request_forward_start(struct request *q, const struct wire_params *p);
