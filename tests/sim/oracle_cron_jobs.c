/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What CronJobs may start and keep; and how a broken rule of a Job is told. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/str.h"
#include "tests/sim/jobs.h"

static void trace_pods(const struct job_look *l)
{
	for (size_t i = 0; l->s->o->trace && i < l->j->count; i++) {
		const struct seen *p = l->j->pods[i];

		sim_trace(l->s, "  %s (%.8s) index %d on %s:%s%s%s%s%s%s%s", p->key, p->uid, p->job_index,
			p->node, p->in_tree ? "" : " left", p->doomed ? " going" : "",
			p->told.finished ? " finished" : "", p->told.succeeded ? " well" : "",
			p->ended ? " (it has ended)" : "", p->counted ? " counted" : "",
			p->counted_now ? " (now)" : "");
	}
}

void job_fail(const struct job_look *l, const char *rule, const char *text, ...)
{
	va_list args;

	trace_pods(l);
	va_start(args, text);
	ledger_fail(l->s, rule, l->j->name, text, args);
	va_end(args);
}

/* By how many minutes the clocks of an app's zone (repo_jobs.c) are before those of UTC, at MINUTE there. */
static int offset_at(const struct app *app, int minute)
{
	static const int forward = 24 * 60 + 4 * 60, back = 2 * 24 * 60 + 60;

	if (!app->job.zone)
		return 0;
	if (str_eq(app->job.zone, "America/New_York"))
		return -5 * 60;
	return minute >= forward && minute < back ? 120 : 60;
}

/*
 * "2026-01-02T03:05:00Z", or with the offset of a zone: minutes since the year began, UTC, as far as a run goes; -1: not such a time.
 */
static int minutes_of(const char *text)
{
	int day, hour, minute, second, n = 0, hours, minutes;
	char sign;

	if (sscanf(text, "2026-01-%dT%d:%d:%d%n", &day, &hour, &minute, &second, &n) != 4 || second != 0)
		return -1;
	minute += ((day - 1) * 24 + hour) * 60;
	if (sscanf(text + n, "%c%2d:%2d", &sign, &hours, &minutes) == 3)
		return minute - (sign == '-' ? -1 : 1) * (hours * 60 + minutes);
	return str_eq(text + n, "Z") ? minute : -1;
}

/* Likewise. */
static int minutes_at(nsec_t t)
{
	static const nsec_t year = (nsec_t)1767225600 * NSEC_PER_SEC; /* 2026-01-01T00:00:00Z */

	return (int)((t - year) / (60 * NSEC_PER_SEC));
}

static bool is_time(const struct app *app, int when)
{
	int there = when + offset_at(app, when), minute = there % 60;

	return minute >= CRON_FIRST && minute <= CRON_LAST && (minute - CRON_FIRST) % app->job.every == 0 &&
	       (!app->job.even || there / 60 % 24 % 2 == 0);
}

/* The last time before NOW; 0: none since FROM. */
static int last_time(const struct app *app, int from, int now)
{
	for (int when = now; when >= from; when--)
		if (is_time(app, when))
			return when;
	return 0;
}

void cron_job_made(const struct job_look *l)
{
	const struct jobs *jobs = l->s->oracle->jobs;
	int when = minutes_of(l->j->scheduled);

	if (when < 0 || !is_time(l->app, when) || when > minutes_at(l->s->now))
		job_fail(l, "cron-time", "it is made for %s, every %d minutes", l->j->scheduled,
			l->app->job.every);
	if (l->app->job.suspended)
		job_fail(l, "cron-time", "it is made, and its CronJob is suspended");
	for (size_t i = 0; i < jobs->by_uid.count; i++) {
		const struct job_seen *other = jobs->by_uid.entries[i].value;

		if (other == l->j || !str_eq(other->cron, l->j->cron))
			continue;
		if (str_eq(other->scheduled, l->j->scheduled))
			job_fail(l, "cron-twice", "%s is made a second time", l->j->scheduled);
		if (other->in_tree && other->now.end == JOB_RUNS && !str_eq(l->app->job.concurrency, "Allow"))
			job_fail(l, "cron-concurrency", "%s: it is made while %s runs",
				l->app->job.concurrency, other->name);
	}
}

void cron_job_end(struct sim *s, unsigned index, bool room)
{
	const struct app *app = &s->head->apps[index];
	const struct jobs *jobs = s->oracle->jobs;
	int ended[JOB_FAILED + 1] = { 0 }, newest = 0, now = minutes_at(s->now), last;

	if (app->kind != APP_CRON_JOB || !app->there)
		return;
	for (size_t i = 0; jobs && i < jobs->by_uid.count; i++) {
		const struct job_seen *j = jobs->by_uid.entries[i].value;

		if (j->app != (int)index)
			continue;
		ended[j->now.end] += j->in_tree;
		if (minutes_of(j->scheduled) > newest)
			newest = minutes_of(j->scheduled);
	}
	if (ended[JOB_COMPLETE] > app->job.keep || ended[JOB_FAILED] > app->job.keep_failed)
		sim_fail(s, "cron-history", "cron-%u keeps %d complete Jobs, %d may be; %d failed, %d may be",
			index, ended[JOB_COMPLETE], app->job.keep, ended[JOB_FAILED], app->job.keep_failed);
	if (str_eq(app->job.concurrency, "Forbid") && ended[JOB_RUNS] > 0)
		return;
	last = last_time(app, minutes_at(SIM_START + s->o->length) + 1, now);
	if (room && !app->job.suspended && last > 0 && newest != last)
		sim_fail(s, "cron-time", "cron-%u has started none for %d minutes", index, now - newest);
}
