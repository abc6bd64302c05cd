/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * One pod as it is being run: what pods.c, pods_view.c, pod_*.c, container_*.c, probe_run.c and recover.c share. Private to them.
 *
 * A container_run follows one container from attempt to attempt; what an ended attempt leaves behind is cleared away by a
 * cleanup of its own, so that the next attempt need not wait.
 */
#pragma once

#include "lib/base/map.h"
#include "nodeagent/pods.h"
#include "nodeagent/volume.h"

struct pod_run;
struct container_probes;

/* An attempt that has ended, until its traces are gone. */
struct cleanup {
	struct pod_run *pod;
	char *id, *name;
	int64_t attempt;
};

struct container_run {
	struct pod_run *pod;
	size_t index; /* into record->containers */
	struct image *image;
	struct image_pull *pull;
	struct image_unpack *unpack;
	char *damage; /* what is wrong with the node's copy of the image, which is being fetched anew; or NULL */
	struct runtime_container *rc;
	struct hook *hook;               /* under way, or NULL */
	struct container_probes *probes; /* NULL: none are asked now */
	bool has_slot;
	bool adopted; /* its attempt was begun by an earlier agent */
};

struct pod_event {
	const char *reason; /* a constant */
	char *message;      /* owned */
};

struct pod_run {
	struct pods *pods;
	struct assignment assignment; /* pod NULL: never held, only told to remove it */
	struct pod_record record;
	struct container_run *containers; /* [record.count] */
	char **volume_paths;              /* [volumes.count], once set up */
	size_t volume_count;
	struct loop_source *timer;
	size_t cleanups;          /* under way */
	struct pod_event *events; /* not told yet; NULL: none */
	size_t event_count;
	bool saved;        /* the assignment is on disk: nothing runs before */
	bool stale_record; /* the record on disk is of before */
	bool marked;       /* to be driven */
	bool queued;       /* waits for a slot */
	bool blocked;      /* waits until another pod of its name has gone */
	bool changed;      /* status to be reported */
	bool stale;        /* a volume could not be brought up to date */
};

struct pods {
	const struct node_services *node;
	struct map by_uid; /* struct pod_run */
	struct loop_source *drain;
	loop_fn changed;
	void *changed_arg;
	size_t starts; /* slots in use */
};

/* pods.c */
struct pod_run *pod_run_new(struct pods *p, const char *uid);
/* After assignment and record are set: makes the containers' places. */
void pod_run_ready(struct pod_run *pod);
void pod_run_free(struct pod_run *pod);
/* To be driven at the end of the turn, and reported. */
void pod_mark(struct pod_run *pod);
/* The record to disk; a failure is logged (the next change tries again). */
int pod_save(struct pod_run *pod);
/* What is to run stands on disk before it runs: an agent that starts anew must find it. */
int pod_keep(struct pod_run *pod, struct err *err);
bool pods_slot_take(struct pods *p);
void pods_slot_give(struct pods *p);
const struct pod *pod_spec_of(const struct pod_run *pod);

/* pod_drive.c */
/* Does for POD what it needs now; one that waits for a slot is queued. */
void pod_drive(struct pod_run *pod);

/* pod_event.c */
/* A warning for people, with Kubernetes' word for it (kubelet's pkg/kubelet/events): REASON is a constant. Told with the next report. */
void pod_event(struct pod_run *pod, const char *reason, const char *message, ...) _printf_(3, 4);
void pod_events_clear(struct pod_run *pod);

/* pod_refs.c */
void pod_sources(struct pod_run *pod, struct volume_sources *ret);
/* Is all there that the pod was given with? -ENOENT: no; *RET_REASON is a constant that says what for. */
int pod_refs_check(const struct pod_run *pod, const char **ret_reason, struct err *err);
/* NEXT, but for what the pod has and was immutable. In ARENA; texts are borrowed. */
struct string_map pod_refs_keep(
	const struct pod_run *pod, const struct string_map *next, struct arena *arena);
/* pod_refresh of what is up; a failure is logged, and tried again when objects come. */
void pod_refresh_try(struct pod_run *pod);

/* pod_setup.c */
/* RUN_DIR/pods/UID and RUN_DIR/pods/UID/NAME; owned by the caller. */
char *pod_run_path(const struct pod_run *pod, const char *name);
/* On error *RET_REASON is kubelet's word for it, a constant. */
int pod_setup(struct pod_run *pod, const char **ret_reason, struct err *err);
/* Volumes once more: after a change of refs, or of agents. */
int pod_refresh(struct pod_run *pod, struct err *err);
/* All but the logs is given back; its address too. Idempotent. -EBUSY: something still runs in it; try again. */
int pod_release(struct pod_run *pod, struct err *err);
/* pod_release where that has not been done, and the logs. */
int pod_teardown(struct pod_run *pod, struct err *err);

/* container_hook.c */
void container_post_start(struct container_run *c);
void container_pre_stop(struct container_run *c);
/* Nothing follows from it any more. */
void container_hook_cancel(struct container_run *c);

/* container_run.c */
void container_begin(struct container_run *c);
/* TERM (the image's StopSignal) or KILL; gives up what is only being prepared. */
void container_stop(struct container_run *c, bool kill);
void on_container_event(const struct runtime_event *ev, void *arg);
/* Clears away the traces of an attempt that the runtime has forgotten (or never knew). */
void container_traces_remove(struct pod_run *pod, const char *id, const char *name, int64_t attempt);
/* Hands RC, whose attempt is over, to a cleanup: the runtime forgets it, then its traces go. */
void container_clean(struct pod_run *pod, struct runtime_container *rc, const char *name, int64_t attempt);
/* Image lease's name of an attempt; owned by the caller. */
char *container_lease(const struct pod_run *pod, const char *name, int64_t attempt);
void container_run_done(struct container_run *c);

/* probe_run.c */
/* After anything that may concern C: its probes begin, go on or are over. */
void container_probes_update(struct container_run *c);
struct container_probes *container_probes_free(struct container_probes *p);
