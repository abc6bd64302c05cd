/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What must hold once all faults are over and everything has come to rest. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/json.h"
#include "tests/sim/ledger.h"
#include "tests/sim/same.h"

/* More than the longest grace period of the simulator's pods, and the letters between. */
#define LEAVES_WITHIN (60 * NSEC_PER_SEC)

/* --- agents and tree -------------------------------------------------------------------------------------- */

/* A CronJob has pods of its history deleted while everything else rests: one that was told to go just now may be on its way. */
static bool has_just_been_told_to_go(const struct sim *s, const struct seen *p)
{
	return p->doomed && s->now - p->doomed_at < LEAVES_WITHIN;
}

static void check_agent(struct sim *s, const struct agent *a)
{
	for (size_t i = 0; i < a->pods.count; i++) {
		const struct agent_pod *p = a->pods.entries[i].value;
		const struct seen *seen = map_get(&s->oracle->by_uid, p->told.uid);

		if (seen && has_just_been_told_to_go(s, seen))
			continue;
		if (p->state == POD_GONE)
			sim_fail(s, "leaked", "%s still has word of %.8s, which is gone", a->name,
				p->told.uid);
		else if (!seen || !seen->in_tree)
			sim_fail(s, "leaked", "%s runs %s (%.8s), which is not in the tree", a->name,
				p->told.key, p->told.uid);
		else if (!str_eq(seen->node, a->name))
			sim_fail(s, "leaked", "%s runs %s, which the tree has on \"%s\"", a->name,
				p->told.key, seen->node);
	}
}

static void check_tree_pod(struct sim *s, const struct seen *p)
{
	if (has_just_been_told_to_go(s, p))
		return;
	/* An old tree has a pod that had ended and was removed since: there is nothing more to run, and its Job keeps the record. */
	if (s->restored && p->told.finished && !p->doomed)
		return;
	if (p->in_tree && p->node[0] != '\0' &&
		(!p->held || !str_eq(s->fleet->agents[p->agent].name, p->node)))
		sim_fail(s, "lost", "%s (%.8s) is on %s, says the tree, and its agent does not have it",
			p->key, p->uid, p->node);
	if (p->in_tree && p->doomed)
		sim_fail(s, "lost", "%s (%.8s) on \"%s\" is still going", p->key, p->uid, p->node);
}

/* --- what git asks for ---------------------------------------------------------------------------------------- */

static bool any_room(const struct commit *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (app_has_room(&c->apps[i]))
			return true;
	return false;
}

/* How many pods it is to have; -1: that depends on when what happened. */
static int wanted(const struct commit *c, const struct app *app)
{
	int nodes = 0;

	/* Below its partition a StatefulSet keeps what it has, were it broken. Pods that keep apart may be too many for the nodes. */
	if (app->kind != APP_DAEMON_SET)
		return app_place(app) == PLACE_APART || app->paused || app->partition > 0 ? -1
											  : app->replicas;
	for (size_t i = 0; i < c->count; i++) {
		const struct app *n = &c->apps[i];

		if (n->kind != APP_NODE || !n->there)
			continue;
		if (n->tainted)
			return -1;
		nodes += !n->driven;
	}
	return nodes;
}

/* Is the pod one that is to follow its app's template? */
static bool follows(const struct app *app, const struct seen *p)
{
	if (app->kind == APP_STATEFUL_SET)
		return atoi(strrchr(p->key, '-') + 1) >= app->partition;
	return !app->paused && app->kind != APP_REPLICA_SET;
}

static bool may_lack_room(const struct app *app)
{
	return app_place(app) == PLACE_APART || app_place(app) == PLACE_FILLER;
}

static void check_app(struct sim *s, unsigned index, const struct ledger_app *a, const struct app *app)
{
	int want = wanted(s->head, app), active = 0;
	char name[APP_NAME];

	app_name(app, index, name);
	for (size_t i = 0; i < a->count; i++) {
		const struct seen *p = a->pods[i];

		if (p->doomed || p->told.finished)
			continue;
		active++;
		if (p->node[0] == '\0' && may_lack_room(app))
			continue;
		if (p->node[0] == '\0')
			sim_fail(s, "wanted", "%s: %s has no node", name, p->key);
		else if (follows(app, p) && !app->rollback && !seen_is_of(p, app) && want >= 0)
			sim_fail(s, "wanted", "%s: %s is of version %d, not %d", name, p->key, p->version,
				app->version);
		else if (follows(app, p) && want >= 0 && !seen_serves_told(s, p, p->min_ready))
			sim_fail(
				s, "wanted", "%s: the reconciler does not know that %s serves", name, p->key);
	}
	if (want >= 0 && active != want)
		sim_fail(s, "wanted", "%s has %d pods, %d are wanted", name, active, want);
}

static void check_rollback(struct sim *s, unsigned index)
{
	const struct look l = look_at(s, index);

	rollback_end(&l);
}

/* Pods that are to keep apart are never together. */
static void check_apart(struct sim *s, const struct ledger_app *a)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct seen *p = a->pods[i];

		for (size_t k = 0; k < i; k++)
			if (p->node[0] != '\0' && str_eq(p->node, a->pods[k]->node) && !p->doomed &&
				!p->told.finished && !a->pods[k]->doomed && !a->pods[k]->told.finished)
				sim_fail(s, "apart", "%s and %s are both on %s", p->key, a->pods[k]->key,
					p->node);
	}
}

static void check_apps(struct sim *s)
{
	const struct commit *c = s->head;

	for (unsigned i = 0; c && i < c->count; i++) {
		const struct app *app = &c->apps[i];

		if (!app_runs_pods(app))
			continue;
		if (app->there && app_place(app) == PLACE_APART)
			check_apart(s, &s->oracle->apps[i]);
		if (app->there && app->rollback && !app->paused && any_room(c))
			check_rollback(s, i);
		if (app->there && app->work.mode == WORK_READY && any_room(c))
			check_app(s, i, &s->oracle->apps[i], app);
		else if (!app->there && s->oracle->apps[i].count > 0)
			sim_fail(s, "wanted", "%s-%u is gone from git and has %zu pods",
				app_rows[app->kind].prefix, i, s->oracle->apps[i].count);
	}
}

/* --- files of ConfigMaps --------------------------------------------------------------------------------------- */

static void check_config(struct sim *s, const struct agent *a, const struct agent_pod *p)
{
	const struct seen *seen = map_get(&s->oracle->by_uid, p->told.uid);
	const struct app *app, *config;
	const struct letter_object *o;
	char *want;

	if (!seen || seen->app < 0)
		return;
	app = &s->head->apps[seen->app];
	config = app->config >= 0 ? &s->head->apps[app->config] : NULL;
	if (!config || !config->there || p->told.refs.count == 0)
		return;
	o = map_get(&a->objects, p->told.refs.items[0]);
	want = xasprintf("%d", config->version);
	if (!o || !str_eq(o->text, want))
		sim_fail(s, "config", "%s on %s has version %s of config-%d, not %s", p->told.key, a->name,
			o ? o->text : "none", app->config, want);
	free(want);
}

/* Will nothing happen any more but by commits and faults? */
static bool at_rest(const struct sim *s)
{
	for (size_t i = 0; i < s->fleet->count; i++) {
		const struct agent *a = &s->fleet->agents[i];

		for (size_t k = 0; k < a->pods.count; k++) {
			const struct agent_pod *p = a->pods.entries[k].value;

			if (!p->ended && p->work.mode != WORK_READY && p->work.mode != WORK_NEVER)
				return false;
		}
	}
	/* What an autoscaler's pods use nobody writes down. */
	for (size_t i = 0; s->head && i < s->head->count; i++)
		if (s->head->apps[i].kind == APP_SCALED && s->head->apps[i].there)
			return false;
	return s->head != NULL;
}

void oracle_end(struct sim *s)
{
	struct oracle *o = s->oracle;

	for (size_t i = 0; i < s->fleet->count; i++) {
		const struct agent *a = &s->fleet->agents[i];

		check_agent(s, a);
		for (size_t k = 0; k < a->pods.count && s->head; k++)
			check_config(s, a, a->pods.entries[k].value);
	}
	for (size_t i = 0; i < o->by_uid.count; i++)
		check_tree_pod(s, o->by_uid.entries[i].value);
	routes_end(s);
	check_apps(s);
	jobs_end(s);
	for (unsigned i = 0; s->head && i < s->head->count; i++)
		if (s->head->apps[i].kind == APP_SCALED)
			scaled_end(s, i, any_room(s->head));
	if (!s->result->rule && at_rest(s))
		restart_check(s, s->hosts[s->chief]);
}

/* --- the tree, without what may differ ---------------------------------------------------------------------------- */

static const char *const dropped[] = { "uid", "resourceVersion", "creationTimestamp", "generation",
	"lastTransitionTime", "lastUpdateTime", "startTime", "podCIDR", "podCIDRs", "observedGeneration",
	"message", "restartCount", "nodeName", "pintle.dev/commit", "deployment.kubernetes.io/revision",
	"lastProbeTime", "pintle.dev/was-complete", "deployment.kubernetes.io/revision-history", "startedAt",
	"finishedAt", "lastState", "collisionCount", "pod-template-hash" };

static bool is_dropped(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(dropped); i++)
		if (str_eq(key, dropped[i]))
			return true;
	return false;
}

static void write_normal(struct json_writer *w, const struct value *v)
{
	const struct value_entry **sorted;

	if (v->type == VALUE_LIST) {
		json_begin_list(w);
		for (size_t i = 0; i < v->list.count; i++)
			write_normal(w, v->list.items[i]);
		json_end_list(w);
	} else if (v->type == VALUE_MAP) {
		sorted = value_sorted_entries(v);
		json_begin_map(w);
		for (size_t i = 0; i < v->map.count; i++)
			if (!is_dropped(sorted[i]->key)) {
				json_key(w, sorted[i]->key);
				write_normal(w, sorted[i]->value);
			}
		json_end_map(w);
		free(sorted);
	} else {
		json_value(w, v);
	}
}

/* What a workload keeps of its history: which there is depends on the commits that were seen. */
static bool is_history(const struct value *v)
{
	return str_eq(value_get_string(v, "kind"), "ControllerRevision") ||
	       (str_eq(value_get_string(v, "kind"), "ReplicaSet") &&
		       value_get(value_get(v, "metadata"), "ownerReferences") &&
		       value_get_int(value_get(v, "spec"), "replicas", 1) == 0);
}

/* Has the app one template from beginning to end? */
static bool keeps_template(const struct script *script, unsigned index)
{
	const struct app *first = NULL;

	for (size_t i = 0; i < script->count; i++) {
		const struct app_change *c = &script->events[i].change;

		if (script->events[i].type != SCRIPT_COMMIT || c->index != index || !c->app.there)
			continue;
		first = first ? first : &c->app;
		if (!app_same_template(first, &c->app))
			return false;
	}
	return true;
}

/* Do the app's pods come to rest, and all as its template says, whatever happened before? */
static bool comes_to_rest(const struct sim *s, unsigned index)
{
	const struct commit *c = s->head;
	const struct app *app = &c->apps[index];

	switch (app->kind) {
	case APP_NODE:
	case APP_JOB: /* by jobs_normal */
	case APP_CRON_JOB:
	case APP_SCALED: /* by scaled_end */
		return false;
	case APP_CONFIG:
		return true;
	case APP_BUDGET:
		return comes_to_rest(s, (unsigned)app->about);
	case APP_REPLICA_SET:
		return !may_lack_room(app) && app->work.mode == WORK_READY &&
		       keeps_template(s->script, index);
	case APP_DEPLOYMENT:
	case APP_POD:
	case APP_STATEFUL_SET:
	case APP_DAEMON_SET:
	case APP_KINDS:
		break;
	}
	return app->work.mode == WORK_READY && !may_lack_room(app) && !app->rollback && !app->paused &&
	       app->partition == 0 && any_room(c) && (app->kind != APP_DAEMON_SET || wanted(c, app) >= 0);
}

static bool is_restless(const struct sim *s, const struct value *v)
{
	const struct value *meta = value_get(v, "metadata");
	const char *label = value_get_string(value_get(meta, "labels"), "app");
	int index = app_index(s, label ? label : value_get_string(meta, "name"));

	return index >= 0 && s->head && s->head->apps[index].there && !comes_to_rest(s, (unsigned)index);
}

static void add_file(const struct sim *s, const struct tree_file *f, char **lines, size_t *count)
{
	struct arena *arena = arena_new(8192);
	struct buf line = BUF_INIT;
	struct json_writer w = JSON_WRITER(&line, 0);
	struct value *v = NULL;
	bool pod = strstr(f->path, "/pods/") != NULL;

	if (json_parse(arena, f->json, f->len, &v, NULL) < 0)
		abort();
	if (!strstr(f->path, "/events/") && !is_history(v) && !is_restless(s, v)) {
		/* Generated names are no part of it. */
		if (pod && value_get(value_get(v, "metadata"), "ownerReferences"))
			value_set_string(
				arena, (struct value *)(uintptr_t)value_get(v, "metadata"), "name", "*");
		else
			buf_addf(&line, "%s ", f->path);
		write_normal(&w, v);
		lines[(*count)++] = buf_take(&line);
	}
	buf_done(&line);
	arena_free(arena);
}

void oracle_normal(const struct sim *s, struct buf *out)
{
	const struct tree *t = &s->hosts[s->chief]->tree;
	char **lines = xcalloc(t->files.count, sizeof(lines[0]));
	size_t count = 0;

	for (size_t i = 0; i < t->files.count; i++)
		add_file(s, t->files.entries[i].value, lines, &count);
	qsort(lines, count, sizeof(lines[0]), str_cmp_qsort);
	for (size_t i = 0; i < count; i++) {
		buf_addf(out, "%s\n", lines[i]);
		free(lines[i]);
	}
	free(lines);
}
