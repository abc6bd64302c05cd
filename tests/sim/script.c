/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "tests/sim/script.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

const char *const fault_names[FAULT_COUNT] = {
	[SCRIPT_COMMIT] = "commit",
	[SCRIPT_CRASH] = "crash",
	[SCRIPT_OLDER] = "older",
	[SCRIPT_AGENT] = "agent",
	[SCRIPT_POWER] = "power",
	[SCRIPT_PARTITION] = "partition",
	[SCRIPT_SLOW] = "slow",
	[SCRIPT_PULL] = "pull",
	[SCRIPT_UNREADY] = "unready",
	[SCRIPT_EXIT] = "exit",
	[SCRIPT_ECHO] = "echo",
	[SCRIPT_LATE] = "late",
	[SCRIPT_RESTORE] = "restore",
	[FAULT_BROKEN] = "broken",
	[FAULT_WORK] = "work",
};

static bool fault_add(const char *name, size_t len, uint32_t *ret)
{
	for (unsigned i = 0; i < FAULT_COUNT; i++)
		if (strlen(fault_names[i]) == len && memcmp(name, fault_names[i], len) == 0) {
			*ret |= 1U << i;
			return true;
		}
	return false;
}

bool faults_parse(const char *text, uint32_t *ret)
{
	*ret = 0;
	if (str_eq(text, "none"))
		return true;
	if (str_eq(text, "all")) {
		*ret = FAULTS_ALL;
		return true;
	}
	while (*text != '\0') {
		size_t len = strcspn(text, ",");

		if (!fault_add(text, len, ret))
			return false;
		text += len + (text[len] == ',');
	}
	return true;
}

/* --- drawing --------------------------------------------------------------------------------------------- */

struct drawing {
	struct script *script;
	const struct script_options *o;
	struct rng rng;
	struct app *apps;            /* as the last commit left them */
	unsigned configs, first_job; /* apps from there on are Jobs and CronJobs */
	bool gentle;
};

static struct script_event *add(struct script *s, nsec_t at, enum script_type type)
{
	struct script_event *e;

	s->events = grow(s->events, &s->cap, s->count + 1, sizeof(s->events[0]));
	e = &s->events[s->count++];
	*e = (struct script_event){ .at = at, .type = type };
	return e;
}

static void commit_app(struct drawing *d, nsec_t at, unsigned index)
{
	add(d->script, at, SCRIPT_COMMIT)->change = (struct app_change){ index, d->apps[index] };
}

static enum app_kind draw_kind(struct rng *r)
{
	unsigned all = 0, dice;
	int kind = 0;

	for (int i = 0; i < APP_KINDS; i++)
		all += app_rows[i].weight;
	for (dice = (unsigned)rng_below(r, all); dice >= app_rows[kind].weight; kind++)
		dice -= app_rows[kind].weight;
	return (enum app_kind)kind;
}

/* Streams of their own: without Jobs all else would happen just so. */
static unsigned count_jobs(const struct drawing *d)
{
	struct rng r = rng_of(d->o->seed, 6, 0);

	return (unsigned)rng_below(&r, 5);
}

/* Each comes at some time, changes now and then, and may go and come back. */
static void draw_job(struct drawing *d, unsigned index)
{
	struct rng r = rng_of(d->o->seed, 6, 1 + index), more = rng_of(d->o->seed, 7, index);
	struct app *a = &d->apps[index];
	nsec_t at = (nsec_t)rng_below(&r, (uint64_t)d->o->length * 3 / 4);

	a->kind = rng_chance(&r, 20) ? APP_CRON_JOB : rng_chance(&r, 10) ? APP_SCALED : APP_JOB;
	app_rows[a->kind].draw(a, &r, d->gentle);
	job_draw_more(a, &more);
	a->there = true;
	commit_app(d, at, index);
	while ((at += rng_range(&r, 5, 1800) * NSEC_PER_SEC) < d->o->length) {
		if (!a->there || rng_chance(&r, 20))
			a->there = !a->there;
		else
			app_rows[a->kind].change(a, &r, d->gentle);
		commit_app(d, at, index);
	}
}

/* The repository as it is at the start. */
static void draw_apps(struct drawing *d)
{
	unsigned workloads = 2 + (unsigned)rng_below(&d->rng, 5), nodes = d->o->nodes;

	d->configs = (unsigned)rng_below(&d->rng, 3);
	if (d->o->pods > 0)
		workloads = d->o->pods / 5 + 1;
	d->script->node_count = nodes;
	d->first_job = nodes + d->configs + workloads + 1 + (unsigned)rng_below(&d->rng, 3);
	d->script->app_count = d->first_job + count_jobs(d);
	d->apps = xcalloc(d->script->app_count, sizeof(d->apps[0]));
	for (unsigned i = 0; i < d->first_job; i++) {
		struct app *a = &d->apps[i];
		struct rng more = rng_of(d->o->seed, 8, i);

		a->kind = i < nodes ? APP_NODE : i < nodes + d->configs ? APP_CONFIG : draw_kind(&d->rng);
		a->config = d->configs > 0 && rng_chance(&d->rng, 30)
				    ? (int)(nodes + rng_below(&d->rng, d->configs))
				    : -1;
		if (i >= nodes + d->configs + workloads) {
			a->kind = APP_BUDGET;
			a->about = (int)(nodes + d->configs + rng_below(&d->rng, workloads));
		}
		app_rows[a->kind].draw(a, &d->rng, d->gentle);
		a->rollback = a->kind == APP_DEPLOYMENT && rng_chance(&more, 25);
		a->there = true;
		commit_app(d, 0, i);
	}
}

static void draw_change(struct drawing *d, nsec_t at)
{
	unsigned nodes = d->o->nodes, index, dice = (unsigned)rng_below(&d->rng, 100);
	struct app *a, before;

	index = dice < 16 ? (unsigned)rng_below(&d->rng, nodes)
			  : nodes + (unsigned)rng_below(&d->rng, d->first_job - nodes);
	a = &d->apps[index];
	before = *a;
	if (a->kind != APP_NODE && (!a->there || rng_chance(&d->rng, 6)))
		a->there = !a->there;
	else
		app_rows[a->kind].change(a, &d->rng, d->gentle);
	commit_app(d, at, index);
	/* Not what was meant: back to what was there before, under its old version. */
	if (before.there && a->there && rng_chance(&d->rng, 15)) {
		int64_t seconds = rng_range(&d->rng, 1, 300);
		/* Often at once, when what was made is not ready yet. */
		nsec_t later = at + (seconds % 2 == 0 ? seconds : 1 + seconds / 30) * NSEC_PER_SEC;

		if (later < d->o->length) {
			int version = a->version;

			*a = before;
			commit_app(d, later, index);
			a->version = version; /* the next change is a new version all the same */
		}
	}
}

static void draw_broken(struct drawing *d, nsec_t at)
{
	unsigned index = (unsigned)rng_below(&d->rng, d->first_job);
	struct app a = d->apps[index];

	a.broken = a.there = true;
	add(d->script, at, SCRIPT_COMMIT)->change = (struct app_change){ index, a };
}

/* Changes come in bursts and after pauses. */
static void draw_commits(struct drawing *d)
{
	nsec_t at = 0;

	for (;;) {
		at += rng_chance(&d->rng, 40) ? rng_range(&d->rng, 1, 30) * NSEC_PER_SEC
					      : rng_range(&d->rng, 60, 900) * NSEC_PER_SEC;
		if (at >= d->o->length)
			return;
		if ((d->o->faults & (1U << FAULT_BROKEN)) && rng_chance(&d->rng, 10))
			draw_broken(d, at);
		else
			draw_change(d, at);
	}
}

/* How long each lasts, in seconds, and how often it comes: in an hour, or (PER_NODE) in an hour of ten nodes. */
static const struct {
	int low, high, per_hour;
	bool per_node;
	unsigned a_low, a_high;
	unsigned rare; /* in so many of a hundred runs there is none, beyond those that have few faults */
} rows[SCRIPT_TYPES] = {
	[SCRIPT_CRASH] = { 0, 60, 6, false, 0, CRASH_POINTS - 1 },
	[SCRIPT_OLDER] = { 1, 120, 2, false, 0, 2 /* enum pause_point */ },
	[SCRIPT_AGENT] = { 0, 60, 4, true, 0, 0 },
	[SCRIPT_POWER] = { 5, 240, 5, true, 0, 0 },
	[SCRIPT_PARTITION] = { 1, 200, 6, true, 0, 0 },
	[SCRIPT_SLOW] = { 30, 600, 3, true, 2, 20 },
	[SCRIPT_PULL] = { 30, 600, 2, true, 0, 0 },
	[SCRIPT_UNREADY] = { 5, 300, 3, true, 0, 0 },
	[SCRIPT_EXIT] = { 0, 0, 4, true, 1, 4 },
	[SCRIPT_ECHO] = { 10, 300, 3, true, 0, 0 },
	[SCRIPT_LATE] = { 60, 1200, 3, true, 0, 0 },
	/* Much may happen after it that may not happen else (sim_fail). */
	[SCRIPT_RESTORE] = { 30, 900, 2, false, 0, 1, 85 },
};

/* What comes at a bad time: mostly close to some commit. The commits are drawn first. */
static nsec_t near_a_commit(const struct drawing *d, struct rng *r, nsec_t at)
{
	size_t commits = 0;

	while (commits < d->script->count && d->script->events[commits].type == SCRIPT_COMMIT)
		commits++;
	if (commits == 0 || rng_chance(r, 25))
		return at;
	return d->script->events[rng_below(r, commits)].at + (nsec_t)rng_below(r, 8 * NSEC_PER_SEC);
}

/* Machines fail when they have much to do; pods are not ready just when some are too many. */
static nsec_t draw_when(const struct drawing *d, struct rng *r, enum script_type type, nsec_t at)
{
	nsec_t early = 20 * NSEC_PER_SEC;

	if (type == SCRIPT_POWER)
		return near_a_commit(d, r, at);
	if (type != SCRIPT_UNREADY)
		return at;
	at = near_a_commit(d, r, at);
	return at > early ? at - early : at;
}

/* Not all faults every time: some hide what others do. */
static bool is_left_out(const struct drawing *d, struct rng *r, enum script_type type)
{
	bool few = rng_chance(r, 35), rare = rows[type].rare > 0 && rng_chance(r, rows[type].rare);

	return (few || rare) && !(d->o->certain & (1U << type));
}

/* Each kind from a stream of its own. */
static void draw_faults(struct drawing *d, enum script_type type)
{
	struct rng r = rng_of(d->o->seed, 2, type);
	nsec_t hour = 3600 * NSEC_PER_SEC, at = 0, mean;
	int per_hour = rows[type].per_hour;

	if (per_hour == 0 || !(d->o->faults & (1U << type)) || is_left_out(d, &r, type))
		return;
	if (rows[type].per_node)
		per_hour = per_hour * (int)d->o->nodes / 10 + 1;
	mean = hour / per_hour;
	while ((at += (nsec_t)rng_below(&r, 2 * (uint64_t)mean)) < d->o->length) {
		nsec_t when = draw_when(d, &r, type, at);
		struct script_event *e = add(d->script, when, type);

		e->node = (unsigned)rng_below(&r, d->o->nodes);
		e->length = rng_range(&r, rows[type].low * 1000, rows[type].high * 1000) * NSEC_PER_MSEC;
		e->a = (unsigned)rng_range(&r, rows[type].a_low, rows[type].a_high);
	}
}

/* Apps of one moment by index, which is the order of drawing. */
static int by_time(const void *a, const void *b)
{
	const struct script_event *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	return x->change.index < y->change.index ? -1 : x->change.index > y->change.index;
}

void script_draw(struct script *s, const struct script_options *o)
{
	struct drawing d = { .script = s, .o = o, .rng = rng_of(o->seed, 1, 0) };

	*s = (struct script){ 0 };
	d.gentle = !(o->faults & (1U << FAULT_WORK));
	draw_apps(&d);
	draw_commits(&d);
	for (unsigned i = d.first_job; i < s->app_count; i++)
		draw_job(&d, i);
	for (int type = 0; type < SCRIPT_TYPES; type++)
		draw_faults(&d, (enum script_type)type);
	qsort(s->events, s->count, sizeof(s->events[0]), by_time);
	free(d.apps);
}

/* --- copies ------------------------------------------------------------------------------------------------ */

void script_copy(struct script *s, const struct script *from, const bool *keep)
{
	*s = (struct script){ .app_count = from->app_count, .node_count = from->node_count };
	for (size_t i = 0; i < from->count; i++)
		if (!keep || keep[i])
			*add(s, 0, SCRIPT_COMMIT) = from->events[i];
}

void script_copy_commits(struct script *s, const struct script *from)
{
	*s = (struct script){ .app_count = from->app_count, .node_count = from->node_count };
	for (size_t i = 0; i < from->count; i++)
		if (from->events[i].type == SCRIPT_COMMIT)
			*add(s, 0, SCRIPT_COMMIT) = from->events[i];
}

void script_done(struct script *s)
{
	free(s->events);
	*s = (struct script){ 0 };
}

/* --- words --------------------------------------------------------------------------------------------------- */

static void format_app(const struct app_change *c, struct buf *out)
{
	char name[APP_NAME];
	struct buf text = BUF_INIT;

	app_name(&c->app, c->index, name);
	if (!c->app.there) {
		buf_addf(out, " %s is removed", name);
		return;
	}
	app_rows[c->app.kind].write(&c->app, name, &text);
	for (char *p = text.data; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	buf_addf(out, "%s %s", c->app.broken ? " (broken)" : "", text.data);
	buf_done(&text);
}

void script_event_format(const struct script_event *e, struct buf *out)
{
	buf_addf(out, "%.3f s: %s", (double)e->at / (double)NSEC_PER_SEC, fault_names[e->type]);
	if (e->type == SCRIPT_COMMIT) {
		format_app(&e->change, out);
		return;
	}
	buf_addf(out, " node-%u for %.3f s (%u)", e->node, (double)e->length / (double)NSEC_PER_SEC, e->a);
}
