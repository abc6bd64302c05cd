/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/spread.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "sched/relations.h"

/* --- rules ----------------------------------------------------------------------------------------------- */

static bool is_hard(const struct topology_spread_constraint *s)
{
	return str_eq(s->when_unsatisfiable, "DoNotSchedule");
}

static struct sched_eligible *eligible(
	const struct pod_spec *spec, const struct topology_spread_constraint *s)
{
	return sched_eligible_new(spec, !str_eq(s->node_affinity_policy, "Ignore"),
		str_eq(s->node_taints_policy, "Honor") && !MUTANT(37));
}

/* KEYS: those of all constraints of the same sort. */
static struct sched_spread_rule rule_of(struct sched_cluster *c, struct sched_ties *t,
	const struct topology_spread_constraint *s, const char *const *keys, size_t key_count)
{
	struct sched_selection *what = sched_selection_of_constraint(s, &t->view);
	struct sched_spread_rule rule = {
		.max_skew = s->max_skew,
		.min_domains = s->min_domains.set ? s->min_domains.value : 1,
		.self = sched_selection_matches(what, &t->view),
	};

	rule.count = sched_count_ref(c, what,
		sched_region_ref(c, &c->relations->topology, s->topology_key, keys, key_count,
			eligible(t->request->spec, s)),
		SCHED_COUNT_SPREAD);
	return rule;
}

/* The rules of all constraints that are HARD, or aren't. */
static struct sched_spread_rule *rules_of(
	struct sched_cluster *c, struct sched_ties *t, bool hard, size_t *ret_count)
{
	const struct pod_spec *spec = t->request->spec;
	const size_t max = spec->topology_spread_constraints.count;
	_cleanup_(freep) const char **keys = xcalloc(max, sizeof(keys[0]));
	struct sched_spread_rule *rules = xcalloc(max, sizeof(rules[0]));
	size_t n = 0, key_count = 0;

	for (size_t i = 0; i < max; i++)
		if (is_hard(&spec->topology_spread_constraints.items[i]) == hard)
			keys[key_count++] = spec->topology_spread_constraints.items[i].topology_key;
	for (size_t i = 0; i < max; i++)
		if (is_hard(&spec->topology_spread_constraints.items[i]) == hard)
			rules[n++] = rule_of(
				c, t, &spec->topology_spread_constraints.items[i], keys, key_count);
	*ret_count = n;
	return rules;
}

/* Those of pods that have none of their own (score.h). */
static void rules_by_default(struct sched_cluster *c, struct sched_ties *t)
{
	static const char *const keys[] = { "topology.kubernetes.io/zone", "kubernetes.io/hostname" };
	struct sched_spread *s = &t->spread;

	s->soft = xcalloc(ARRAY_LEN(keys), sizeof(s->soft[0]));
	s->soft_count = ARRAY_LEN(keys);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct sched_eligible *e = sched_eligible_new(t->request->spec, true, false);

		s->soft[i] = (struct sched_spread_rule){ .max_skew = 1, .by_default = true };
		s->soft[i].count = sched_count_ref(c, sched_selection_of_like(&t->view),
			sched_region_ref(c, &c->relations->topology, keys[i], NULL, 0, e),
			SCHED_COUNT_SPREAD);
	}
}

void sched_spread_ready(struct sched_cluster *c, struct sched_ties *t)
{
	struct sched_spread *s = &t->spread;

	if (t->request->spec->topology_spread_constraints.count == 0) {
		rules_by_default(c, t);
		return;
	}
	s->hard = rules_of(c, t, true, &s->hard_count);
	s->soft = rules_of(c, t, false, &s->soft_count);
}

void sched_spread_done(struct sched_cluster *c, struct sched_ties *t)
{
	struct sched_spread *s = &t->spread;

	for (size_t i = 0; i < s->hard_count; i++)
		sched_count_unref(c, s->hard[i].count);
	for (size_t i = 0; i < s->soft_count; i++)
		sched_count_unref(c, s->soft[i].count);
	free(s->hard);
	free(s->soft);
	*s = (struct sched_spread){ 0 };
}

/* --- the filter ------------------------------------------------------------------------------------------ */

/* The node's domain by its label alone: a node that isn't counted itself has it, too. */
static uint32_t domain_of(const struct sched_spread_rule *rule, uint32_t node)
{
	return sched_space_domain(&rule->count->region->key->space, node);
}

bool sched_spread_asked(const struct sched_request *r)
{
	for (size_t i = 0; i < r->spec->topology_spread_constraints.count; i++)
		if (is_hard(&r->spec->topology_spread_constraints.items[i]))
			return true;
	return false;
}

/* What the emptiest domain has; nothing where there are fewer domains than there should be. */
static int64_t least(const struct sched_spread_rule *rule)
{
	struct sched_counter *n = &rule->count->numbers;

	return n->space->domains < rule->min_domains && !MUTANT(24) ? 0 : sched_counter_low(n);
}

bool sched_spread_fits(const struct sched_look *l)
{
	const struct sched_spread *s = &l->r->ties->spread;

	for (size_t i = 0; i < s->hard_count; i++) {
		const struct sched_spread_rule *rule = &s->hard[i];
		uint32_t domain = domain_of(rule, l->node);

		if (domain == 0)
			return sched_refuse(l, "node(s) didn't match pod topology spread constraints "
					       "(missing required label)");
		if (sched_counter_get(&rule->count->numbers, domain) + rule->self - least(rule) >
			rule->max_skew)
			return sched_refuse(l, "node(s) didn't match pod topology spread constraints");
	}
	return true;
}

/* --- the score ------------------------------------------------------------------------------------------- */

bool sched_spread_scores(const struct sched_cluster *c, const struct sched_request *r)
{
	if (r->spec->topology_spread_constraints.count == 0)
		return c->strategy == SCHED_SPREAD;
	for (size_t i = 0; i < r->spec->topology_spread_constraints.count; i++)
		if (!is_hard(&r->spec->topology_spread_constraints.items[i]))
			return true;
	return false;
}

static int32_t over(int64_t n)
{
	return n <= 0 ? 0 : n < INT32_MAX / 100 ? (int32_t)n : INT32_MAX / 100;
}

void sched_spread_weigh(struct sched_spread *s)
{
	for (size_t i = 0; i < s->soft_count; i++) {
		struct sched_spread_rule *rule = &s->soft[i];
		struct sched_counter *n = &rule->count->numbers;
		int64_t charge = sched_counter_low(n) + rule->max_skew - 1;

		rule->weighed = !rule->by_default || n->space->domains > 0;
		rule->charge = over(charge);
		rule->range = over(sched_counter_high(n) - charge);
	}
}

/* What RULE gives NODE, 0 to 100: see score.h. */
static int32_t evenness(const struct sched_spread_rule *rule, uint32_t node)
{
	uint32_t domain = domain_of(rule, node);
	int32_t excess;

	if (domain == 0)
		return 0;
	if (rule->range == 0)
		return 100;
	excess = sched_counter_get(&rule->count->numbers, domain) - rule->charge;
	return excess > 0 ? 100 * (rule->range - excess) / rule->range : 100;
}

int32_t sched_spread_weighed(const struct sched_spread *s, uint32_t node)
{
	int32_t sum = 0, count = 0;

	for (size_t i = 0; i < s->soft_count; i++) {
		if (!s->soft[i].weighed)
			continue;
		sum += evenness(&s->soft[i], node);
		count++;
	}
	return count > 0 ? sum / count : 100;
}

int64_t sched_spread_term(const struct sched_look *l)
{
	struct sched_spread *s = &l->r->ties->spread;

	sched_spread_weigh(s);
	return sched_spread_weighed(s, l->node);
}
