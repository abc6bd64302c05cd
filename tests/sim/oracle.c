/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The book of pods: from agents, letters and records. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/tree_path.h"
#include "tests/sim/ledger.h"

struct oracle *oracle_new(struct sim *s)
{
	struct oracle *o = xcalloc(1, sizeof(*o));

	o->apps = xcalloc(s->script->app_count, sizeof(o->apps[0]));
	o->app_count = s->script->app_count;
	o->touched = xcalloc(s->script->app_count, sizeof(o->touched[0]));
	o->node_count = s->script->node_count;
	o->nodes = xcalloc(o->node_count, sizeof(o->nodes[0]));
	for (unsigned i = 0; i < s->script->app_count; i++)
		o->apps[i].replicas = -1;
	return o;
}

struct oracle *oracle_free(struct oracle *o)
{
	if (!o)
		return NULL;
	for (size_t i = 0; i < o->by_uid.count; i++) {
		struct seen *p = o->by_uid.entries[i].value;

		free(p->key);
		free(p);
	}
	map_done(&o->by_uid);
	map_done(&o->by_key);
	map_done(&o->held);
	for (size_t i = 0; i < o->app_count; i++) {
		free(o->apps[i].pods);
		free(o->apps[i].templates);
	}
	free(o->apps);
	free(o->touched);
	free(o->nodes);
	free(o->unsaved);
	commit_unref(o->commit);
	jobs_free(o->jobs);
	free(o);
	return NULL;
}

struct seen *ledger_seen(struct oracle *o, const char *uid, const char *key)
{
	struct seen *p = map_get(&o->by_uid, uid);

	if (!p) {
		p = xcalloc(1, sizeof(*p));
		snprintf(p->uid, sizeof(p->uid), "%s", uid);
		p->app = -1;
		map_put(&o->by_uid, p->uid, p);
	}
	if (!p->key && key)
		p->key = xstrdup(key);
	return p;
}

int app_index(const struct sim *s, const char *label)
{
	const char *dash = label ? strrchr(label, '-') : NULL;
	int64_t n;

	if (!dash || str_to_i64(dash + 1, &n) < 0 || n < 0 || n >= s->script->app_count)
		return -1;
	return (int)n;
}

/* Agents tell times in whole seconds. */
static nsec_t whole(nsec_t t)
{
	return t - t % NSEC_PER_SEC;
}

static bool is_template(const struct seen_template *t, const struct app *app)
{
	return app_same_template(&(struct app){ .version = t->version, .work = t->work }, app);
}

bool seen_is_of(const struct seen *p, const struct app *app)
{
	return is_template(&(struct seen_template){ .version = p->version, .work = p->work }, app);
}

bool seen_alike(const struct seen *a, const struct seen *b)
{
	return a->incarnation == b->incarnation &&
	       seen_is_of(b, &(struct app){ .version = a->version, .work = a->work });
}

bool seen_serves(const struct seen *p, int min_ready, nsec_t now)
{
	return p->ready && whole(p->ready_since) + min_ready * NSEC_PER_SEC <= now;
}

/* Nothing was heard of the node for so long that Kubernetes, too, takes its pods for lost (node-monitor-grace-period). */
static bool is_silent(const struct sim *s, unsigned node)
{
	const struct ledger_node *n = &s->oracle->nodes[node];
	nsec_t lost = s->hosts[s->chief]->links[node].lost;

	return (n->silent && !n->told) || (lost != NSEC_NEVER && s->now - lost >= 40 * NSEC_PER_SEC);
}

bool seen_serves_told(const struct sim *s, const struct seen *p, int min_ready)
{
	return p->told.ready && whole(p->told.ready_since) + min_ready * NSEC_PER_SEC <= s->now &&
	       !(p->held && is_silent(s, p->agent));
}

void ledger_fail(struct sim *s, const char *rule, const char *who, const char *text, va_list args)
{
	char words[400];

	vsnprintf(words, sizeof(words), text, args);
	sim_fail(s, rule, "%s: %s", who, words);
}

/* --- what the reconciler was told ------------------------------------------------------------------------------ */

static bool is_chief(const struct sim *s, const struct host *h)
{
	return s->oracle && s->hosts[s->chief] == h;
}

void oracle_told(struct sim *s, const struct host *h, unsigned node, const struct letter *report)
{
	struct oracle *o = s->oracle;

	if (!is_chief(s, h))
		return;
	o->nodes[node].told = true;
	for (size_t i = 0; i < report->pod_count; i++) {
		const struct letter_pod *r = &report->pods[i];
		struct seen *p = ledger_seen(o, r->uid, r->key);

		p->told = (struct seen_told){ .ready = r->ready && !r->gone, .ready_since = r->ready_since };
		p->told.succeeded = str_eq(r->phase, "Succeeded");
		p->told.finished = p->told.succeeded || str_eq(r->phase, "Failed");
		p->told_by = node;
		p->told_seq = report->number;
		if (p->unsaved)
			continue;
		p->unsaved = true;
		o->unsaved = grow(o->unsaved, &o->unsaved_cap, o->unsaved_count + 1, sizeof(o->unsaved[0]));
		o->unsaved[o->unsaved_count++] = p;
	}
}

void oracle_host_stops(struct sim *s, const struct host *h)
{
	struct oracle *o = s->oracle;

	if (!is_chief(s, h))
		return;
	for (size_t i = 0; i < o->unsaved_count; i++) {
		o->unsaved[i]->told = o->unsaved[i]->saved;
		o->unsaved[i]->unsaved = false;
	}
	o->unsaved_count = 0;
	for (unsigned i = 0; i < o->node_count; i++)
		o->nodes[i].told = false;
}

void oracle_acknowledged(struct sim *s, const struct host *h, unsigned node, int64_t seq)
{
	struct oracle *o = s->oracle;

	for (size_t i = 0; is_chief(s, h) && i < o->unsaved_count; i++)
		if (o->unsaved[i]->told_by == node && o->unsaved[i]->told_seq <= seq)
			sim_fail(s, "undurable",
				"report %lld of node-%u, with %s, is acknowledged, and no tree has it",
				(long long)seq, node, o->unsaved[i]->key);
}

void oracle_obeyed(struct sim *s, const struct agent *a, int64_t known, int64_t term)
{
	if (s->oracle && term < known)
		sim_fail(s, "fenced", "%s obeys term %lld after %lld", a->name, (long long)term,
			(long long)known);
}

void oracle_term_seen(struct sim *s, const struct host *h, int64_t term)
{
	if (s->oracle && h->runs && term > h->term)
		sim_fail(s, "fenced", "host %u with term %lld goes on, though it read of term %lld", h->index,
			(long long)h->term, (long long)term);
}

static void save_told(struct sim *s)
{
	struct oracle *o = s->oracle;

	for (unsigned i = 0; i < o->node_count; i++) {
		o->nodes[i].silent = is_silent(s, i);
		o->nodes[i].told = false;
	}
	for (size_t i = 0; i < o->unsaved_count; i++) {
		o->unsaved[i]->saved = o->unsaved[i]->told;
		o->unsaved[i]->unsaved = false;
	}
	o->unsaved_count = 0;
}

/* --- what it has decided ------------------------------------------------------------------------------------------- */

static struct ledger_app *touch(struct oracle *o, int app)
{
	struct ledger_app *a = &o->apps[app];

	if (a->made == 0 && a->taken == 0)
		o->touched[o->touched_count++] = (unsigned)app;
	return a;
}

struct seen_template *ledger_template(struct ledger_app *a, const struct app *app)
{
	for (size_t i = 0; i < a->template_count; i++)
		if (is_template(&a->templates[i], app))
			return &a->templates[i];
	return NULL;
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

	if (o && !is_chief(s, h))
		note_recorded(s, &h->plan);
	if (!is_chief(s, h))
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
	save_told(s);
}
