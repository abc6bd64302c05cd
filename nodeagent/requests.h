/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What a reader asks of a node over a session: logs, exec, stats, images (pintle-protocol(7)).
 *
 * Answers go out as lines through `send`: any number of data messages, then one end. stats and images answer one
 * JSON text on stdout:
 *
 *     stats   {"pods":[{"uid","namespace","name","containers":[{"name","cpuNanoseconds","memoryBytes","memoryWorkingSet"}]}]}
 *     images  {"images":[{"names":[…],"digest","id","size"}]}
 *
 * All requests of a session end with it (requests_free).
 */
#pragma once

#include "lib/wire/wire.h"
#include "nodeagent/pods.h"

struct requests;

/* SEND is given whole lines; it may be called from within the functions below and from the loop. */
struct requests *requests_new(const struct node_services *node, struct pods *pods,
	void (*send)(const struct buf *line, void *arg), void *arg);
struct requests *requests_free(struct requests *r);
/* An unknown method or pod is answered with an end that has an error. An id that is in use is refused likewise. */
void requests_start(struct requests *r, const struct wire_request *m);
/* Standard input of exec. Unknown ids are ignored (the request may just have ended), here and below. */
void requests_data(struct requests *r, const struct wire_data *m);
void requests_end(struct requests *r, const struct wire_end *m);
/* No answer comes any more; what exec runs is killed. */
void requests_cancel(struct requests *r, int64_t id);
