/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The pods of this node: told what to run and what to remove, they go on by themselves.
 *
 * Each pod is driven by pod_decide: an event marks it, and at the end of the loop's turn each marked pod does what it
 * needs. At most PODS_STARTS_MAX containers are being started at once; what waits for its turn keeps its place. Nothing that one pod
 * meets holds up another.
 *
 * Order: pods_new, pods_recover, then the rest as it comes.
 */
#pragma once

#include "lib/wire/wire.h"
#include "nodeagent/node.h"
#include "nodeagent/pod_status.h"

enum { PODS_STARTS_MAX = 8 };

struct pods;

/* CHANGED is called (from the loop) after pods' statuses may have changed: see pods_changed. */
struct pods *pods_new(const struct node_services *node, loop_fn changed, void *arg);
/* Containers go on. */
struct pods *pods_free(struct pods *p);
/* Takes up what an earlier agent left on disk: running containers with the same PIDs. */
int pods_recover(struct pods *p, struct err *err);

/*
 * POD (kind Pod) is to run, with REFS ("ConfigMap/NAME" → hash). The same digest again changes nothing; another one with the same UID brings
 * labels, annotations and refs up to date in the running pod. -EINVAL: no such pod can be (UID, too many containers). It runs once it is on
 * disk: until then its status says why not, and writing is tried again.
 */
int pods_assign(struct pods *p, struct object *pod, const char *digest, const struct string_map *refs,
	struct err *err);
/* UID is to go; GRACE in seconds, < 0: the pod's own. An unknown UID is reported gone. */
void pods_remove(struct pods *p, const char *uid, int64_t grace);
/* A gone pod that the reconciler knows to be gone: its last traces are removed. */
void pods_forget(struct pods *p, const char *uid);
/* Refs of pods are looked at again (objects have come), e.g. ConfigMaps that were missing. */
void pods_retry(struct pods *p);
/* Does a pod refer to the object of that hash, whatever the reconciler says? */
bool pods_refer_to(const struct pods *p, const char *hash);
/* Writes what the disk did not take before. < 0: it still does not take all of it. */
int pods_save(struct pods *p, struct err *err);
/* The logs of running containers that have grown too long get a successor. */
void pods_rotate_logs(struct pods *p, nsec_t now);
/* No start is under way or waiting for its turn. */
bool pods_idle(const struct pods *p);

/* --- pods_view.c: what is told of them ------------------------------------------------------------------- */

struct pod_view {
	const char *uid, *namespace, *name, *digest; /* digest "": told to remove, never held */
	const struct object *object;                 /* NULL: never held */
	const struct pod_record *record;
	bool gone;
};
/* Pod I of pods_count, in the order they came. Borrowed until the next call that changes anything. */
size_t pods_count(const struct pods *p);
struct pod_view pods_view(const struct pods *p, size_t i);
/* By namespace and name, and by UID where that is not NULL; the newest where several match. False: none. */
bool pods_find(const struct pods *p, const char *ns, const char *name, const char *uid, struct pod_view *ret);
/* By UID, also one that was never held. False: none. */
bool pods_by_uid(const struct pods *p, const char *uid, struct pod_view *ret);
/* PodStatus in ARENA; NULL for a pod never held. */
struct pod_status *pods_status(
	const struct pods *p, struct arena *arena, const struct pod_view *view, nsec_t now);
/* pod_event.c: what happened to UID since the last call, in ARENA (reasons are constants). */
struct wire_events pods_events_take(struct pods *p, const char *uid, struct arena *arena);
/* The UIDs whose status may have changed since the last call, in ARENA; clears the marks. */
struct strings pods_changed(struct pods *p, struct arena *arena);
