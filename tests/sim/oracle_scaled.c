/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Autoscalers: where they have to have come to in the end, whatever the way there. */
#include "tests/sim/ledger.h"

static int within(int n, int low, int high)
{
	return n < low ? low : n > high ? high : n;
}

/* What N pods use, each its share in whole thousandths, asks for this many; within a tenth of what is right N may stay. */
static int asked_for(const struct app *app, int n)
{
	int used = app->demand / n * n, right = n * SCALED_TARGET;

	if (used * 10 >= right * 9 && used * 10 <= right * 11)
		return n;
	return (used + SCALED_TARGET - 1) / SCALED_TARGET;
}

static int active(const struct sim *s, unsigned index)
{
	const struct ledger_app *a = &s->oracle->apps[index];
	int n = 0;

	for (size_t i = 0; i < a->count; i++)
		n += !a->pods[i]->doomed && !a->pods[i]->told.finished;
	return n;
}

void scaled_end(struct sim *s, unsigned index, bool room)
{
	const struct app *app = &s->head->apps[index];
	int n = active(s, index), right;
	bool held;

	if (!app->there && s->oracle->apps[index].count > 0)
		sim_fail(s, "scaled", "scaled-%u is gone from git and has %zu pods", index,
			s->oracle->apps[index].count);
	if (!app->there || !room)
		return;
	right = n > 0 ? within(asked_for(app, n), app->low, app->high) : 0;
	/* It may not go there. */
	held = n > right ? app->down.disabled && n <= app->high : app->up.disabled && n >= app->low;
	if (n == 0)
		sim_fail(s, "scaled", "scaled-%u has no pods", index);
	else if (n != right && !held)
		sim_fail(s, "scaled",
			"scaled-%u has %d pods, which use %d in all: %d are right, %d to %d may be", index, n,
			app->demand, asked_for(app, n), app->low, app->high);
}
