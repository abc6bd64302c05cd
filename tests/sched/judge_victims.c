/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Others have to go: who, where, and whether it must be. */
#include "lib/base/str.h"
#include "tests/sched/trial_internal.h"

static struct being *find(const struct place *p, const void *id)
{
	for (struct being *b = p->beings; b; b = b->next_on)
		if (b == id)
			return b;
	return NULL;
}

/* Sets away for the victims, and says what is wrong with them. */
static void take_victims(
	struct trial *t, const struct being *b, struct place *p, const struct sched_decision *d)
{
	for (size_t i = 0; i < d->victim_count; i++) {
		struct being *v = find(p, d->victims[i].id);

		if (!v)
			trial_fail(t, "victims", "%s: a victim is not on %s", b->name, p->name);
		else if (v->away || v->leaving)
			trial_fail(t, "victims", "%s: %s is a victim twice, or leaves already", b->name,
				v->name);
		else if (v->priority >= b->priority)
			trial_fail(t, "victims", "%s (priority %d): its victim %s has priority %d", b->name,
				b->priority, v->name, v->priority);
		if (v)
			v->away = true;
	}
}

static void leaving_away(const struct being *b, struct place *p)
{
	for (struct being *o = p->beings; o; o = o->next_on)
		if (o->leaving && o->priority < b->priority)
			o->away = true;
}

/* None could stay. */
static void judge_need(
	struct trial *t, const struct being *b, const struct place *p, const struct sched_decision *d)
{
	for (size_t i = 0; i < d->victim_count; i++) {
		struct being *v = find(p, d->victims[i].id);

		if (!v)
			continue;
		v->away = false;
		if (rule_first_broken(&t->w, b, p) == RULE_COUNT)
			trial_fail(t, "victims", "%s on %s: %s could stay", b->name, p->name, v->name);
		v->away = true;
	}
}

static void judge_least(struct trial *t, const struct being *b, const struct place *p, const struct harm *is)
{
	for (size_t i = 0; i < t->w.place_count && !trial_failed(t); i++) {
		struct place *other = t->w.places[i];
		struct harm harm;
		int order;

		if (!harm_take(&t->w, b, other, &t->budgets, &harm))
			continue;
		harm_undo(other);
		order = harm_cmp(&harm, is);
		if (order < 0 || (order == 0 && i < t->w.place_count && str_cmp(other->name, p->name) < 0))
			trial_fail(t, "least harm",
				"%s on %s: %u victims (%u against budgets, highest %lld, started %u), on %s "
				"%u (%u, %lld, %u)",
				b->name, p->name, is->count, is->broken, (long long)is->highest, is->started,
				other->name, harm.count, harm.broken, (long long)harm.highest, harm.started);
	}
}

static void judge_alone(
	struct trial *t, const struct being *b, struct place *p, const struct sched_decision *d)
{
	const struct place *free = judge_fits(t, b);
	struct harm harm;
	enum rule broken;

	if (free) {
		trial_fail(t, "nominated", "%s is to wait for room on %s, and would fit on %s", b->name,
			p->name, free->name);
		return;
	}
	take_victims(t, b, p, d);
	leaving_away(b, p);
	broken = rule_first_broken(&t->w, b, p);
	if (broken != RULE_COUNT)
		trial_fail(t, "nominated", "%s doesn't fit on %s even then: %s", b->name, p->name,
			rule_names[broken]);
	judge_need(t, b, p, d);
	harm_of(&t->w, p, &t->budgets, &harm);
	harm_undo(p);
	if (p != b->nominated || d->victim_count > 0)
		judge_least(t, b, p, &harm);
}

void judge_nominated(struct trial *t, struct being *b, const struct sched_decision *d)
{
	struct place *p = d->node ? scene_place(&t->w, d->node) : NULL;

	if (!p)
		trial_fail(t, "nominated", "%s: node %s isn't there", b->name, d->node);
	else if (d->victim_count > 0 && !judge_preempts(t, b))
		trial_fail(t, "nominated", "%s may not be at others' expense", b->name);
	else if (b->gang) {
		take_victims(t, b, p, d);
		harm_undo(p);
	} else
		judge_alone(t, b, p, d);
}
