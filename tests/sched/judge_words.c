/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What is said to people: how many nodes fit, why the others don't, and the terms of the best. */
#include <string.h>

#include "lib/base/str.h"
#include "tests/sched/trial_internal.h"

/* The beginnings of kube-scheduler's words, and the rule that they are about. */
static const struct {
	const char *text;
	enum rule rule;
} words[] = {
	{ "node(s) didn't match the requested node name", RULE_NAME },
	{ "node(s) were unschedulable", RULE_UNSCHEDULABLE },
	{ "node(s) had untolerated taint", RULE_TAINTS },
	{ "node(s) didn't match Pod's node affinity/selector", RULE_NODE_AFFINITY },
	{ "node(s) didn't have free ports", RULE_PORTS },
	{ "Insufficient ", RULE_RESOURCES },
	{ "Too many pods", RULE_RESOURCES },
	{ "node(s) exceed max volume count", RULE_LIMITS },
	{ "node has pod using PersistentVolumeClaim with the same name", RULE_VOLUMES },
	{ "node(s) had volume node affinity conflict", RULE_VOLUMES },
	{ "node(s) didn't find available persistent volumes to bind", RULE_VOLUMES },
	{ "node(s) had no available volume zone", RULE_VOLUMES },
	{ "node(s) didn't match pod topology spread constraints", RULE_SPREAD },
	{ "node(s) didn't satisfy existing pods anti-affinity rules", RULE_EXISTING_ANTI },
	{ "node(s) didn't match pod affinity rules", RULE_AFFINITY },
	{ "node(s) didn't match pod anti-affinity rules", RULE_ANTI },
};

static enum rule rule_of(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_starts(text, words[i].text))
			return words[i].rule;
	return RULE_COUNT;
}

static bool refuses_now(const struct trial *t, enum rule rule, const struct being *b, const struct place *p)
{
	return !rule_allows(rule, &t->w, b, p) ||
	       (rule == RULE_UNSCHEDULABLE && !rule_allows(RULE_DRAINED, &t->w, b, p));
}

/* With the room that is kept, or without it. */
static bool refuses(const struct trial *t, enum rule rule, const struct being *b, const struct place *p)
{
	bool refused = refuses_now(t, rule, b, p);

	if (refused || !scene_book(&t->w, b))
		return refused;
	refused = refuses_now(t, rule, b, p);
	scene_unbook(&t->w);
	return refused;
}

/* A reason is given for no more nodes than its rule refuses (a drain is said like a cordon); and where none fits there is one for each. */
static void judge_reasons(struct trial *t, const struct being *b, const struct sched_verdict *v)
{
	bool whole = false; /* said of the pod, whatever the node */
	unsigned said = 0;

	for (size_t i = 0; i < v->reason_count; i++) {
		enum rule rule = rule_of(v->reasons[i].text);
		unsigned refused = 0;

		said += v->reasons[i].nodes;
		whole = whole || v->reasons[i].nodes == 0;
		if (rule == RULE_COUNT)
			continue;
		for (size_t k = 0; k < t->w.place_count; k++)
			refused += refuses(t, rule, b, t->w.places[k]);
		if (v->reasons[i].nodes > refused)
			trial_fail(t, "reasons",
				"a pod of template %zu: %u nodes are refused by %s, said is: %u %s",
				(size_t)(b->kin - t->kins), refused, rule_names[rule], v->reasons[i].nodes,
				v->reasons[i].text);
	}
	if (v->feasible == 0 && !whole && said < v->total && v->reason_count < SCHED_REASONS_MAX)
		trial_fail(t, "reasons", "a pod of template %zu: %u reasons for %u nodes",
			(size_t)(b->kin - t->kins), said, v->total - v->feasible);
}

static void judge_verdict(struct trial *t, const struct being *b)
{
	struct sched_verdict v;
	struct worth worth;
	unsigned count;
	const struct place *best = worth_best(&t->w, b, &worth, &count);

	sched_pick(t->c, t->requests[b->kin - t->kins], &v);
	if (v.total != t->w.place_count || v.feasible != count)
		trial_fail(t, "words", "template %zu: %u of %u nodes are said to fit, %u of %zu do",
			(size_t)(b->kin - t->kins), v.feasible, v.total, count, t->w.place_count);
	else if (trial_has(t, CHECK_CHOICE) && !str_eq(v.node, best ? best->name : NULL))
		trial_fail(t, "words", "template %zu: %s is said to be best, %s is",
			(size_t)(b->kin - t->kins), v.node, best ? best->name : "none");
	else
		judge_reasons(t, b, &v);
}

static void judge_candidate(struct trial *t, const struct being *b, const struct sched_candidate *c)
{
	const struct place *p = scene_place(&t->w, c->node);
	struct worth worth;

	if (!p || rule_first_broken(&t->w, b, p) != RULE_COUNT) {
		trial_fail(
			t, "terms", "template %zu: %s is no candidate", (size_t)(b->kin - t->kins), c->node);
		return;
	}
	worth_of(&t->w, b, p, &worth);
	if (c->score != worth.score)
		trial_fail(t, "terms", "template %zu on %s: score %d is said, %d it is",
			(size_t)(b->kin - t->kins), c->node, (int)c->score, (int)worth.score);
	for (unsigned i = 0; i < SCHED_TERM_COUNT; i++)
		if (c->terms[i] != worth.terms[i])
			trial_fail(t, "terms", "template %zu on %s: %s %d is said, %d it is",
				(size_t)(b->kin - t->kins), c->node, sched_term_names[i], c->terms[i],
				(int)worth.terms[i]);
}

static void judge_explanation(struct trial *t, const struct being *b)
{
	struct sched_explanation e;
	struct worth worth;
	unsigned count;

	worth_best(&t->w, b, &worth, &count);
	sched_explain(t->c, t->requests[b->kin - t->kins], NULL, &e);
	if (e.best_count != (count < SCHED_CANDIDATES_MAX ? count : SCHED_CANDIDATES_MAX))
		trial_fail(t, "terms", "template %zu: %zu candidates of %u", (size_t)(b->kin - t->kins),
			e.best_count, count);
	for (size_t i = 0; i < e.best_count; i++)
		judge_candidate(t, b, &e.best[i]);
}

/* Room that is kept is company, here. */
static bool minds_pods(const struct pod_spec *spec)
{
	return (spec->affinity && spec->affinity->pod_affinity) ||
	       spec->topology_spread_constraints.count > 0;
}

void judge_words(struct trial *t)
{
	bool nominated = false;

	for (size_t i = 0; i < t->batch_count; i++)
		nominated = nominated || t->batch[i]->nominated;
	for (unsigned i = 0; i < TEMPLATES_MAX && !trial_failed(t); i++) {
		/* All room that is kept counts. */
		const struct being probe = { .name = "probe", .kin = &t->kins[i], .level = INT32_MIN };

		if (!t->kins[i].object || (nominated && minds_pods(t->kins[i].spec)))
			continue;
		if (trial_has(t, CHECK_REASONS))
			judge_verdict(t, &probe);
		if (trial_has(t, CHECK_TERMS) && !trial_failed(t))
			judge_explanation(t, &probe);
	}
}
