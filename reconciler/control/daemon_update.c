/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* DaemonSets: how pods of an old template are replaced (pkg/controller/daemon/update.go rollingUpdate). */
#include "lib/object/int_or_string.h"
#include "reconciler/control/daemon_set.h"
#include "reconciler/control/history.h"

struct budget {
	int64_t surge, unavailable;
};

/* Both round up. Both zero would never move: then one may be unavailable. */
static struct budget budget_of(const struct daemon *v)
{
	const struct rolling_update *r = v->spec->update_strategy.rolling_update;
	struct budget b = { 0 };

	if (r) {
		int_or_string_scale(&r->max_surge, v->desired, true, &b.surge);
		int_or_string_scale(&r->max_unavailable, v->desired, true, &b.unavailable);
	}
	if (b.surge == 0 && b.unavailable == 0)
		b.unavailable = 1;
	return b;
}

/* The pods of a node that are to stay, of either template. manage left at most one of each. */
struct pair {
	struct world_pod *fresh, *old;
};

static struct pair pair_on(const struct daemon *v, const struct daemon_node *n)
{
	struct pair ret = { 0 };

	for (size_t i = 0; i < n->count; i++) {
		struct world_pod *p = n->pods[i];

		if (p->o.deleting || p->o.dropped)
			continue;
		if (history_made(v->s->r.update, p))
			ret.fresh = p;
		else
			ret.old = p;
	}
	return ret;
}

/* Nodes that are away hold nothing up. */
static bool counts(const struct daemon_node *n)
{
	return n->fits == SCHED_DAEMON_RUNS ||
	       (n->fits == SCHED_DAEMON_STAYS && n->count > 0 && n->node->ready);
}

static bool is_candidate(const struct pair *p)
{
	return p->old && !p->fresh;
}

/*
 * Old pods that aren't available go at once; of the others as many as may be missing beside what is missing already. A pod
 * whose node has just come back may well serve: it is missing until its agent says so, but not for that reason replaced.
 */
static void replace(struct daemon *v, int64_t budget)
{
	int64_t missing = 0;

	for (size_t i = 0; i < v->node_count; i++) {
		struct pair p = pair_on(v, &v->nodes[i]);

		if (!counts(&v->nodes[i]))
			continue;
		if (is_candidate(&p) && daemon_available(v, p.old))
			continue;
		if (!p.fresh || p.old || !daemon_available(v, p.fresh))
			missing++;
		if (is_candidate(&p) && !p.old->unseen)
			daemon_delete(v, p.old, "its template is an old one, and it is not available");
	}
	for (size_t i = 0; i < v->node_count && missing < budget; i++) {
		struct pair p = pair_on(v, &v->nodes[i]);

		if (!counts(&v->nodes[i]) || !is_candidate(&p) || !daemon_available(v, p.old))
			continue;
		daemon_delete(v, p.old, "its template is an old one");
		missing++;
	}
}

/*
 * A new pod beside each old one that isn't available, and beside as many of the others as may have two. (manage takes
 * the old one away when the new one is available.)
 */
static void surge(struct daemon *v, int64_t budget)
{
	int64_t doubled = 0;

	for (size_t i = 0; i < v->node_count; i++) {
		struct pair p = pair_on(v, &v->nodes[i]);

		if (v->nodes[i].fits != SCHED_DAEMON_RUNS)
			continue;
		doubled += p.fresh && p.old;
		if (is_candidate(&p) && !p.old->unseen && !daemon_available(v, p.old))
			daemon_create(v, &v->nodes[i], 0);
	}
	for (size_t i = 0; i < v->node_count && doubled < budget; i++) {
		struct pair p = pair_on(v, &v->nodes[i]);

		if (v->nodes[i].fits != SCHED_DAEMON_RUNS || !is_candidate(&p) || !daemon_available(v, p.old))
			continue;
		daemon_create(v, &v->nodes[i], 0);
		doubled++;
	}
}

void daemon_roll(struct daemon *v)
{
	const struct budget b = budget_of(v);

	if (b.surge > 0)
		surge(v, b.surge);
	else
		replace(v, b.unavailable);
}
