/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The book of pods: what is said of one in it, and what the reconciler in charge was told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
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

struct seen_template *ledger_template(struct ledger_app *a, const struct app *app)
{
	for (size_t i = 0; i < a->template_count; i++)
		if (is_template(&a->templates[i], app))
			return &a->templates[i];
	return NULL;
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

bool ledger_is_chief(const struct sim *s, const struct host *h)
{
	return s->oracle && s->hosts[s->chief] == h;
}

void oracle_told(struct sim *s, const struct host *h, unsigned node, const struct letter *report)
{
	struct oracle *o = s->oracle;

	if (!ledger_is_chief(s, h))
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

	if (!ledger_is_chief(s, h))
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

	for (size_t i = 0; ledger_is_chief(s, h) && i < o->unsaved_count; i++)
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

void ledger_save_told(struct sim *s)
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
