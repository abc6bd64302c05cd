/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The list of pods: what the session has done to it, marks, the drain at the end of a turn, slots. What becomes of one that is marked
 * stands in pod_drive.c.
 */
#include "nodeagent/pods.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/container_id.h"
#include "nodeagent/logs.h"
#include "nodeagent/pod_run.h"

/* --- pods as such ---------------------------------------------------------------------------------------------- */

const struct pod *pod_spec_of(const struct pod_run *pod)
{
	return object_pod(pod->assignment.pod);
}

struct pod_run *pod_run_new(struct pods *p, const char *uid)
{
	struct pod_run *pod = xcalloc(1, sizeof(*pod));

	pod->pods = p;
	pod->record.uid = xstrdup(uid);
	map_put(&p->by_uid, pod->record.uid, pod);
	return pod;
}

void pod_run_ready(struct pod_run *pod)
{
	/* The record's own copy of the UID is the key from now on. */
	map_put(&pod->pods->by_uid, pod->record.uid, pod);
	pod->containers = xcalloc(pod->record.count, sizeof(pod->containers[0]));
	for (size_t i = 0; i < pod->record.count; i++)
		pod->containers[i] = (struct container_run){ .pod = pod, .index = i };
}

void pod_run_free(struct pod_run *pod)
{
	map_remove(&pod->pods->by_uid, pod->record.uid);
	for (size_t i = 0; pod->containers && i < pod->record.count; i++)
		container_run_done(&pod->containers[i]);
	for (size_t i = 0; i < pod->volume_count; i++)
		free(pod->volume_paths[i]);
	free(pod->volume_paths);
	free(pod->containers);
	loop_source_free(pod->timer);
	pod_events_clear(pod);
	assignment_done(&pod->assignment);
	record_done(&pod->record);
	free(pod);
}

void pod_mark(struct pod_run *pod)
{
	pod->marked = true;
	pod->changed = true;
	loop_defer_arm(pod->pods->drain);
}

int pod_save(struct pod_run *pod)
{
	struct err err = { 0 };
	int r;

	pod_note_passed(pod_spec_of(pod), &pod->record);
	pod_note_ready(pod_spec_of(pod), &pod->record, time_now());
	r = record_save(pod->pods->node->env->state_dir, &pod->record, &err);
	pod->stale_record = r < 0;
	if (r < 0)
		log_error("pod %s/%s: %s", pod->record.namespace, pod->record.name, err_text(&err));
	return r;
}

int pod_keep(struct pod_run *pod, struct err *err)
{
	int r = pod->saved ? 0 : assignment_save(pod->pods->node->env->state_dir, &pod->assignment, err);

	pod->saved = r >= 0;
	return r;
}

static int save_again(struct pod_run *pod, struct err *err)
{
	const char *dir = pod->pods->node->env->state_dir;
	int r = pod->record.phase == POD_DOWN ? 0 : pod_keep(pod, err);

	if (r >= 0 && pod->stale_record)
		r = record_save(dir, &pod->record, err);
	pod->stale_record = pod->stale_record && r < 0;
	return r;
}

int pods_save(struct pods *p, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < p->by_uid.count && r >= 0; i++) {
		struct pod_run *pod = p->by_uid.entries[i].value;

		if (pod->assignment.pod && (!pod->saved || pod->stale_record))
			r = save_again(pod, err);
	}
	return r;
}

/* --- slots ------------------------------------------------------------------------------------------------------ */

bool pods_slot_take(struct pods *p)
{
	if (p->starts >= PODS_STARTS_MAX)
		return false;
	p->starts++;
	return true;
}

/*
 * While a slot is free, the pod that has waited longest (they stand in the order they came) is driven again. It may not take the slot:
 * hence asked at each turn's end.
 */
static void queue_advance(struct pods *p)
{
	for (size_t i = 0; i < p->by_uid.count && p->starts < PODS_STARTS_MAX; i++) {
		struct pod_run *pod = p->by_uid.entries[i].value;

		if (pod->queued) {
			pod->queued = false;
			pod->marked = true;
			loop_defer_arm(p->drain);
			return;
		}
	}
}

void pods_slot_give(struct pods *p)
{
	p->starts--;
	queue_advance(p);
}

bool pods_idle(const struct pods *p)
{
	if (p->starts > 0)
		return false;
	for (size_t i = 0; i < p->by_uid.count; i++) {
		const struct pod_run *pod = p->by_uid.entries[i].value;

		if (pod->marked || pod->queued)
			return false;
	}
	return true;
}

static int on_drain(void *arg)
{
	struct pods *p = arg;
	bool any = false;

	for (size_t i = 0; i < p->by_uid.count; i++) {
		struct pod_run *pod = p->by_uid.entries[i].value;

		if (pod->marked) {
			pod->marked = false;
			pod_drive(pod);
			for (size_t k = 0; pod->assignment.pod && k < pod->record.count; k++)
				container_probes_update(&pod->containers[k]);
		}
		any |= pod->changed;
	}
	queue_advance(p);
	return any ? p->changed(p->changed_arg) : 0;
}

/* --- what the session asks for -------------------------------------------------------------------------------------- */

struct pods *pods_new(const struct node_services *node, loop_fn changed, void *arg)
{
	struct pods *p = xcalloc(1, sizeof(*p));
	struct err err = { 0 };

	p->node = node;
	p->changed = changed;
	p->changed_arg = arg;
	if (loop_defer(node->loop, on_drain, p, &p->drain, &err) < 0)
		log_error("%s", err_text(&err));
	return p;
}

struct pods *pods_free(struct pods *p)
{
	if (!p)
		return NULL;
	while (p->by_uid.count > 0)
		pod_run_free(p->by_uid.entries[0].value);
	map_done(&p->by_uid);
	loop_source_free(p->drain);
	free(p);
	return NULL;
}

/* The same pod with other labels, annotations or refs. */
static int pod_update(struct pod_run *pod, struct object *object, const char *digest,
	const struct string_map *refs, struct err *err)
{
	_cleanup_(arena_freep) struct arena *arena = NULL;
	struct string_map kept;
	struct assignment next;
	struct err why = { 0 };

	if (str_eq(pod->assignment.digest, digest) || !pod->assignment.pod)
		return 0;
	if (object_pod(object)->spec.containers.count + object_pod(object)->spec.init_containers.count !=
		pod->record.count)
		return err_set(err, -EINVAL, "pod %s: its containers can't change", pod->record.name);
	arena = arena_new(0);
	kept = pod_refs_keep(pod, refs, arena);
	assignment_init(&next, object, digest, &kept);
	assignment_done(&pod->assignment);
	pod->assignment = next;
	pod->saved = false;
	/* An agent that starts anew tells the digest that it finds, and gets the new one again. */
	if (pod_keep(pod, &why) < 0)
		log_warning("pod %s/%s: %s", pod->record.namespace, pod->record.name, err_text(&why));
	pod->record.retry_at = 0;
	for (size_t i = 0; i < pod->record.count; i++)
		pod->record.containers[i].retry_at = 0;
	pod_refresh_try(pod);
	pod_mark(pod);
	return 0;
}

int pods_assign(struct pods *p, struct object *object, const char *digest, const struct string_map *refs,
	struct err *err)
{
	const char *uid = object->meta->uid;
	struct pod_run *pod;

	if (!pod_uid_valid(uid))
		return err_set(
			err, -EINVAL, "pod %s: \"%s\" is no UID", object->meta->name, str_or_empty(uid));
	if (object_pod(object)->spec.containers.count + object_pod(object)->spec.init_containers.count >
		POD_CONTAINERS_MAX)
		return err_set(err, -EINVAL, "pod %s: more than %d containers", object->meta->name,
			POD_CONTAINERS_MAX);
	pod = map_get(&p->by_uid, uid);
	if (pod)
		return pod_update(pod, object, digest, refs, err);
	pod = xcalloc(1, sizeof(*pod));
	pod->pods = p;
	assignment_init(&pod->assignment, object, digest, refs);
	record_init(&pod->record, object_pod(object), time_now());
	pod_run_ready(pod);
	pod_keep(pod, NULL); /* on failure, the set-up tries again and says why */
	pod_mark(pod);
	return 0;
}

void pods_remove(struct pods *p, const char *uid, int64_t grace)
{
	struct pod_run *pod = map_get(&p->by_uid, uid);
	struct pod_record *r;

	if (!pod) {
		pod = pod_run_new(p, uid);
		pod->record.phase = POD_DOWN;
		pod->record.removing = true;
		pod_mark(pod);
		return;
	}
	r = &pod->record;
	if (!pod->assignment.pod)
		return;
	if (grace < 0)
		grace = pod_spec_of(pod)->spec.termination_grace_period_seconds;
	/* Asked again, only a shorter grace counts. */
	if (r->removing && r->grace <= grace)
		return;
	r->removing = true;
	r->grace = grace;
	pod->queued = false;
	/* Otherwise written down with the moment at which stopping begins, before anything is done about it. */
	if (r->stop_since > 0)
		pod_save(pod);
	pod_mark(pod);
}

void pods_forget(struct pods *p, const char *uid)
{
	struct pod_run *pod = map_get(&p->by_uid, uid);

	if (!pod || !pod->record.removing || pod->record.phase != POD_DOWN)
		return;
	if (pod_uid_valid(uid)) {
		_cleanup_(freep) char *dir = pod_state_dir(p->node->env->state_dir, uid);

		trash_throw(p->node->trash, dir, NULL);
	}
	pod_run_free(pod);
}

void pods_retry(struct pods *p)
{
	for (size_t i = 0; i < p->by_uid.count; i++) {
		struct pod_run *pod = p->by_uid.entries[i].value;

		if (pod->stale)
			pod_refresh_try(pod);
		if (pod->record.setup_error) {
			pod->record.retry_at = 0;
			pod_mark(pod);
		}
	}
}

static void container_rotate(struct pod_run *pod, const struct container_record *c, nsec_t now)
{
	const struct node_services *node = pod->pods->node;
	_cleanup_(freep) char *dir = logs_container_dir(
		node->log_root, pod->record.namespace, pod->record.name, pod->record.uid, c->name);
	char id[CONTAINER_ID_SIZE];
	_cleanup_(freep) char *bundle = runtime_bundle(
		node->runtime, container_id(node->env->short_id, pod->record.uid, c->name, c->attempt, id));
	_cleanup_(freep) char *ctl = xasprintf("%s/ctl", bundle);
	struct err err = { 0 };

	if (logs_rotate(dir, (unsigned)c->attempt, ctl, LOGS_MAX_SIZE, LOGS_MAX_FILES, now, &err) < 0 &&
		err.code != -ENOENT)
		log_warning("pod %s/%s: %s", pod->record.namespace, pod->record.name, err_text(&err));
}

void pods_rotate_logs(struct pods *p, nsec_t now)
{
	for (size_t i = 0; i < p->by_uid.count; i++) {
		struct pod_run *pod = p->by_uid.entries[i].value;

		for (size_t k = 0; k < pod->record.count; k++)
			if (pod->record.containers[k].phase == CONTAINER_RUNNING)
				container_rotate(pod, &pod->record.containers[k], now);
	}
}
