/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Golden cases: each file tests/golden-sched/NN.yaml is a rule of the scheduler with nodes and pods that show it. What must come out
 * stands in the comment at its top, a line each, below the rule and where it is documented; POD is a name, in namespace default where it has no "/":
 *
 *     POD -> NODE                       it is placed there
 *     POD -> nothing: REASON; REASON    it is not, for these reasons ("*": whichever), sorted
 *     PREFIX* -> NODE COUNT, nothing COUNT
 *                                       of the pods whose names begin so, that many are there
 *     POD says TEXT                     why not, as a sentence
 *     POD advised: TEXT                 what would let it fit ("nothing": nothing small)
 *     POD evicted by POD                it was there, had to go, and is nowhere
 *     POD moved to NODE by POD          it had to go, and found another place
 *     POD on NODE: TERM SCORE, …        score terms of the node, before anything is placed
 *     order: POD POD …                  these are placed in this order
 *
 * No other pod may be placed, left out or driven away. The files are manifests: pintle simulate FILE shows the same.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/ctl/simulation.h"

#define GOLDEN "tests/golden-sched"

struct golden {
	char *path;
	struct buf text;
	struct objects objects;
	struct simulation *before, *after; /* before: only what is given is on nodes */
	struct buf wrong;                  /* what differs, a line each */
	bool *met;                         /* [after->count]: expected */
};

/* --- loading ------------------------------------------------------------------------------------------------- */

static void load(struct golden *g)
{
	const struct object_load_options how = {
		.path = g->path, .default_namespace = "default", .mode = DECODE_MANIFEST, .observed = true
	};
	struct diags diags;

	diags_init(&diags);
	if (fs_read(AT_FDCWD, g->path, 1 << 20, &g->text, NULL) < 0)
		buf_addf(&g->wrong, "can't be read\n");
	else if (object_load_yaml(g->text.data, g->text.len, &how, &g->objects, &diags) < 0)
		diags_format(&diags, &g->wrong);
	diags_done(&diags);
}

/* --- expectations -------------------------------------------------------------------------------------------- */

static const char *key_of(const char *name, char *ret, size_t size)
{
	snprintf(ret, size, "%s%s", strchr(name, '/') ? "" : "default/", name);
	return ret;
}

static struct simulated_pod *find(struct golden *g, struct simulation *s, const char *name)
{
	char key[600];

	key_of(name, key, sizeof(key));
	for (size_t i = 0; i < s->count; i++)
		if (str_eq(s->pods[i].key, key))
			return &s->pods[i];
	buf_addf(&g->wrong, "there is no pod %s\n", key);
	return NULL;
}

static void met(struct golden *g, const struct simulated_pod *p)
{
	g->met[p - g->after->pods] = true;
}

static void add_reasons(struct buf *out, const struct simulated_pod *p)
{
	for (size_t i = 0; i < p->reason_count; i++)
		buf_addf(out, "%s%s", i ? "; " : "", p->reasons[i]);
}

/* "-> node", or "-> nothing: reasons" */
static void say_place(struct buf *out, const struct simulated_pod *p)
{
	if (p->node) {
		buf_addf(out, "-> %s", p->node);
		return;
	}
	buf_adds(out, "-> nothing: ");
	add_reasons(out, p);
}

static void expect_place(struct golden *g, const char *name, const char *want)
{
	struct simulated_pod *p = find(g, g->after, name);
	_cleanup_(buf_done) struct buf got = BUF_INIT;

	if (!p)
		return;
	met(g, p);
	say_place(&got, p);
	if (str_eq(want, "-> nothing: *") && !p->node)
		return;
	if (!str_eq(got.data, want) || p->evicted_by)
		buf_addf(&g->wrong, "%s %s, not %s%s\n", name, got.data, want,
			p->evicted_by ? ", and was driven out" : "");
}

/* "a 2, b 1, nothing 1" of the pods that begin with PREFIX. */
static void expect_counts(struct golden *g, const char *prefix, char *want)
{
	char begin[600], *rest = want;
	size_t expected = 0, all = 0;

	key_of(prefix, begin, sizeof(begin));
	for (char *word = strtok_r(want, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		char node[256];
		unsigned count, got = 0;

		if (sscanf(word, " %255s %u", node, &count) != 2) {
			buf_addf(&g->wrong, "can't be understood: %s\n", word);
			continue;
		}
		for (size_t i = 0; i < g->after->count; i++)
			got += str_starts(g->after->pods[i].key, begin) && !g->after->pods[i].given &&
			       str_eq(g->after->pods[i].node ? g->after->pods[i].node : "nothing", node);
		expected += count;
		if (got != count)
			buf_addf(&g->wrong, "%s*: %u on %s, not %u\n", prefix, got, node, count);
	}
	for (size_t i = 0; i < g->after->count; i++) {
		if (!str_starts(g->after->pods[i].key, begin) || g->after->pods[i].given)
			continue;
		met(g, &g->after->pods[i]);
		all++;
	}
	if (all != expected)
		buf_addf(&g->wrong, "%s*: there are %zu, not %zu\n", prefix, all, expected);
}

static void expect_says(struct golden *g, const char *name, const char *want)
{
	struct simulated_pod *p = find(g, g->after, name);

	if (p && !str_eq(p->message, want))
		buf_addf(&g->wrong, "%s says %s, not %s\n", name, str_or_empty(p->message), want);
}

static void expect_advice(struct golden *g, const char *name, const char *want)
{
	struct simulated_pod *p = find(g, g->after, name);

	if (p && !str_eq(str_or_empty(p->advice), want))
		buf_addf(&g->wrong, "%s is advised: %s, not: %s\n", name, str_or_empty(p->advice), want);
}

static void expect_driven_out(struct golden *g, const char *name, const char *node, const char *by)
{
	struct simulated_pod *p = find(g, g->after, name);
	char key[600];

	if (!p)
		return;
	met(g, p);
	if (!p->evicted_by)
		buf_addf(&g->wrong, "%s was not driven out (by %s)\n", name, by);
	else if (!str_eq(p->evicted_by->key, key_of(by, key, sizeof(key))))
		buf_addf(&g->wrong, "%s was driven out by %s, not %s\n", name, p->evicted_by->key, by);
	if (!str_eq(p->node, node))
		buf_addf(&g->wrong, "%s is in the end on %s, not %s\n", name, p->node ? p->node : "nothing",
			node ? node : "nothing");
}

static void expect_order(struct golden *g, char *want)
{
	char *rest = want;
	size_t at = 0;

	for (char *word = strtok_r(want, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		char key[600];

		key_of(word, key, sizeof(key));
		while (at < g->after->placed_count && !str_eq(g->after->placed[at]->key, key))
			at++;
		if (at++ >= g->after->placed_count)
			buf_addf(&g->wrong, "%s is not placed after those before it\n", key);
	}
}

/* --- score terms ----------------------------------------------------------------------------------------------- */

static const struct sched_candidate *candidate(const struct sched_explanation *e, const char *node)
{
	for (size_t i = 0; i < e->best_count; i++)
		if (str_eq(e->best[i].node, node))
			return &e->best[i];
	return NULL;
}

static void expect_term(
	struct golden *g, const char *name, const struct sched_candidate *on, const char *word, unsigned want)
{
	for (size_t i = 0; i < SCHED_TERM_COUNT; i++) {
		if (!str_eq(sched_term_names[i], word))
			continue;
		if (on->terms[i] != want)
			buf_addf(&g->wrong, "%s on %s: %s is %u, not %u\n", name, on->node, word,
				on->terms[i], want);
		return;
	}
	buf_addf(&g->wrong, "there is no score term %s\n", word);
}

static void expect_terms(struct golden *g, const char *name, const char *node, char *want)
{
	struct simulated_pod *p = find(g, g->before, name);
	struct sched_explanation e;
	const struct sched_candidate *on;
	char *rest = want;

	if (!p)
		return;
	sched_explain(g->before->cluster, p->request, p->pinned, &e);
	on = candidate(&e, node);
	if (!on) {
		buf_addf(&g->wrong, "%s can't be on %s\n", name, node);
		return;
	}
	for (char *part = strtok_r(want, ",", &rest); part; part = strtok_r(NULL, ",", &rest)) {
		char word[64];
		unsigned score;

		if (sscanf(part, " %63s %u", word, &score) == 2)
			expect_term(g, name, on, word, score);
		else
			buf_addf(&g->wrong, "can't be understood: %s\n", part);
	}
}

/* --- lines -------------------------------------------------------------------------------------------------------- */

/* Behind " WHAT " in LINE, which is cut before it; NULL: not there. */
static char *cut(char *line, const char *what)
{
	char *at = strstr(line, what);

	if (!at)
		return NULL;
	*at = '\0';
	return at + strlen(what);
}

static void expect_line(struct golden *g, char *line)
{
	char *rest, *by;

	if (str_starts(line, "order: ")) {
		expect_order(g, line + strlen("order: "));
	} else if ((rest = cut(line, " says "))) {
		expect_says(g, line, rest);
	} else if ((rest = cut(line, " advised: "))) {
		expect_advice(g, line, str_eq(rest, "nothing") ? "" : rest);
	} else if ((rest = cut(line, "* -> "))) {
		expect_counts(g, line, rest);
	} else if ((rest = cut(line, " -> "))) {
		_cleanup_(freep) char *want = xasprintf("-> %s", rest);

		expect_place(g, line, want);
	} else if ((rest = cut(line, " evicted by "))) {
		expect_driven_out(g, line, NULL, rest);
	} else if ((rest = cut(line, " moved to ")) && (by = cut(rest, " by "))) {
		expect_driven_out(g, line, rest, by);
	} else if ((rest = cut(line, " on ")) && (by = cut(rest, ": "))) {
		expect_terms(g, line, rest, by);
	} else {
		buf_addf(&g->wrong, "can't be understood: %s\n", line);
	}
}

/* All lines of the comment behind the one with the source. */
static void expect_lines(struct golden *g)
{
	_cleanup_(freep) char *text = xstrdup(g->text.data);
	bool begun = false;
	char *rest = text;

	for (char *line = strtok_r(text, "\n", &rest); line && str_starts(line, "# ");
		line = strtok_r(NULL, "\n", &rest)) {
		if (begun)
			expect_line(g, line + 2);
		begun = begun || str_starts(line, "# source: ");
	}
	if (!begun)
		buf_adds(&g->wrong, "no line says the source\n");
}

/* What was not expected at all. */
static void expect_no_more(struct golden *g)
{
	for (size_t i = 0; i < g->after->count; i++) {
		const struct simulated_pod *p = &g->after->pods[i];

		if (g->met[i] || p->given || p->leaving)
			continue;
		buf_addf(&g->wrong, "%s%s ", p->key, p->evicted_by ? " was driven out, and" : "");
		say_place(&g->wrong, p);
		buf_adds(&g->wrong, ": nothing is said of it\n");
	}
}

static void run(void **state)
{
	struct golden g = { .path = *state, .text = BUF_INIT, .wrong = BUF_INIT };
	_cleanup_(freep) char *wrong = NULL;

	load(&g);
	if (g.wrong.len == 0) {
		g.before = simulation_new(g.objects.items, g.objects.count);
		g.after = simulation_run(g.objects.items, g.objects.count);
		simulation_explain(g.after);
		g.met = xcalloc(g.after->count, sizeof(g.met[0]));
		expect_lines(&g);
		expect_no_more(&g);
	}
	simulation_free(g.before);
	simulation_free(g.after);
	free(g.met);
	objects_done(&g.objects);
	buf_done(&g.text);
	if (g.wrong.len > 0)
		wrong = xstrdup(g.wrong.data);
	buf_done(&g.wrong);
	if (wrong)
		fail_msg("%s:\n%s", g.path, wrong);
}

/* WORDS: parts of names; none: all cases. */
int main(int argc, char **argv)
{
	struct CMUnitTest *tests;
	char **names;
	size_t count, n = 0;

	if (fs_list(AT_FDCWD, GOLDEN, &names, &count, NULL) < 0)
		return 1;
	tests = xcalloc(count + 1, sizeof(tests[0]));
	for (size_t i = 0; i < count; i++) {
		if (!str_ends(names[i], ".yaml") || (argc > 1 && !strstr(names[i], argv[1])))
			continue;
		tests[n++] = (struct CMUnitTest){ .name = names[i],
			.test_func = run,
			.initial_state = xasprintf("%s/%s", GOLDEN, names[i]) };
	}
	int failed = _cmocka_run_group_tests("golden", tests, n, NULL, NULL);
	for (size_t i = 0; i < n; i++)
		free(tests[i].initial_state);
	free(tests);
	fs_names_free(names, count);
	return failed;
}
