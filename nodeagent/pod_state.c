/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Stopping comes before starting; init containers come one after another before containers. Sidecars
 * stop last (kubernetes.io/docs/concepts/workloads/pods/sidecar-containers), a failed pod stops all of them.
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

	if (container_is_sidecar(pod, i) && record_spec(pod, i)->startup_probe)
		return c->passed;
	if (container_is_sidecar(pod, i))
		return c->phase == CONTAINER_RUNNING || c->attempt > 0;
	return c->phase == CONTAINER_EXITED && c->end.exit_code == 0;
}

bool pod_initialized(const struct pod *pod, const struct pod_record *r)
{
	for (size_t i = 0; i < r->init_count; i++)
		if (!init_passed(pod, r, i))
			return false;
	return true;
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

/* When a container that is to end is killed: the pod's grace is over, or its own. */
static nsec_t kill_time(const struct pod_record *r, const struct container_record *c)
{
	nsec_t pod = r->stop_since > 0 ? r->stop_since + r->grace * NSEC_PER_SEC : NSEC_NEVER;
	nsec_t own = c->stop_since > 0 ? c->stop_since + c->stop_grace * NSEC_PER_SEC : NSEC_NEVER;

	return own < pod ? own : pod;
}

static void stop_one(const struct pod_record *r, size_t i, nsec_t now, struct pod_decision *d)
{
	const struct container_record *c = &r->containers[i];
	nsec_t kill_at = kill_time(r, c);

	/* What is only being prepared is given up at once. */
	if (c->phase == CONTAINER_WAITING && c->starting)
		d->needs[i] = CONTAINER_NEEDS_KILL;
	if (!alive(c))
		return;
	if (now >= kill_at)
		d->needs[i] = CONTAINER_NEEDS_KILL;
	else {
		if (!c->stopping)
			d->needs[i] = CONTAINER_NEEDS_TERM;
		wake_at(d, kill_at);
	}
}

/* Of a pod that goes on: starts it when that is due, or stops it where it alone is to end. */
static void run_one(
	const struct pod *pod, const struct pod_record *r, size_t i, nsec_t now, struct pod_decision *d)
{
	const struct container_record *c = &r->containers[i];
	nsec_t when;

	if (alive(c) && c->stop_since > 0)
		stop_one(r, i, now, d);
	if (alive(c) || c->starting)
		return;
	when = container_start_time(c, container_policy(pod, i));
	if (when <= now)
		d->needs[i] = CONTAINER_NEEDS_START;
	else
		wake_at(d, when);
}

/* Sidecars are asked to end, last one first, only when nothing else runs any more; a kill takes all. */
static void decide_stop(const struct pod *pod, const struct pod_record *r, nsec_t now, struct pod_decision *d)
{
	bool others = false;

	for (size_t i = 0; i < r->count; i++)
		if (!container_is_sidecar(pod, i)) {
			others |= alive(&r->containers[i]);
			stop_one(r, i, now, d);
		}
	for (size_t i = r->init_count; i-- > 0;) {
		if (!container_is_sidecar(pod, i) || !alive(&r->containers[i]))
			continue;
		if (!others || now >= r->stop_since + r->grace * NSEC_PER_SEC)
			stop_one(r, i, now, d);
		else
			wake_at(d, r->stop_since + r->grace * NSEC_PER_SEC);
		others = true;
	}
}

static void decide_run(const struct pod *pod, const struct pod_record *r, nsec_t now, struct pod_decision *d)
{
	bool passed = true;

	for (size_t i = 0; i < r->init_count && passed; i++) {
		bool sidecar = container_is_sidecar(pod, i);

		if (sidecar || !init_passed(pod, r, i))
			run_one(pod, r, i, now, d);
		passed = init_passed(pod, r, i);
	}
	for (size_t i = r->init_count; passed && i < r->count; i++)
		run_one(pod, r, i, now, d);
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
