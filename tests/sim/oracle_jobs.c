/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The book of Jobs: what their records say, and the pods that each of them ever had. Rules of a pass and of the end; those of
 * CronJobs are in oracle_cron_jobs.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "tests/sim/jobs.h"

/* --- the book ---------------------------------------------------------------------------------------------- */

static void job_free(struct job_seen *j)
{
	free(j->name);
	free(j->pods);
	free(j);
}

struct jobs *jobs_free(struct jobs *jobs)
{
	if (!jobs)
		return NULL;
	for (size_t i = 0; i < jobs->by_uid.count; i++)
		job_free(jobs->by_uid.entries[i].value);
	map_done(&jobs->by_uid);
	map_done(&jobs->by_name);
	free(jobs);
	return NULL;
}

static struct job_seen *job_of(struct oracle *o, const char *uid)
{
	struct job_seen *j;

	if (!o->jobs)
		o->jobs = xcalloc(1, sizeof(*o->jobs));
	j = map_get(&o->jobs->by_uid, uid);
	if (j)
		return j;
	j = xcalloc(1, sizeof(*j));
	snprintf(j->uid, sizeof(j->uid), "%s", uid);
	j->app = -1;
	map_put(&o->jobs->by_uid, j->uid, j);
	return j;
}

/* The controller of an object, by its metadata, if it is of kind KIND; else "". */
static const char *owner_uid(struct span meta, const char *kind, char ret[SIM_UID])
{
	struct span owner = span_first(span_member(meta, "ownerReferences"));
	bool is = span_is(span_member(owner, "kind"), kind);

	return span_text(is ? span_member(owner, "uid") : (struct span){ 0 }, ret, SIM_UID);
}

static bool has_text(struct span list, const char *text)
{
	struct span item;

	for (size_t at = 0; span_next(list, &at, &item);)
		if (span_is(item, text))
			return true;
	return false;
}

static void join(struct oracle *o, struct seen *p, struct span meta, const char *uid)
{
	struct span labels = span_member(meta, "labels");

	p->job = job_of(o, uid);
	p->job_index = (int)span_int(span_member(labels, "batch.kubernetes.io/job-completion-index"), -1);
	p->job->pods = grow(p->job->pods, &p->job->cap, p->job->count + 1, sizeof(p->job->pods[0]));
	p->job->pods[p->job->count++] = p;
}

static void count(struct seen *p)
{
	p->job->touched = true;
	if (!p->counted)
		p->counted = p->counted_now = true;
}

void jobs_take_pod(struct oracle *o, struct seen *p, struct span meta)
{
	char uid[SIM_UID];

	if (!p->job && str_empty(owner_uid(meta, "Job", uid)))
		return;
	if (!p->job)
		join(o, p, meta, uid);
	p->job->touched = true;
	if (!has_text(span_member(meta, "finalizers"), "batch.kubernetes.io/job-tracking"))
		count(p);
}

void jobs_pod_leaves(struct oracle *o, struct seen *p)
{
	(void)o;
	if (p->job)
		count(p);
}

/* "1,3-5": a bit each. */
static uint64_t bits(const char *text)
{
	uint64_t set = 0;
	int a, b, n;

	while (text && sscanf(text, "%d%n", &a, &n) == 1) {
		text += n;
		b = a;
		if (*text == '-' && sscanf(text, "-%d%n", &b, &n) == 1)
			text += n;
		for (int i = a; i <= b && i < 64; i++)
			set |= UINT64_C(1) << i;
		text += *text == ',';
	}
	return set;
}

static void take_conditions(struct job_numbers *n, struct span list)
{
	struct span c;

	for (size_t at = 0; span_next(list, &at, &c);) {
		if (!span_is(span_member(c, "status"), "True"))
			continue;
		if (span_is(span_member(c, "type"), "Complete"))
			n->end = JOB_COMPLETE;
		else if (span_is(span_member(c, "type"), "Failed"))
			n->end = JOB_FAILED;
		if (n->end != JOB_RUNS)
			span_text(span_member(c, "reason"), n->reason, sizeof(n->reason));
	}
}

static struct job_seen *enter(struct sim *s, struct span meta, const char *name)
{
	struct span time = span_member(
		span_member(meta, "annotations"), "batch.kubernetes.io/cronjob-scheduled-timestamp");
	char uid[SIM_UID], label[64];
	struct job_seen *j = job_of(s->oracle, span_text(span_member(meta, "uid"), uid, sizeof(uid)));

	if (j->in_tree)
		return j;
	j->in_tree = true;
	j->made_in = s->oracle->pass;
	j->name = j->name ? j->name : xstrdup(name);
	span_text(span_member(span_member(meta, "labels"), "app"), label, sizeof(label));
	j->app = app_index(s, str_empty(label) ? name : label);
	owner_uid(meta, "CronJob", j->cron);
	span_text(time, j->scheduled, sizeof(j->scheduled));
	map_put(&s->oracle->jobs->by_name, j->name, j);
	return j;
}

static void leave(struct oracle *o, struct job_seen *j)
{
	j->in_tree = false;
	j->touched = true;
	map_remove(&o->jobs->by_name, j->name);
}

void jobs_take_record(struct sim *s, const char *name, struct span record)
{
	struct oracle *o = s->oracle;
	struct job_seen *j = o->jobs ? map_get(&o->jobs->by_name, name) : NULL;
	struct span meta = span_member(record, "metadata"), status = span_member(record, "status");
	char text[400];

	/* It goes, or another comes under its name. */
	if (j && !span_is(span_member(meta, "uid"), j->uid))
		leave(o, j);
	if (record.len == 0)
		return;
	j = enter(s, meta, name);
	j->touched = true;
	j->now = (struct job_numbers){ .succeeded = span_int(span_member(status, "succeeded"), 0),
		.failed = span_int(span_member(status, "failed"), 0),
		.done = bits(span_text(span_member(status, "completedIndexes"), text, sizeof(text))) };
	j->now.given_up = bits(span_text(span_member(status, "failedIndexes"), text, sizeof(text)));
	take_conditions(&j->now, span_member(status, "conditions"));
}

/* --- one Job in one pass ---------------------------------------------------------------------------------------- */

/* Neither going nor known to have ended. */
static bool is_active(const struct seen *p)
{
	return p->in_tree && !p->doomed && !p->told.finished;
}

static bool is_running(const struct job_look *l, const struct seen *p)
{
	bool waits = l->app->job.only_failed || l->app->job.policy != JOB_NO_POLICY;

	return is_active(p) || (waits && p->in_tree && !p->told.finished);
}

/* Its successPolicy: enough of the indexes up to a certain one are done. */
static bool is_enough(const struct app *app, uint64_t done)
{
	uint64_t these = (UINT64_C(2) << app->job.success_upto) - 1;

	return app->job.success > 0 && __builtin_popcountll(done & these) >= app->job.success;
}

/* What was counted in this pass, in the record and by the pods' own marks. Once it is enough ends of pods need not count. */
static void check_counts(const struct job_look *l)
{
	const struct job_seen *j = l->j;
	int64_t well = 0, badly = 0, other = 0;
	uint64_t done = 0;
	bool enough = is_enough(l->app, j->now.done);

	for (size_t i = 0; i < j->count; i++) {
		const struct seen *p = j->pods[i];

		if (!p->counted_now)
			continue;
		well += p->told.succeeded;
		badly += p->told.finished && !p->told.succeeded;
		other += !p->told.finished;
		if (p->told.succeeded && p->job_index >= 0)
			done |= UINT64_C(1) << p->job_index;
		if (p->told.succeeded && !p->ended_well)
			job_fail(l, "job-count", "%s counts as a success, and is none", p->key);
	}
	if (l->app->job.indexed && j->now.done != (j->before.done | done) &&
		!(enough && (j->now.done & ~done) == (j->before.done & ~done)))
		job_fail(l, "job-count", "indexes %llx are done, these were: %llx, and these now are: %llx",
			(unsigned long long)j->now.done, (unsigned long long)j->before.done,
			(unsigned long long)done);
	if (l->app->job.indexed && j->now.succeeded != __builtin_popcountll(j->now.done))
		job_fail(l, "job-count", "%lld successes of indexes %llx", (long long)j->now.succeeded,
			(unsigned long long)j->now.done);
	if (!l->app->job.indexed && j->now.succeeded != j->before.succeeded + well)
		job_fail(l, "job-count", "%lld successes after %lld, and %lld pods have ended well",
			(long long)j->now.succeeded, (long long)j->before.succeeded, (long long)well);
	if (j->now.failed > j->before.failed + badly + other ||
		j->now.failed <
			j->before.failed + (l->app->job.policy == JOB_NO_POLICY && !enough ? badly : 0))
		job_fail(l, "job-count",
			"%lld failures after %lld, and %lld pods have failed, %lld were taken",
			(long long)j->now.failed, (long long)j->before.failed, (long long)badly,
			(long long)other);
}

static void check_index(const struct job_look *l, const struct seen *mine)
{
	const struct job_numbers *n = &l->j->now;

	if (mine->job_index >= l->app->job.completions)
		job_fail(l, "job-index", "%s is made, there are %d indexes", mine->key,
			l->app->job.completions);
	if ((n->done | n->given_up) >> mine->job_index & 1)
		job_fail(l, "job-index", "%s is made, and its index is done", mine->key);
	for (size_t i = 0; i < l->j->count; i++) {
		const struct seen *p = l->j->pods[i];

		if (p != mine && p->job_index == mine->job_index && is_running(l, p))
			job_fail(l, "job-index", "%s is made while %s is there", mine->key, p->key);
	}
}

/* Of pods that the pass has made. */
static void check_made(const struct job_look *l)
{
	const struct job_app *spec = &l->app->job;
	int64_t running = 0, made = 0, most = l->app->replicas;

	for (size_t i = 0; i < l->j->count; i++) {
		const struct seen *p = l->j->pods[i];

		running += is_running(l, p);
		if (p->made_in != l->s->oracle->pass || !p->in_tree)
			continue;
		made++;
		if (spec->indexed)
			check_index(l, p);
	}
	if (made == 0)
		return;
	if (spec->completions > 0 && spec->completions - l->j->now.succeeded < most)
		most = spec->completions - l->j->now.succeeded;
	if (spec->completions == 0 && l->j->now.succeeded > 0)
		job_fail(l, "job-over", "pods are made after the first success");
	if (l->j->before.end != JOB_RUNS || l->j->now.end != JOB_RUNS)
		job_fail(l, "job-over", "pods are made, and it has ended");
	if (is_enough(l->app, l->j->now.done))
		job_fail(l, "job-over", "pods are made, and indexes %llx are enough",
			(unsigned long long)l->j->now.done);
	if (l->app->kind == APP_JOB && spec->suspended)
		job_fail(l, "job-suspended", "pods are made, and it is suspended");
	if (running > most)
		job_fail(l, "job-parallel", "%lld of its pods run, %lld may: parallelism %d, %lld of %d done",
			(long long)running, (long long)most, l->app->replicas, (long long)l->j->now.succeeded,
			spec->completions);
}

/* Indexes that never succeed are given up, no others: kills and disruptions count for nothing there. */
static uint64_t hopeless_indexes(const struct app *app)
{
	uint64_t set = 0;

	for (int i = app->work.b - 1; app->work.mode == WORK_PARTS && i < app->job.completions;
		i += app->work.b)
		set |= UINT64_C(1) << i;
	return set;
}

/* More of its indexes than it allows for. */
static bool has_given_up(const struct app *app, const struct job_numbers *n)
{
	return app->job.max_failed >= 0 && __builtin_popcountll(n->given_up) > app->job.max_failed;
}

/* All indexes, and some have failed. */
static bool are_over(const struct app *app, const struct job_numbers *n)
{
	return n->given_up != 0 && (n->done | n->given_up) == (UINT64_C(1) << app->job.completions) - 1;
}

static void check_failed(const struct job_look *l)
{
	const char *reason = l->j->now.reason;
	const struct job_app *spec = &l->app->job;
	bool right = (str_eq(reason, "DeadlineExceeded") && spec->deadline >= 0) ||
		     (str_eq(reason, "BackoffLimitExceeded") && l->j->now.failed > spec->backoff) ||
		     (str_eq(reason, "PodFailurePolicy") && spec->policy == JOB_FAILS) ||
		     (str_eq(reason, "FailedIndexes") && are_over(l->app, &l->j->now)) ||
		     (str_eq(reason, "MaxFailedIndexesExceeded") && has_given_up(l->app, &l->j->now));

	if (!right)
		job_fail(l, "job-end", "it has failed of %s", reason);
}

static void check_ended(const struct job_look *l)
{
	const struct job_app *spec = &l->app->job;

	for (size_t i = 0; i < l->j->count; i++)
		if (l->j->pods[i]->in_tree && !l->j->pods[i]->told.finished)
			job_fail(l, "job-end", "it has ended, and %s not", l->j->pods[i]->key);
	if (l->j->now.end == JOB_FAILED)
		check_failed(l);
	else if (l->j->now.succeeded < (spec->completions > 0 ? spec->completions : 1) &&
		 !is_enough(l->app, l->j->now.done))
		job_fail(l, "job-end", "it is complete, with %lld of %d", (long long)l->j->now.succeeded,
			spec->completions);
}

static void check_job(const struct job_look *l)
{
	struct job_seen *j = l->j;

	check_made(l);
	if (j->before.end == JOB_RUNS)
		check_counts(l);
	else if (j->now.end != j->before.end || j->now.succeeded != j->before.succeeded ||
		 j->now.failed != j->before.failed)
		job_fail(l, "job-over", "what it came to changes after its end");
	if (j->now.given_up & ~hopeless_indexes(l->app))
		job_fail(l, "job-index", "indexes %llx are given up", (unsigned long long)j->now.given_up);
	if (j->before.end == JOB_RUNS && j->now.end != JOB_RUNS)
		check_ended(l);
}

bool job_look(struct sim *s, struct job_seen *j, struct job_look *ret)
{
	*ret = (struct job_look){ .s = s, .j = j };
	if (j->app < 0 || !s->oracle->commit)
		return false;
	ret->app = &s->oracle->commit->apps[j->app];
	return ret->app->there;
}

void jobs_pass(struct sim *s)
{
	struct jobs *jobs = s->oracle->jobs;
	struct job_look l;

	for (size_t i = 0; jobs && i < jobs->by_uid.count; i++) {
		struct job_seen *j = jobs->by_uid.entries[i].value;

		if (!j->touched)
			continue;
		if (j->in_tree && job_look(s, j, &l)) {
			check_job(&l);
			if (l.app->kind == APP_CRON_JOB && j->made_in == s->oracle->pass)
				cron_job_made(&l);
		}
		j->touched = false;
		j->before = j->now;
		for (size_t k = 0; k < j->count; k++)
			j->pods[k]->counted_now = false;
	}
}

/* --- the end ---------------------------------------------------------------------------------------------------- */

/* What really happened is what is written. */
static void check_truth(const struct job_look *l)
{
	const struct job_seen *j = l->j;
	int64_t least = 0, most = 0, bad = 0;

	for (size_t i = 0; i < j->count; i++) {
		const struct seen *p = j->pods[i];

		most += p->ended_well;
		least += p->ended_well && !p->doomed_running;
		bad += p->ended && !p->ended_well && !p->doomed_running;
	}
	if (j->now.succeeded > most || (!l->app->job.indexed && j->now.succeeded < least))
		job_fail(l, "job-count", "%lld successes are written, in truth %lld pods ended well",
			(long long)j->now.succeeded, (long long)most);
	if (l->app->job.policy == JOB_NO_POLICY && l->app->job.success == 0 && j->now.failed < bad)
		job_fail(l, "job-count", "%lld failures are written, in truth %lld pods failed",
			(long long)j->now.failed, (long long)bad);
}

/* Where indexes have failed, and enough are done, the one that the controller sees first counts; failure, if it sees both at once. */
static void check_enough(const struct job_look *l)
{
	const struct job_numbers *n = &l->j->now;

	if (n->end == JOB_RUNS || (n->end == JOB_FAILED && !are_over(l->app, n)))
		job_fail(l, "job-end", "indexes %llx are done, %llx given up, and it has not ended so",
			(unsigned long long)n->done, (unsigned long long)n->given_up);
}

/* All that can succeed have, and all others have been given up; or more have than may. */
static void check_indexes(const struct job_look *l, uint64_t never)
{
	const struct app *app = l->app;
	const struct job_numbers *n = &l->j->now;
	uint64_t all = (UINT64_C(1) << app->job.completions) - 1;
	bool too_many = app->job.max_failed >= 0 && __builtin_popcountll(never) > app->job.max_failed;

	if (too_many && !str_eq(n->reason, "MaxFailedIndexesExceeded"))
		job_fail(l, "job-end", "it has failed of %s, and %d failed indexes are the most", n->reason,
			app->job.max_failed);
	else if (!too_many && (n->done != (all & ~never) || n->given_up != never))
		job_fail(l, "job-index", "in the end indexes %llx are done, %llx given up",
			(unsigned long long)n->done, (unsigned long long)n->given_up);
}

static void check_certain(const struct job_look *l)
{
	const struct app *app = l->app;
	const struct job_numbers *n = &l->j->now;
	uint64_t never = hopeless_indexes(app);
	bool hopeless = app->work.mode == WORK_DONE || app->work.mode == WORK_NEVER;

	if (never != 0 && app->job.success > 0)
		check_enough(l);
	else if (n->end != (hopeless || never != 0 ? JOB_FAILED : JOB_COMPLETE))
		job_fail(
			l, "job-end", n->end == JOB_RUNS ? "it has not ended" : "it has ended the other way");
	else if (app->job.indexed && !hopeless && app->job.success == 0)
		check_indexes(l, never);
}

static void check_job_end(struct sim *s, struct job_seen *j, bool room)
{
	struct job_look l;

	if (!job_look(s, j, &l)) {
		sim_fail(s, "job-end", "Job %s is still there", j->name);
		return;
	}
	if (!l.app->job.only_failed)
		check_truth(&l);
	if (room && job_is_certain(l.app))
		check_certain(&l);
	for (size_t i = 0; i < j->count; i++)
		if (l.app->job.ttl >= 0 && j->now.end != JOB_RUNS && j->pods[i]->in_tree)
			job_fail(&l, "job-end", "%s is there after its time", j->pods[i]->key);
}

void jobs_end(struct sim *s)
{
	struct jobs *jobs = s->oracle->jobs;
	bool room = false;

	for (size_t i = 0; s->head && i < s->head->count; i++)
		room |= app_has_room(&s->head->apps[i]);
	for (size_t i = 0; jobs && i < jobs->by_uid.count; i++) {
		struct job_seen *j = jobs->by_uid.entries[i].value;

		if (j->in_tree)
			check_job_end(s, j, room);
	}
	for (unsigned i = 0; s->head && i < s->head->count; i++)
		cron_job_end(s, i, room);
}
