/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * One question of a probe: a command in the container, an HTTP GET, or a TCP connection; answered within the probe's timeoutSeconds.
 *
 *     exec        success: exit status 0
 *     httpGet     success: status 200 to 399; unknown: the head of the answer came, its body did not
 *     tcpSocket   success: the connection was made
 *
 * Unknown is also what could not be asked at all: no such port, no address, no process to be had.
 */
#pragma once

#include "nodeagent/node.h"
#include "nodeagent/probe.h"

struct probe_question {
	const struct node_services *node;
	const struct container *spec;
	const struct probe *probe;
	const char *container_id; /* in the runtime */
	const char *address;      /* where its ports are; NULL: not known */
};
struct probe_try;
/* TEXT says what went wrong; lent for the call. The probe_try frees itself after it. */
typedef void (*probe_ask_fn)(enum probe_result result, const char *text, void *arg);

/* QUESTION need not outlive the call. FN is called once, always from the loop. */
struct probe_try *probe_ask(const struct probe_question *question, probe_ask_fn fn, void *arg);
/* Never calls back; a command that runs is killed. NULL is fine; returns NULL. */
struct probe_try *probe_ask_cancel(struct probe_try *t);
