/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The driver: marks, the drain at the end of a turn, slots, timers. What a pod needs is decided in pod_state.c,
 * how it is done stands in pod_setup.c and container_run.c.
 */
#include "nodeagent/pods.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/fs.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/container_id.h"
#include "nodeagent/logs.h"
#include "nodeagent/pod_run.h"

static int on_drain(void *arg);

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

/* What is to run stands on disk before it runs: an agent that starts anew must find it. */
static int assignment_keep(struct pod_run *pod, struct err *err)
{
	int r = pod->saved ? 0 : assignment_save(pod->pods->node->env->state_dir, &pod->assignment, err);

	pod->saved = r >= 0;
	return r;
}

static int save_again(struct pod_run *pod, struct err *err)
{
	const char *dir = pod->pods->node->env->state_dir;
	int r = pod->record.phase == POD_DOWN ? 0 : assignment_keep(pod, err);

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

/* The pod that has waited longest (they stand in the order they came) is driven again. */
void pods_slot_give(struct pods *p)
{
	p->starts--;
	for (size_t i = 0; i < p->by_uid.count; i++) {
		struct pod_run *pod = p->by_uid.entries[i].value;

		if (pod->queued) {
			pod->queued = false;
			pod->marked = true;
			loop_defer_arm(p->drain);
			return;
		}
	}
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

/* --- driving one pod --------------------------------------------------------------------------------------------- */

static int on_timer(void *arg)
{
	pod_mark(arg);
	return 0;
}

/* WHEN is realtime, as records have it. */
static void wake_set(struct pod_run *pod, nsec_t when, nsec_t now)
{
	nsec_t mono = when == NSEC_NEVER ? NSEC_NEVER : time_monotonic() + (when > now ? when - now : 0);

	if (!pod->timer)
		loop_timer(pod->pods->node->loop, mono, on_timer, pod, &pod->timer, NULL);
	else
		loop_timer_set(pod->timer, mono);
}

/* Writes down when stopping began, and how long it may take. */
static void stop_note(struct pod_run *pod, nsec_t now)
{
	struct pod_record *r = &pod->record;

	if (r->stop_since > 0 || !pod_is_stopping(pod_spec_of(pod), r))
		return;
	r->stop_since = now;
	if (!r->removing)
		r->grace = pod_spec_of(pod)->spec.termination_grace_period_seconds;
	pod_save(pod);
}

/* Does OTHER's name keep POD, which has not begun, from beginning? BEFORE: it stands before it in the list. */
static bool has_the_name(const struct pod_run *pod, const struct pod_run *other, bool before)
{
	if (!other->assignment.pod || !str_eq(other->record.name, pod->record.name) ||
		!str_eq(other->record.namespace, pod->record.namespace))
		return false;
	return other->record.phase == POD_UP || (other->record.phase == POD_NEW && before);
}

/* Of those that have not begun the first may, whoever that is. */
static const struct pod_run *namesake(const struct pod_run *pod)
{
	const struct map *all = &pod->pods->by_uid;
	bool before = true;

	for (size_t i = 0; i < all->count; i++) {
		const struct pod_run *other = all->entries[i].value;

		if (other == pod)
			before = false;
		else if (has_the_name(pod, other, before))
			return other;
	}
	return NULL;
}

/* There are never two of one name here: one waits, and says so. */
static bool is_blocked(struct pod_run *pod)
{
	const struct pod_run *other = namesake(pod);
	_cleanup_(freep) char *text = NULL;

	pod->blocked = other != NULL;
	if (!other)
		return false;
	text = xasprintf("it waits until the pod of its name with UID %s has gone", other->record.uid);
	if (!str_eq(pod->record.setup_error, text)) {
		record_set_text(&pod->record.setup_error, text);
		pod->changed = true;
	}
	return true;
}

static void unblock(struct pods *p)
{
	for (size_t i = 0; i < p->by_uid.count; i++)
		if (((struct pod_run *)p->by_uid.entries[i].value)->blocked)
			pod_mark(p->by_uid.entries[i].value);
}

static void setup_try(struct pod_run *pod, nsec_t now)
{
	struct pod_record *r = &pod->record;
	const char *reason = "Failed";
	struct err err = { 0 };

	if (assignment_keep(pod, &err) >= 0 && pod_setup(pod, &reason, &err) >= 0) {
		r->phase = POD_UP;
		record_set_text(&r->setup_error, NULL);
		r->retry = (struct backoff){ 0 };
		return;
	}
	log_warning("pod %s/%s: %s", r->namespace, r->name, err_text(&err));
	pod_event(pod, reason, "%s", err_text(&err));
	record_set_text(&r->setup_error, err_text(&err));
	backoff_next(&r->retry, now, now);
	r->retry_at = now + r->retry.delay;
	pod->changed = true;
}

/* PHASE: POD_OVER or POD_DOWN. */
static void take_down(struct pod_run *pod, enum pod_phase phase, nsec_t now)
{
	struct err err = { 0 };
	int r;

	if (pod->cleanups > 0)
		return;
	r = phase == POD_OVER ? pod_release(pod, &err) : pod_teardown(pod, &err);
	if (r < 0) {
		log_warning("pod %s/%s: taking it down: %s", pod->record.namespace, pod->record.name,
			err_text(&err));
		wake_set(pod, now + NSEC_PER_SEC / 5, now);
		return;
	}
	pod->record.phase = phase;
	pod->changed = true;
	pod_save(pod);
	unblock(pod->pods);
}

static void containers_drive(struct pod_run *pod, const struct pod_decision *d)
{
	for (size_t i = 0; i < pod->record.count; i++) {
		struct container_run *c = &pod->containers[i];

		switch (d->needs[i]) {
		case CONTAINER_NEEDS_NOTHING:
			break;
		case CONTAINER_NEEDS_START:
			container_begin(c);
			break;
		case CONTAINER_NEEDS_POST_START:
			container_post_start(c);
			break;
		case CONTAINER_NEEDS_PRE_STOP:
			container_pre_stop(c);
			break;
		case CONTAINER_NEEDS_TERM:
			container_stop(c, false);
			break;
		case CONTAINER_NEEDS_KILL:
			container_stop(c, true);
			break;
		}
	}
}

static void pod_drive(struct pod_run *pod)
{
	struct pod_record *r = &pod->record;
	struct pod_decision d;
	nsec_t now = time_now();

	if (!pod->assignment.pod)
		return;
	pod_note_passed(pod_spec_of(pod), r);
	stop_note(pod, now);
	pod_decide(pod_spec_of(pod), r, now, &d);
	if (d.fail_deadline) {
		record_set_text(&r->failed_reason, "DeadlineExceeded");
		record_set_text(
			&r->failed_message, "Pod was active on the node longer than the specified deadline");
		stop_note(pod, now);
		pod_decide(pod_spec_of(pod), r, now, &d);
	}
	if (d.need == POD_NEEDS_SETUP) {
		if (is_blocked(pod))
			return;
		if (pod->pods->starts >= PODS_STARTS_MAX) {
			pod->queued = true;
			return;
		}
		setup_try(pod, now);
		pod_decide(pod_spec_of(pod), r, now, &d);
	}
	wake_set(pod, d.wake, now);
	if (d.need == POD_NEEDS_CONTAINERS)
		containers_drive(pod, &d);
	else if (d.need == POD_NEEDS_RELEASE)
		take_down(pod, POD_OVER, now);
	else if (d.need == POD_NEEDS_TEARDOWN)
		take_down(pod, POD_DOWN, now);
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
	if (assignment_keep(pod, &why) < 0)
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
	assignment_keep(pod, NULL); /* on failure, the set-up tries again and says why */
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

/* --- views ------------------------------------------------------------------------------------------------------------ */

size_t pods_count(const struct pods *p)
{
	return p->by_uid.count;
}

static struct pod_view view_of(const struct pod_run *pod)
{
	return (struct pod_view){
		.uid = pod->record.uid,
		.namespace = pod->record.namespace,
		.name = pod->record.name,
		.digest = str_or_empty(pod->assignment.digest),
		.object = pod->assignment.pod,
		.record = &pod->record,
		.gone = pod->record.removing && pod->record.phase == POD_DOWN,
	};
}

struct pod_view pods_view(const struct pods *p, size_t i)
{
	return view_of(p->by_uid.entries[i].value);
}

bool pods_find(const struct pods *p, const char *ns, const char *name, const char *uid, struct pod_view *ret)
{
	for (size_t i = p->by_uid.count; i-- > 0;) {
		struct pod_view v = view_of(p->by_uid.entries[i].value);

		if (!v.object || (uid && !str_eq(v.uid, uid)))
			continue;
		if (str_eq(v.namespace, ns) && str_eq(v.name, name)) {
			*ret = v;
			return true;
		}
	}
	return false;
}

bool pods_by_uid(const struct pods *p, const char *uid, struct pod_view *ret)
{
	const struct pod_run *pod = map_get(&p->by_uid, uid);

	if (pod)
		*ret = view_of(pod);
	return pod != NULL;
}

struct pod_status *pods_status(
	const struct pods *p, struct arena *arena, const struct pod_view *view, nsec_t now)
{
	struct pod_status_input in = {
		.record = view->record,
		.cluster = p->node->env->short_id,
		.host_ip = p->node->host_ip,
		.now = now,
	};

	if (!view->object)
		return NULL;
	in.pod = object_pod(view->object);
	return pod_status_build(arena, &in);
}

struct strings pods_changed(struct pods *p, struct arena *arena)
{
	struct strings list = { 0 };

	list.items = arena_array(arena, p->by_uid.count, sizeof(list.items[0]));
	for (size_t i = 0; i < p->by_uid.count; i++) {
		struct pod_run *pod = p->by_uid.entries[i].value;

		if (pod->changed)
			list.items[list.count++] = pod->record.uid;
		pod->changed = false;
	}
	return list;
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
