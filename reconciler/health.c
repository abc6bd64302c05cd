/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/health.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "lib/base/str.h"

const char *health_name(enum health h)
{
	static const char *const names[] = {
		[HEALTH_NONE] = "", [HEALTH_GOOD] = "good", [HEALTH_COMING] = "coming", [HEALTH_BAD] = "bad"
	};
	return names[h];
}

const char *health_condition(const struct conditions *list, const char *type, const struct condition **ret)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_eq(list->items[i].type, type)) {
			if (ret)
				*ret = &list->items[i];
			return list->items[i].status;
		}
	return NULL;
}

/* Runs of blanks and control characters of the LEN bytes at TEXT become one space each; the new length. */
static size_t fold_blanks(char *text, size_t len)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		bool blank = (unsigned char)text[i] <= ' ' || text[i] == 0x7f;
		if (!blank)
			text[n++] = text[i];
		else if (n > 0 && text[n - 1] != ' ')
			text[n++] = ' ';
	}
	return n > 0 && text[n - 1] == ' ' ? n - 1 : n;
}

/* One line, whatever a runtime or an image's author had to say. */
static enum health _printf_(3, 4) say(struct buf *why, enum health h, const char *fmt, ...)
{
	va_list ap, again;
	if (!why)
		return h;
	va_start(ap, fmt);
	va_copy(again, ap);
	int len = vsnprintf(NULL, 0, fmt, ap);
	char *at = buf_reserve(why, (size_t)len + 1);
	vsnprintf(at, (size_t)len + 1, fmt, again);
	buf_extend(why, fold_blanks(at, (size_t)len));
	va_end(again);
	va_end(ap);
	return h;
}

/* A condition's words: "Reason: message", or where it has none that it is what it should not be. */
static enum health say_condition(struct buf *why, enum health h, const struct condition *c)
{
	if (str_empty(c->reason) && str_empty(c->message))
		return say(why, h, "%s is %s", str_or_empty(c->type), str_or_empty(c->status));
	return say(why, h, "%s%s%s", str_or_empty(c->reason),
		str_empty(c->reason) || str_empty(c->message) ? "" : ": ", str_or_empty(c->message));
}

/* The rules of kubectl rollout status (polymorphichelpers/rollout_status.go). */
static enum health deployment_health(const struct deployment *d, struct buf *why)
{
	const struct deployment_status *s = &d->status;
	const struct condition *c = NULL;
	int64_t want = d->spec.replicas;
	if (s->observed_generation < d->meta.generation)
		return say(why, HEALTH_COMING, "waiting for the change to be taken up");
	if (str_eq(health_condition(&s->conditions, "ReplicaFailure", &c), "True"))
		return say_condition(why, HEALTH_BAD, c);
	if (health_condition(&s->conditions, "RolledBack", &c))
		return say_condition(why, HEALTH_BAD, c);
	if (health_condition(&s->conditions, "Progressing", &c) &&
		str_eq(c->reason, "ProgressDeadlineExceeded"))
		return say_condition(why, HEALTH_BAD, c);
	if (s->updated_replicas < want && d->spec.paused)
		return say(why, HEALTH_COMING, "is paused, with another template than its pods have");
	if (s->updated_replicas < want)
		return say(why, HEALTH_COMING, "%" PRId64 " of %" PRId64 " new pods have been made",
			s->updated_replicas, want);
	if (s->replicas > s->updated_replicas)
		return say(why, HEALTH_COMING, "%" PRId64 " old pods are still there",
			s->replicas - s->updated_replicas);
	if (s->available_replicas < s->updated_replicas)
		return say(why, HEALTH_COMING, "%" PRId64 " of %" PRId64 " pods are available",
			s->available_replicas, s->updated_replicas);
	return HEALTH_GOOD;
}

static enum health set_health(
	int64_t generation, int64_t want, const struct replica_set_status *s, struct buf *why)
{
	const struct condition *c = NULL;
	if (s->observed_generation < generation)
		return say(why, HEALTH_COMING, "waiting for the change to be taken up");
	if (str_eq(health_condition(&s->conditions, "ReplicaFailure", &c), "True"))
		return say_condition(why, HEALTH_BAD, c);
	if (s->available_replicas < want)
		return say(why, HEALTH_COMING, "%" PRId64 " of %" PRId64 " pods are available",
			s->available_replicas, want);
	if (s->replicas > want)
		return say(
			why, HEALTH_COMING, "%" PRId64 " pods too many are still there", s->replicas - want);
	return HEALTH_GOOD;
}

/* Does it wait for what passes by itself? A message beside it says that something is in the way. */
static bool is_starting(const struct container_state_waiting *w)
{
	return str_empty(w->message) && (str_empty(w->reason) || str_eq(w->reason, "ContainerCreating") ||
						str_eq(w->reason, "PodInitializing"));
}

/* The first container that waits for a reason that will not pass by itself, or NULL. */
static const struct container_status *stuck_container(const struct container_statuses *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].state.waiting && !is_starting(list->items[i].state.waiting))
			return &list->items[i];
	return NULL;
}

const struct container_status *health_stuck(const struct pod_status *s)
{
	const struct container_status *stuck = stuck_container(&s->init_container_statuses);

	return stuck ? stuck : stuck_container(&s->container_statuses);
}

/* The first container, init containers first, that ended in another way than with 0; NULL: none. */
static const struct container_status *first_failed(const struct pod_status *s)
{
	for (size_t i = 0; i < s->init_container_statuses.count; i++) {
		const struct container_status *c = &s->init_container_statuses.items[i];

		if (c->state.terminated && c->state.terminated->exit_code != 0)
			return c;
	}
	for (size_t i = 0; i < s->container_statuses.count; i++) {
		const struct container_status *c = &s->container_statuses.items[i];

		if (c->state.terminated && c->state.terminated->exit_code != 0)
			return c;
	}
	return NULL;
}

/* By the pod's own reason, or that of the container that failed it. */
static enum health failed_health(const struct pod_status *s, struct buf *why)
{
	const struct container_status *c = first_failed(s);

	if (!str_empty(s->reason) || !str_empty(s->message) || !c)
		return say(why, HEALTH_BAD, "failed%s%s%s%s", str_empty(s->reason) ? "" : ": ",
			str_or_empty(s->reason), str_empty(s->message) ? "" : ": ", str_or_empty(s->message));
	return say(why, HEALTH_BAD, "failed: container %s: %s (exit code %" PRId64 ")%s%s", c->name,
		str_or_empty(c->state.terminated->reason), c->state.terminated->exit_code,
		str_empty(c->state.terminated->message) ? "" : ": ",
		str_or_empty(c->state.terminated->message));
}

static bool is_gated(const struct condition *c)
{
	return c && str_eq(c->reason, "SchedulingGated");
}

static enum health pod_health(const struct pod *p, struct buf *why)
{
	const struct condition *c = NULL;
	if (str_eq(p->status.phase, "Succeeded"))
		return HEALTH_GOOD;
	if (str_eq(p->status.phase, "Failed"))
		return failed_health(&p->status, why);
	if (p->meta.deletion_timestamp.set)
		return say(why, HEALTH_COMING, "is being stopped");
	if (str_eq(health_condition(&p->status.conditions, "PodScheduled", &c), "False"))
		return say_condition(why, is_gated(c) ? HEALTH_COMING : HEALTH_BAD, c);
	if (str_empty(p->spec.node_name) && !str_empty(p->spec.scheduler_name) &&
		!str_eq(p->spec.scheduler_name, "default-scheduler"))
		return say(why, HEALTH_COMING, "left to the scheduler %s", p->spec.scheduler_name);
	const struct container_status *stuck = health_stuck(&p->status);
	if (stuck)
		return say(why, HEALTH_BAD, "container %s: %s%s%s", stuck->name,
			str_or_empty(stuck->state.waiting->reason),
			str_empty(stuck->state.waiting->message) ? "" : ": ",
			str_or_empty(stuck->state.waiting->message));
	const char *ready = health_condition(&p->status.conditions, "Ready", &c);
	if (str_eq(ready, "True"))
		return HEALTH_GOOD;
	if (!str_eq(p->status.phase, "Running"))
		return say(why, HEALTH_COMING, "starting");
	if (ready && !str_empty(c->message))
		return say(why, HEALTH_COMING, "not ready: %s", c->message);
	return say(why, HEALTH_COMING, "not ready yet");
}

static enum health node_health(const struct node *n, struct buf *why)
{
	const struct condition *c = NULL;
	const char *ready = health_condition(&n->status.conditions, "Ready", &c);
	if (!ready)
		return say(why, HEALTH_COMING, "its agent has not been heard of yet");
	if (!str_eq(ready, "True"))
		return say_condition(why, HEALTH_BAD, c);
	if (str_eq(health_condition(&n->status.conditions, "Drained", &c), "False"))
		return say(why, HEALTH_COMING, "is being drained: %s", str_or_empty(c->message));
	if (str_eq(health_condition(&n->status.conditions, "NetworkUnavailable", &c), "True"))
		return say_condition(why, HEALTH_BAD, c);
	return HEALTH_GOOD;
}

/* A budget whose pods can't be counted, or that is used up: no drain may take any of them. */
static enum health budget_health(const struct disruption_budget *b, struct buf *why)
{
	const struct disruption_budget_status *s = &b->status;
	const struct condition *c = NULL;
	if (s->observed_generation < b->meta.generation)
		return say(why, HEALTH_COMING, "waiting for the change to be taken up");
	if (str_eq(health_condition(&s->conditions, "DisruptionAllowed", &c), "False") &&
		str_eq(c->reason, "SyncFailed"))
		return say_condition(why, HEALTH_BAD, c);
	if (s->expected_pods > 0 && s->current_healthy < s->desired_healthy)
		return say(why, HEALTH_COMING,
			"allows no disruption: %" PRId64 " pods are healthy, and %" PRId64 " must be",
			s->current_healthy, s->desired_healthy);
	return HEALTH_GOOD;
}

/* Replicas of 0 in the manifest switch an autoscaler off: so it is meant. */
static enum health autoscaler_health(const struct autoscaler *a, struct buf *why)
{
	const struct conditions *list = &a->status.conditions;
	const struct condition *c = NULL;
	if (str_eq(health_condition(list, "AbleToScale", &c), "False"))
		return say_condition(why, HEALTH_BAD, c);
	if (str_eq(health_condition(list, "ScalingActive", &c), "False") &&
		!str_eq(c->reason, "ScalingDisabled"))
		return say_condition(why, HEALTH_BAD, c);
	return HEALTH_GOOD;
}

/* Likewise; a partition is the part of it that stays as it is. */
static enum health stateful_set_health(const struct stateful_set *t, struct buf *why)
{
	const struct stateful_set_status *s = &t->status;
	const struct stateful_rolling_update *r = t->spec.update_strategy.rolling_update;
	int64_t want = t->spec.replicas, rolled = r && r->partition < want ? want - r->partition : 0;
	if (s->observed_generation < t->meta.generation)
		return say(why, HEALTH_COMING, "waiting for the change to be taken up");
	if (s->ready_replicas < want)
		return say(why, HEALTH_COMING, "%" PRId64 " of %" PRId64 " pods are ready", s->ready_replicas,
			want);
	if (s->available_replicas < want)
		return say(why, HEALTH_COMING, "%" PRId64 " of %" PRId64 " pods are available",
			s->available_replicas, want);
	if (s->replicas > want)
		return say(
			why, HEALTH_COMING, "%" PRId64 " pods too many are still there", s->replicas - want);
	if (s->updated_replicas < rolled)
		return say(why, HEALTH_COMING, "%" PRId64 " of %" PRId64 " new pods have been made",
			s->updated_replicas, rolled);
	return HEALTH_GOOD;
}

static enum health daemon_set_health(const struct daemon_set *t, struct buf *why)
{
	const struct daemon_set_status *s = &t->status;
	bool rolls = str_eq(t->spec.update_strategy.type, "RollingUpdate");
	if (s->observed_generation < t->meta.generation)
		return say(why, HEALTH_COMING, "waiting for the change to be taken up");
	if (rolls && s->updated_number_scheduled < s->desired_number_scheduled)
		return say(why, HEALTH_COMING, "%" PRId64 " of %" PRId64 " new pods have been made",
			s->updated_number_scheduled, s->desired_number_scheduled);
	if (s->number_available < s->desired_number_scheduled)
		return say(why, HEALTH_COMING, "%" PRId64 " of %" PRId64 " pods are available",
			s->number_available, s->desired_number_scheduled);
	return HEALTH_GOOD;
}

static enum health of_stateful_set(const struct object *o, struct buf *why)
{
	return stateful_set_health(object_stateful_set(o), why);
}

static enum health of_daemon_set(const struct object *o, struct buf *why)
{
	return daemon_set_health(object_daemon_set(o), why);
}

static enum health of_deployment(const struct object *o, struct buf *why)
{
	return deployment_health(object_deployment(o), why);
}

static enum health of_replica_set(const struct object *o, struct buf *why)
{
	const struct replica_set *r = object_replica_set(o);
	return set_health(r->meta.generation, r->spec.replicas, &r->status, why);
}

static enum health of_replication_controller(const struct object *o, struct buf *why)
{
	const struct replication_controller *r = object_replication_controller(o);
	return set_health(r->meta.generation, r->spec.replicas, &r->status, why);
}

static enum health of_pod(const struct object *o, struct buf *why)
{
	return pod_health(object_pod(o), why);
}

static enum health of_node(const struct object *o, struct buf *why)
{
	return node_health(object_node(o), why);
}

static enum health of_budget(const struct object *o, struct buf *why)
{
	return budget_health(object_disruption_budget(o), why);
}

static enum health of_autoscaler(const struct object *o, struct buf *why)
{
	return autoscaler_health(object_autoscaler(o), why);
}

/* Well is what is done; and what another controller is to run is not ours to judge. */
static enum health of_job(const struct object *o, struct buf *why)
{
	const struct job *j = object_job(o);
	const struct condition *c = NULL;
	if (str_eq(health_condition(&j->status.conditions, "Failed", &c), "True") ||
		str_eq(health_condition(&j->status.conditions, "FailureTarget", &c), "True"))
		return say_condition(why, HEALTH_BAD, c);
	if (str_eq(health_condition(&j->status.conditions, "Complete", NULL), "True"))
		return HEALTH_GOOD;
	if (j->spec.managed_by && !str_eq(j->spec.managed_by, "kubernetes.io/job-controller"))
		return HEALTH_GOOD;
	if (j->spec.suspend)
		return say(why, HEALTH_COMING, "is suspended");
	if (j->spec.completions.set)
		return say(why, HEALTH_COMING, "%" PRId64 " of %" PRId64 " completions", j->status.succeeded,
			j->spec.completions.value);
	return say(why, HEALTH_COMING, "no pod of it has succeeded yet");
}

/* What its Jobs come to is theirs to say. */
static enum health of_cron_job(const struct object *o, struct buf *why)
{
	(void)o;
	(void)why;
	return HEALTH_GOOD;
}

/* Kinds without a row can't be ill. */
static enum health (*const judges[KIND_COUNT])(const struct object *, struct buf *) = {
	[KIND_DEPLOYMENT] = of_deployment,
	[KIND_REPLICA_SET] = of_replica_set,
	[KIND_REPLICATION_CONTROLLER] = of_replication_controller,
	[KIND_STATEFUL_SET] = of_stateful_set,
	[KIND_DAEMON_SET] = of_daemon_set,
	[KIND_JOB] = of_job,
	[KIND_POD] = of_pod,
	[KIND_CRON_JOB] = of_cron_job,
	[KIND_NODE] = of_node,
	[KIND_DISRUPTION_BUDGET] = of_budget,
	[KIND_AUTOSCALER] = of_autoscaler,
};

enum health health_of(const struct object *o, struct buf *why)
{
	const char *held = string_map_get(&o->meta->annotations, HEALTH_HELD);
	const char *waits = string_map_get(&o->meta->annotations, HEALTH_WAITS);
	const char *change = string_map_get(&o->meta->annotations, HEALTH_CHANGE_WAITS);
	if (held)
		return say(why, HEALTH_BAD, "NotYetSupported: %s", held);
	if (waits || change)
		return say(why, HEALTH_COMING, "DependencyNotReady: %swaits for %s", waits ? "" : "a change ",
			waits ? waits : change);
	return judges[o->kind->id] ? judges[o->kind->id](o, why) : HEALTH_NONE;
}
