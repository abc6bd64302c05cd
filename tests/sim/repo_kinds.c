/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* A row a kind: what its apps are like, how a commit changes them, how they are written. */
#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"
#include "tests/sim/repo.h"

/* --- what containers do ------------------------------------------------------------------------------------ */

static const char *const mode_names[WORK_MODES] = {
	[WORK_READY] = "ready",
	[WORK_NEVER] = "never",
	[WORK_FLAPS] = "flaps",
	[WORK_CRASH] = "crash",
	[WORK_DONE] = "done",
	[WORK_RISKY] = "risky",
	[WORK_PARTS] = "parts",
	[WORK_NOPULL] = "nopull",
};

bool work_parse(const char *image, int *ret_version, struct work *ret)
{
	const char *tag = image ? strrchr(image, ':') : NULL;
	char mode[16];

	*ret = (struct work){ 0 };
	if (!tag || sscanf(tag, ":%d-%15[a-z]-%d-%d", ret_version, mode, &ret->a, &ret->b) != 4)
		return false;
	for (int i = 0; i < WORK_MODES; i++)
		if (strcmp(mode, mode_names[i]) == 0) {
			ret->mode = (enum work_mode)i;
			return true;
		}
	return false;
}

/* Mostly what works; now and then what does not. */
static void draw_work(struct work *w, struct rng *r, bool gentle)
{
	unsigned dice = gentle ? 0 : (unsigned)rng_below(r, 100);

	*w = (struct work){ .mode = WORK_READY, .a = (int)rng_below(r, 8) };
	if (dice >= 94)
		*w = (struct work){ .mode = WORK_CRASH, .a = (int)rng_range(r, 1, 30) };
	else if (dice >= 88)
		*w = (struct work){ .mode = WORK_NEVER };
	else if (dice >= 82)
		*w = (struct work){
			.mode = WORK_FLAPS, .a = (int)rng_below(r, 10), .b = (int)rng_range(r, 5, 90)
		};
	else if (dice >= 76)
		*w = (struct work){ .mode = WORK_NOPULL };
	else if (dice >= 68)
		w->a = (int)rng_range(r, 30, 200); /* late */
}

void write_image(const struct app *app, const char *name, struct buf *out)
{
	buf_addf(out, "sim/%s:%d-%s-%d-%d", name, app->version, mode_names[app->work.mode], app->work.a,
		app->work.b);
}

static void write_place(const struct app *app, const char *name, struct buf *out)
{
	static const char spread[] = "topologySpreadConstraints: [{maxSkew: 2, topologyKey: "
				     "kubernetes.io/hostname, nodeTaintsPolicy: Honor, "
				     "whenUnsatisfiable: %s, labelSelector: {matchLabels: {app: %s}}}], ";
	static const char term[] =
		"{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: %s}}}";

	switch (app_place(app)) {
	case PLACE_ANYWHERE:
		return;
	case PLACE_SPREAD:
		buf_addf(out, spread, "DoNotSchedule", name);
		return;
	case PLACE_SPREAD_SOFTLY:
		buf_addf(out, spread, "ScheduleAnyway", name);
		return;
	case PLACE_APART:
		buf_adds(out,
			"affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [");
		buf_addf(out, term, name);
		buf_adds(out, "]}}, ");
		return;
	case PLACE_APART_SOFTLY:
		buf_adds(out, "affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: "
			      "[{weight: 10, podAffinityTerm: ");
		buf_addf(out, term, name);
		buf_adds(out, "}]}}, ");
		return;
	case PLACE_FILLER:
		buf_adds(out, "priority: -5, ");
		return;
	}
}

/* spec of a pod, in flow style, with what follows its containers in MORE. */
static void write_pod_spec(const struct app *app, const char *name, const char *more, struct buf *out)
{
	buf_addf(out, "{terminationGracePeriodSeconds: %d, %s", app->grace, more);
	write_place(app, name, out);
	if (app->config >= 0)
		buf_addf(out, "volumes: [{name: v, configMap: {name: config-%d, optional: true}}], ",
			app->config);
	buf_adds(out, "containers: [{name: c, image: '");
	write_image(app, name, out);
	buf_addf(out, "', resources: {requests: {cpu: %s}}",
		app_place(app) == PLACE_FILLER ? "63985m" : "10m");
	if (app->config >= 0)
		buf_adds(out, ", volumeMounts: [{name: v, mountPath: /v}]");
	buf_adds(out, "}]}\n");
}

void write_template(const struct app *app, const char *name, struct buf *out)
{
	buf_addf(out,
		"  selector: {matchLabels: {app: %s}}\n  template:\n    metadata: {labels: {app: %s}}\n",
		name, name);
	buf_adds(out, "    spec: ");
	write_pod_spec(app, name, "", out);
}

void write_head(const char *version, const char *kind, const char *name, struct buf *out)
{
	buf_addf(out, "apiVersion: %s\nkind: %s\nmetadata:\n  name: %s\n", version, kind, name);
}

static void draw_common(struct app *app, struct rng *r, bool gentle)
{
	app->version = 1;
	draw_work(&app->work, r, gentle);
	app->grace = (int)rng_range(r, 1, 30);
}

/* --- nodes --------------------------------------------------------------------------------------------------- */

static void draw_node(struct app *app, struct rng *r, bool gentle)
{
	(void)app, (void)r, (void)gentle;
}

static void change_node(struct app *app, struct rng *r, bool gentle)
{
	bool *what[] = { &app->cordoned, &app->tainted, &app->driven, &app->drained };

	(void)gentle;
	if (app->cordoned || app->tainted || app->driven || app->drained)
		app->cordoned = app->tainted = app->driven = app->drained = false;
	else
		*what[rng_below(r, ARRAY_LEN(what))] = true;
}

static void write_node(const struct app *app, const char *name, struct buf *out)
{
	write_head("v1", "Node", name, out);
	if (app->drained)
		buf_adds(out, "  annotations: {pintle.dev/drain: 'true'}\n");
	buf_adds(out, "spec:\n");
	buf_addf(out, "  unschedulable: %s\n", app->cordoned ? "true" : "false");
	if (app->tainted || app->driven)
		buf_addf(out, "  taints: [{key: sim, value: x, effect: %s}]\n",
			app->driven ? "NoExecute" : "NoSchedule");
}

/* --- config ---------------------------------------------------------------------------------------------------- */

static void draw_config(struct app *app, struct rng *r, bool gentle)
{
	(void)r, (void)gentle;
	app->version = 1;
}

static void change_config(struct app *app, struct rng *r, bool gentle)
{
	(void)r, (void)gentle;
	app->version++;
}

static void write_config(const struct app *app, const char *name, struct buf *out)
{
	write_head("v1", "ConfigMap", name, out);
	buf_addf(out, "data: {version: '%d'}\n", app->version);
}

/* --- deployments ---------------------------------------------------------------------------------------------------- */

static void draw_budget(struct app *app, struct rng *r)
{
	app->percent = rng_chance(r, 40);
	app->surge = app->percent ? (int)rng_below(r, 5) * 25 : (int)rng_below(r, 4);
	app->unavailable = app->percent ? (int)rng_below(r, 5) * 25 : (int)rng_below(r, 4);
	/* Refused by the API and by us: nothing could ever move. */
	if (app->surge == 0 && app->unavailable == 0)
		app->surge = app->percent ? 25 : 1;
}

static void draw_deployment(struct app *app, struct rng *r, bool gentle)
{
	draw_common(app, r, gentle);
	app->replicas = (int)rng_below(r, 9);
	app->recreate = rng_chance(r, 15);
	app->min_ready = rng_chance(r, 40) ? (int)rng_range(r, 1, 30) : 0;
	app->deadline = app->min_ready + (int)rng_range(r, 60, 600);
	app->history = (int)rng_below(r, 4);
	draw_budget(app, r);
}

static void change_deployment(struct app *app, struct rng *r, bool gentle)
{
	unsigned dice = (unsigned)rng_below(r, 100);

	if (app->paused && dice < 70) {
		app->paused = false;
	} else if (dice < 55) {
		app->version++;
		draw_work(&app->work, r, gentle);
	} else if (dice < 75) {
		app->replicas = (int)rng_below(r, 9);
	} else if (dice < 85) {
		draw_budget(app, r);
	} else if (dice < 90) {
		app->recreate = !app->recreate;
	} else if (dice < 95) {
		app->paused = true;
		app->version++;
	} else {
		/* Where it may go back the oracle would have to know which set had what when. */
		if (!app->rollback)
			app->min_ready = (int)rng_below(r, 20);
		else
			rng_next(r);
		app->deadline = app->min_ready + (int)rng_range(r, 60, 600);
	}
}

static void write_deployment(const struct app *app, const char *name, struct buf *out)
{
	const char *unit = app->percent ? "%" : "";

	write_head("apps/v1", "Deployment", name, out);
	if (app->rollback)
		buf_adds(out, "  annotations: {pintle.dev/rollback: OnFailure}\n");
	buf_addf(out,
		"spec:\n  replicas: %d\n  minReadySeconds: %d\n  progressDeadlineSeconds: %d\n"
		"  revisionHistoryLimit: %d\n  paused: %s\n",
		app->replicas, app->min_ready, app->deadline, app->history, app->paused ? "true" : "false");
	if (app->recreate)
		buf_adds(out, "  strategy: {type: Recreate}\n");
	else
		buf_addf(out, "  strategy: {rollingUpdate: {maxSurge: %d%s, maxUnavailable: %d%s}}\n",
			app->surge, unit, app->unavailable, unit);
	write_template(app, name, out);
}

/* --- replica sets and bare pods ---------------------------------------------------------------------------------------- */

static void draw_set(struct app *app, struct rng *r, bool gentle)
{
	draw_common(app, r, gentle);
	app->replicas = (int)rng_below(r, 6);
}

static void change_set(struct app *app, struct rng *r, bool gentle)
{
	if (rng_chance(r, 60)) {
		app->replicas = (int)rng_below(r, 6);
		return;
	}
	app->version++;
	draw_work(&app->work, r, gentle);
}

static void write_set(const struct app *app, const char *name, struct buf *out)
{
	write_head("apps/v1", "ReplicaSet", name, out);
	buf_addf(out, "spec:\n  replicas: %d\n", app->replicas);
	write_template(app, name, out);
}

static void draw_pod(struct app *app, struct rng *r, bool gentle)
{
	draw_common(app, r, gentle);
	app->replicas = 1;
}

static void change_pod(struct app *app, struct rng *r, bool gentle)
{
	app->version++;
	draw_work(&app->work, r, gentle);
}

static void write_pod(const struct app *app, const char *name, struct buf *out)
{
	write_head("v1", "Pod", name, out);
	buf_addf(out, "  labels: {app: %s}\nspec: ", name);
	write_pod_spec(app, name, "", out);
}

/* --- stateful sets ---------------------------------------------------------------------------------------- */

static void draw_stateful(struct app *app, struct rng *r, bool gentle)
{
	draw_common(app, r, gentle);
	app->replicas = (int)rng_below(r, 5);
	app->parallel = rng_chance(r, 30);
	app->min_ready = rng_chance(r, 30) ? (int)rng_range(r, 1, 20) : 0;
}

static void change_stateful(struct app *app, struct rng *r, bool gentle)
{
	unsigned dice = (unsigned)rng_below(r, 100);

	if (dice < 50) {
		app->version++;
		draw_work(&app->work, r, gentle);
	} else if (dice < 75) {
		app->replicas = (int)rng_below(r, 5);
	} else {
		app->partition = app->partition > 0 ? 0 : (int)rng_below(r, 4);
	}
}

static void write_stateful(const struct app *app, const char *name, struct buf *out)
{
	write_head("apps/v1", "StatefulSet", name, out);
	buf_addf(out,
		"spec:\n  replicas: %d\n  minReadySeconds: %d\n  podManagementPolicy: %s\n"
		"  updateStrategy: {rollingUpdate: {partition: %d}}\n",
		app->replicas, app->min_ready, app->parallel ? "Parallel" : "OrderedReady", app->partition);
	write_template(app, name, out);
}

/* --- daemon sets ---------------------------------------------------------------------------------------------- */

static void draw_daemon(struct app *app, struct rng *r, bool gentle)
{
	draw_common(app, r, gentle);
	app->unavailable = (int)rng_range(r, 0, 3);
	app->surge = app->unavailable == 0 ? (int)rng_range(r, 1, 2) : 0;
	app->min_ready = rng_chance(r, 30) ? (int)rng_range(r, 1, 20) : 0;
}

static void write_daemon(const struct app *app, const char *name, struct buf *out)
{
	write_head("apps/v1", "DaemonSet", name, out);
	buf_addf(out,
		"spec:\n  minReadySeconds: %d\n"
		"  updateStrategy: {rollingUpdate: {maxUnavailable: %d, maxSurge: %d}}\n",
		app->min_ready, app->unavailable, app->surge);
	write_template(app, name, out);
}

/* --- budgets ------------------------------------------------------------------------------------------------------- */

static void change_budget(struct app *app, struct rng *r, bool gentle)
{
	(void)gentle;
	app->least = rng_chance(r, 50);
	app->percent = rng_chance(r, 40);
	app->unavailable = app->percent ? (int)rng_below(r, 5) * 25 : (int)rng_below(r, 4);
}

static void write_budget(const struct app *app, const char *name, struct buf *out)
{
	write_head("policy/v1", "PodDisruptionBudget", name, out);
	buf_addf(out,
		"spec:\n  %s: %d%s\n  selector: {matchExpressions: [{key: app, operator: In, values: "
		"[web-%d, db-%d, set-%d]}]}\n",
		app->least ? "minAvailable" : "maxUnavailable", app->unavailable, app->percent ? "%" : "",
		app->about, app->about, app->about);
}

const struct app_row app_rows[APP_KINDS] = {
	[APP_NODE] = { "node", "nodes", 0, draw_node, change_node, write_node },
	[APP_CONFIG] = { "config", "configmaps", 0, draw_config, change_config, write_config },
	[APP_DEPLOYMENT] = { "web", "deployments", 45, draw_deployment, change_deployment, write_deployment },
	[APP_REPLICA_SET] = { "set", "replicasets", 10, draw_set, change_set, write_set },
	[APP_POD] = { "one", "pods", 15, draw_pod, change_pod, write_pod },
	[APP_STATEFUL_SET] = { "db", "statefulsets", 20, draw_stateful, change_stateful, write_stateful },
	[APP_DAEMON_SET] = { "each", "daemonsets", 10, draw_daemon, change_pod, write_daemon },
	[APP_BUDGET] = { "budget", "poddisruptionbudgets", 0, change_budget, change_budget, write_budget },
	[APP_JOB] = { "job", "jobs", 0, job_draw, job_change, job_write },
	[APP_CRON_JOB] = { "cron", "cronjobs", 0, cron_job_draw, cron_job_change, cron_job_write },
	[APP_SCALED] = { "scaled", "deployments", 0, scaled_draw, scaled_change, scaled_write },
};
