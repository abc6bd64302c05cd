/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdlib.h>

#include "lib/base/str.h"
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

static void say_other_choice(struct trial *t, const struct being *b, const struct place *chosen,
	const struct worth *is, const struct place *best, const struct worth *would)
{
	char a[240], c[240];

	say_terms(is, a, sizeof(a));
	say_terms(would, c, sizeof(c));
	trial_fail(t, "choice", "%s goes to %s (sum %d, %u pods: %s), %s were better (sum %d, %u pods: %s)",
		b->name, chosen->name, (int)is->sum, is->pods, a, best->name, (int)would->sum, would->pods,
		c);
}

void judge_placed(struct trial *t, const struct being *b, const struct sched_decision *d)
{
	struct place *p = d->node ? scene_place(&t->w, d->node) : NULL, *best;
	struct worth worth, best_worth;
	enum rule broken;
	unsigned count;
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
	worth_of(&t->w, b, p, &worth);
	best = worth_best(&t->w, b, &best_worth, &count);
	if (trial_has(t, CHECK_CHOICE) && best != p)
		say_other_choice(t, b, p, &worth, best, &best_worth);
	say_terms(&worth, text, sizeof(text));
	if (trial_has(t, CHECK_SCORE) && worth.score != d->score)
		trial_fail(t, "score", "%s on %s: %d is said, %d it is (%s)", b->name, p->name, (int)d->score,
			(int)worth.score, text);
}

/* --- turns ------------------------------------------------------------------------------------------------------- */

bool judge_before(const struct trial *t, const struct being *a, const struct being *b)
{
	(void)t;
	if (a->priority != b->priority)
		return a->priority > b->priority;
	if (a->deadline != b->deadline)
		return a->deadline < b->deadline;
	return a->created < b->created;
}

static struct place *fits(const struct trial *t, const struct being *b)
{
	for (size_t i = 0; i < t->w.place_count; i++)
		if (rule_first_broken(&t->w, b, t->w.places[i]) == RULE_COUNT)
			return t->w.places[i];
	return NULL;
}

void judge_order(struct trial *t, const struct being *b)
{
	if (b->gang)
		return;
	for (size_t i = 0; i < t->batch_count; i++) {
		struct being *o = t->batch[i];
		const struct place *p;

		if (o->decided || o->turned || o->gang || o == b || !judge_before(t, o, b))
			continue;
		o->turned = true;
		p = fits(t, o);
		if (p)
			trial_fail(t, "order", "%s has its turn before %s, which would fit on %s", b->name,
				o->name, p->name);
	}
}

/* --- nowhere ----------------------------------------------------------------------------------------------------- */

static void lower_away(struct place *p, int32_t priority, bool away)
{
	for (struct being *b = p->beings; b; b = b->next_on)
		if (b->priority < priority)
			b->away = away;
}

static bool may_preempt(const struct trial *t, const struct being *b)
{
	return trial_has(t, FEATURE_PREEMPT) && !b->no_preemption &&
	       !str_eq(b->kin->spec->preemption_policy, "Never");
}

/* If all of lower priority went, B had room on P. */
static bool would_fit(const struct trial *t, const struct being *b, struct place *p)
{
	bool fit;

	lower_away(p, b->priority, true);
	fit = rule_first_broken(&t->w, b, p) == RULE_COUNT;
	lower_away(p, b->priority, false);
	return fit;
}

void judge_nowhere(struct trial *t, const struct being *b)
{
	const char *word = b->outcome == SCHED_WAITS ? "waits" : "nowhere";
	const struct place *p = fits(t, b);

	if (p) {
		trial_fail(t, word, "%s has no node, and would fit on %s", b->name, p->name);
		return;
	}
	for (size_t i = 0; i < t->w.place_count && may_preempt(t, b); i++)
		if (would_fit(t, b, t->w.places[i])) {
			trial_fail(t, word,
				"%s has no node, and would fit on %s if others of lower priority went",
				b->name, t->w.places[i]->name);
			return;
		}
}

/* --- others have to go ------------------------------------------------------------------------------------------- */

static struct being *victim(const struct place *p, const void *id)
{
	for (struct being *b = p->beings; b; b = b->next_on)
		if (b == id)
			return b;
	return NULL;
}

/* Sets away for the victims, and says what is wrong with them. */
static void judge_victims(
	struct trial *t, const struct being *b, struct place *p, const struct sched_decision *d)
{
	for (size_t i = 0; i < d->victim_count; i++) {
		struct being *v = victim(p, d->victims[i].id);

		if (!v)
			trial_fail(t, "victims", "%s: a victim is not on %s", b->name, p->name);
		else if (v->away)
			trial_fail(t, "victims", "%s: %s is a victim twice", b->name, v->name);
		else if (v->priority >= b->priority)
			trial_fail(t, "victims", "%s (priority %d): its victim %s has priority %d", b->name,
				b->priority, v->name, v->priority);
		if (v)
			v->away = true;
	}
}

void judge_nominated(struct trial *t, struct being *b, const struct sched_decision *d)
{
	struct place *p = d->node ? scene_place(&t->w, d->node) : NULL;

	if (!p) {
		trial_fail(t, "nominated", "%s: node %s isn't there", b->name, d->node);
		return;
	}
	if (fits(t, b))
		trial_fail(t, "nominated", "%s is to wait for room on %s, and would fit on %s", b->name,
			p->name, fits(t, b)->name);
	if (d->victim_count > 0 && (b->no_preemption || str_eq(b->kin->spec->preemption_policy, "Never")))
		trial_fail(t, "nominated", "%s may not be at others' expense", b->name);
	judge_victims(t, b, p, d);
	for (struct being *o = p->beings; o; o = o->next_on)
		if (o->leaving)
			o->away = true;
	if (rule_first_broken(&t->w, b, p) != RULE_COUNT)
		trial_fail(t, "nominated", "%s doesn't fit on %s even then: %s", b->name, p->name,
			rule_names[rule_first_broken(&t->w, b, p)]);
	for (struct being *o = p->beings; o; o = o->next_on)
		o->away = false;
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

void judge_gangs(struct trial *t)
{
	for (size_t i = 0; i < t->batch_count; i++)
		for (size_t k = 0; k < i; k++)
			if (same_gang(t->batch[i], t->batch[k]) &&
				has_place(t->batch[i]) != has_place(t->batch[k]))
				trial_fail(t, "gang", "of gang %s, %s has a place and %s has none",
					t->batch[i]->gang, t->batch[has_place(t->batch[i]) ? i : k]->name,
					t->batch[has_place(t->batch[i]) ? k : i]->name);
}

/* --- words ------------------------------------------------------------------------------------------------------- */

void judge_words(struct trial *t, struct being *b)
{
	struct sched_verdict v;
	struct worth worth;
	unsigned count;
	const struct place *best;

	for (size_t i = 0; i < t->batch_count; i++)
		if (t->batch[i]->nominated)
			return;
	if (b->pinned)
		return;
	best = worth_best(&t->w, b, &worth, &count);
	sched_pick(t->c, t->requests[b->kin - t->kins], &v);
	if (v.total != t->w.place_count || v.feasible != count)
		trial_fail(t, "words", "%s: %u of %u nodes are said to fit, %u of %zu do", b->name,
			v.feasible, v.total, count, t->w.place_count);
	else if (!str_eq(v.node, best ? best->name : NULL))
		trial_fail(t, "words", "%s: %s is said to be best, %s is", b->name, v.node,
			best ? best->name : "none");
}
