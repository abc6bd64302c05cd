/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The rules about where other pods are. */
#include "lib/base/str.h"
#include "tests/sched/rules.h"

/* --- topology spread ------------------------------------------------------------------------------------------ */

static bool is_hard(const struct topology_spread_constraint *c)
{
	return !str_eq(c->when_unsatisfiable, "ScheduleAnyway");
}

/* P has all keys of the constraints that must be kept. */
static bool has_keys(const struct pod_spec *spec, const struct place *p)
{
	for (size_t i = 0; i < spec->topology_spread_constraints.count; i++) {
		const struct topology_spread_constraint *c = &spec->topology_spread_constraints.items[i];

		if (is_hard(c) && !match_domain(p, c->topology_key))
			return false;
	}
	return true;
}

static bool counts(const struct topology_spread_constraint *c, const struct kin *kin, const struct place *p)
{
	return has_keys(kin->spec, p) && match_inclusion(c, kin, p);
}

/* The pods that C is about in the domain VALUE. */
static int64_t count_domain(const struct scene *w, const struct topology_spread_constraint *c,
	const struct kin *kin, const char *value)
{
	int64_t n = 0;

	for (size_t i = 0; i < w->place_count; i++) {
		const struct place *p = w->places[i];

		if (!str_eq(match_domain(p, c->topology_key), value) || !counts(c, kin, p))
			continue;
		for (const struct being *b = p->beings; b; b = b->next_on)
			n += rule_is_there(b) && !b->leaving && match_spread(c, kin, b->kin);
	}
	return n;
}

static int64_t least_of_domains(
	const struct scene *w, const struct topology_spread_constraint *c, const struct kin *kin)
{
	int64_t least = INT64_MAX, domains = 0, wanted = c->min_domains.set ? c->min_domains.value : 1;

	for (size_t i = 0; i < w->place_count; i++) {
		const char *value = match_domain(w->places[i], c->topology_key);
		bool first = true;
		int64_t n;

		if (!counts(c, kin, w->places[i]))
			continue;
		for (size_t k = 0; k < i; k++)
			if (str_eq(match_domain(w->places[k], c->topology_key), value) &&
				counts(c, kin, w->places[k]))
				first = false;
		if (!first)
			continue;
		domains++;
		n = count_domain(w, c, kin, value);
		if (n < least)
			least = n;
	}
	return domains < wanted ? 0 : least;
}

bool rule_spread(const struct scene *w, const struct being *b, const struct place *p)
{
	const struct pod_spec *spec = b->kin->spec;

	for (size_t i = 0; i < spec->topology_spread_constraints.count; i++) {
		const struct topology_spread_constraint *c = &spec->topology_spread_constraints.items[i];
		const char *value = match_domain(p, c->topology_key);

		if (!is_hard(c))
			continue;
		if (!value)
			return false;
		if (count_domain(w, c, b->kin, value) + match_spread(c, b->kin, b->kin) -
				least_of_domains(w, c, b->kin) >
			c->max_skew)
			return false;
	}
	return true;
}

/* --- affinity and anti-affinity --------------------------------------------------------------------------------- */

static bool same_domain(const struct place *a, const struct place *b, const char *key)
{
	const char *value = match_domain(a, key);

	return value && str_eq(value, match_domain(b, key));
}

static const struct pod_affinity *with(const struct pod_spec *spec)
{
	return spec->affinity ? spec->affinity->pod_affinity : NULL;
}

static const struct pod_affinity *apart(const struct pod_spec *spec)
{
	return spec->affinity ? spec->affinity->pod_anti_affinity : NULL;
}

/* All of B's terms are about ABOUT: only such pods count, for each of them. */
static bool all_terms(const struct scene *w, const struct being *b, const struct kin *about)
{
	const struct pod_affinity *a = with(b->kin->spec);

	for (size_t i = 0; a && i < a->required.count; i++)
		if (!match_pod(w, &a->required.items[i], b->kin, about))
			return false;
	return true;
}

static bool has_company(const struct scene *w, const struct being *b, const struct place *p,
	const struct pod_affinity_term *t)
{
	for (size_t i = 0; i < w->place_count; i++)
		for (const struct being *o = w->places[i]->beings; o; o = o->next_on)
			if (rule_is_there(o) && same_domain(w->places[i], p, t->topology_key) &&
				all_terms(w, b, o->kin))
				return true;
	return false;
}

/* Pods that the terms are about are somewhere, in a domain of one of the terms. */
static bool anybody(const struct scene *w, const struct being *b)
{
	const struct pod_affinity *a = with(b->kin->spec);

	for (size_t i = 0; i < w->place_count; i++)
		for (const struct being *o = w->places[i]->beings; o; o = o->next_on)
			for (size_t k = 0; a && k < a->required.count; k++)
				if (rule_is_there(o) &&
					match_domain(w->places[i], a->required.items[k].topology_key) &&
					all_terms(w, b, o->kin))
					return true;
	return false;
}

bool rule_affinity(const struct scene *w, const struct being *b, const struct place *p)
{
	const struct pod_affinity *a = with(b->kin->spec);
	bool company = true;

	if (!a || a->required.count == 0)
		return true;
	for (size_t i = 0; i < a->required.count; i++) {
		if (!match_domain(p, a->required.items[i].topology_key))
			return false;
		company = company && has_company(w, b, p, &a->required.items[i]);
	}
	/* The first of those that want to be together has to be somewhere. */
	return company || (all_terms(w, b, b->kin) && !anybody(w, b));
}

bool rule_anti(const struct scene *w, const struct being *b, const struct place *p)
{
	const struct pod_affinity *a = apart(b->kin->spec);

	for (size_t k = 0; a && k < a->required.count; k++)
		for (size_t i = 0; i < w->place_count; i++) {
			if (!same_domain(w->places[i], p, a->required.items[k].topology_key))
				continue;
			for (const struct being *o = w->places[i]->beings; o; o = o->next_on)
				if (rule_is_there(o) && match_pod(w, &a->required.items[k], b->kin, o->kin))
					return false;
		}
	return true;
}

bool rule_existing_anti(const struct scene *w, const struct being *b, const struct place *p)
{
	for (size_t i = 0; i < w->place_count; i++)
		for (const struct being *o = w->places[i]->beings; o; o = o->next_on) {
			const struct pod_affinity *a = apart(o->kin->spec);

			for (size_t k = 0; a && rule_is_there(o) && k < a->required.count; k++)
				if (same_domain(w->places[i], p, a->required.items[k].topology_key) &&
					match_pod(w, &a->required.items[k], o->kin, b->kin))
					return false;
		}
	return true;
}
