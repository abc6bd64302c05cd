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
 *   crash-loop PODS        those that are there become unready: their containers crash again and again, until `ready`
 *   linger PODS            from now on these take for ever to end when they are deleted
 *   gone PODS              … they end now
 *   fail PODS [reason=R] [exit=N] [container=C]    those that are there end as Failed
 *   succeed PODS           those that are there end as Succeeded
 *   restart PODS           each of their containers has restarted once more
 *   use PODS CPU [MEMORY]  from now on each of their containers uses so much, as agents measure ("50m", "64Mi")
 *   unmeasured PODS        … isn't measured any more (the same word as in use)
 *   node-down NODE, node-up NODE                   the session with its agent ends; is there again
 *   condition NODE TYPE STATUS                     its agent says so now, in the place of what it said by this word before
 *                          (what agents say by these words is followed by a pass)
 *   no-crashes             the case is not run again with a crash before each line: what a start does not know is part of it
 *   nothing-held           from now on commits are taken as if all that workloads use were supported
 *   crash [FILE]           kill -9 and start: the world is read from the tree; agents say hello with what they hold. Meanwhile
 *                          the repository has become FILE
 *   lose KIND/NAME         its record is lost from the tree, which shows with the next crash
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

#include "tests/unit/reconciler/golden_show.h"

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
	s->news = true;
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
	script_commit(s, words[1]);
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

static inline void script_crash_loop(struct script *s, struct world_pod *p, char **words)
{
	struct container_state_waiting waits = { .reason = "CrashLoopBackOff",
		.message = "back-off 10s restarting failed container=main" };
	struct container_status one = { .name = "main", .state.waiting = &waits };
	struct condition condition = { .type = "Ready", .status = "False" };
	struct pod_status status = {
		.phase = "Running", .conditions = { &condition, 1 }, .container_statuses = { &one, 1 }
	};

	(void)words;
	condition.last_transition_time = (struct opt_int){ .set = true, .value = s->f->now };
	script_report(s, p, &status);
}

static inline void script_forget_use(struct script *s, struct world_pod *p, char **words)
{
	(void)s;
	(void)words;
	world_usage_free(p->usage);
	p->usage = NULL;
}

static inline void do_crash_loop(struct script *s, char **words)
{
	do_stuck(s, words);
	script_each(s, words, script_crash_loop);
	script_pass(s);
}

static inline void do_no_crashes(struct script *s, char **words)
{
	(void)words;
	s->crashes = false;
}

static inline void do_nothing_held(struct script *s, char **words)
{
	(void)words;
	s->f->nothing_held = true;
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

static inline void do_use(struct script *s, char **words)
{
	struct script_use u = { .memory = 0 };
	struct quantity cpu, memory;

	if (quantity_parse(words[2], &cpu) < 0 || (words[3] && quantity_parse(words[3], &memory) < 0))
		script_die(s, "no quantity");
	if (s->use_count == SCRIPT_WORDS)
		script_die(s, "too many of them");
	u.pods = xstrdup(words[1]);
	u.cpu_milli = quantity_milli(&cpu);
	if (words[3])
		u.memory = quantity_milli(&memory) / 1000;
	s->uses[s->use_count++] = u;
}

static inline void do_unmeasured(struct script *s, char **words)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->use_count; i++) {
		if (str_eq(s->uses[i].pods, words[1]))
			free(s->uses[i].pods);
		else
			s->uses[kept++] = s->uses[i];
	}
	if (kept == s->use_count)
		script_die(s, "were not measured");
	s->use_count = kept;
	script_each(s, words, script_forget_use);
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

static inline void do_condition(struct script *s, char **words)
{
	struct control c = fx_control(s->f);
	struct quantity_pair items[3];
	struct node_status status = fx_node_status(items, "4", "8Gi");
	struct condition one = { .type = words[2], .status = words[3] };

	status.conditions = (struct conditions){ &one, 1 };
	control_node_report(&c, fx_node(s->f, words[1]), &status);
	script_pass(s);
}

static inline void do_crash(struct script *s, char **words)
{
	script_crash(s, words[1]);
}

static inline void do_lose(struct script *s, char **words)
{
	struct world_object *o = script_find(s, words[1]);
	_cleanup_(buf_done) struct buf path = BUF_INIT;

	if (!o) {
		script_die(s, "no such object");
		return;
	}
	tree_path_add(&path, o->kind->plural, o->namespace, o->name);
	fx_file_free(map_remove(&s->f->tree, path.data));
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
		{ "crash-loop", 2, do_crash_loop },
		{ "no-crashes", 1, do_no_crashes },
		{ "nothing-held", 1, do_nothing_held },
		{ "linger", 2, do_linger },
		{ "gone", 2, do_gone },
		{ "fail", 2, do_fail },
		{ "succeed", 2, do_succeed },
		{ "restart", 2, do_restart },
		{ "use", 3, do_use },
		{ "unmeasured", 2, do_unmeasured },
		{ "node-down", 2, do_node_down },
		{ "node-up", 2, do_node_up },
		{ "condition", 4, do_condition },
		{ "crash", 1, do_crash },
		{ "lose", 2, do_lose },
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
	if (s->crashes && !s->news && verb->run != do_crash)
		script_crash(s, NULL);
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
	for (size_t i = 0; i < s.use_count; i++)
		free(s.uses[i].pods);
}
