/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What a pass may take away and make: rules unavailable, surge, recreate. What other kinds ask for is in oracle_kinds.c. */
#include "tests/sim/ledger.h"

static int min_ready(const struct look *l, const struct seen *p)
{
	return l->readiness ? 0 : p->min_ready;
}

bool look_serves(const struct look *l, const struct seen *p)
{
	return !p->doomed && !p->told.finished &&
	       (seen_serves(p, min_ready(l, p), l->s->now) || seen_serves_told(l->s, p, min_ready(l, p)));
}

struct count look_count(const struct look *l)
{
	struct count n = { 0 };

	for (size_t i = 0; i < l->a->count; i++) {
		const struct seen *p = l->a->pods[i];

		if (p->doomed || p->told.finished)
			continue;
		n.active++;
		if (seen_serves(p, min_ready(l, p), l->s->now))
			n.serving++;
		else if (seen_serves_told(l->s, p, min_ready(l, p)))
			n.excused++;
	}
	return n;
}

static void trace_pods(const struct look *l)
{
	for (size_t i = 0; l->s->o->trace && i < l->a->count; i++) {
		const struct seen *p = l->a->pods[i];

		sim_trace(l->s, "  %s (%.8s) version %d on %s:%s%s%s%s%s%s", p->key, p->uid, p->version,
			p->node, p->doomed ? " going" : "", p->taken_in == l->o->pass ? " (now)" : "",
			p->told.finished ? " finished" : "", p->ready ? " ready" : "",
			seen_serves(p, min_ready(l, p), l->s->now) ? " serves" : "",
			seen_serves_told(l->s, p, min_ready(l, p)) ? " is known to serve" : "");
	}
}

void look_fail(const struct look *l, const char *rule, const char *text, ...)
{
	char name[APP_NAME];
	va_list args;

	trace_pods(l);
	app_name(l->app, l->index, name);
	va_start(args, text);
	ledger_fail(l->s, rule, name, text, args);
	va_end(args);
}

/* --- Deployments, ReplicaSets, pods ------------------------------------------------------------------------ */

static void made(const struct look *l)
{
	struct count n = look_count(l);
	int most = l->app->replicas + app_surge(l->app);

	/* A budget that was lowered takes nothing back: what goes is replaced. */
	if (n.active > most && l->a->made > l->a->taken)
		look_fail(l, "surge",
			"it has %d pods, %d are the most that %d replicas and a surge of %d allow", n.active,
			most, l->app->replicas, app_surge(l->app));
}

static bool same_set(const struct look *l, const struct seen *p, const struct seen *q)
{
	return seen_alike(p, q) || (l->app->kind == APP_REPLICA_SET && p->incarnation == q->incarnation);
}

/* A pod of another set than P's of which something is left. */
static const struct seen *left_over(const struct look *l, const struct seen *p)
{
	for (size_t i = 0; i < l->a->count; i++) {
		const struct seen *q = l->a->pods[i];

		if (!same_set(l, p, q) && q->held && q->incarnation == l->a->incarnation && !q->told.finished)
			return q;
	}
	return NULL;
}

static void deployment_made(const struct look *l)
{
	made(l);
	if (!l->app->recreate || l->app->paused || l->a->scaling)
		return;
	for (size_t i = 0; i < l->a->count; i++) {
		const struct seen *p = l->a->pods[i];

		if (p->made_in == l->o->pass && left_over(l, p))
			look_fail(l, "recreate", "pods of version %d are made while %s of version %d is left",
				p->version, left_over(l, p)->key, left_over(l, p)->version);
	}
}

/* What a drain takes in the same pass was not gone when the rollout made up its mind. */
static void deployment_taken(const struct look *l)
{
	struct count n = look_count(l);
	int floor = l->app->replicas - app_unavailable(l->app);
	int there = n.serving + n.excused + (int)(l->a->drained + l->a->driven);

	/* While it is paused it is scaled, and that is all: what is too many goes in equal shares (control/deployment.h, cases 13, 17). */
	if (l->app->paused && n.active >= l->app->replicas + app_surge(l->app))
		return;
	if (l->a->rolled > 0 && !l->a->scaling && there < floor)
		look_fail(l, "unavailable",
			"%d of its pods serve (and %d more that were lost unnoticed), and %d replicas with "
			"%d "
			"unavailable need %d",
			n.serving, n.excused, l->app->replicas, app_unavailable(l->app), floor);
}

static void any_taken(const struct look *l)
{
	(void)l;
}

/* --- rule rank ---------------------------------------------------------------------------------------------- */

/* A pod of P's set that stays and is of less use, as everybody knows (control/set_rank.h, case 3). */
static const struct seen *useless(const struct look *l, const struct seen *p)
{
	for (size_t i = 0; i < l->a->count; i++) {
		const struct seen *q = l->a->pods[i];

		if (!q->doomed && !q->told.finished && !q->told.ready && !q->ready &&
			q->made_in != l->o->pass && same_set(l, p, q))
			return q;
	}
	return NULL;
}

static void ranked(const struct look *l)
{
	for (size_t i = 0; i < l->a->count; i++) {
		const struct seen *p = l->a->pods[i];

		if (p->taken_in == l->o->pass && !p->evicted && seen_serves(p, 0, l->s->now) &&
			seen_serves_told(l->s, p, 0) && useless(l, p))
			look_fail(l, "rank", "%s is taken, which is ready, and %s stays, which is not",
				p->key, useless(l, p)->key);
	}
}

static bool has_sets(const struct app *app)
{
	return app->kind == APP_DEPLOYMENT || app->kind == APP_REPLICA_SET || app->kind == APP_SCALED;
}

/* --- all of them --------------------------------------------------------------------------------------------- */

static const struct {
	void (*made)(const struct look *l);
	void (*taken)(const struct look *l);
} rules[APP_KINDS] = {
	[APP_DEPLOYMENT] = { deployment_made, deployment_taken },
	[APP_REPLICA_SET] = { made, any_taken },
	[APP_POD] = { made, any_taken },
	[APP_STATEFUL_SET] = { stateful_made, stateful_taken },
	[APP_DAEMON_SET] = { daemon_made, daemon_taken },
};

/* All replicas are there and serve: what a change of their number did is over. */
static void settle_scaling(const struct look *l)
{
	struct count n;

	if (!l->a->scaling)
		return;
	n = look_count(l);
	if (n.active == l->app->replicas && n.serving == l->app->replicas)
		l->a->scaling = false;
}

struct look look_at(struct sim *s, unsigned index)
{
	struct look l = { .s = s, .o = s->oracle, .index = index, .a = &s->oracle->apps[index] };

	l.app = &l.o->commit->apps[index];
	return l;
}

void oracle_budgets(struct sim *s, const struct host *h)
{
	struct oracle *o = s->oracle;

	(void)h;
	for (size_t i = 0; i < o->touched_count; i++) {
		struct look l = look_at(s, o->touched[i]);

		if (l.app->there && l.a->taken > 0 && has_sets(l.app))
			ranked(&l);
		if (!l.app->there || !app_runs_pods(l.app))
			continue;
		if (l.a->made > 0)
			rules[l.app->kind].made(&l);
		if (l.a->rolled > 0)
			rules[l.app->kind].taken(&l);
		if (l.a->drained > 0)
			disruption_taken(&l);
	}
	for (unsigned i = 0; o->commit && i < s->script->app_count; i++) {
		struct look l = look_at(s, i);

		if (l.app->there)
			settle_scaling(&l);
		if (l.app->there && l.app->rollback)
			rollback_pass(&l);
	}
}
