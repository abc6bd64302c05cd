/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Ends of pods, into the Job's numbers: successes and failures, done and failed indexes, and the back-offs that go by
 * them (pkg/controller/job/job_controller.go, indexed_job_utils.go, backoff_utils.go).
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "reconciler/control/job.h"

/* --- when a pod ended ------------------------------------------------------------------------------------- */

/* When the last container ended; 0: not all have, or nobody said when. */
static nsec_t containers_end(const struct pod_status *s)
{
	nsec_t last = 0;

	for (size_t i = 0; i < s->container_statuses.count; i++) {
		const struct container_state_terminated *t = s->container_statuses.items[i].state.terminated;

		if (!t || t->finished_at.value == 0)
			return 0;
		if (t->finished_at.value > last)
			last = t->finished_at.value;
	}
	return last;
}

/* Since when condition TYPE has been STATUS; 0: it isn't. */
static nsec_t condition_since(const struct pod_status *s, const char *type, const char *status)
{
	for (size_t i = 0; i < s->conditions.count; i++)
		if (str_eq(s->conditions.items[i].type, type) &&
			str_eq(s->conditions.items[i].status, status))
			return s->conditions.items[i].last_transition_time.value;
	return 0;
}

static nsec_t end_time(const struct world_pod *p, const struct pod_status *s)
{
	nsec_t t = containers_end(s);

	if (t == 0)
		t = condition_since(s, "Ready", "False");
	if (t == 0 && p->o.deleting)
		t = p->o.deleting - p->grace * NSEC_PER_SEC;
	if (t == 0)
		t = condition_since(s, "DisruptionTarget", "True");
	if (t == 0)
		t = p->o.created;
	return t - t % NSEC_PER_SEC;
}

/* --- one pod -------------------------------------------------------------------------------------------------- */

static const struct pod_status *status_of(const struct control *c, const struct world_pod *p, struct arena *a)
{
	const struct pod_status *s = world_pod_status(c->world, p, a);

	return s ? s : arena_alloc(a, sizeof(*s));
}

/* An index that the Job doesn't have (any more) counts as nothing. */
static bool is_beyond(const struct world_job *j, const struct world_pod *p)
{
	return world_job_is_indexed(j) && p->ordinal >= job_spec_of(j)->completions.value;
}

static void count_success(struct world_job *j, const struct world_pod *p)
{
	if (is_beyond(j, p))
		return;
	j->failures = 0;
	j->failed_at = 0;
	if (!world_job_is_indexed(j)) {
		j->succeeded++;
		return;
	}
	if (indexes_add(&j->completed, p->ordinal))
		j->succeeded++;
	world_job_retry_remove(j, p->ordinal);
}

/* Of a Job with a limit per index. */
static void count_index_failure(
	struct world_job *j, const struct world_pod *p, const struct job_verdict *v, nsec_t at)
{
	bool over = v->counts && p->failures >= job_spec_of(j)->backoff_limit_per_index.value;
	struct job_retry *r;

	if (indexes_has(&j->completed, p->ordinal) || indexes_has(&j->failed_indexes, p->ordinal))
		return;
	if (over || str_eq(v->action, "FailIndex")) {
		indexes_add(&j->failed_indexes, p->ordinal);
		world_job_retry_remove(j, p->ordinal);
		return;
	}
	r = world_job_retry(j, p->ordinal, true);
	r->failures = p->failures + v->counts;
	r->ignored = p->ignored + !v->counts;
	r->at = at;
}

/* STOPPED: because the Job fails, which says nothing of the pod's index. */
static void count_failure(struct control *c, struct world_job *j, const struct world_pod *p, bool stopped)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(2048);
	const struct pod_status *s = status_of(c, p, arena);
	struct job_verdict v = job_judge(job_spec_of(j)->pod_failure_policy, &p->o, s);
	nsec_t at = end_time(p, s);

	if (str_eq(v.action, "FailJob") && !job_target(j))
		job_set_target(c, j, "FailureTarget", "PodFailurePolicy", v.message);
	free(v.message);
	if (is_beyond(j, p))
		return;
	j->failed += v.counts;
	if (stopped)
		return;
	if (job_spec_of(j)->backoff_limit_per_index.set) {
		count_index_failure(j, p, &v, at);
		return;
	}
	j->failures++;
	j->failed_at = at;
}

static void mark(struct control *c, struct world_job *j, struct world_pod *p)
{
	p->counted = true;
	world_touch(c->world, &p->o);
	world_touch(c->world, &j->set.o);
}

void job_count_as_failed(struct control *c, struct world_job *j, struct world_pod *p)
{
	if (p->counted)
		return;
	mark(c, j, p);
	count_failure(c, j, p, true);
}

void job_count_as_nothing(struct control *c, struct world_pod *p)
{
	if (p->counted)
		return;
	p->counted = true;
	world_touch(c->world, &p->o);
}

/* --- all that have ended ------------------------------------------------------------------------------------------- */

static bool has_failed(const struct world_job *j, const struct world_pod *p)
{
	if (p->phase == PHASE_FAILED)
		return true;
	return !job_replaces_only_failed(j) && p->o.deleting && p->phase != PHASE_SUCCEEDED;
}

struct ended {
	struct world_pod *pod;
	nsec_t at;
};

/* A success ends the back-off of what failed before it, or with it. */
static int ended_cmp(const void *a, const void *b)
{
	const struct ended *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	if (x->pod->phase != y->pod->phase)
		return x->pod->phase == PHASE_SUCCEEDED ? 1 : y->pod->phase == PHASE_SUCCEEDED ? -1 : 0;
	return strcmp(x->pod->o.name, y->pod->o.name);
}

static size_t find_ended(struct control *c, const struct world_job *j, struct ended *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < j->set.pods.count; i++) {
		_cleanup_(arena_freep) struct arena *arena = NULL;
		struct world_pod *p = j->set.pods.items[i];

		if (p->counted || (p->phase != PHASE_SUCCEEDED && !has_failed(j, p)))
			continue;
		arena = arena_new(2048);
		ret[count++] = (struct ended){ p, end_time(p, status_of(c, p, arena)) };
	}
	if (count > 1)
		qsort(ret, count, sizeof(ret[0]), ended_cmp);
	return count;
}

static void count_one(struct control *c, struct world_job *j, struct world_pod *p)
{
	mark(c, j, p);
	if (MUTANT(12))
		p->counted = false;
	if (p->phase == PHASE_SUCCEEDED)
		count_success(j, p);
	else
		count_failure(c, j, p, false);
}

void job_count_ended(struct control *c, struct world_job *j)
{
	_cleanup_(freep) struct ended *ended = xcalloc(j->set.pods.count, sizeof(ended[0]));
	size_t count = find_ended(c, j, ended);

	for (size_t i = 0; i < count; i++)
		count_one(c, j, ended[i].pod);
}

/* What is lost with its node is disrupted, as by Kubernetes' pod garbage collector. */
void control_job_pod_gone(struct control *c, struct world_pod *p)
{
	struct world_job *j = world_job(&p->set->o);

	if (p->counted || j->expired || world_job_end(j))
		return;
	if (set_pod_active(p) && p->placed != 0)
		pod_disrupt(c, p, "DeletionByPodGC", "PodGC: node no longer exists");
	count_one(c, j, p);
}

/* --- back-off ---------------------------------------------------------------------------------------------------------- */

static nsec_t backoff_end(int64_t failures, nsec_t at)
{
	int64_t seconds = JOB_BACKOFF_SECONDS;

	if (failures == 0)
		return 0;
	for (int64_t i = 1; i < failures && seconds < JOB_BACKOFF_MAX_SECONDS; i++)
		seconds *= 2;
	if (seconds > JOB_BACKOFF_MAX_SECONDS)
		seconds = JOB_BACKOFF_MAX_SECONDS;
	return at + seconds * NSEC_PER_SEC;
}

nsec_t job_backoff_end(struct world_job *j, int64_t index)
{
	const struct job_retry *r;

	if (!job_spec_of(j)->backoff_limit_per_index.set)
		return backoff_end(j->failures, j->failed_at);
	r = world_job_retry(j, index, false);
	return r ? backoff_end(r->failures + r->ignored, r->at) : 0;
}
