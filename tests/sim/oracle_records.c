/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The book of pods, from what the reconciler in charge has decided: its records, and the commits that it has taken. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/tree_path.h"
#include "tests/sim/ledger.h"

static struct ledger_app *touch(struct oracle *o, int app)
{
	struct ledger_app *a = &o->apps[app];

	if (a->made == 0 && a->taken == 0)
		o->touched[o->touched_count++] = (unsigned)app;
	return a;
}

static int min_ready_of(struct ledger_app *a, const struct seen *p)
{
	const struct app of = { .version = p->version, .work = p->work };
	const struct seen_template *t = ledger_template(a, &of);

	return t ? t->min_ready : 0;
}

static void enter(struct sim *s, struct seen *p, struct span record)
{
	struct oracle *o = s->oracle;
	struct span meta = span_member(record, "metadata"), spec = span_member(record, "spec");
	struct span container = span_first(span_member(spec, "containers"));
	struct ledger_app *a;
	char text[128];

	p->in_tree = true;
	p->made_in = o->pass;
	map_put(&o->by_key, p->key, p);
	work_parse(span_text(span_member(container, "image"), text, sizeof(text)), &p->version, &p->work);
	p->app = app_index(s, span_text(span_member(span_member(meta, "labels"), "app"), text, sizeof(text)));
	if (p->app < 0)
		return;
	a = touch(o, p->app);
	a->made++;
	p->min_ready = min_ready_of(a, p);
	p->incarnation = a->incarnation;
	a->pods = grow(a->pods, &a->cap, a->count + 1, sizeof(a->pods[0]));
	a->pods[a->count++] = p;
}

static bool says(struct span record, const char *word)
{
	return record.len > 0 && memmem(record.at, record.len, word, strlen(word));
}

/* Who takes it, by the record of its deletion, if there is one. */
static void attribute(struct ledger_app *a, struct seen *p, struct span record)
{
	bool drained = says(record, "\"EvictionByEvictionAPI\"");
	bool driven = says(record, "\"DeletionByTaintManager\"");

	p->evicted = drained || driven || says(record, "\"PreemptionByScheduler\"");
	if (!p->harmed)
		return;
	a->drained += drained;
	a->driven += driven && !drained;
	a->rolled += !p->evicted;
}

/* The reconciler has decided that the pod goes. */
static void doom(struct sim *s, struct seen *p, struct span record)
{
	struct oracle *o = s->oracle;
	struct ledger_app *a;

	if (p->doomed)
		return;
	p->doomed = true;
	p->doomed_at = s->now;
	p->doomed_running = !p->told.finished;
	if (p->app < 0 || !o->commit)
		return;
	a = touch(o, p->app);
	a->taken++;
	p->taken_in = o->pass;
	p->harmed = p->incarnation == a->incarnation && seen_serves(p, p->min_ready, s->now) &&
		    seen_serves_told(s, p, p->min_ready);
	attribute(a, p, record);
}

static void leave(struct sim *s, struct seen *p)
{
	struct oracle *o = s->oracle;
	struct ledger_app *a;

	doom(s, p, (struct span){ 0 });
	p->in_tree = false;
	if (p->held)
		sim_fail(s, "dropped", "%s (%.8s) is struck off, and node-%u has it", p->key, p->uid,
			p->agent);
	jobs_pod_leaves(o, p);
	if (map_get(&o->by_key, p->key) == p)
		map_remove(&o->by_key, p->key);
	if (p->app < 0)
		return;
	a = &o->apps[p->app];
	for (size_t i = 0; i < a->count; i++)
		if (a->pods[i] == p) {
			a->pods[i] = a->pods[--a->count];
			break;
		}
}

static void take_record(struct sim *s, const char *key, struct span record)
{
	struct oracle *o = s->oracle;
	struct span meta = span_member(record, "metadata");
	struct seen *p, *before = map_get(&o->by_key, key);
	char uid[SIM_UID];

	p = ledger_seen(o, span_text(span_member(meta, "uid"), uid, sizeof(uid)), key);
	p->recorded = true;
	/* The same name, and another pod. */
	if (before && before != p)
		leave(s, before);
	if (!p->in_tree)
		enter(s, p, record);
	span_text(span_member(span_member(record, "spec"), "nodeName"), p->node, sizeof(p->node));
	p->withheld = says(record, "\"NameMayBeInUse\"");
	jobs_take_pod(o, p, meta);
	if (span_member(meta, "deletionTimestamp").at)
		doom(s, p, record);
}

static struct span record_of(const struct plan *plan, const struct plan_record *r)
{
	return (struct span){ plan->text.data + r->start, r->len };
}

static void take_records(struct sim *s, const struct plan *plan)
{
	for (size_t i = 0; i < plan->record_count; i++) {
		const struct plan_record *r = &plan->records[i];
		struct seen *p;
		char *key;

		if (r->kind->id == KIND_JOB)
			jobs_take_record(s, r->name, record_of(plan, r));
		if (r->kind->id != KIND_POD)
			continue;
		key = xasprintf("%s/%s", r->namespace, r->name);
		p = map_get(&s->oracle->by_key, key);
		if (r->len > 0)
			take_record(s, key, record_of(plan, r));
		else if (p)
			leave(s, p);
		free(key);
	}
}

/* Pods that the tree has no more leave the book. */
static void leave_unknown(struct sim *s, const struct tree *t)
{
	struct oracle *o = s->oracle;

	for (size_t i = o->by_key.count; i > 0; i--) {
		struct seen *p = o->by_key.entries[i - 1].value;
		const char *slash = strchr(p->key, '/');
		struct buf path = BUF_INIT;
		char *ns = xstrndup(p->key, (size_t)(slash - p->key));

		tree_path_add(&path, kinds[KIND_POD].plural, ns, slash + 1);
		if (!map_has(&t->files, path.data))
			leave(s, p);
		free(ns);
		buf_done(&path);
	}
}

void oracle_restored(struct sim *s, const struct host *h)
{
	struct oracle *o = s->oracle;

	if (!o)
		return;
	leave_unknown(s, &h->tree);
	for (size_t i = 0; i < h->tree.files.count; i++) {
		const struct tree_file *f = h->tree.files.entries[i].value;
		struct span record = { f->json, f->len }, meta = span_member(record, "metadata");
		char kind[32], ns[64], name[128], uid[SIM_UID], *key;
		struct seen *p;

		if (!str_eq(span_text(span_member(record, "kind"), kind, sizeof(kind)), "Pod"))
			continue;
		span_text(span_member(meta, "namespace"), ns, sizeof(ns));
		span_text(span_member(meta, "name"), name, sizeof(name));
		key = xasprintf("%s/%s", ns, name);
		p = ledger_seen(o, span_text(span_member(meta, "uid"), uid, sizeof(uid)), key);
		p->doomed = p->gone = false; /* whatever it was later, it is to be again */
		take_record(s, key, record);
		free(key);
	}
	o->touched_count = 0;
	for (size_t i = 0; i < o->app_count; i++)
		o->apps[i].made = o->apps[i].taken = o->apps[i].rolled = o->apps[i].drained =
			o->apps[i].driven = 0;
}

/* The app's template is the newest one now. */
static struct seen_template *take_template(struct ledger_app *a, const struct app *app)
{
	struct seen_template *t = ledger_template(a, app);

	if (!t) {
		a->templates = grow(
			a->templates, &a->template_cap, a->template_count + 1, sizeof(a->templates[0]));
		t = &a->templates[a->template_count++];
		*t = (struct seen_template){ .version = app->version, .work = app->work };
	}
	if (a->newest != (size_t)(t - a->templates)) {
		a->newest = (size_t)(t - a->templates);
		t->good = false;
		t->looks = 0;
	}
	return t;
}

/*
 * What minReadySeconds says is for the newest template: of a Deployment's older ReplicaSets nobody changes it (getNewReplicaSet); of
 * all other kinds it is the workload's own.
 */
static void take_min_ready(struct ledger_app *a, const struct app *app)
{
	const struct seen_template *newest = take_template(a, app);

	for (size_t i = 0; i < a->template_count; i++)
		if (&a->templates[i] == newest || app->kind != APP_DEPLOYMENT)
			a->templates[i].min_ready = app->min_ready;
	for (size_t k = 0; k < a->count; k++)
		a->pods[k]->min_ready = min_ready_of(a, a->pods[k]);
}

/* It is there again, or for the first time: with none of what it had. */
static void begin_anew(struct ledger_app *a)
{
	a->incarnation++;
	for (size_t i = 0; i < a->template_count; i++) {
		a->templates[i].complete = a->templates[i].good = false;
		a->templates[i].looks = 0;
	}
}

static void take_commit(struct sim *s, struct commit *c)
{
	struct oracle *o = s->oracle;

	if (o->commit == c || !c)
		return;
	commit_unref(o->commit);
	o->commit = commit_ref(c);
	for (unsigned i = 0; i < s->script->app_count; i++) {
		struct ledger_app *a = &o->apps[i];

		if (c->apps[i].there && !a->there)
			begin_anew(a);
		if (c->apps[i].there && app_runs_pods(&c->apps[i]))
			take_min_ready(a, &c->apps[i]);
		a->there = c->apps[i].there;
		if (a->replicas != c->apps[i].replicas)
			a->scaling = true;
		a->replicas = c->apps[i].replicas;
	}
}

/* What a reconciler of an older term does counts for nothing but that it did it. */
static void note_recorded(struct sim *s, const struct plan *plan)
{
	for (size_t i = 0; i < plan->record_count; i++) {
		const struct plan_record *r = &plan->records[i];
		struct span meta = span_member(record_of(plan, r), "metadata");
		char uid[SIM_UID];

		if (r->kind->id == KIND_POD && r->len > 0)
			ledger_seen(s->oracle, span_text(span_member(meta, "uid"), uid, sizeof(uid)), NULL)
				->recorded = true;
	}
}

void oracle_pass(struct sim *s, const struct host *h)
{
	struct oracle *o = s->oracle;

	if (o && !ledger_is_chief(s, h))
		note_recorded(s, &h->plan);
	if (!ledger_is_chief(s, h))
		return;
	take_commit(s, h->commit);
	o->pass++;
	o->touched_count = 0;
	take_records(s, &h->plan);
	oracle_budgets(s, h);
	jobs_pass(s);
	for (size_t i = 0; i < o->touched_count; i++) {
		struct ledger_app *a = &o->apps[o->touched[i]];

		a->made = a->taken = a->rolled = a->drained = a->driven = 0;
	}
	ledger_save_told(s);
}
