/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Lifecycle hooks and the end of a container, as rules (kubernetes.io/docs/concepts/containers/container-lifecycle-hooks,
 * …/workloads/pods/pod-lifecycle#pod-termination; kubelet: killContainer, executePreStopHook, newTerminationOrdering):
 *
 * 1  postStart runs right after the start; until it has succeeded the container counts as not started, and containers
 *    (init containers too) that stand behind it in the pod are not started. If it fails, the container is stopped as by 3, and then the
 *    restart policy decides.
 * 2  A hook that was under way when the agent ended is run again: at least once, as in Kubernetes.
 * 3  To stop a container: preStop, then its turn (4), then the stop signal, then SIGKILL. The grace period begins with preStop. What
 *    is left of it is the time between the signals, but never less than STOP_LEAST: also where preStop, or waiting for its
 *    turn, took all of it. A preStop that takes longer is not waited for; one that fails changes nothing.
 * 4  Sidecars take their turn last one first, once nothing else of the pod runs; their preStop hooks run at once, as all others.
 * 5  A grace period of 0 is SIGKILL at once, without preStop.
 */
#pragma once

#include "nodeagent/container_state.h"

#define STOP_LEAST (2 * NSEC_PER_SEC)

/* The hooks of C, or NULL. */
const struct lifecycle_handler *hook_post_start(const struct container *c);
const struct lifecycle_handler *hook_pre_stop(const struct container *c);

/* A container that is asked to start and has a postStart hook, or is at that: those behind it wait. */
bool hook_holds_next(const struct container *spec, const struct container_record *c, bool to_start);

enum stop_step {
	STOP_NOTHING, /* until `wake`, or an event */
	STOP_PRE_STOP,
	STOP_SIGNAL, /* the stop signal */
	STOP_KILL,   /* SIGKILL; what is only being prepared is given up */
};
struct stop_order {
	nsec_t since;  /* when stopping began (realtime) */
	int64_t grace; /* seconds */
	bool turn;     /* nothing that must end first runs any more */
};
/* What the end of a container asks for at NOW; *WAKE becomes earlier where it must be asked again before. */
enum stop_step stop_next(const struct container *spec, const struct container_record *c,
	const struct stop_order *order, nsec_t now, nsec_t *wake);
/* When the grace period of ORDER is over. */
nsec_t stop_over(const struct stop_order *order);
