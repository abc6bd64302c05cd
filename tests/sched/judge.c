/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "tests/sched/rules_volumes.h"
#include "tests/sched/trial_internal.h"

/* --- places ------------------------------------------------------------------------------------------------------ */

static void say_terms(const struct worth *w, char *ret, size_t size)
{
	size_t at = 0;

	ret[0] = '\0';
	for (unsigned i = 0; i < SCHED_TERM_COUNT && at < size; i++)
		at += (size_t)snprintf(
			ret + at, size - at, "%s%s %d", i ? ", " : "", sched_term_names[i], (int)w->terms[i]);
}

static void judge_choice(
	struct trial *t, const struct being *b, const struct place *chosen, const struct worth *is)
{
	char a[240], c[240];
	struct worth would;
	unsigned count;
	const struct place *best = worth_best(&t->w, b, &would, &count);

	if (!best || best == chosen)
		return;
	say_terms(is, a, sizeof(a));
	say_terms(&would, c, sizeof(c));
	trial_fail(t, "choice", "%s goes to %s (sum %d, %u pods: %s), %s were better (sum %d, %u pods: %s)",
		b->name, chosen->name, (int)is->sum, is->pods, a, best->name, (int)would.sum, would.pods, c);
}

void judge_placed(struct trial *t, const struct being *b, const struct sched_decision *d)
{
	struct place *p = d->node ? scene_place(&t->w, d->node) : NULL;
	struct worth worth;
	enum rule broken;
	char text[240];

	if (!p) {
		trial_fail(t, "allowed", "%s goes to node %s, which isn't there", b->name, d->node);
		return;
	}
	broken = rule_first_broken(&t->w, b, p);
	if (broken != RULE_COUNT) {
		trial_fail(t, "allowed", "%s goes to %s against the rule %s", b->name, p->name,
			rule_names[broken]);
		return;
	}
	/* Beside room that fell later than its own there may have been none for it. */
	if (b->nominated && b->nominated != p && !b->gang && !b->nominated->fell &&
		rule_first_broken(&t->w, b, b->nominated) == RULE_COUNT)
		trial_fail(t, "nominated", "%s goes to %s, and would fit on %s, where room is kept for it",
			b->name, p->name, b->nominated->name);
	worth_of(&t->w, b, p, &worth);
	if (trial_has(t, CHECK_CHOICE) && b->nominated != p)
		judge_choice(t, b, p, &worth);
	say_terms(&worth, text, sizeof(text));
	if (trial_has(t, CHECK_SCORE) && worth.score != d->score &&
		!((b->pinned || b->nominated == p) && worth_alone(&t->w, &worth) == d->score))
		trial_fail(t, "score", "%s on %s: %d is said, %d it is (%s)", b->name, p->name, (int)d->score,
			(int)worth.score, text);
}

struct place *judge_fits(const struct trial *t, const struct being *b)
{
	for (size_t i = 0; i < t->w.place_count; i++)
		if (rule_first_broken(&t->w, b, t->w.places[i]) == RULE_COUNT)
			return t->w.places[i];
	return NULL;
}

/* --- gangs ------------------------------------------------------------------------------------------------------- */

static bool same_gang(const struct being *a, const struct being *b)
{
	return a->gang && b->gang && str_eq(a->gang, b->gang) && str_eq(a->kin->namespace, b->kin->namespace);
}

static bool has_place(const struct being *b)
{
	return b->outcome == SCHED_PLACED || b->outcome == SCHED_NOMINATED;
}

/*
 * One after the other in the order of the queue, each on the best node, with the others' places taken: do all have a place? (Not asked of those for
 * whom room is kept already.)
 */
static bool all_fit(struct trial *t, const struct being *first)
{
	/* Assumptions are only added meanwhile. */
	size_t assumed = t->w.assumed_count;
	bool all = true;

	for (size_t i = 0; i < t->batch_count; i++)
		if (same_gang(t->batch[i], first) && (t->batch[i]->nominated || t->batch[i]->on))
			return false;
	for (size_t i = 0; i < t->batch_count && all; i++) {
		struct being *b = t->pods[i].id;
		struct place *best;
		struct worth worth;
		unsigned count;

		if (!same_gang(b, first))
			continue;
		best = worth_best(&t->w, b, &worth, &count);
		all = best != NULL;
		if (!best)
			continue;
		scene_put(b, best);
		volumes_assume(&t->w, b);
	}
	for (size_t i = 0; i < t->batch_count; i++)
		if (same_gang(t->batch[i], first))
			scene_lift(t->batch[i]);
	t->w.assumed_count = assumed;
	return all;
}

/* --- turns ------------------------------------------------------------------------------------------------------- */

/* By priority, deadline and age; 0: those are equal. */
static int before(const struct being *a, const struct being *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority ? -1 : 1;
	if (a->deadline != b->deadline)
		return a->deadline < b->deadline ? -1 : 1;
	return a->created == b->created ? 0 : a->created < b->created ? -1 : 1;
}

/* Its greatest share of what all nodes have of a resource, of which "pods" is one. */
static double size(const struct trial *t, const struct being *b)
{
	static const char *const resources[] = { "cpu", "memory", "ephemeral-storage", "example.com/nic",
		"example.com/gpu", "pods" };
	double most = 0;

	for (size_t i = 0; i < ARRAY_LEN(resources); i++) {
		double all = 0, own = str_eq(resources[i], "pods")
					      ? 1
					      : (double)rule_amount(b->kin->spec, resources[i], 0);

		for (size_t k = 0; k < t->w.place_count; k++)
			all += (double)rule_capacity(t->w.places[k], resources[i]);
		/* More than there is can't be larger. */
		if (own > 0 && own >= all)
			most = 1;
		else if (own > 0 && own / all > most)
			most = own / all;
	}
	return most;
}

void judge_sorted(struct trial *t)
{
	for (size_t i = 1; i < t->batch_count && !trial_failed(t); i++) {
		const struct being *a = t->pods[i - 1].id, *b = t->pods[i].id;
		int order = before(a, b);

		if (order > 0 || (order == 0 && size(t, a) < size(t, b) * 0.999) ||
			(order == 0 && a->kin == b->kin && strcmp(a->key, b->key) > 0))
			trial_fail(t, "sorted", "%s stands before %s", a->name, b->name);
		for (size_t k = i + 1; order == 0 && a->kin != b->kin && k < t->batch_count; k++) {
			const struct being *c = t->pods[k].id;

			if (before(a, c) == 0 && c->kin == a->kin)
				trial_fail(t, "sorted", "%s and %s are equal, and %s is between them",
					a->name, c->name, b->name);
		}
	}
}

/* The place in the queue of B, or of the first of its gang. */
static size_t rank(const struct trial *t, const struct being *b)
{
	size_t i = 0;

	while (t->pods[i].id != b && !same_gang(t->pods[i].id, b))
		i++;
	return i;
}

void judge_order(struct trial *t, const struct being *b)
{
	for (size_t i = 0; i < rank(t, b); i++) {
		struct being *o = t->pods[i].id;
		const struct place *p;

		if (o->decided || o->turned)
			continue;
		o->turned = true;
		/* At its turn room may have been kept from it that fell later. */
		if (t->fell >= o->level)
			continue;
		if (o->gang) {
			o->would = rank(t, o) == i && all_fit(t, o);
			continue;
		}
		p = judge_fits(t, o);
		if (p)
			trial_fail(t, "order", "%s has its turn before %s, which would fit on %s", b->name,
				o->name, p->name);
	}
}

/* --- nowhere ----------------------------------------------------------------------------------------------------- */

bool judge_preempts(const struct trial *t, const struct being *b)
{
	return trial_has(t, FEATURE_PREEMPT) && !b->no_preemption &&
	       !str_eq(b->kin->spec->preemption_policy, "Never") && str_empty(b->kin->spec->node_name);
}

void judge_nowhere(struct trial *t, const struct being *b)
{
	const char *word = b->outcome == SCHED_WAITS ? "waits" : "nowhere";
	const struct place *p = judge_fits(t, b);
	struct harm harm;

	if (p) {
		trial_fail(t, word, "%s has no node, and would fit on %s", b->name, p->name);
		return;
	}
	for (size_t i = 0; i < t->w.place_count && judge_preempts(t, b); i++)
		if (harm_take(&t->w, b, t->w.places[i], &t->budgets, &harm)) {
			harm_undo(t->w.places[i]);
			trial_fail(t, word, "%s has no node, and would fit on %s if %u others went", b->name,
				t->w.places[i]->name, harm.count);
			return;
		}
}

static bool any_turned(const struct trial *t, const struct being *b)
{
	for (size_t i = 0; i < t->batch_count; i++)
		if (same_gang(t->batch[i], b) && t->batch[i]->turned)
			return true;
	return false;
}

void judge_gangs(struct trial *t)
{
	for (size_t i = 0; i < t->batch_count; i++) {
		bool first = t->batch[i]->gang;

		for (size_t k = 0; k < i; k++) {
			if (!same_gang(t->batch[i], t->batch[k]))
				continue;
			first = false;
			if (has_place(t->batch[i]) != has_place(t->batch[k]))
				trial_fail(t, "gang", "of gang %s, %s has a place and %s has none",
					t->batch[i]->gang, t->batch[has_place(t->batch[i]) ? i : k]->name,
					t->batch[has_place(t->batch[i]) ? k : i]->name);
		}
		if (has_place(t->batch[i]) || t->batch[i]->outcome == SCHED_WAITS)
			continue;
		if (t->batch[i]->would)
			trial_fail(t, "order",
				"others have their turns before the gang of %s, which would fit",
				t->batch[i]->name);
		/* What has been decided since their turn may let them fit by chance. */
		if (first && !any_turned(t, t->batch[i]) && trial_has(t, CHECK_NOWHERE) &&
			all_fit(t, t->batch[i]))
			trial_fail(t, "gang", "gang %s of %s has no places, and would fit", t->batch[i]->gang,
				t->batch[i]->name);
	}
}
