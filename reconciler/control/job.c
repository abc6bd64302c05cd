/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The Job controller. One sync: count what has ended; find out whether the Job is to end, and how (its target); remove or
 * make pods accordingly; say how it stands. A Job with a target ends when its last pod has. A finished Job is left alone
 * until its TTL has passed.
 */
#include "reconciler/control/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

#define OWN_CONTROLLER "kubernetes.io/job-controller"

const struct job_spec *job_spec_of(const struct world_job *j)
{
	return &world_job_object(j)->spec;
}

bool job_replaces_only_failed(const struct world_job *j)
{
	return str_eq(job_spec_of(j)->pod_replacement_policy, "Failed") || job_spec_of(j)->pod_failure_policy;
}

static nsec_t whole_second(nsec_t t)
{
	return t - t % NSEC_PER_SEC;
}

/* --- how it is to end ------------------------------------------------------------------------------------------- */

const struct world_condition *job_target(const struct world_job *j)
{
	const struct world_condition *c = world_condition_get(&j->set.conditions, "SuccessCriteriaMet");

	return c ? c : world_condition_get(&j->set.conditions, "FailureTarget");
}

bool job_set_target(
	struct control *c, struct world_job *j, const char *type, const char *reason, const char *message)
{
	if (!world_condition_set(&j->set.conditions, type, "True", reason, message, c->now))
		return false;
	world_touch(c->world, &j->set.o);
	return true;
}

static void fail(struct control *c, struct world_job *j, const char *reason, const char *message)
{
	job_set_target(c, j, "FailureTarget", reason, message);
}

/* Restarts of containers that still run count where containers are restarted (pastBackoffLimitOnFailure). */
static bool has_restarted_too_often(const struct world_job *j)
{
	const struct job_spec *s = job_spec_of(j);
	int64_t restarts = 0;

	if (!str_eq(s->template.spec.restart_policy, "OnFailure"))
		return false;
	for (size_t i = 0; i < j->set.pods.count; i++) {
		const struct world_pod *p = j->set.pods.items[i];

		if (p->phase == PHASE_RUNNING || p->phase == PHASE_PENDING)
			restarts += p->restarts + p->init_restarts;
	}
	return s->backoff_limit.value == 0 ? restarts > 0 : restarts >= s->backoff_limit.value;
}

/* Wakes the Job at its deadline. */
static bool is_past_deadline(struct control *c, struct world_job *j)
{
	const struct job_spec *s = job_spec_of(j);
	nsec_t when;

	if (!s->active_deadline_seconds.set || s->suspend || j->started == 0)
		return false;
	if (s->active_deadline_seconds.value > (NSEC_NEVER - j->started) / NSEC_PER_SEC - 1)
		return false;
	when = j->started + s->active_deadline_seconds.value * NSEC_PER_SEC;
	if (when <= c->now)
		return true;
	world_wake(c->world, &j->set.o, when);
	return false;
}

static void look_at_indexes(struct control *c, struct world_job *j)
{
	const struct job_spec *s = job_spec_of(j);
	int64_t failed = indexes_total(&j->failed_indexes);

	if (s->max_failed_indexes.set && failed > s->max_failed_indexes.value)
		fail(c, j, "MaxFailedIndexesExceeded",
			"Job has exceeded the specified maximal number of failed indexes");
	else if (failed > 0 && failed + indexes_total(&j->completed) >= s->completions.value)
		fail(c, j, "FailedIndexes", "Job has failed indexes");
}

static void look_at_success_policy(struct control *c, struct world_job *j)
{
	char message[64];
	size_t rule;

	if (!job_success_matches(j, &rule))
		return;
	snprintf(message, sizeof(message), "Matched rules at index %zu", rule);
	job_set_target(c, j, "SuccessCriteriaMet", "SuccessPolicy", message);
}

/* In Kubernetes' order: what fails it comes before what completes it. */
static void find_target(struct control *c, struct world_job *j)
{
	if (job_target(j))
		return;
	if (j->failed > job_spec_of(j)->backoff_limit.value || has_restarted_too_often(j))
		fail(c, j, "BackoffLimitExceeded", "Job has reached the specified backoff limit");
	else if (is_past_deadline(c, j))
		fail(c, j, "DeadlineExceeded", "Job was active longer than specified deadline");
	if (!job_target(j) && world_job_is_indexed(j)) {
		look_at_indexes(c, j);
		if (!job_target(j))
			look_at_success_policy(c, j);
	}
}

static bool is_success(const struct world_condition *target)
{
	return str_eq(target->type, "SuccessCriteriaMet");
}

/* What runs is stopped: of a failure it counts as failed. What has not been counted by then never is. */
static void stop_for_target(struct control *c, struct world_job *j)
{
	job_stop(c, j, !is_success(job_target(j)));
	for (size_t i = 0; i < j->set.pods.count; i++) {
		if (is_success(job_target(j)))
			job_count_as_nothing(c, j->set.pods.items[i]);
		else
			job_count_as_failed(c, j, j->set.pods.items[i]);
	}
}

/* The last pod has ended: so has the Job. */
static void finish(struct control *c, struct world_job *j)
{
	const struct world_condition *t = job_target(j);
	const struct job_spec *s = job_spec_of(j);

	world_condition_set(&j->set.conditions, is_success(t) ? "Complete" : "Failed", "True", t->reason,
		t->message, c->now);
	world_touch(c->world, &j->set.o);
	if (!is_success(t)) {
		control_event(c, &j->set.o, "Warning", t->reason, "%s", t->message);
	} else {
		j->ended = whole_second(c->now);
		if (s->completions.set && j->succeeded > s->completions.value)
			control_event(c, &j->set.o, "Warning", "TooManySucceededPods",
				"Too many succeeded pods running after completion count reached");
		control_event(c, &j->set.o, "Normal", "Completed", "Job completed");
	}
	j->failures = 0;
	j->failed_at = 0;
	j->retry_count = 0;
	if (j->cron)
		world_dirty(c->world, &j->cron->o);
}

/* --- while it runs --------------------------------------------------------------------------------------------------- */

static void start(struct control *c, struct world_job *j)
{
	j->started = whole_second(c->now);
	world_touch(c->world, &j->set.o);
}

/* Suspension resets startTime, so that the deadline counts from when the Job is resumed. */
static void say_suspended(struct control *c, struct world_job *j)
{
	struct world_conditions *list = &j->set.conditions;
	bool suspended = job_spec_of(j)->suspend;

	if (!suspended && !world_condition_get(list, "Suspended"))
		return;
	if (!world_condition_set(list, "Suspended", suspended ? "True" : "False",
		    suspended ? "JobSuspended" : "JobResumed", suspended ? "Job suspended" : "Job resumed",
		    c->now))
		return;
	control_event(c, &j->set.o, "Normal", suspended ? "Suspended" : "Resumed",
		suspended ? "Job suspended" : "Job resumed");
	world_touch(c->world, &j->set.o);
	if (suspended)
		j->started = 0;
}

static void run(struct control *c, struct world_job *j)
{
	job_manage(c, j);
	if (job_is_complete(j))
		job_set_target(c, j, "SuccessCriteriaMet", "CompletionsReached",
			"Reached expected number of succeeded pods");
	else
		say_suspended(c, j);
}

static void sync_numbers(struct control *c, struct world_job *j)
{
	int64_t active = job_active(j), ready = 0, terminating = job_terminating(j);

	for (size_t i = 0; i < j->set.pods.count; i++)
		ready += set_pod_active(j->set.pods.items[i]) && j->set.pods.items[i]->ready;
	if (j->active == active && j->set.ready == ready && j->terminating == terminating)
		return;
	j->active = active;
	j->set.ready = ready;
	j->terminating = terminating;
	world_touch(c->world, &j->set.o);
}

/* Indexes that a smaller Job doesn't have any more are not done either. */
static void cut_indexes(struct control *c, struct world_job *j)
{
	int64_t completions = job_spec_of(j)->completions.value;
	int64_t before = indexes_total(&j->completed) + indexes_total(&j->failed_indexes);

	if (!world_job_is_indexed(j))
		return;
	indexes_cut(&j->completed, completions);
	indexes_cut(&j->failed_indexes, completions);
	if (before == indexes_total(&j->completed) + indexes_total(&j->failed_indexes))
		return;
	j->succeeded = indexes_total(&j->completed);
	world_touch(c->world, &j->set.o);
}

static void sync_running(struct control *c, struct world_job *j)
{
	cut_indexes(c, j);
	if (j->started == 0 && !job_spec_of(j)->suspend)
		start(c, j);
	job_count_ended(c, j);
	find_target(c, j);
	if (!job_target(j))
		run(c, j);
	if (job_target(j))
		stop_for_target(c, j);
	sync_numbers(c, j);
	if (job_target(j) && j->terminating == 0)
		finish(c, j);
}

/* --- after its end ------------------------------------------------------------------------------------------------------ */

/*
 * Kubernetes would delete the Job. Git still has it, so its record stays, without pods, and says so: nothing runs again
 * until its manifest changes.
 */
static void expire(struct control *c, struct world_job *j)
{
	static const char why[] = "its ttlSecondsAfterFinished has passed";

	plan_step(c->plan, PLAN_DELETE, &j->set.o, "%s%s", why, j->cron ? "" : "; its record stays");
	if (j->cron) {
		control_job_drop(c, j);
		return;
	}
	set_drop_pods(c, &j->set);
	j->expired = whole_second(c->now);
	j->expired_generation = j->set.o.generation;
	j->active = j->terminating = j->set.ready = 0;
	world_touch(c->world, &j->set.o);
}

static void sync_finished(struct control *c, struct world_job *j)
{
	const struct job_spec *s = job_spec_of(j);
	nsec_t when;

	sync_numbers(c, j);
	if (j->expired || !s->ttl_seconds_after_finished.set)
		return;
	when = whole_second(world_job_end(j)->transitioned) +
	       s->ttl_seconds_after_finished.value * NSEC_PER_SEC;
	if (when <= c->now)
		expire(c, j);
	else
		world_wake(c->world, &j->set.o, when);
}

/* Its manifest changed after it had expired: it is another Job. */
static void renew(struct control *c, struct world_job *j)
{
	struct world_object *o = &j->set.o;

	world_job_reset(j);
	names_uid(&c->world->names, o->kind->name, o->namespace, o->name, o->uid);
	o->created = c->now;
	o->generation = 1;
	plan_step(c->plan, PLAN_CREATE, o, "its manifest changed after its end");
	world_touch(c->world, o);
}

/* --- the controller ------------------------------------------------------------------------------------------------------- */

static void take_manifest(struct control *c, struct world_job *j)
{
	struct object *manifest = j->made ? j->made : j->set.o.origin->object;

	if (j->set.revision && j->set.revision->holder == manifest)
		return;
	world_set_revision(c->world, &j->set,
		world_revision_new(manifest, j->set.o.namespace, &object_job(manifest)->spec.template));
}

/* Held, or another controller's. */
static bool is_left_alone(struct control *c, struct world_job *j)
{
	const char *manager = job_spec_of(j)->managed_by;

	if (j->set.o.origin && j->set.o.origin->held) {
		control_held(c, &j->set.o);
		return true;
	}
	if (!manager || str_eq(manager, OWN_CONTROLLER))
		return false;
	if (control_event_once(c, &j->set.o, "Warning", "ManagedByOther",
		    "left alone: spec.managedBy names another controller, %s", manager))
		plan_step(c->plan, PLAN_HOLD, &j->set.o, "it is managed by %s", manager);
	return true;
}

void control_job_sync(struct control *c, struct world_job *j)
{
	if (j->made && !j->cron) {
		control_job_drop(c, j);
		return;
	}
	if (is_left_alone(c, j))
		return;
	take_manifest(c, j);
	if (j->expired && j->expired_generation != j->set.o.generation)
		renew(c, j);
	if (!world_job_end(j))
		sync_running(c, j);
	if (world_job_end(j))
		sync_finished(c, j);
}

void control_job_drop(struct control *c, struct world_job *j)
{
	for (size_t i = 0; i < j->set.pods.count; i++)
		job_count_as_nothing(c, j->set.pods.items[i]);
	set_drop_pods(c, &j->set);
	if (j->cron)
		world_dirty(c->world, &j->cron->o);
	world_job_join(j, NULL);
	world_set_revision(c->world, &j->set, NULL);
	world_drop(c->world, &j->set.o);
}
