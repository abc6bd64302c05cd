/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * One pod, whenever something may have changed for it: it gets what pod_decide (pod_state.c) says that it needs, which pod_setup.c
 * and container_run.c do, and a timer for when it will need something next.
 */
#include <stdlib.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/pod_run.h"

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
		str_set(&pod->record.setup_error, text);
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

	if (pod_keep(pod, &err) >= 0 && pod_setup(pod, &reason, &err) >= 0) {
		r->phase = POD_UP;
		str_set(&r->setup_error, NULL);
		r->retry = (struct backoff){ 0 };
		return;
	}
	log_warning("pod %s/%s: %s", r->namespace, r->name, err_text(&err));
	pod_event(pod, reason, "%s", err_text(&err));
	str_set(&r->setup_error, err_text(&err));
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

void pod_drive(struct pod_run *pod)
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
		str_set(&r->failed_reason, "DeadlineExceeded");
		str_set(&r->failed_message, "Pod was active on the node longer than the specified deadline");
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
