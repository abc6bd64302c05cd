/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What scripts of golden cases (golden_script.h) work on: a world with agents in virtual time, and names that last.
 */
#pragma once

#include <fnmatch.h>

#include "lib/base/fs.h"
#include "lib/object/json.h"
#include "reconciler/control/autoscaler.h"
#include "reconciler/health.h"
#include "tests/unit/reconciler/world_fixture.h"

enum { SCRIPT_WORDS = 16, SCRIPT_PASSES_MAX = 20000 };

struct script_alias {
	char *name, *alias;
};
struct script_words {
	char *items[SCRIPT_WORDS];
	size_t count;
};
/* What each container of PODS uses. */
struct script_use {
	char *pods; /* owned */
	int64_t cpu_milli, memory;
};
struct script {
	struct fx *f;
	const char *dir;
	struct buf *out;
	nsec_t began;
	bool crashes; /* before each line: a world that is read from the tree goes on as the one that wrote it */
	bool news;    /* reports that no pass has recorded: agents would give them again, these here don't */
	struct map aliases; /* name → struct script_alias */
	/* "SET" → how many names were generated below it, as struct script_alias with the number as text */
	struct map counts;
	struct map shown; /* events: "NAME/count" */
	struct script_words stuck, lingering, down;
	struct script_use uses[SCRIPT_WORDS]; /* of several the last counts */
	size_t use_count;
	const char *line;
};

static inline void script_die(const struct script *s, const char *why)
{
	print_error("%s: %s: %s\n", s->dir, s->line, why);
	fail();
}

/* --- names ----------------------------------------------------------------------------------------------- */

static inline const char *script_put(struct map *m, const char *key, const char *text)
{
	struct script_alias *a = map_remove(m, key);

	if (a) {
		free(a->name);
		free(a->alias);
		free(a);
	}
	a = xcalloc(1, sizeof(*a));
	a->name = xstrdup(key);
	a->alias = xstrdup(text);
	map_put(m, a->name, a);
	return a->alias;
}

static inline const char *script_get(const struct map *m, const char *key)
{
	const struct script_alias *a = map_get(m, key);

	return a ? a->alias : NULL;
}

static inline const char *script_alias(const struct script *s, const char *name)
{
	const char *alias = script_get(&s->aliases, name);

	return alias ? alias : name;
}

/* NAME is PREFIX-x…x (LEN of them, generated): it becomes PREFIX's alias, SEPARATOR and a number. */
static inline void script_name(struct script *s, const char *name, size_t len, const char *separator)
{
	_cleanup_(freep) char *prefix = NULL, *counted = NULL, *alias = NULL, *number = NULL;
	const char *count;
	int64_t n = 0;

	if (strlen(name) <= len + 1 || map_has(&s->aliases, name))
		return;
	prefix = xstrndup(name, strlen(name) - len - 1);
	/* A DaemonSet's revisions and its pods count each for themselves. */
	counted = xasprintf("%s%s", separator, prefix);
	count = script_get(&s->counts, counted);
	if (count)
		str_to_i64(count, &n);
	number = xasprintf("%lld", (long long)n + 1);
	alias = xasprintf("%s%s%s", script_alias(s, prefix), separator, number);
	script_put(&s->counts, counted, number);
	script_put(&s->aliases, name, alias);
}

/* Five letters of the alphabet of generated names behind a dash: no number of a StatefulSet's. */
static inline bool script_is_generated(const char *name, size_t len)
{
	size_t n = strlen(name);

	return n > len + 1 && name[n - len - 1] == '-' &&
	       strspn(name + n - len, "bcdfghjklmnpqrstvwxz2456789") == len &&
	       strspn(name + n - len, "0123456789") < len;
}

/* O may be NULL: an object that came and went within a pass. */
static inline void script_name_object(
	struct script *s, bool is_pod, const char *name, const struct world_object *o)
{
	size_t len = is_pod ? NAMES_SUFFIX - 1 : NAMES_HASH - 1;

	if ((!o || !o->origin) && script_is_generated(name, len))
		script_name(s, name, len, is_pod ? "." : ":");
}

static inline void script_name_all(struct script *s, const struct world_entry_list *all, bool pods)
{
	for (size_t i = 0; i < all->count; i++)
		if ((all->items[i]->kind->id == KIND_POD) == pods)
			script_name_object(s, pods, all->items[i]->name, all->items[i]);
}

/* Those of the plan first, in its order, which no name decides. A set's name goes into its pods'. */
static inline void script_learn_names(struct script *s)
{
	struct world_entry_list all;

	for (size_t i = 0; s->f->has_plan && i < s->f->plan.step_count; i++) {
		const char *key = s->f->plan.steps[i].key, *name = strrchr(key, '/') + 1;

		script_name_object(s, str_starts(key, "Pod/"), name, map_get(&s->f->w.objects, key));
	}
	all = world_entries(&s->f->w);
	script_name_all(s, &all, false);
	script_name_all(s, &all, true);
	free(all.items);
}

static inline const struct script_alias *script_alias_at(const struct script *s, const char *text)
{
	const struct script_alias *best = NULL;

	for (size_t i = 0; i < s->aliases.count; i++) {
		const struct script_alias *a = s->aliases.entries[i].value;

		if (str_starts(text, a->name) && (!best || strlen(a->name) > strlen(best->name)))
			best = a;
	}
	return best;
}

/* The instant that TEXT begins with, as "2026-01-02T03:04:05Z". */
static inline bool script_time_at(const char *text, nsec_t *ret)
{
	char instant[21];

	if (strlen(text) < 20 || text[4] != '-' || text[10] != 'T' || text[19] != 'Z')
		return false;
	snprintf(instant, sizeof(instant), "%s", text);
	return time_parse(instant, ret) == 0;
}

/* TEXT with aliases and relative times. */
static inline void script_write(struct script *s, const char *text)
{
	nsec_t t;

	while (*text) {
		const struct script_alias *a = script_alias_at(s, text);

		if (a) {
			buf_adds(s->out, a->alias);
			text += strlen(a->name);
		} else if (script_time_at(text, &t)) {
			buf_addf(s->out, "%+llds", (long long)((t - s->began) / NSEC_PER_SEC));
			text += 20;
		} else {
			buf_addc(s->out, *text++);
		}
	}
}

/* --- words that name pods ------------------------------------------------------------------------------------ */

static inline bool script_matches(const struct script *s, const char *pattern, const char *name)
{
	return fnmatch(pattern, script_alias(s, name), 0) == 0 || fnmatch(pattern, name, 0) == 0;
}

static inline bool script_among(const struct script *s, const struct script_words *words, const char *name)
{
	for (size_t i = 0; i < words->count; i++)
		if (script_matches(s, words->items[i], name))
			return true;
	return false;
}

/* --- passes ------------------------------------------------------------------------------------------------ */

static inline const char *script_key(const char *key)
{
	static const char scope[] = "/default/";
	const char *slash = strchr(key, '/');

	return slash && str_starts(slash, scope) ? slash + sizeof(scope) - 1 : NULL;
}

/* Without places in files, scores and the namespace default, which say nothing here. */
static inline void script_write_step(struct script *s, const struct plan_step *step)
{
	const char *name = script_key(step->key), *detail = str_or_empty(step->detail);
	_cleanup_(freep) char *key = name ? xasprintf(
						    "%.*s/%s", (int)strcspn(step->key, "/"), step->key, name)
					  : xstrdup(step->key);
	size_t len = step->verb == PLAN_PLACE ? strcspn(detail, ":") : strlen(detail);
	_cleanup_(freep) char *line = xasprintf(
		"  %s %s%s%.*s\n", plan_verb_name(step->verb), key, len > 0 ? ": " : "", (int)len, detail);

	script_write(s, line);
	for (size_t i = 0; i < step->changes.count; i++) {
		const struct schema_change *c = &step->changes.items[i];

		buf_addf(s->out, "      %s: %s -> %s\n", c->field, c->before ? c->before : "(none)",
			c->after ? c->after : "(none)");
	}
}

/* Metrics count from when a pod started, which the short reports of the fixture leave out. */
static inline void script_start(struct script *s, struct world_pod *p)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(2048);
	const struct pod_status *known = world_pod_status(&s->f->w, p, arena);
	struct condition ready = { .type = "Ready", .status = p->ready ? "True" : "False" };
	struct pod_status status = { .phase = "Running", .conditions = { &ready, 1 } };
	struct control c = fx_control(s->f);

	if (p->phase != PHASE_RUNNING || (known && known->start_time.set))
		return;
	ready.last_transition_time = (struct opt_int){ .set = true, .value = p->ready_since };
	status.start_time = (struct opt_int){ .set = true, .value = s->f->now };
	control_pod_report(&c, p, &status, false);
}

static inline void script_measure_pod(struct script *s, struct world_pod *p, const struct script_use *u)
{
	const struct containers *all = &p->revision->template.spec.containers;
	struct world_container_usage *items = xcalloc(all->count, sizeof(items[0]));
	const struct world_usage usage = {
		.at = s->f->now, .window = 15 * NSEC_PER_SEC, .containers = items, .count = all->count
	};

	for (size_t i = 0; i < all->count; i++)
		items[i] = (struct world_container_usage){
			.container = all->items[i].name, .cpu_milli = u->cpu_milli, .memory = u->memory
		};
	script_start(s, p);
	autoscaler_take_usage(p, &usage);
	free(items);
}

/* What agents have measured since the last pass. */
static inline void script_measure(struct script *s)
{
	struct world_pods pods = fx_pods(s->f);

	for (size_t i = 0; i < pods.count && s->use_count > 0; i++) {
		struct world_pod *p = pods.items[i];

		if (!p->node || p->phase != PHASE_RUNNING || p->o.deleting ||
			script_among(s, &s->down, p->node->o.name))
			continue;
		for (size_t k = s->use_count; k > 0; k--) {
			if (!script_matches(s, s->uses[k - 1].pods, p->o.name))
				continue;
			script_measure_pod(s, p, &s->uses[k - 1]);
			break;
		}
	}
	free(pods.items);
}

static inline void script_pass(struct script *s)
{
	script_measure(s);
	fx_pass(s->f);
	s->news = false;
	script_learn_names(s);
	if (s->f->plan.step_count > 0)
		buf_addf(s->out, "%+llds\n", (long long)((s->f->now - s->began) / NSEC_PER_SEC));
	for (size_t i = 0; i < s->f->plan.step_count; i++)
		script_write_step(s, &s->f->plan.steps[i]);
	fx_sweep(s->f);
}

/* --- agents ------------------------------------------------------------------------------------------------- */

static inline void script_add_word(struct script *s, struct script_words *words, const char *word)
{
	if (words->count == SCRIPT_WORDS)
		script_die(s, "too many words");
	words->items[words->count++] = xstrdup(word);
}

static inline bool script_remove_word(struct script_words *words, const char *word)
{
	for (size_t i = 0; i < words->count; i++) {
		if (!str_eq(words->items[i], word))
			continue;
		free(words->items[i]);
		words->items[i] = words->items[--words->count];
		return true;
	}
	return false;
}

static inline bool script_ended(const struct world_pod *p)
{
	return p->phase == PHASE_SUCCEEDED || p->phase == PHASE_FAILED;
}

/* What P's agent has to say of it now. Returns whether it had. */
static inline bool script_answer(struct script *s, struct world_pod *p)
{
	if (!p->node || script_among(s, &s->down, p->node->o.name))
		return false;
	if (p->o.deleting) {
		if (script_among(s, &s->lingering, p->o.name))
			return false;
		fx_report(s->f, p, "Succeeded", false, true);
		return true;
	}
	if (script_ended(p) || p->ready)
		return false;
	if (script_among(s, &s->stuck, p->o.name)) {
		if (p->phase == PHASE_RUNNING)
			return false;
		fx_report(s->f, p, "Running", false, false);
		return true;
	}
	fx_report(s->f, p, "Running", true, false);
	return true;
}

static inline bool script_answers(struct script *s)
{
	struct world_pods pods = fx_pods(s->f);
	bool any = false;

	for (size_t i = 0; i < pods.count; i++)
		any |= script_answer(s, pods.items[i]);
	free(pods.items);
	return any;
}

static inline void script_settle(struct script *s)
{
	for (unsigned i = 0; i < SCRIPT_PASSES_MAX; i++) {
		s->f->now += NSEC_PER_SEC;
		script_pass(s);
		if (!script_answers(s))
			return;
	}
	script_die(s, "does not settle");
}

static inline void script_wait(struct script *s, const char *duration)
{
	nsec_t span, end, next;

	if (duration_parse(duration, &span) < 0)
		script_die(s, "no duration");
	end = s->f->now + span;
	for (unsigned i = 0; i < SCRIPT_PASSES_MAX; i++) {
		next = script_answers(s) ? s->f->now + NSEC_PER_SEC : pass_next(&s->f->w);
		if (next > end) {
			s->f->now = end;
			script_pass(s);
			return;
		}
		if (next > s->f->now)
			s->f->now = next;
		script_pass(s);
	}
	script_die(s, "passes without end");
}

/* The node's agent says hello with the pods that it held. */
static inline void script_hello(struct script *s, const char *node)
{
	struct world_node *n = fx_node(s->f, node);
	size_t count = n->pods.count;
	struct wire_held_pod *held = fx_held(n);

	fx_hello_with(s->f, node, "4", "8Gi", held, count);
	fx_held_free(held, count);
}

static inline void script_hello_all(struct script *s)
{
	struct world_entry_list all = world_entries(&s->f->w);

	for (size_t i = 0; i < all.count; i++)
		if (all.items[i]->kind->id == KIND_NODE && !world_node(all.items[i])->connected &&
			!script_among(s, &s->down, all.items[i]->name))
			script_hello(s, all.items[i]->name);
	free(all.items);
}

static inline void script_commit(struct script *s, const char *file)
{
	_cleanup_(freep) char *path = xasprintf("%s/%s", s->dir, file);
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	if (fs_read(AT_FDCWD, path, 1 << 20, &text, NULL) < 0)
		script_die(s, "no such file");
	fx_commit(s->f, text.data);
}

/* FILE (may be NULL): what the repository has become meanwhile. */
static inline void script_crash(struct script *s, const char *file)
{
	fx_crash(s->f);
	if (file)
		script_commit(s, file);
	script_pass(s);
	script_hello_all(s);
}

/* --- finding -------------------------------------------------------------------------------- */

/* The object of "KIND/NAME" (its alias) in namespace default, or of the cluster. */
static inline struct world_object *script_find(struct script *s, const char *what)
{
	struct world_entry_list all = world_entries(&s->f->w);
	struct world_object *found = NULL;
	size_t len = strcspn(what, "/");

	for (size_t i = 0; i < all.count && what[len] == '/'; i++) {
		struct world_object *o = all.items[i];

		if (strlen(o->kind->name) == len && str_starts(what, o->kind->name) &&
			str_eq(script_alias(s, o->name), what + len + 1))
			found = o;
	}
	free(all.items);
	return found;
}
