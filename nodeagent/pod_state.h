/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What a pod needs next: from its spec, its record and the time, no more.
 *
 * The driver asks after every change, does what is said, and asks again; it holds no state of its own about the
 * pod's life, so a restarted agent decides as the one before it would have.
 */
#pragma once

#include "nodeagent/hook.h"

enum pod_need {
	POD_NEEDS_NOTHING,    /* until `wake`, or an event */
	POD_NEEDS_SETUP,      /* sandbox and volumes */
	POD_NEEDS_RELEASE,    /* it has ended for good: give back what it took of the node */
	POD_NEEDS_TEARDOWN,   /* everything has ended, and it is to go: undo the set-up */
	POD_NEEDS_CONTAINERS, /* see needs[] */
};
enum container_need {
	CONTAINER_NEEDS_NOTHING,
	CONTAINER_NEEDS_START,      /* with CONTAINER_EXITED: step AGAIN first */
	CONTAINER_NEEDS_POST_START, /* it has just started: run its hook */
	CONTAINER_NEEDS_PRE_STOP,   /* it is to end: run its hook first */
	CONTAINER_NEEDS_TERM,       /* ask it to end: its pod ends, or it alone does (container_condemn) */
	CONTAINER_NEEDS_KILL,       /* its grace period is over, or nothing of it runs yet */
};

enum { POD_CONTAINERS_MAX = 256 };

struct pod_decision {
	enum pod_need need;
	enum container_need needs[POD_CONTAINERS_MAX]; /* [record->count] */
	nsec_t wake;        /* realtime: decide again then at the latest; NSEC_NEVER: only events matter */
	bool fail_deadline; /* activeDeadlineSeconds is over: set failed_reason first and decide again */
};

/* CONTAINERS beyond POD_CONTAINERS_MAX are refused when the pod is applied. */
void pod_decide(const struct pod *pod, const struct pod_record *r, nsec_t now, struct pod_decision *ret);

/* Has the pod ended for good ("Succeeded", "Failed"), or NULL. Never while a container of it still runs. */
const char *pod_final_phase(const struct pod *pod, const struct pod_record *r);
/* Is everything of it to end: removed, failed, or its containers are done (sidecars may still run)? Then set stop_since and grace. */
bool pod_is_stopping(const struct pod *pod, const struct pod_record *r);
/* Have all init containers done their part (sidecars: started) since the set-up? */
bool pod_initialized(const struct pod *pod, const struct pod_record *r);
/* Notes which sidecars have started: whatever becomes of them, what stands behind them goes on. Before each decision. */
void pod_note_passed(const struct pod *pod, struct pod_record *r);
