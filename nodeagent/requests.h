/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What a reader asks of a node over a session: logs, exec, forward, stats, images (pintle-protocol(7)).
 *
 * Answers go out as lines through `send`: any number of data messages, then one end; among them, where the asker sends too, pause and
 * resume. stats and images answer one
 * JSON text on stdout:
 *
 *     stats   {"pods":[{"uid","namespace","name","containers":[{"name","cpuNanoseconds","memoryBytes","memoryWorkingSet"}]}]}
 *     images  {"images":[{"names":[…],"digest","id","size"}]}
 *
 * When what was sent is not being read, requests wait (send's answer) until requests_resume, and a single one from requests_pause
 * on; until then an answer grows by a bounded amount only. All requests of a session end with it (requests_free).
 */
#pragma once

#include "lib/wire/wire.h"
#include "nodeagent/pods.h"

enum { REQUESTS_MAX = 1024 /* under way at once */ };

struct requests;

/*
 * SEND is given whole lines; it may be called from within the functions below and from the loop. It takes each line, and
 * returns false where no more should come before requests_resume.
 */
typedef bool (*requests_send_fn)(const struct buf *line, void *arg);
struct requests *requests_new(
	const struct node_services *node, struct pods *pods, requests_send_fn send, void *arg);
struct requests *requests_free(struct requests *r);
/* An unknown method or pod is answered with an end that has an error. An id that is in use is refused likewise. */
void requests_start(struct requests *r, const struct wire_request *m);
/* Standard input of exec, what a connection is sent. Unknown ids are ignored (the request may just have ended), here and below. */
void requests_data(struct requests *r, const struct wire_data *m);
void requests_end(struct requests *r, const struct wire_end *m);
/* Do any wait for requests_resume? */
bool requests_waiting(const struct requests *r);
/* What was sent has been read: those that wait go on. */
void requests_resume(struct requests *r);
/* The reader of one answer is slow, or goes on. */
void requests_pause(struct requests *r, int64_t id, bool paused);
/* No answer comes any more; what exec runs is killed, a connection reset. */
void requests_cancel(struct requests *r, int64_t id);
/* Pods may have changed: what was connected to one that has gone ends. */
void requests_look(struct requests *r);
