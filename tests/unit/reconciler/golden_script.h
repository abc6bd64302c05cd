/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Scripts of golden cases: what happens to a world in the course of time. A line each; '#' begins a comment.
 *
 *   commit FILE            the repository is FILE of the case's directory now; one pass, no agent answers yet
 *   pass                   one pass, no agent answers
 *   settle                 passes and agents' answers, a second apart, until nothing changes any more
 *   wait DURATION          that time passes ("90s", "1h30m"): agents answer, passes come when they are due
 *   stuck PODS             from now on these never become ready: they run and stay unready
 *   ready PODS             … they do again (the same word as in stuck or unready)
 *   unready PODS           those that are there become unready, and stay so until `ready`
 *   linger PODS            from now on these take for ever to end when they are deleted
 *   gone PODS              … they end now
 *   fail PODS [reason=R] [exit=N] [container=C]    those that are there end as Failed
 *   succeed PODS           those that are there end as Succeeded
 *   restart PODS           each of their containers has restarted once more
 *   node-down NODE, node-up NODE                   the session with its agent ends; is there again
 *                          (what agents say by these words is followed by a pass)
 *   crash                  kill -9 and start: the world is read from the tree; agents say hello with what they hold
 *   show KIND/NAME [PATH]  what the tree has of it (namespace default); PATH: "status", "metadata.annotations" …
 *   pods [PODS]            a line each
 *   events [KIND/NAME]     those that came since they were last shown, in the order of time
 *   health KIND/NAME       what `pintle status` thinks of it
 *
 * PODS is a name or a pattern as the shell has it. Agents answer with a second's delay: what is placed becomes ready (once;
 * what has ended stays so), what is deleted is gone.
 *
 * What comes out: each line of the script after "> ", below it the steps of its passes, each pass under the time since
 * the script began. Names that are generated are written otherwise, so that they tell and last: the Nth set of
 * Deployment web is web:N, the Nth pod of a set is SET.N (web:2.1). Instants are shown as +SECONDS too.
 */
#pragma once

#include <fnmatch.h>

#include "lib/base/fs.h"
#include "lib/object/json.h"
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
struct script {
	struct fx *f;
	const char *dir;
	struct buf *out;
	nsec_t began;
	bool crashes; /* before each line: a world that is read from the tree goes on as the one that wrote it */
	struct map aliases; /* name → struct script_alias */
	struct map
		counts; /* "SET" → how many names were generated below it, as struct script_alias with the number as text */
	struct map shown; /* events: "NAME/count" */
	struct script_words stuck, lingering, down;
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
	_cleanup_(freep) char *prefix = NULL, *alias = NULL, *number = NULL;
	const char *count;
	int64_t n = 0;

	if (strlen(name) <= len + 1 || map_has(&s->aliases, name))
		return;
	prefix = xstrndup(name, strlen(name) - len - 1);
	count = script_get(&s->counts, prefix);
	if (count)
		str_to_i64(count, &n);
	number = xasprintf("%lld", (long long)n + 1);
	alias = xasprintf("%s%s%s", script_alias(s, prefix), separator, number);
	script_put(&s->counts, prefix, number);
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

static inline void script_pass(struct script *s)
{
	fx_pass(s->f);
	script_learn_names(s);
	if (s->f->plan.step_count > 0)
		buf_addf(s->out, "%+llds\n", (long long)((s->f->now - s->began) / NSEC_PER_SEC));
	for (size_t i = 0; i < s->f->plan.step_count; i++)
		script_write_step(s, &s->f->plan.steps[i]);
	fx_sweep(s->f);
}

/* --- agents ------------------------------------------------------------------------------------------------- */

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
	struct wire_held_pod *held = xcalloc(n->pods.count, sizeof(held[0]));
	size_t count = 0;

	for (size_t i = 0; i < n->pods.count; i++)
		held[count++] = (struct wire_held_pod){ .uid = n->pods.items[i]->o.uid,
			.digest = n->pods.items[i]->digest };
	fx_hello_with(s->f, node, "4", "8Gi", held, count);
	free(held);
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

static inline void script_crash(struct script *s)
{
	fx_crash(s->f);
	script_pass(s);
	script_hello_all(s);
}

/* --- words of the script ------------------------------------------------------------------------------------- */

/* Calls FN for each pod that is there and matches; there must be one. */
static inline void script_each(
	struct script *s, char **words, void (*fn)(struct script *s, struct world_pod *p, char **words))
{
	struct world_pods pods = fx_pods(s->f);
	bool any = false;

	for (size_t i = 0; i < pods.count; i++) {
		if (!script_matches(s, words[1], pods.items[i]->o.name))
			continue;
		fn(s, pods.items[i], words);
		any = true;
	}
	free(pods.items);
	if (!any)
		script_die(s, "no such pod");
}

static inline const char *script_option(char **words, const char *name, const char *missing)
{
	for (size_t i = 2; words[i]; i++)
		if (str_starts(words[i], name) && words[i][strlen(name)] == '=')
			return words[i] + strlen(name) + 1;
	return missing;
}

static inline void script_report(struct script *s, struct world_pod *p, struct pod_status *status)
{
	struct control c = fx_control(s->f);
	struct wire_report_pod one = { .uid = p->o.uid, .status = status };
	struct wire_report report = { .pods = { &one, 1 } };

	if (!p->node)
		script_die(s, "is on no node");
	collect_report(&c, p->node, &report);
}

/* All of P's containers (or the one named) have ended with EXIT. */
static inline void script_end(struct script *s, struct world_pod *p, const char *phase, char **words)
{
	const struct pod_spec *spec = &p->revision->template.spec;
	const char *only = script_option(words, "container", NULL);
	struct container_status *items = xcalloc(spec->containers.count, sizeof(items[0]));
	struct container_state_terminated *ends = xcalloc(spec->containers.count, sizeof(ends[0]));
	struct condition condition = { .type = "Ready", .status = "False", .reason = "PodCompleted" };
	struct pod_status status = { .phase = phase, .conditions = { &condition, 1 } };
	int64_t code = 0;

	str_to_i64(script_option(words, "exit", str_eq(phase, "Failed") ? "1" : "0"), &code);
	status.reason = script_option(words, "reason", NULL);
	condition.last_transition_time = (struct opt_int){ .set = true, .value = s->f->now };
	for (size_t i = 0; i < spec->containers.count; i++) {
		const char *name = spec->containers.items[i].name;

		ends[i].exit_code = !only || str_eq(only, name) ? code : 0;
		ends[i].finished_at = condition.last_transition_time;
		items[i] = (struct container_status){ .name = name, .state.terminated = &ends[i] };
	}
	status.container_statuses.items = items;
	status.container_statuses.count = spec->containers.count;
	script_report(s, p, &status);
	free(items);
	free(ends);
}

static inline void script_fail(struct script *s, struct world_pod *p, char **words)
{
	script_end(s, p, "Failed", words);
}

static inline void script_succeed(struct script *s, struct world_pod *p, char **words)
{
	script_end(s, p, "Succeeded", words);
}

static inline void script_unready(struct script *s, struct world_pod *p, char **words)
{
	(void)words;
	fx_report(s->f, p, "Running", false, false);
}

static inline void script_restart(struct script *s, struct world_pod *p, char **words)
{
	struct container_status one = { .name = "main", .restart_count = p->restarts + 1, .ready = p->ready };
	struct condition condition = { .type = "Ready", .status = p->ready ? "True" : "False" };
	struct pod_status status = {
		.phase = "Running", .conditions = { &condition, 1 }, .container_statuses = { &one, 1 }
	};

	(void)words;
	condition.last_transition_time = (struct opt_int){ .set = true, .value = p->ready_since };
	script_report(s, p, &status);
}

static inline void do_commit(struct script *s, char **words)
{
	_cleanup_(freep) char *path = xasprintf("%s/%s", s->dir, words[1]);
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	if (fs_read(AT_FDCWD, path, 1 << 20, &text, NULL) < 0)
		script_die(s, "no such file");
	fx_commit(s->f, text.data);
	script_pass(s);
	/* New nodes' agents come by themselves. */
	script_hello_all(s);
}

static inline void do_pass(struct script *s, char **words)
{
	(void)words;
	script_pass(s);
}

static inline void do_settle(struct script *s, char **words)
{
	(void)words;
	script_settle(s);
}

static inline void do_wait(struct script *s, char **words)
{
	script_wait(s, words[1]);
}

static inline void do_stuck(struct script *s, char **words)
{
	script_add_word(s, &s->stuck, words[1]);
}

static inline void do_ready(struct script *s, char **words)
{
	if (!script_remove_word(&s->stuck, words[1]))
		script_die(s, "was not stuck");
}

static inline void do_unready(struct script *s, char **words)
{
	do_stuck(s, words);
	script_each(s, words, script_unready);
	script_pass(s);
}

static inline void do_linger(struct script *s, char **words)
{
	script_add_word(s, &s->lingering, words[1]);
}

static inline void do_gone(struct script *s, char **words)
{
	if (!script_remove_word(&s->lingering, words[1]))
		script_die(s, "did not linger");
}

static inline void do_fail(struct script *s, char **words)
{
	script_each(s, words, script_fail);
	script_pass(s);
}

static inline void do_succeed(struct script *s, char **words)
{
	script_each(s, words, script_succeed);
	script_pass(s);
}

static inline void do_restart(struct script *s, char **words)
{
	script_each(s, words, script_restart);
	script_pass(s);
}

static inline void do_node_down(struct script *s, char **words)
{
	struct control c = fx_control(s->f);

	script_add_word(s, &s->down, words[1]);
	collect_goodbye(&c, fx_node(s->f, words[1]));
	script_pass(s);
}

static inline void do_node_up(struct script *s, char **words)
{
	if (!script_remove_word(&s->down, words[1]))
		script_die(s, "was not down");
	script_hello(s, words[1]);
	script_pass(s);
}

static inline void do_crash(struct script *s, char **words)
{
	(void)words;
	script_crash(s);
}

/* --- showing --------------------------------------------------------------------------------------------------- */

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

static inline const struct value *script_object(
	struct script *s, struct arena *arena, const struct world_object *o)
{
	_cleanup_(buf_done) struct buf path = BUF_INIT;
	struct err err = { 0 };
	struct value *v;
	const char *json;

	tree_path_add(&path, o->kind->plural, o->namespace, o->name);
	json = fx_file(s->f, path.data);
	if (!json)
		return NULL;
	if (json_parse(arena, json, strlen(json), &v, &err) < 0)
		script_die(s, err_text(&err));
	return v;
}

/* "{a: 1, b: {c: d}}". */
static inline void script_inline(struct buf *out, const struct value *v)
{
	struct json_writer w = JSON_WRITER(out, 0);

	if (v->type == VALUE_MAP) {
		buf_addc(out, '{');
		for (size_t i = 0; i < v->map.count; i++) {
			buf_addf(out, "%s%s: ", i > 0 ? ", " : "", v->map.entries[i].key);
			script_inline(out, v->map.entries[i].value);
		}
		buf_addc(out, '}');
	} else if (v->type == VALUE_LIST) {
		buf_addc(out, '[');
		for (size_t i = 0; i < v->list.count; i++) {
			buf_adds(out, i > 0 ? ", " : "");
			script_inline(out, v->list.items[i]);
		}
		buf_addc(out, ']');
	} else if (v->type == VALUE_STRING) {
		buf_adds(out, v->string);
	} else {
		json_value(&w, v);
	}
}

/* A line a member, and for lists of maps a line an item. */
static inline void script_block(struct buf *out, const struct value *v)
{
	for (size_t i = 0; v->type == VALUE_MAP && i < v->map.count; i++) {
		const struct value *m = v->map.entries[i].value;
		bool lines = m->type == VALUE_LIST && m->list.count > 0 &&
			     m->list.items[0]->type == VALUE_MAP;

		buf_addf(out, "  %s:%s", v->map.entries[i].key, lines ? "" : " ");
		for (size_t k = 0; lines && k < m->list.count; k++) {
			buf_adds(out, "\n    - ");
			script_inline(out, m->list.items[k]);
		}
		if (!lines)
			script_inline(out, m);
		buf_addc(out, '\n');
	}
	if (v->type != VALUE_MAP) {
		buf_adds(out, "  ");
		script_inline(out, v);
		buf_addc(out, '\n');
	}
}

static inline void do_show(struct script *s, char **words)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	_cleanup_(freep) char *path = xstrdup(words[2] ? words[2] : "status");
	struct world_object *o = script_find(s, words[1]);
	const struct value *v = o ? script_object(s, arena, o) : NULL;
	char *rest = path;

	while (v && rest)
		v = value_get(v, strsep(&rest, "."));
	if (v)
		script_block(&text, v);
	else
		buf_adds(&text, o ? "  (none)\n" : "  (not there)\n");
	script_write(s, text.data);
}

static inline int script_line_cmp(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static inline void do_pods(struct script *s, char **words)
{
	static const char *const phases[] = { "Pending", "Running", "Succeeded", "Failed", "Unknown" };
	struct world_pods pods = fx_pods(s->f);
	char **lines = xcalloc(pods.count, sizeof(lines[0]));
	size_t count = 0;

	for (size_t i = 0; i < pods.count; i++) {
		const struct world_pod *p = pods.items[i];

		if (words[1] && !script_matches(s, words[1], p->o.name))
			continue;
		lines[count++] = xasprintf("  %s %s%s on %s%s\n", script_alias(s, p->o.name),
			phases[p->phase], p->ready ? " ready" : "", p->node ? p->node->o.name : "no node",
			p->o.deleting ? ", being deleted" : "");
	}
	qsort(lines, count, sizeof(lines[0]), script_line_cmp);
	for (size_t i = 0; i < count; i++) {
		buf_adds(s->out, lines[i]);
		free(lines[i]);
	}
	free(lines);
	free(pods.items);
}

static inline int script_event_cmp(const void *a, const void *b)
{
	const struct world_event *x = *(struct world_event *const *)a, *y = *(struct world_event *const *)b;

	if (x->last != y->last)
		return x->last < y->last ? -1 : 1;
	if (!str_eq(x->reason, y->reason))
		return strcmp(x->reason, y->reason);
	return strcmp(x->message, y->message);
}

static inline void script_show_event(struct script *s, const struct world_event *e, bool quietly)
{
	_cleanup_(freep) char *seen = xasprintf("%s/%lld", e->o.name, (long long)e->count);
	_cleanup_(freep) char *times = e->count > 1 ? xasprintf(" (%lld times)", (long long)e->count) : NULL;
	_cleanup_(freep) char *line = NULL;

	if (map_has(&s->shown, seen))
		return;
	script_put(&s->shown, seen, "");
	if (quietly)
		return;
	line = xasprintf("  %+llds %s %s/%s: %s: %s%s\n", (long long)((e->last - s->began) / NSEC_PER_SEC),
		e->type, kinds[e->about_kind].name, e->about_name, e->reason, e->message,
		str_or_empty(times));
	script_write(s, line);
}

static inline void script_events(struct script *s, const char *about, bool quietly)
{
	struct world_entry_list all = world_entries(&s->f->w);
	struct world_event **list = xcalloc(all.count, sizeof(list[0]));
	size_t count = 0;

	for (size_t i = 0; i < all.count; i++) {
		struct world_event *e;
		_cleanup_(freep) char *key = NULL;

		if (all.items[i]->kind->id != KIND_EVENT)
			continue;
		e = world_event(all.items[i]);
		key = xasprintf("%s/%s", kinds[e->about_kind].name, script_alias(s, e->about_name));
		if (!about || str_eq(about, key))
			list[count++] = e;
	}
	qsort(list, count, sizeof(list[0]), script_event_cmp);
	for (size_t i = 0; i < count; i++)
		script_show_event(s, list[i], quietly);
	free(list);
	free(all.items);
}

static inline void do_events(struct script *s, char **words)
{
	script_events(s, words[1], false);
}

static inline void do_health(struct script *s, char **words)
{
	_cleanup_(buf_done) struct buf why = BUF_INIT, path = BUF_INIT, text = BUF_INIT;
	struct world_object *o = script_find(s, words[1]);
	struct object *stored = NULL;
	struct err err = { 0 };
	const char *json;

	if (!o) {
		buf_adds(s->out, "  (not there)\n");
		return;
	}
	tree_path_add(&path, o->kind->plural, o->namespace, o->name);
	json = fx_file(s->f, path.data);
	if (!json || object_load_json(json, strlen(json), &stored, &err) < 0)
		script_die(s, json ? err_text(&err) : "is not in the tree");
	buf_addf(&text, "  %s", health_name(health_of(stored, &why)));
	buf_addf(&text, "%s%s\n", why.len > 0 ? ": " : "", why.len > 0 ? why.data : "");
	script_write(s, text.data);
	object_unref(stored);
}

/* --- the script ------------------------------------------------------------------------------------------------- */

struct script_verb {
	const char *name;
	size_t words; /* that it must have, with the verb itself */
	void (*run)(struct script *s, char **words);
};

static inline const struct script_verb *script_verb(const char *name)
{
	static const struct script_verb verbs[] = {
		{ "commit", 2, do_commit },
		{ "pass", 1, do_pass },
		{ "settle", 1, do_settle },
		{ "wait", 2, do_wait },
		{ "stuck", 2, do_stuck },
		{ "ready", 2, do_ready },
		{ "unready", 2, do_unready },
		{ "linger", 2, do_linger },
		{ "gone", 2, do_gone },
		{ "fail", 2, do_fail },
		{ "succeed", 2, do_succeed },
		{ "restart", 2, do_restart },
		{ "node-down", 2, do_node_down },
		{ "node-up", 2, do_node_up },
		{ "crash", 1, do_crash },
		{ "show", 2, do_show },
		{ "pods", 1, do_pods },
		{ "events", 1, do_events },
		{ "health", 2, do_health },
	};

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (str_eq(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

static inline void script_line(struct script *s, const char *line)
{
	_cleanup_(freep) char *copy = xstrdup(line);
	char *words[SCRIPT_WORDS + 1] = { 0 }, *rest = copy;
	const struct script_verb *verb;
	size_t count = 0;

	s->line = line;
	while (rest && count < SCRIPT_WORDS) {
		char *word = strsep(&rest, " \t");

		if (*word)
			words[count++] = word;
	}
	if (count == 0 || words[0][0] == '#')
		return;
	verb = script_verb(words[0]);
	if (!verb || count < verb->words)
		script_die(s, "no such word, or one too few");
	if (s->crashes)
		script_crash(s);
	buf_addf(s->out, "> %s\n", line);
	verb->run(s, words);
}

static inline void script_map_done(struct map *m)
{
	for (size_t i = 0; i < m->count; i++) {
		struct script_alias *a = m->entries[i].value;

		free(a->name);
		free(a->alias);
		free(a);
	}
	map_done(m);
}

static inline void script_words_done(struct script_words *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->items[i]);
}

/* Runs TEXT on F; what comes out goes to OUT. DIR holds the files of its commits. */
static inline void script_run(struct fx *f, const char *dir, const char *text, bool crashes, struct buf *out)
{
	struct script s = { .f = f, .dir = dir, .out = out, .began = f->now, .crashes = crashes };
	_cleanup_(freep) char *copy = xstrdup(text);
	char *rest = copy;

	script_learn_names(&s);
	script_events(&s, NULL, true);
	while (rest)
		script_line(&s, strsep(&rest, "\n"));
	script_map_done(&s.aliases);
	script_map_done(&s.counts);
	script_map_done(&s.shown);
	script_words_done(&s.stuck);
	script_words_done(&s.lingering);
	script_words_done(&s.down);
}
