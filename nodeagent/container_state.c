/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table says for each phase which events may come, and the phase that follows; every other event is refused. */
#include "nodeagent/container_state.h"

#include <errno.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

/* --- back-off -------------------------------------------------------------------------------------------- */

static bool backoff_expired(const struct backoff *b, nsec_t event)
{
	return b->delay == 0 || event - b->since > 2 * BACKOFF_MAX;
}

nsec_t backoff_until(const struct backoff *b, nsec_t event)
{
	return backoff_expired(b, event) ? event : event + b->delay;
}

void backoff_next(struct backoff *b, nsec_t event, nsec_t now)
{
	if (backoff_expired(b, event))
		b->delay = BACKOFF_FIRST;
	else
		b->delay = b->delay > BACKOFF_MAX / 2 ? BACKOFF_MAX : 2 * b->delay;
	b->since = now;
}

/* --- steps ----------------------------------------------------------------------------------------------- */

/* 1 + the phase that follows; 0: refused. */
static const int next_phase[CONTAINER_PHASE_COUNT][CONTAINER_EVENT_COUNT] = {
	[CONTAINER_WAITING] = {
		[CONTAINER_INTEND] = 1 + CONTAINER_CREATING,
		[CONTAINER_REFUSED] = 1 + CONTAINER_WAITING,
	},
	[CONTAINER_CREATING] = {
		[CONTAINER_WITHDRAWN] = 1 + CONTAINER_WAITING,
		[CONTAINER_STARTED] = 1 + CONTAINER_RUNNING,
		[CONTAINER_ENDED] = 1 + CONTAINER_EXITED,
	},
	[CONTAINER_RUNNING] = {
		[CONTAINER_POST_STARTED] = 1 + CONTAINER_RUNNING,
		[CONTAINER_PRE_STOPPED] = 1 + CONTAINER_RUNNING,
		[CONTAINER_ENDED] = 1 + CONTAINER_EXITED,
	},
	[CONTAINER_EXITED] = {
		[CONTAINER_AGAIN] = 1 + CONTAINER_WAITING,
	},
};

static void on_intend(struct container_record *r, const struct container_event *ev)
{
	(void)ev;
	str_set(&r->waiting_reason, NULL);
	str_set(&r->waiting_message, NULL);
	r->post_failed = false;
	r->retry = (struct backoff){ 0 };
	r->retry_at = 0;
	r->starting = true;
}

static void on_refused(struct container_record *r, const struct container_event *ev)
{
	str_set(&r->waiting_reason, ev->reason);
	str_set(&r->waiting_message, ev->message);
	backoff_next(&r->retry, ev->now, ev->now);
	r->retry_at = ev->now + r->retry.delay;
	r->starting = false;
}

/* What is known of an attempt's processes. */
static void forget_processes(struct container_record *r)
{
	r->pid = r->pid_start = r->conmon = r->conmon_start = 0;
	r->starting = r->post_start = r->post_starting = r->pre_stopping = r->pre_stopped = false;
	r->term_at = 0;
	r->started = r->ready = false;
	r->stop_since = r->stop_grace = 0;
	str_set(&r->unhealthy, NULL);
	str_set(&r->stop_message, NULL);
}

static void on_withdrawn(struct container_record *r, const struct container_event *ev)
{
	(void)ev;
	forget_processes(r);
}

static void on_started(struct container_record *r, const struct container_event *ev)
{
	r->started_at = ev->now;
	r->starting = false;
	r->post_start = ev->post_start;
	r->post_started_at = 0;
}

/* A failure (reason) leaves it not started: container_condemn follows. */
static void on_post_started(struct container_record *r, const struct container_event *ev)
{
	if (!r->post_start || r->stop_since > 0)
		return;
	r->post_starting = false;
	r->post_start = r->post_failed = ev->reason != NULL;
	r->post_started_at = ev->reason ? 0 : ev->now;
}

static void on_pre_stopped(struct container_record *r, const struct container_event *ev)
{
	(void)ev;
	r->pre_stopped = true;
	r->pre_stopping = false;
}

static void on_ended(struct container_record *r, const struct container_event *ev)
{
	const char *reason = ev->reason ? ev->reason : ev->exit_code == 0 ? "Completed" : "Error";
	const char *message = ev->message ? ev->message : r->stop_message;

	record_clear_end(&r->end);
	r->end = (struct container_end){
		.set = true,
		.exit_code = ev->exit_code,
		.signal = ev->exit_code > 128 && ev->exit_code <= 128 + 64 ? ev->exit_code - 128 : 0,
		.reason = xstrdup(reason),
		.message = message ? xstrdup(message) : NULL,
		.id = ev->id ? xstrdup(ev->id) : NULL,
		.started_at = r->started_at ? r->started_at : ev->now,
		/* The end's time is a file's, the start's a clock's: a file's may lag by a tick. */
		.finished_at = ev->now > r->started_at ? ev->now : r->started_at,
	};
	r->started_at = 0;
	forget_processes(r);
}

static void on_again(struct container_record *r, const struct container_event *ev)
{
	backoff_next(&r->restart, r->end.finished_at, ev->now);
	record_move_end(&r->last, &r->end);
	r->attempt++;
}

static void (*const handlers[CONTAINER_EVENT_COUNT])(
	struct container_record *, const struct container_event *) = {
	[CONTAINER_INTEND] = on_intend,
	[CONTAINER_REFUSED] = on_refused,
	[CONTAINER_WITHDRAWN] = on_withdrawn,
	[CONTAINER_STARTED] = on_started,
	[CONTAINER_POST_STARTED] = on_post_started,
	[CONTAINER_PRE_STOPPED] = on_pre_stopped,
	[CONTAINER_ENDED] = on_ended,
	[CONTAINER_AGAIN] = on_again,
};

int container_step(struct container_record *r, const struct container_event *ev)
{
	int next = next_phase[r->phase][ev->type];

	if (next == 0)
		return -EPROTO;
	handlers[ev->type](r, ev);
	r->phase = (enum container_phase)(next - 1);
	return 0;
}

/* --- ending alone, probes ---------------------------------------------------------------------------------- */

void container_condemn(struct container_record *r, nsec_t now, int64_t grace, const char *why)
{
	if (grace > GRACE_MAX)
		grace = GRACE_MAX;
	if (r->stop_since > 0) {
		nsec_t end = r->stop_since + r->stop_grace * NSEC_PER_SEC;

		if (now + grace * NSEC_PER_SEC >= end)
			return;
	} else
		str_set(&r->stop_message, why);
	r->stop_since = now;
	r->stop_grace = grace;
}

bool container_started(const struct container *spec, const struct container_record *r)
{
	return r->phase == CONTAINER_RUNNING && !r->post_start && (!spec->startup_probe || r->started);
}

bool container_ready(const struct container *spec, const struct container_record *r)
{
	return container_started(spec, r) && (!spec->readiness_probe || r->ready);
}

/* --- policy ------------------------------------------------------------------------------------------------ */

bool container_is_sidecar(const struct pod *pod, size_t index)
{
	return index < pod->spec.init_containers.count &&
	       str_eq(pod->spec.init_containers.items[index].restart_policy, "Always");
}

enum restart_policy container_policy(const struct pod *pod, size_t index)
{
	const char *policy = pod->spec.restart_policy;
	bool init = index < pod->spec.init_containers.count;

	if (container_is_sidecar(pod, index))
		return RESTART_ALWAYS;
	if (str_eq(policy, "Never"))
		return RESTART_NEVER;
	/* An init container that succeeded is done, whatever the pod says. */
	return init || str_eq(policy, "OnFailure") ? RESTART_ON_FAILURE : RESTART_ALWAYS;
}

nsec_t container_start_time(const struct container_record *r, enum restart_policy policy)
{
	if (r->phase != CONTAINER_EXITED)
		return r->retry_at;
	if (policy == RESTART_NEVER || (policy == RESTART_ON_FAILURE && r->end.exit_code == 0))
		return NSEC_NEVER;
	return backoff_until(&r->restart, r->end.finished_at);
}
