/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "tests/sched/harm.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"

enum { LOWER_MAX = 64 };

static int cmp(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

int harm_cmp(const struct harm *a, const struct harm *b)
{
	if (a->broken != b->broken)
		return cmp(a->broken, b->broken);
	if (a->highest != b->highest)
		return cmp(a->highest, b->highest);
	if (a->sum != b->sum)
		return cmp(a->sum, b->sum);
	if (a->count != b->count)
		return cmp(a->count, b->count);
	return cmp(b->started, a->started);
}

/* --- budgets ----------------------------------------------------------------------------------------------------- */

static bool is_about(const struct object *o, const struct being *b)
{
	return o->kind->id == KIND_DISRUPTION_BUDGET && str_eq(o->meta->namespace, b->kin->namespace) &&
	       match_selector(object_disruption_budget(o)->spec.selector, b->kin->labels);
}

void harm_count(const struct scene *w, const struct being *victim, struct harm_budgets *budgets)
{
	for (size_t i = 0; i < w->object_count; i++)
		budgets->taken[i] += is_about(w->objects[i], victim);
}

/* B goes too: what is left of its budgets doesn't allow that. */
static bool breaks(const struct scene *w, const struct being *b, struct harm_budgets *budgets)
{
	bool broken = false;

	for (size_t i = 0; i < w->object_count; i++)
		if (is_about(w->objects[i], b) &&
			++budgets->taken[i] >
				object_disruption_budget(w->objects[i])->status.disruptions_allowed)
			broken = true;
	return broken;
}

/* --- victims ----------------------------------------------------------------------------------------------------- */

/* The more important first. */
static int by_importance(const void *a, const void *b)
{
	const struct being *x = *(struct being *const *)a, *y = *(struct being *const *)b;

	if (x->priority != y->priority)
		return cmp(y->priority, x->priority);
	if (x->started != y->started)
		return cmp(x->started, y->started);
	return strcmp(x->name, y->name);
}

static size_t gather(const struct place *p, int32_t below, struct being **ret)
{
	size_t n = 0;

	for (struct being *b = p->beings; b; b = b->next_on)
		if (b->priority < below && !b->leaving && n < LOWER_MAX)
			ret[n++] = b;
	qsort(ret, n, sizeof(ret[0]), by_importance);
	return n;
}

void harm_of(
	const struct scene *w, const struct place *p, const struct harm_budgets *budgets, struct harm *ret)
{
	struct harm_budgets left = *budgets;
	struct being *victims[LOWER_MAX];
	size_t n = gather(p, INT32_MAX, victims);

	*ret = (struct harm){ .highest = INT64_MIN };
	for (size_t i = 0; i < n; i++) {
		const struct being *v = victims[i];

		if (!v->away)
			continue;
		if (ret->count++ == 0) {
			ret->highest = v->priority;
			ret->started = v->started;
		}
		ret->sum += (int64_t)v->priority + 0x80000000LL;
		ret->broken += breaks(w, v, &left);
	}
}

static bool fits(const struct scene *w, const struct being *b, const struct place *p)
{
	return rule_first_broken(w, b, p) == RULE_COUNT;
}

/* Those that can stay come back: first those that their budgets don't allow to go. Returns how many did. */
static unsigned bring_back(const struct scene *w, const struct being *b, const struct place *p,
	struct being **lower, size_t count, const bool *broken)
{
	unsigned back = 0;

	for (int turn = 1; turn >= 0; turn--)
		for (size_t i = 0; i < count; i++) {
			if (broken[i] != turn || !lower[i]->away)
				continue;
			lower[i]->away = false;
			if (fits(w, b, p))
				back++;
			else
				lower[i]->away = true;
		}
	return back;
}

/* B wants to be with one of them: the least important go one by one. */
static bool take_some(const struct scene *w, const struct being *b, const struct place *p,
	struct being **lower, size_t count)
{
	for (size_t i = 0; i < count; i++)
		lower[i]->away = false;
	if (fits(w, b, p))
		return true;
	for (size_t i = count; i-- > 0;) {
		lower[i]->away = true;
		if (fits(w, b, p))
			return true;
	}
	return false;
}

bool harm_take(const struct scene *w, const struct being *b, struct place *p,
	const struct harm_budgets *budgets, struct harm *ret)
{
	struct harm_budgets left = *budgets;
	struct being *lower[LOWER_MAX];
	bool broken[LOWER_MAX] = { 0 };
	size_t count = gather(p, b->priority, lower);

	for (struct being *o = p->beings; o; o = o->next_on)
		o->away = o->priority < b->priority;
	for (size_t i = 0; i < count; i++)
		broken[i] = breaks(w, lower[i], &left);
	if (!fits(w, b, p) && !take_some(w, b, p, lower, count)) {
		harm_undo(p);
		return false;
	}
	/* What was in the way may no longer be, because of another that came back. */
	while (bring_back(w, b, p, lower, count, broken) > 0)
		;
	harm_of(w, p, budgets, ret);
	ret->broken = 0;
	for (size_t i = 0; i < count; i++)
		ret->broken += broken[i] && lower[i]->away;
	return true;
}

void harm_undo(struct place *p)
{
	for (struct being *o = p->beings; o; o = o->next_on)
		o->away = false;
}
