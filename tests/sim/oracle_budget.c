/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What a pass may take away and make: rules unavailable, surge, recreate. */
#include "tests/sim/ledger.h"

struct count {
	int active;  /* neither going nor finished */
	int serving; /* of them, in truth */
	int excused; /* of them, those that a fault took and nobody told of */
};

static struct count count_pods(const struct sim *s, const struct ledger_app *a, const struct app *app)
{
	struct count n = { 0 };

	for (size_t i = 0; i < a->count; i++) {
		const struct seen *p = a->pods[i];

		if (p->doomed || p->told.finished)
			continue;
		n.active++;
		if (seen_serves(p, app, s->now))
			n.serving++;
		else if (seen_serves_told(s, p, app))
			n.excused++;
	}
	return n;
}

static void trace_pods(struct sim *s, const struct ledger_app *a, const struct app *app)
{
	for (size_t i = 0; s->o->trace && i < a->count; i++) {
		const struct seen *p = a->pods[i];

		sim_trace(s, "  %s (%.8s) version %d on %s:%s%s%s%s%s", p->key, p->uid, p->version, p->node,
			p->doomed ? " going" : "", p->told.finished ? " finished" : "",
			p->ready ? " ready" : "", seen_serves(p, app, s->now) ? " serves" : "",
			seen_serves_told(s, p, app) ? " is known to serve" : "");
	}
}

static void check_made(struct sim *s, unsigned index, const struct ledger_app *a, const struct app *app)
{
	struct count n = count_pods(s, a, app);
	int most = app->replicas + app_surge(app);

	if (n.active > most)
		trace_pods(s, a, app);
	if (n.active > most)
		sim_fail(s, "surge",
			"%s-%u has %d pods, %d are the most that %d replicas and a surge of %d allow",
			app_rows[app->kind].prefix, index, n.active, most, app->replicas, app_surge(app));
	if (app->kind != APP_DEPLOYMENT || !app->recreate || app->paused || a->scaling)
		return;
	for (size_t i = 0; i < a->count; i++)
		if (a->pods[i]->version != app->version && a->pods[i]->held &&
			a->pods[i]->incarnation == a->incarnation && !a->pods[i]->told.finished)
			sim_fail(s, "recreate",
				"%s-%u makes pods of version %d while %s of version %d is left",
				app_rows[app->kind].prefix, index, app->version, a->pods[i]->key,
				a->pods[i]->version);
}

static void check_taken(struct sim *s, unsigned index, const struct ledger_app *a, const struct app *app)
{
	struct count n = count_pods(s, a, app);
	int floor = app->replicas - app_unavailable(app);

	if (a->scaling || n.serving + n.excused >= floor)
		return;
	trace_pods(s, a, app);
	sim_fail(s, "unavailable",
		"%s-%u: %d of its pods serve (and %d more that were lost unnoticed), and %d replicas with %d "
		"unavailable need %d",
		app_rows[app->kind].prefix, index, n.serving, n.excused, app->replicas, app_unavailable(app),
		floor);
}

/* All replicas are there and serve: what a change of their number did is over. */
static void settle_scaling(struct sim *s, struct ledger_app *a, const struct app *app)
{
	struct count n;

	if (!a->scaling)
		return;
	n = count_pods(s, a, app);
	if (n.active == app->replicas && n.serving == app->replicas)
		a->scaling = false;
}

void oracle_budgets(struct sim *s, const struct host *h)
{
	struct oracle *o = s->oracle;

	for (size_t i = 0; i < o->touched_count; i++) {
		unsigned index = o->touched[i];
		struct ledger_app *a = &o->apps[index];
		const struct app *app = &h->commit->apps[index];

		if (!app->there)
			continue;
		if (a->made > 0)
			check_made(s, index, a, app);
		if (a->harmed > 0 && app->kind == APP_DEPLOYMENT)
			check_taken(s, index, a, app);
	}
	for (unsigned i = 0; o->commit && i < s->script->app_count; i++)
		if (o->commit->apps[i].there)
			settle_scaling(s, &o->apps[i], &o->commit->apps[i]);
}
