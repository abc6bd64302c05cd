/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Rollouts that go back when they fail (pintle.dev/rollback: OnFailure; control/deployment.h, cases 40 to 50). Whether one fails depends on what
 * befalls it; what it may have come to in the end does not: the newest template, or one with which it was complete.
 */
#include "tests/sim/ledger.h"

enum { LOOKS = 3 }; /* in a row, after which nobody can have overlooked that it is complete */

static bool stays(const struct seen *p)
{
	return !p->doomed && !p->told.finished;
}

static struct seen_template *template_of(const struct look *l, const struct seen *p)
{
	return ledger_template(l->a, &(struct app){ .version = p->version, .work = p->work });
}

/* The template that all pods are of, if they are as many as there are to be, and serve, as far as was told; else NULL. */
static struct seen_template *complete_with(const struct look *l)
{
	const struct seen *first = NULL;
	int count = 0;

	for (size_t i = 0; i < l->a->count; i++) {
		const struct seen *p = l->a->pods[i];

		if (!stays(p))
			continue;
		first = first ? first : p;
		if (!seen_alike(first, p) || !seen_serves_told(l->s, p, p->min_ready))
			return NULL;
		count++;
	}
	if (count != l->app->replicas)
		return NULL;
	return first ? template_of(l, first) : ledger_template(l->a, l->app);
}

void rollback_pass(const struct look *l)
{
	struct seen_template *t = complete_with(l);

	if (t)
		t->complete = true;
}

void rollback_on_look(const struct look *l)
{
	const struct seen_template *t = complete_with(l);

	for (size_t i = 0; i < l->a->template_count; i++) {
		struct seen_template *mine = &l->a->templates[i];

		mine->looks = mine == t ? mine->looks + 1 : 0;
		mine->good |= mine->looks >= LOOKS;
	}
}

/* --- the end -------------------------------------------------------------------------------------------------- */

static bool never_complete(const struct app *app)
{
	return app->work.mode == WORK_NEVER || app->work.mode == WORK_CRASH || app->work.mode == WORK_NOPULL;
}

static bool another_was_good(const struct look *l, const struct seen_template *newest)
{
	for (size_t i = 0; i < l->a->template_count; i++)
		if (&l->a->templates[i] != newest && l->a->templates[i].good)
			return true;
	return false;
}

/* Each time that a pod is ready once more the deadline begins anew, were it an old one (case 21). */
static bool any_flaps(const struct look *l)
{
	for (size_t i = 0; i < l->a->count; i++)
		if (stays(l->a->pods[i]) && l->a->pods[i]->work.mode == WORK_FLAPS)
			return true;
	return false;
}

void rollback_end(const struct look *l)
{
	const struct seen_template *newest = ledger_template(l->a, l->app);
	bool goes_back = newest && never_complete(l->app) && !newest->complete &&
			 another_was_good(l, newest) && !any_flaps(l);

	/* Where there are too few nodes for pods that keep apart, nothing goes on. */
	if (app_place(l->app) == PLACE_APART)
		return;
	for (size_t i = 0; i < l->a->count && newest; i++) {
		const struct seen *p = l->a->pods[i];
		const struct seen_template *t = template_of(l, p);

		if (!stays(p))
			continue;
		if (t == newest && goes_back)
			look_fail(l, "rollback",
				"%s is of version %d, which was never complete; another one was", p->key,
				p->version);
		if (t != newest && l->app->work.mode == WORK_READY && !(t && t->complete))
			look_fail(l, "rollback",
				"%s is of version %d, which is not the newest, nor was ever complete", p->key,
				p->version);
	}
}
