/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * A container's life: phases × events as a table, and when it may start again.
 *
 *     WAITING ──INTEND──▶ CREATING ──STARTED──▶ RUNNING ──ENDED──▶ EXITED ──AGAIN──▶ WAITING (attempt + 1)
 *        ▲ ▲── REFUSED       │  │───ENDED (StartError)───────────────▲
 *        └────WITHDRAWN──────┘            POST_STARTED, PRE_STOPPED: RUNNING it stays
 *
 * The table says what may follow what; a step that isn't in it is refused (-EPROTO), so that a late event of an
 * attempt that is over changes nothing. Times are arguments (ns since the epoch).
 *
 * Back-off is kubelet's (flowcontrol.Backoff): the first restart is immediate, then 10 s, 20 s, 40 s … 300 s after the
 * container ended; it begins anew after ten minutes without a restart.
 */
#pragma once

#include "nodeagent/record.h"

#define BACKOFF_FIRST (10 * NSEC_PER_SEC)
#define BACKOFF_MAX (300 * NSEC_PER_SEC)
/* Seconds; what is longer, manifests may say so, is as good as for ever. */
#define GRACE_MAX INT32_MAX

enum container_event_type {
	CONTAINER_INTEND,       /* about to call the runtime: to be written before it is called */
	CONTAINER_REFUSED,      /* it can't be prepared now: reason, message */
	CONTAINER_WITHDRAWN,    /* the attempt was never started, and nothing of it is left */
	CONTAINER_STARTED,      /* its first instruction runs; post_start */
	CONTAINER_POST_STARTED, /* its postStart hook is over; reason: it failed */
	CONTAINER_PRE_STOPPED,  /* its preStop hook is over, or has had its time */
	CONTAINER_ENDED,        /* exit_code, reason, message */
	CONTAINER_AGAIN,        /* the next attempt is due */
	CONTAINER_EVENT_COUNT
};

struct container_event {
	enum container_event_type type;
	nsec_t now;
	const char *reason, *message; /* REFUSED, POST_STARTED, ENDED; reason NULL with ENDED: by exit_code */
	bool post_start;              /* STARTED: a postStart hook is to be run */
	int64_t exit_code;            /* ENDED: 128 + signal for signals */
	const char *id;               /* ENDED: of the attempt */
};

/* Changes R as the event says. -EPROTO: the event does not belong to the phase, R is unchanged. */
int container_step(struct container_record *r, const struct container_event *ev);

/*
 * R, which runs, is to end without its pod: WHY becomes the message of its end where it leaves none itself. It has GRACE seconds; asked
 * again, only a shorter grace counts. Whether it starts again is its policy's to say.
 */
void container_condemn(struct container_record *r, nsec_t now, int64_t grace, const char *why);
/* status.started: it runs, its postStart hook is over, and its startup probe, where it has one, has succeeded. */
bool container_started(const struct container *spec, const struct container_record *r);
/* status.ready of what is no init container, or a sidecar: started, and its readiness probe, where it has one, says so. */
bool container_ready(const struct container *spec, const struct container_record *r);

enum restart_policy { RESTART_ALWAYS, RESTART_ON_FAILURE, RESTART_NEVER };
/* Of a pod ("Always" …; NULL: Always) and, where it is an init container, as init containers hold it. */
enum restart_policy container_policy(const struct pod *pod, size_t index);
/* Is it an init container that goes on running beside the others (restartPolicy: Always)? */
bool container_is_sidecar(const struct pod *pod, size_t index);

/*
 * When may an ended or waiting container start (again)? A time (<= NOW: at once), or NSEC_NEVER: it is over for good.
 * Not for running ones.
 */
nsec_t container_start_time(const struct container_record *r, enum restart_policy policy);

/* When the next try after a failure at EVENT is due: EVENT itself where there is no back-off in force. */
nsec_t backoff_until(const struct backoff *b, nsec_t event);
/* A try is made at NOW, after a failure at EVENT: the delay doubles, or begins anew. */
void backoff_next(struct backoff *b, nsec_t event, nsec_t now);
