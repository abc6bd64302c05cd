/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Stopping comes before starting; init containers come one after another before containers. Sidecars
 * stop last (kubernetes.io/docs/concepts/workloads/pods/sidecar-containers), a failed pod stops all of them. How
 * one container is stopped stands in hook.c.
 */
#include "nodeagent/pod_state.h"

#include <string.h>

#include "lib/base/str.h"

/* Does anything of it exist in the runtime? */
static bool alive(const struct container_record *c)
{
	return c->phase == CONTAINER_CREATING || c->phase == CONTAINER_RUNNING;
}

static bool over(const struct pod *pod, const struct pod_record *r, size_t i)
{
	return r->containers[i].phase == CONTAINER_EXITED &&
	       container_start_time(&r->containers[i], container_policy(pod, i)) == NSEC_NEVER;
}

/* An init container that lets the next one begin; a sidecar does so for good once it has started. */
static bool init_passed(const struct pod *pod, const struct pod_record *r, size_t i)
{
	const struct container_record *c = &r->containers[i];

	if (container_is_sidecar(pod, i))
		return c->passed || container_started(record_spec(pod, i), c);
	return c->phase == CONTAINER_EXITED && c->end.exit_code == 0;
}

bool pod_initialized(const struct pod *pod, const struct pod_record *r)
{
	for (size_t i = 0; i < r->init_count; i++)
		if (!init_passed(pod, r, i))
			return false;
	return true;
}

void pod_note_passed(const struct pod *pod, struct pod_record *r)
{
	for (size_t i = 0; i < r->init_count; i++)
		if (container_is_sidecar(pod, i))
			r->containers[i].passed = init_passed(pod, r, i);
}

static bool any_alive(const struct pod_record *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (alive(&r->containers[i]) || r->containers[i].starting)
			return true;
	return false;
}

/* What the main containers (and failed init containers) say, sidecars left aside. */
static const char *outcome(const struct pod *pod, const struct pod_record *r)
{
	bool failed = false;

	for (size_t i = 0; i < r->init_count; i++)
		if (!container_is_sidecar(pod, i) && over(pod, r, i) && r->containers[i].end.exit_code != 0)
			return "Failed";
	if (!pod_initialized(pod, r))
		return NULL;
	for (size_t i = r->init_count; i < r->count; i++) {
		if (!over(pod, r, i))
			return NULL;
		failed |= r->containers[i].end.exit_code != 0;
	}
	return failed ? "Failed" : "Succeeded";
}

const char *pod_final_phase(const struct pod *pod, const struct pod_record *r)
{
	if (any_alive(r))
		return NULL;
	return r->failed_reason ? "Failed" : outcome(pod, r);
}

/* --- deciding --------------------------------------------------------------------------------------------- */

static void wake_at(struct pod_decision *d, nsec_t when)
{
	if (when < d->wake)
		d->wake = when;
}

/* --- stopping ---------------------------------------------------------------------------------------------- */

static void stop_one(const struct pod *pod, const struct pod_record *r, size_t i,
	const struct stop_order *order, nsec_t now, struct pod_decision *d)
{
	static const enum container_need needs[] = {
		[STOP_NOTHING] = CONTAINER_NEEDS_NOTHING,
		[STOP_PRE_STOP] = CONTAINER_NEEDS_PRE_STOP,
		[STOP_SIGNAL] = CONTAINER_NEEDS_TERM,
		[STOP_KILL] = CONTAINER_NEEDS_KILL,
	};

	d->needs[i] = needs[stop_next(record_spec(pod, i), &r->containers[i], order, now, &d->wake)];
}

/* The order that ends sooner: the pod's, or the container's own. */
static struct stop_order order_of(const struct pod_record *r, size_t i, bool turn)
{
	const struct container_record *c = &r->containers[i];
	struct stop_order all = { r->stop_since, r->grace, turn },
			  own = { c->stop_since, c->stop_grace, turn };

	return c->stop_since > 0 && stop_over(&own) < stop_over(&all) ? own : all;
}

/* Sidecars are asked to end, last one first, only when nothing else runs any more. */
static void decide_stop(const struct pod *pod, const struct pod_record *r, nsec_t now, struct pod_decision *d)
{
	bool others = false;
	struct stop_order order;

	for (size_t i = 0; i < r->count; i++)
		if (!container_is_sidecar(pod, i)) {
			others |= alive(&r->containers[i]);
			order = order_of(r, i, true);
			stop_one(pod, r, i, &order, now, d);
		}
	for (size_t i = r->init_count; i-- > 0;)
		if (container_is_sidecar(pod, i)) {
			order = order_of(r, i, !others);
			stop_one(pod, r, i, &order, now, d);
			others |= alive(&r->containers[i]);
		}
}

/* --- running ------------------------------------------------------------------------------------------------ */

/* Of a pod that goes on: starts it when that is due, runs its hook, or stops it where it alone is to end. */
static void run_one(
	const struct pod *pod, const struct pod_record *r, size_t i, nsec_t now, struct pod_decision *d)
{
	const struct container_record *c = &r->containers[i];
	struct stop_order own = { c->stop_since, c->stop_grace, true };
	nsec_t when;

	if (alive(c) && c->stop_since > 0)
		stop_one(pod, r, i, &own, now, d);
	else if (c->post_start && !c->post_starting)
		d->needs[i] = CONTAINER_NEEDS_POST_START;
	if (alive(c) || c->starting)
		return;
	when = container_start_time(c, container_policy(pod, i));
	if (when <= now)
		d->needs[i] = CONTAINER_NEEDS_START;
	else
		wake_at(d, when);
}

static void decide_run(const struct pod *pod, const struct pod_record *r, nsec_t now, struct pod_decision *d)
{
	bool passed = true;

	for (size_t i = 0; i < r->init_count && passed; i++) {
		passed = init_passed(pod, r, i);
		if (container_is_sidecar(pod, i) || !passed)
			run_one(pod, r, i, now, d);
	}
	/* What is held up is a start, no end. */
	for (size_t i = r->init_count; i < r->count; i++) {
		if (passed || alive(&r->containers[i]))
			run_one(pod, r, i, now, d);
		passed = passed && !hook_holds_next(record_spec(pod, i), &r->containers[i],
					   d->needs[i] == CONTAINER_NEEDS_START);
	}
}

bool pod_is_stopping(const struct pod *pod, const struct pod_record *r)
{
	return r->removing || r->failed_reason || outcome(pod, r) != NULL;
}

static void decide_deadline(
	const struct pod *pod, const struct pod_record *r, nsec_t now, struct pod_decision *d)
{
	nsec_t when;

	if (!pod->spec.active_deadline_seconds.set || pod_is_stopping(pod, r))
		return;
	when = r->start_time + pod->spec.active_deadline_seconds.value * NSEC_PER_SEC;
	if (now >= when)
		d->fail_deadline = true;
	else
		wake_at(d, when);
}

void pod_decide(const struct pod *pod, const struct pod_record *r, nsec_t now, struct pod_decision *ret)
{
	ret->need = POD_NEEDS_NOTHING;
	ret->wake = NSEC_NEVER;
	ret->fail_deadline = false;
	memset(ret->needs, 0, r->count * sizeof(ret->needs[0]));

	decide_deadline(pod, r, now, ret);
	if (ret->fail_deadline)
		return;
	if (pod_is_stopping(pod, r)) {
		if (any_alive(r)) {
			ret->need = POD_NEEDS_CONTAINERS;
			decide_stop(pod, r, now, ret);
		} else if (r->removing && r->phase != POD_DOWN)
			ret->need = POD_NEEDS_TEARDOWN;
		else if (!r->removing && r->phase != POD_OVER)
			ret->need = POD_NEEDS_RELEASE;
	} else if (r->phase == POD_NEW) {
		if (r->retry_at <= now)
			ret->need = POD_NEEDS_SETUP;
		else
			wake_at(ret, r->retry_at);
	} else {
		ret->need = POD_NEEDS_CONTAINERS;
		decide_run(pod, r, now, ret);
	}
}
