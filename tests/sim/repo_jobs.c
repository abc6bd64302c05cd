/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Jobs, CronJobs, and Deployments with autoscalers. Most Jobs can end in one way only (job_is_certain), whatever happens: their
 * limits are such that faults can't eat them, or their containers never succeed.
 */
#include "lib/base/str.h"
#include "tests/sim/repo.h"

/* --- drawing --------------------------------------------------------------------------------------------- */

/* An hour of rest is enough for all of it, one pod after the other. */
static int draw_time(const struct app *app, struct rng *r)
{
	int most = 1200 / (app->job.completions + 1);

	return (int)rng_range(r, 2, rng_chance(r, 50) && most > 60 ? 60 : most);
}

static void draw_any(struct app *app, struct rng *r, int completions)
{
	struct job_app *j = &app->job;

	j->completions = completions;
	app->replicas = (int)rng_range(r, 1, 4);
	j->on_failure = rng_chance(r, 25);
	j->only_failed = rng_chance(r, 40);
	j->hasty = rng_chance(r, 50);
	app->work = (struct work){ .mode = WORK_RISKY, .a = draw_time(app, r) };
	app->work.b = rng_chance(r, 40) ? (int)rng_range(r, 5, 40) : 0;
	/* What fails several times in a row is to have its success within the hour of rest all the same, back-offs and all. */
	if (app->work.b > 0 && app->work.a > 90)
		app->work.a = 90;
}

static void draw_plain(struct app *app, struct rng *r)
{
	draw_any(app, r, (int)rng_below(r, 8));
}

static void draw_indexed(struct app *app, struct rng *r)
{
	draw_any(app, r, (int)rng_range(r, 1, 12));
	app->job.indexed = true;
}

/* Some indexes never succeed; kills and disruptions don't count. */
static void draw_parts(struct app *app, struct rng *r)
{
	struct job_app *j = &app->job;

	draw_indexed(app, r);
	j->on_failure = j->only_failed = false;
	j->per_index = (int)rng_below(r, 3);
	j->policy = rng_chance(r, 50) ? JOB_GIVES_UP : JOB_IGNORES;
	app->work = (struct work){ WORK_PARTS, draw_time(app, r), (int)rng_range(r, 2, 4) };
}

/* All fail: by its back-off limit, or at once by its policy. */
static void draw_hopeless(struct app *app, struct rng *r)
{
	draw_plain(app, r);
	app->job.on_failure = app->job.only_failed = false;
	app->job.backoff = (int)rng_below(r, 4);
	app->job.policy = rng_chance(r, 40) ? JOB_FAILS : JOB_NO_POLICY;
	app->work = (struct work){ WORK_DONE, (int)rng_range(r, 2, 60), 42 };
}

static void draw_endless(struct app *app, struct rng *r)
{
	draw_plain(app, r);
	app->job.deadline = (int)rng_range(r, 20, 600);
	app->work = (struct work){ .mode = WORK_NEVER };
}

/* May be late for its deadline, or not. */
static void draw_hurried(struct app *app, struct rng *r)
{
	draw_indexed(app, r);
	app->job.deadline = (int)rng_range(r, 60, 600);
}

/* --- how they end early --------------------------------------------------------------------------------------- */

/* Indexes up to UPTO that succeed in the end. */
static int good_indexes(const struct app *app, int upto)
{
	int n = 0;

	for (int i = 0; i <= upto; i++)
		n += app->work.mode != WORK_PARTS || i % app->work.b != app->work.b - 1;
	return n;
}

static void draw_success(struct app *app, struct rng *r)
{
	int last = app->job.completions - 1;
	int upto = rng_chance(r, 50) ? last : (int)rng_range(r, 0, last), good = good_indexes(app, upto);

	if (good == 0)
		return;
	app->job.success = (int)rng_range(r, 1, good);
	app->job.success_upto = upto;
}

static void draw_ends(struct app *app, struct rng *r)
{
	if (!app->job.indexed || (app->work.mode != WORK_RISKY && app->work.mode != WORK_PARTS))
		return;
	if (app->job.per_index >= 0 && rng_chance(r, 50))
		app->job.max_failed = (int)rng_range(
			r, 0, app->job.completions < 3 ? app->job.completions : 3);
	else if (rng_chance(r, 50))
		draw_success(app, r);
}

void job_draw(struct app *app, struct rng *r, bool gentle)
{
	static void (*const sorts[])(struct app *, struct rng *) = { draw_plain, draw_plain, draw_indexed,
		draw_indexed, draw_indexed, draw_parts, draw_parts, draw_hopeless, draw_endless,
		draw_hurried };

	(void)gentle;
	app->version = 1;
	app->config = -1;
	app->grace = (int)rng_range(r, 1, 30);
	app->job = (struct job_app){
		.backoff = 10000, .per_index = -1, .deadline = -1, .ttl = -1, .max_failed = -1
	};
	sorts[rng_below(r, ARRAY_LEN(sorts))](app, r);
	app->job.ttl = rng_chance(r, 20) ? (int)rng_below(r, 600) : -1;
	app->job.suspended = rng_chance(r, 15);
}

void job_change(struct app *app, struct rng *r, bool gentle)
{
	(void)gentle;
	if (app->job.suspended || rng_chance(r, 50))
		app->job.suspended = !app->job.suspended;
	else
		app->replicas = (int)rng_range(r, 1, 5);
}

void cron_job_draw(struct app *app, struct rng *r, bool gentle)
{
	static const int minutes[] = { 3, 5, 10, 15 };
	static const char *const policies[] = { "Allow", "Forbid", "Replace" };
	struct job_app *j = &app->job;

	(void)gentle;
	app->version = 1;
	app->config = -1;
	app->grace = (int)rng_range(r, 1, 30);
	*j = (struct job_app){
		.backoff = 10000, .per_index = -1, .deadline = -1, .ttl = -1, .max_failed = -1
	};
	draw_any(app, r, (int)rng_range(r, 1, 2));
	app->replicas = (int)rng_range(r, 1, 2);
	/* Now and then longer than until the next one. */
	app->work.a = rng_chance(r, 30) ? (int)rng_range(r, 100, 500) : (int)rng_range(r, 2, 60);
	if (rng_chance(r, 15)) {
		app->work = (struct work){ WORK_DONE, app->work.a, 42 };
		j->backoff = (int)rng_below(r, 2);
		j->on_failure = false;
	}
	j->every = minutes[rng_below(r, ARRAY_LEN(minutes))];
	j->concurrency = policies[rng_below(r, ARRAY_LEN(policies))];
	j->keep = (int)rng_below(r, 4);
	j->keep_failed = (int)rng_below(r, 3);
	j->suspended = rng_chance(r, 10);
}

void cron_job_change(struct app *app, struct rng *r, bool gentle)
{
	(void)gentle;
	if (app->job.suspended || rng_chance(r, 50))
		app->job.suspended = !app->job.suspended;
	else
		app->job.keep = (int)rng_below(r, 4);
}

/* --- clocks ----------------------------------------------------------------------------------------------------- */

/* Clocks go forward at 04:00 UTC of the first day, and back at 01:00 of the next. */
const struct sim_zone sim_zones[SIM_ZONES] = {
	{ "Europe/Berlin", "CET-1CEST,J2/5,J3/3" },
	{ "America/New_York", "EST5" },
};

static void draw_clock(struct app *app, struct rng *r)
{
	if (rng_chance(r, 60))
		app->job.zone = sim_zones[rng_below(r, SIM_ZONES)].name;
	app->job.even = rng_chance(r, 40);
}

bool job_is_certain(const struct app *app)
{
	return app->kind == APP_JOB && app->there && !app->job.suspended &&
	       (app->job.deadline < 0 || app->work.mode == WORK_NEVER);
}

/* --- writing ----------------------------------------------------------------------------------------------- */

static void write_policy(const struct app *app, struct buf *out)
{
	static const char *const actions[] = {
		[JOB_NO_POLICY] = NULL,
		[JOB_IGNORES] = NULL,
		[JOB_FAILS] = "FailJob",
		[JOB_GIVES_UP] = "FailIndex",
	};
	const char *action = actions[app->job.policy];

	if (app->job.policy == JOB_NO_POLICY)
		return;
	buf_adds(out, ", podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: "
		      "DisruptionTarget}]}, {action: Ignore, onExitCodes: {operator: In, values: [137]}}");
	if (action)
		buf_addf(out, ", {action: %s, onExitCodes: {operator: In, values: [42]}}", action);
	buf_adds(out, "]}");
}

static void write_success(const struct app *app, struct buf *out)
{
	const struct job_app *j = &app->job;

	if (j->success == 0)
		return;
	buf_adds(out, ", successPolicy: {rules: [{");
	if (j->success_upto == 0)
		buf_adds(out, "succeededIndexes: '0', ");
	else if (j->success_upto < j->completions - 1)
		buf_addf(out, "succeededIndexes: '0-%d', ", j->success_upto);
	buf_addf(out, "succeededCount: %d}]}", j->success);
}

/* In flow style. */
static void write_spec(const struct app *app, const char *name, struct buf *out)
{
	const struct job_app *j = &app->job;

	buf_addf(out, "{parallelism: %d, backoffLimit: %d", app->replicas, j->backoff);
	if (j->completions > 0)
		buf_addf(out, ", completions: %d", j->completions);
	if (j->indexed)
		buf_adds(out, ", completionMode: Indexed");
	if (j->per_index >= 0)
		buf_addf(out, ", backoffLimitPerIndex: %d", j->per_index);
	if (j->deadline >= 0)
		buf_addf(out, ", activeDeadlineSeconds: %d", j->deadline);
	if (j->max_failed >= 0)
		buf_addf(out, ", maxFailedIndexes: %d", j->max_failed);
	write_success(app, out);
	if (j->ttl >= 0)
		buf_addf(out, ", ttlSecondsAfterFinished: %d", j->ttl);
	if (j->only_failed)
		buf_adds(out, ", podReplacementPolicy: Failed");
	if (j->suspended && app->kind == APP_JOB)
		buf_adds(out, ", suspend: true");
	write_policy(app, out);
	buf_addf(out, ", template: {metadata: {labels: {app: %s}}, spec: {restartPolicy: %s, ", name,
		j->on_failure ? "OnFailure" : "Never");
	if (j->hasty)
		buf_adds(out, "tolerations: [{key: node.kubernetes.io/unreachable, operator: Exists, "
			      "effect: NoExecute, tolerationSeconds: 10}], ");
	buf_addf(out, "terminationGracePeriodSeconds: %d, containers: [{name: c, image: '", app->grace);
	write_image(app, name, out);
	buf_adds(out, "', resources: {requests: {cpu: 10m}}}]}}}");
}

void job_write(const struct app *app, const char *name, struct buf *out)
{
	write_head("batch/v1", "Job", name, out);
	buf_adds(out, "spec: ");
	write_spec(app, name, out);
	buf_adds(out, "\n");
}

void cron_job_write(const struct app *app, const char *name, struct buf *out)
{
	const struct job_app *j = &app->job;

	write_head("batch/v1", "CronJob", name, out);
	buf_addf(out,
		"spec:\n  schedule: '%d-%d/%d %s * * *'\n  concurrencyPolicy: %s\n  suspend: %s\n"
		"  successfulJobsHistoryLimit: %d\n  failedJobsHistoryLimit: %d\n"
		"  jobTemplate: {metadata: {labels: {app: %s}}, spec: ",
		CRON_FIRST, CRON_LAST, j->every, j->even ? "*/2" : "*", j->concurrency,
		j->suspended ? "true" : "false", j->keep, j->keep_failed, name);
	write_spec(app, name, out);
	buf_adds(out, "}\n");
	if (j->zone)
		buf_addf(out, "  timeZone: %s\n", j->zone);
}

/* --- autoscalers -------------------------------------------------------------------------------------------- */

void scaled_draw(struct app *app, struct rng *r, bool gentle)
{
	(void)gentle;
	app->version = 1;
	app->config = -1;
	app->grace = (int)rng_range(r, 1, 30);
	app->work = (struct work){ .mode = WORK_READY, .a = (int)rng_below(r, 8) };
	app->low = (int)rng_range(r, 1, 3);
	app->high = app->low + (int)rng_below(r, 6);
	app->demand = (int)rng_range(r, 0, 1000);
}

static void draw_pace(struct pace *p, struct rng *r)
{
	*p = (struct pace){ .set = true, .window = -1, .disabled = rng_chance(r, 8) };
	if (rng_chance(r, 70))
		p->window = (int)rng_below(r, 200);
	if (rng_chance(r, 60)) {
		p->pods = (int)rng_range(r, 1, 4);
		p->in = (int)rng_range(r, 15, 120);
	}
	if (rng_chance(r, 40)) {
		p->percent = (int)rng_range(r, 10, 100);
		p->per_in = (int)rng_range(r, 15, 120);
	}
}

void job_draw_more(struct app *app, struct rng *r)
{
	if (app->kind == APP_JOB) {
		draw_ends(app, r);
	} else if (app->kind == APP_CRON_JOB) {
		draw_clock(app, r);
	} else if (app->kind == APP_SCALED) {
		if (rng_chance(r, 60))
			draw_pace(&app->up, r);
		if (rng_chance(r, 60))
			draw_pace(&app->down, r);
	}
}

void scaled_change(struct app *app, struct rng *r, bool gentle)
{
	(void)gentle;
	if (rng_chance(r, 60))
		app->demand = (int)rng_range(r, 0, 1000);
	else if (rng_chance(r, 50))
		app->high = app->low + (int)rng_below(r, 6);
	else
		app->version++;
}

static void write_pace(const char *name, const struct pace *p, struct buf *out)
{
	if (!p->set)
		return;
	buf_addf(out, "    %s: {selectPolicy: %s", name, p->disabled ? "Disabled" : "Max");
	if (p->window >= 0)
		buf_addf(out, ", stabilizationWindowSeconds: %d", p->window);
	if (p->pods > 0 || p->percent > 0)
		buf_adds(out, ", policies: [");
	if (p->pods > 0)
		buf_addf(out, "{type: Pods, value: %d, periodSeconds: %d}%s", p->pods, p->in,
			p->percent > 0 ? ", " : "");
	if (p->percent > 0)
		buf_addf(out, "{type: Percent, value: %d, periodSeconds: %d}", p->percent, p->per_in);
	buf_addf(out, "%s}\n", p->pods > 0 || p->percent > 0 ? "]" : "");
}

/* The demand stands there too, so that each change of it is one of the file. */
void scaled_write(const struct app *app, const char *name, struct buf *out)
{
	write_head("apps/v1", "Deployment", name, out);
	buf_addf(out, "  annotations: {demand: '%d'}\nspec:\n", app->demand);
	write_template(app, name, out);
	buf_adds(out, "---\n");
	write_head("autoscaling/v2", "HorizontalPodAutoscaler", name, out);
	buf_addf(out,
		"spec:\n  minReplicas: %d\n  maxReplicas: %d\n"
		"  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: %s}\n"
		"  metrics: [{type: Resource, resource: {name: cpu, target: {type: AverageValue, "
		"averageValue: %dm}}}]\n",
		app->low, app->high, name, SCALED_TARGET);
	if (app->up.set || app->down.set)
		buf_adds(out, "  behavior:\n");
	write_pace("scaleUp", &app->up, out);
	write_pace("scaleDown", &app->down, out);
}
