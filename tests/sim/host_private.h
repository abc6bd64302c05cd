/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What host.c (world and passes), host_session.c (agents) and host_fate.c (what befalls it) share; nobody else includes this. */
#pragma once

#include "tests/sim/host.h"

/* host.c */
extern const char host_cluster_id[];
/* A pass before long. */
void host_want_drain(struct sim *s, struct host *h);
/* What follows once the pass's records are durable. */
void host_finish_drain(struct sim *s, struct host *h);
void host_forget_world(struct host *h);

/* host_session.c */
/* Calls the agent of NODE, after a pause that grows. */
void host_try_connect(struct sim *s, struct host *h, unsigned node);
/* What NODE's agent is to hear now; APPLY may be NULL. */
void host_tell(struct sim *s, struct host *h, unsigned node, const struct wire_apply *apply);

/* host_fate.c */
/* A newer reconciler has been there: this one stops. */
void host_stop(struct sim *s, struct host *h);
/*
 * True: it stands still from now on; until the other has greeted the agents, at least. A home has one writer, by its lock: the
 * older one may not know that it is over, but what it made while the other had no agents yet would be in no tree of that one's.
 */
bool host_pauses_at(struct sim *s, struct host *h, enum pause_point point);
/* Killed; it starts again after its crash_length. */
void host_die(struct sim *s, struct host *h);
/* True: the crash that was asked for has come. */
bool host_dies_at(struct sim *s, struct host *h, enum crash_point point);
