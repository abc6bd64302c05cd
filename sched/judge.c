/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/judge.h"

#include "lib/base/mem.h"
#include "sched/fit.h"
#include "sched/relations.h"
#include "sched/score.h"

/* More words than this are no use: each node is a group of its own then. */
enum { WORDS_MAX = 24 };

/* What the words of a request are; made anew when they are to be others. */
struct sched_plan {
	const struct sched_key *keys[WORDS_MAX + 1];     /* [key_count] with large domains */
	const struct sched_count *counts[WORDS_MAX + 1]; /* [count_count] of small domains, for spread */
	size_t key_count, count_count;
	bool company, preferred; /* something of what is required, preferred, is about small domains */
};

/* --- which words ------------------------------------------------------------------------------------------- */

static bool is_small(const struct sched_count *n)
{
	return sched_key_small(n->region->key);
}

static void need_key(struct sched_plan *p, const struct sched_key *k)
{
	for (size_t i = 0; i < p->key_count; i++)
		if (p->keys[i] == k)
			return;
	if (p->key_count <= WORDS_MAX)
		p->keys[p->key_count++] = k;
}

static void need_count(struct sched_plan *p, const struct sched_count *n)
{
	if (!is_small(n))
		need_key(p, n->region->key);
	else if (p->count_count <= WORDS_MAX)
		p->counts[p->count_count++] = n;
}

/* Returns whether any of RULES is about small domains. */
static bool need_rules(struct sched_plan *p, const struct sched_interpod_rules *rules)
{
	bool small = false;

	for (size_t i = 0; i < rules->count; i++) {
		if (is_small(rules->items[i].count))
			small = true;
		else
			need_key(p, rules->items[i].count->region->key);
	}
	return small;
}

static size_t width_of(const struct sched_plan *p)
{
	return p->key_count + p->count_count + p->company + p->preferred;
}

static size_t width(const struct sched_cluster *c, const struct sched_request *r)
{
	struct sched_ties *t = r->ties;
	struct sched_plan *p = t->plan ? t->plan : xcalloc(1, sizeof(*p));

	t->plan = p;
	p->key_count = p->count_count = 0;
	sched_interpod_gather(t);
	for (size_t i = 0; i < t->spread.hard_count; i++)
		need_count(p, t->spread.hard[i].count);
	for (size_t i = 0; i < t->spread.soft_count && sched_spread_scores(c, r); i++)
		need_count(p, t->spread.soft[i].count);
	p->company = need_rules(p, &t->interpod.affinity);
	p->company |= need_rules(p, &t->interpod.anti);
	p->company |= need_rules(p, &t->interpod.refused_by);
	p->preferred = need_rules(p, &t->interpod.preferred);
	p->preferred |= need_rules(p, &t->interpod.weighed_by);
	return width_of(p) > WORDS_MAX ? 1 : width_of(p);
}

/* --- the words of a node ------------------------------------------------------------------------------------ */

/* No label is a word of its own: it isn't the same as no pods. */
static uint32_t count_word(const struct sched_count *n, uint32_t node)
{
	uint32_t domain = sched_space_domain(&n->region->key->space, node);

	return domain > 0 ? (uint32_t)sched_counter_get(&n->numbers, domain) + 1 : 0;
}

static bool anybody(const struct sched_interpod_rules *rules, uint32_t node)
{
	for (size_t i = 0; i < rules->count; i++)
		if (is_small(rules->items[i].count) &&
			sched_counter_at(&rules->items[i].count->numbers, node) > 0)
			return true;
	return false;
}

/* How the node stands to what is required about small domains: nodes are told apart by what keeps them out, too, for that is said. */
static uint32_t company_word(const struct sched_interpod *p, uint32_t node)
{
	enum { NO_LABEL = 1, ALONE = 2, APART = 4, UNWANTED = 8 };
	uint32_t word = 0;

	for (size_t i = 0; i < p->affinity.count; i++) {
		const struct sched_count *n = p->affinity.items[i].count;

		if (!is_small(n))
			continue;
		if (sched_space_domain(n->region->space, node) == 0)
			return NO_LABEL;
		if (sched_counter_at(&n->numbers, node) == 0)
			word = ALONE;
	}
	return word | (anybody(&p->anti, node) ? APART : 0) | (anybody(&p->refused_by, node) ? UNWANTED : 0);
}

static uint32_t preferred_word(const struct sched_interpod_rules *rules, uint32_t node)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < rules->count; i++)
		if (is_small(rules->items[i].count))
			sum += (uint32_t)(rules->items[i].weight *
					  sched_counter_at(&rules->items[i].count->numbers, node));
	return sum;
}

static size_t words(
	const struct sched_cluster *c, const struct sched_request *r, uint32_t node, uint32_t *ret)
{
	const struct sched_interpod *o = &r->ties->interpod;
	const struct sched_plan *p = r->ties->plan;
	size_t n = 0;

	(void)c;
	if (width_of(p) > WORDS_MAX) {
		ret[0] = node;
		return 1;
	}
	for (size_t i = 0; i < p->key_count; i++)
		ret[n++] = sched_space_domain(&p->keys[i]->space, node);
	for (size_t i = 0; i < p->count_count; i++)
		ret[n++] = count_word(p->counts[i], node);
	if (p->company)
		ret[n++] = company_word(o, node);
	if (p->preferred)
		ret[n++] = preferred_word(&o->preferred, node) + preferred_word(&o->weighed_by, node);
	return n;
}

/* --- judging ------------------------------------------------------------------------------------------------ */

static void judge_spread(
	struct sched_cluster *c, const struct sched_request *r, struct sched_group *groups, size_t count)
{
	const int32_t weight = (int32_t)sched_weight(c->strategy, SCHED_TERM_SPREAD);
	struct sched_spread *s = &r->ties->spread;

	sched_spread_weigh(s);
	for (size_t i = 0; i < count; i++)
		if (!groups[i].refused)
			groups[i].score += weight * sched_spread_weighed(s, groups[i].node);
}

/* A group that takes no pod has its part in the range all the same. */
static void judge_pods(
	struct sched_cluster *c, const struct sched_request *r, struct sched_group *groups, size_t count)
{
	const int32_t weight = (int32_t)sched_weight(c->strategy, SCHED_TERM_PODS);
	struct sched_interpod_range range = { 0 };

	if (!sched_interpod_scores(r->ties)) {
		for (size_t i = 0; i < count; i++)
			groups[i].score += weight * 100;
		return;
	}
	for (size_t i = 0; i < count; i++)
		sched_interpod_range(&range, sched_interpod_raw(r->ties, groups[i].node));
	for (size_t i = 0; i < count; i++)
		if (!groups[i].refused)
			groups[i].score += weight * (int32_t)sched_interpod_percent(&range,
							    sched_interpod_raw(r->ties, groups[i].node));
}

/* Is there anything that could refuse a node? */
static bool is_required(const struct sched_ties *t)
{
	return t->spread.hard_count + t->interpod.affinity.count + t->interpod.anti.count +
		       t->interpod.refused_by.count >
	       0;
}

static void judge(
	struct sched_cluster *c, const struct sched_request *r, struct sched_group *groups, size_t count)
{
	struct sched_look l = { .c = c, .r = r };

	sched_interpod_gather(r->ties);
	for (size_t i = 0; i < count && is_required(r->ties); i++) {
		l.node = groups[i].node;
		l.n = c->nodes[l.node];
		groups[i].refused |= !sched_fit_elsewhere(&l);
	}
	if (sched_spread_scores(c, r))
		judge_spread(c, r, groups, count);
	judge_pods(c, r, groups, count);
}

const struct sched_judge sched_relations_judge = { .width = width, .words = words, .judge = judge };
