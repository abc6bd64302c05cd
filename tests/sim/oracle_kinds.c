/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What a pass may do to StatefulSets and DaemonSets, and drains to what has a PodDisruptionBudget. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "tests/sim/ledger.h"

/* --- StatefulSets: rules order, partition, unavailable ------------------------------------------------------- */

static int number_of(const struct seen *p)
{
	return atoi(strrchr(p->key, '-') + 1);
}

static const struct seen *slot(const struct look *l, int number)
{
	for (size_t i = 0; i < l->a->count; i++)
		if (number_of(l->a->pods[i]) == number)
			return l->a->pods[i];
	return NULL;
}

/* A pod that is to be rolled and served before keeps no other from coming back (control/stateful_set.h, case 20). */
static bool keeps_nobody(const struct look *l, const struct seen *p)
{
	return !seen_is_of(p, l->app) && number_of(p) >= l->app->partition && p->ready_since != 0;
}

/* Each pod only once all those before it serve. */
void stateful_made(const struct look *l)
{
	for (size_t i = 0; i < l->a->count; i++) {
		const struct seen *p = l->a->pods[i];

		if (p->made_in != l->o->pass)
			continue;
		if (number_of(p) >= l->app->replicas)
			look_fail(l, "order", "%s is made, %d replicas are wanted", p->key, l->app->replicas);
		for (int k = 0; k < number_of(p) && !l->app->parallel; k++) {
			const struct seen *before = slot(l, k);

			if (!before || (!look_serves(l, before) && before->taken_in != l->o->pass &&
					       !keeps_nobody(l, before)))
				look_fail(l, "order", "%s is made before number %d serves", p->key, k);
		}
	}
}

/* The highest goes first, and the next once it is gone. */
static void condemned(const struct look *l, const struct seen *p)
{
	for (size_t i = 0; i < l->a->count && !l->app->parallel; i++)
		if (number_of(l->a->pods[i]) > number_of(p))
			look_fail(l, "order", "%s is taken while %s is there", p->key, l->a->pods[i]->key);
}

void stateful_taken(const struct look *l)
{
	int serving = (int)(l->a->drained + l->a->driven), wanted = l->app->replicas - l->app->partition;

	for (size_t i = 0; i < l->a->count; i++) {
		const struct seen *p = l->a->pods[i];

		if (number_of(p) >= l->app->partition && number_of(p) < l->app->replicas)
			serving += look_serves(l, p);
		if (p->taken_in != l->o->pass || !p->harmed || p->evicted)
			continue;
		if (number_of(p) >= l->app->replicas)
			condemned(l, p);
		else if (number_of(p) < l->app->partition)
			look_fail(l, "partition", "%s is taken, though the partition is %d", p->key,
				l->app->partition);
	}
	if (!l->a->scaling && serving < wanted - app_unavailable(l->app))
		look_fail(l, "unavailable", "%d of %d pods serve, %d may be away", serving, wanted,
			app_unavailable(l->app));
}

/* --- DaemonSets: rules surge, unavailable ---------------------------------------------------------------------- */

/* Of its pods that are to stay on NODE: how many there are, and whether one serves. */
static int on_node(const struct look *l, const char *node, bool *ret_serves)
{
	int count = 0;

	*ret_serves = false;
	for (size_t i = 0; i < l->a->count; i++) {
		const struct seen *p = l->a->pods[i];

		if (p->doomed || p->told.finished || !str_eq(p->node, node))
			continue;
		count++;
		*ret_serves |= look_serves(l, p);
	}
	return count;
}

void daemon_made(const struct look *l)
{
	bool serves;

	for (size_t i = 0; i < l->a->count; i++) {
		const struct seen *p = l->a->pods[i];
		int count = on_node(l, p->node, &serves), most = l->app->surge > 0 ? 2 : 1;

		if (p->made_in == l->o->pass && p->node[0] != '\0' && count > most)
			look_fail(l, "surge", "%d pods on %s, %d are the most", count, p->node, most);
	}
}

/* A node that is to have a pod, and of which the reconciler hears. */
static bool counts(const struct look *l, unsigned node)
{
	const struct app *n = &l->o->commit->apps[node];

	return n->kind == APP_NODE && n->there && !n->tainted && !n->driven &&
	       l->s->hosts[l->s->chief]->links[node].lost == NSEC_NEVER;
}

void daemon_taken(const struct look *l)
{
	int missing = 0, most = l->app->surge > 0 ? 0 : l->app->unavailable;
	char node[APP_NAME];
	bool serves;

	for (unsigned i = 0; i < l->s->script->node_count; i++) {
		if (!counts(l, i))
			continue;
		app_name(&(struct app){ .kind = APP_NODE }, i, node);
		on_node(l, node, &serves);
		missing += !serves;
	}
	if (l->app->surge == 0 && missing > most)
		look_fail(
			l, "unavailable", "%d nodes are without a pod that serves, %d may be", missing, most);
	for (size_t i = 0; i < l->a->count && l->app->surge > 0; i++) {
		const struct seen *p = l->a->pods[i];

		/* A taint is stronger than any budget. */
		if (p->taken_in != l->o->pass || !p->harmed || p->evicted)
			continue;
		on_node(l, p->node, &serves);
		if (!serves)
			look_fail(
				l, "unavailable", "%s is taken, and no other serves on %s", p->key, p->node);
	}
}

/* --- PodDisruptionBudgets: rule disruption ------------------------------------------------------------------------ */

static int needed(const struct app *budget, const struct app *app)
{
	int n = budget->percent ? (app->replicas * budget->unavailable + 99) / 100 : budget->unavailable;

	return budget->least ? n : app->replicas - n;
}

/* Budgets go by readiness; what a rollout takes in the same pass it takes from what the budget saw. */
void disruption_taken(const struct look *l)
{
	struct look ready = *l;
	struct count n;
	int budgets = 0;

	ready.readiness = true;
	n = look_count(&ready);
	for (size_t i = 0; i < l->o->commit->count; i++) {
		const struct app *b = &l->o->commit->apps[i];

		if (b->kind != APP_BUDGET || !b->there || b->about != (int)l->index ||
			l->app->kind == APP_POD)
			continue;
		budgets++;
		if (n.serving + n.excused + (int)(l->a->rolled + l->a->driven) < needed(b, l->app))
			look_fail(l, "disruption",
				"a drain leaves %d pods (and %d that were lost unnoticed), budget-%zu needs "
				"%d",
				n.serving, n.excused, i, needed(b, l->app));
	}
	if (budgets > 1)
		look_fail(l, "disruption", "a drain takes pods that %d budgets are about", budgets);
}
