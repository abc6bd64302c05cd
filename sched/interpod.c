/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/interpod.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/mutant.h"
#include "sched/fit.h"
#include "sched/relations.h"

/* --- rules ----------------------------------------------------------------------------------------------- */

static void add(struct sched_interpod_rules *rules, struct sched_count *n, int32_t weight)
{
	rules->items = xreallocarray(rules->items, rules->count + 1, sizeof(rules->items[0]));
	rules->items[rules->count++] = (struct sched_interpod_rule){ .count = n, .weight = weight };
}

/* The count of KIND about what COUNT TERMS of T are all about, by the topology key of TERM. */
static struct sched_count *count_of(struct sched_cluster *c, struct sched_ties *t, enum sched_count_kind kind,
	const struct pod_affinity_term *term, const struct pod_affinity_term *const *terms, size_t count)
{
	struct sched_region *region = sched_region_ref(
		c, &c->relations->topology, term->topology_key, NULL, 0, NULL);

	return sched_count_ref(c, sched_selection_of_terms(terms, count, &t->view), region, kind);
}

/* Pods of T carry TERM, with WEIGHT, from now on. */
static void carry(struct sched_cluster *c, struct sched_ties *t, enum sched_count_kind kind,
	const struct pod_affinity_term *term, int32_t weight)
{
	struct sched_count *n = count_of(c, t, kind, term, &term, 1);

	sched_ties_join(t, n, weight);
	add(&t->interpod.carried, n, weight);
}

static const struct pod_affinity *affinity_of(const struct sched_ties *t)
{
	const struct affinity *a = t->request->spec->affinity;

	return a ? a->pod_affinity : NULL;
}

static const struct pod_affinity *anti_of(const struct sched_ties *t)
{
	const struct affinity *a = t->request->spec->affinity;

	return a ? a->pod_anti_affinity : NULL;
}

static void carry_preferred(
	struct sched_cluster *c, struct sched_ties *t, const struct pod_affinity *a, int32_t sign)
{
	for (size_t i = 0; a && i < a->preferred.count; i++)
		carry(c, t, SCHED_COUNT_WEIGHS, &a->preferred.items[i].pod_affinity_term,
			sign * (int32_t)a->preferred.items[i].weight);
}

void sched_interpod_in(struct sched_cluster *c, struct sched_ties *t)
{
	const struct pod_affinity *affinity = affinity_of(t), *anti = anti_of(t);

	for (size_t i = 0; anti && i < anti->required.count; i++)
		carry(c, t, SCHED_COUNT_REFUSES, &anti->required.items[i], 1);
	for (size_t i = 0; affinity && i < affinity->required.count; i++)
		carry(c, t, SCHED_COUNT_WEIGHS, &affinity->required.items[i], 1);
	carry_preferred(c, t, affinity, 1);
	carry_preferred(c, t, anti, -1);
}

/* All terms are about the same pods: those that match them all. */
static void require_affinity(struct sched_cluster *c, struct sched_ties *t, const struct pod_affinity *a)
{
	_cleanup_(freep)
		const struct pod_affinity_term **terms = xcalloc(a->required.count, sizeof(terms[0]));

	for (size_t i = 0; i < a->required.count; i++)
		terms[i] = &a->required.items[i];
	for (size_t i = 0; i < a->required.count; i++)
		add(&t->interpod.affinity,
			count_of(c, t, SCHED_COUNT_PODS, terms[i], terms, a->required.count), 1);
}

static void prefer(struct sched_cluster *c, struct sched_ties *t, const struct pod_affinity *a, int32_t sign)
{
	for (size_t i = 0; a && i < a->preferred.count; i++) {
		const struct pod_affinity_term *term = &a->preferred.items[i].pod_affinity_term;

		add(&t->interpod.preferred, count_of(c, t, SCHED_COUNT_PODS, term, &term, 1),
			sign * (int32_t)a->preferred.items[i].weight);
	}
}

void sched_interpod_ready(struct sched_cluster *c, struct sched_ties *t)
{
	const struct pod_affinity *affinity = affinity_of(t), *anti = anti_of(t);

	if (affinity)
		require_affinity(c, t, affinity);
	for (size_t i = 0; anti && i < anti->required.count; i++) {
		const struct pod_affinity_term *term = &anti->required.items[i];

		add(&t->interpod.anti, count_of(c, t, SCHED_COUNT_PODS, term, &term, 1), 1);
	}
	prefer(c, t, affinity, 1);
	prefer(c, t, anti, -1);
}

static void drop(struct sched_cluster *c, struct sched_interpod_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		sched_count_unref(c, rules->items[i].count);
	free(rules->items);
	*rules = (struct sched_interpod_rules){ 0 };
}

void sched_interpod_done(struct sched_cluster *c, struct sched_ties *t)
{
	struct sched_interpod *p = &t->interpod;

	for (size_t i = 0; i < p->carried.count; i++)
		sched_ties_leave(t, p->carried.items[i].count, p->carried.items[i].weight);
	drop(c, &p->carried);
	drop(c, &p->affinity);
	drop(c, &p->anti);
	drop(c, &p->preferred);
	free(p->refused_by.items);
	free(p->weighed_by.items);
	p->refused_by = p->weighed_by = (struct sched_interpod_rules){ 0 };
}

/* --- others' terms --------------------------------------------------------------------------------------- */

/* Is T one of those that it wants to be with? */
static bool is_self(const struct sched_ties *t)
{
	const struct sched_interpod_rules *own = &t->interpod.affinity;

	return own->count > 0 && sched_selection_matches(own->items[0].count->selected->what, &t->view);
}

static void gather_from(struct sched_interpod *p, const struct sched_selected *s)
{
	for (size_t i = 0; i < s->count_count; i++) {
		if (s->counts[i]->kind == SCHED_COUNT_REFUSES)
			add(&p->refused_by, s->counts[i], 1);
		if (s->counts[i]->kind == SCHED_COUNT_WEIGHS)
			add(&p->weighed_by, s->counts[i], 1);
	}
}

void sched_interpod_gather(struct sched_ties *t)
{
	struct sched_interpod *p = &t->interpod;

	if (!p->stale)
		return;
	p->refused_by.count = p->weighed_by.count = 0;
	for (size_t i = 0; i < t->selected_count; i++)
		gather_from(p, t->selected[i]);
	p->self = is_self(t);
	p->stale = false;
}

/* --- the filter ------------------------------------------------------------------------------------------ */

static int32_t count_at(const struct sched_interpod_rule *rule, uint32_t node)
{
	return sched_counter_at(&rule->count->numbers, node);
}

/* Some pod that one of RULES is about is where NODE is. */
static bool any_at(const struct sched_interpod_rules *rules, uint32_t node)
{
	for (size_t i = 0; i < rules->count; i++)
		if (count_at(&rules->items[i], node) > 0)
			return true;
	return false;
}

/* The first of a series that wants to be with its like has nobody to be with: it may be wherever there are places. */
static bool is_first(const struct sched_interpod *p)
{
	for (size_t i = 0; i < p->affinity.count; i++)
		if (p->affinity.items[i].count->numbers.total > 0)
			return false;
	return p->self || MUTANT(28);
}

static bool fits_affinity(const struct sched_interpod *p, uint32_t node)
{
	bool alone = false;

	for (size_t i = 0; i < p->affinity.count; i++) {
		const struct sched_interpod_rule *rule = &p->affinity.items[i];

		if (sched_space_domain(rule->count->region->space, node) == 0)
			return false;
		alone |= count_at(rule, node) == 0;
	}
	return !alone || is_first(p);
}

bool sched_interpod_fits(const struct sched_look *l)
{
	const struct sched_interpod *p = &l->r->ties->interpod;

	sched_interpod_gather(l->r->ties);
	if (!fits_affinity(p, l->node))
		return sched_refuse(l, "node(s) didn't match pod affinity rules");
	if (any_at(&p->anti, l->node))
		return sched_refuse(l, "node(s) didn't match pod anti-affinity rules");
	if (any_at(&p->refused_by, l->node) && !MUTANT(23))
		return sched_refuse(l, "node(s) didn't satisfy existing pods anti-affinity rules");
	return true;
}

/* --- the score ------------------------------------------------------------------------------------------- */

int64_t sched_interpod_raw(const struct sched_ties *t, uint32_t node)
{
	const struct sched_interpod *p = &t->interpod;
	int64_t raw = 0;

	for (size_t i = 0; i < p->preferred.count; i++)
		raw += (int64_t)p->preferred.items[i].weight * count_at(&p->preferred.items[i], node);
	for (size_t i = 0; i < p->weighed_by.count; i++)
		raw += count_at(&p->weighed_by.items[i], node);
	return raw;
}

void sched_interpod_range(struct sched_interpod_range *range, int64_t raw)
{
	if (!range->any || raw < range->low)
		range->low = raw;
	if (!range->any || raw > range->high)
		range->high = raw;
	range->any = true;
}

int64_t sched_interpod_percent(const struct sched_interpod_range *range, int64_t raw)
{
	return range->high > range->low ? 100 * (raw - range->low) / (range->high - range->low) : 100;
}

/* The range of all nodes; kept as long as nothing changes, for who asks about one node after the other. */
static const struct sched_interpod_range *range_of(const struct sched_look *l)
{
	struct sched_interpod *p = &l->r->ties->interpod;

	if (p->range.any && p->range_changes == l->c->changes)
		return &p->range;
	p->range = (struct sched_interpod_range){ 0 };
	for (uint32_t i = 0; i < l->c->span; i++) {
		const struct sched_look look = { .c = l->c, .r = l->r, .node = i, .n = l->c->nodes[i] };

		if (look.n && sched_fit_fixed(&look))
			sched_interpod_range(&p->range, sched_interpod_raw(l->r->ties, i));
	}
	p->range_changes = l->c->changes;
	return &p->range;
}

bool sched_interpod_scores(const struct sched_ties *t)
{
	return t->interpod.preferred.count > 0 || t->interpod.weighed_by.count > 0;
}

int64_t sched_interpod_term(const struct sched_look *l)
{
	struct sched_ties *t = l->r->ties;

	sched_interpod_gather(t);
	if (l->alone || !sched_interpod_scores(t))
		return 100;
	return sched_interpod_percent(range_of(l), sched_interpod_raw(t, l->node));
}
