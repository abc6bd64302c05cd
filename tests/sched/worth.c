/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "tests/sched/worth.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "tests/sched/rules_volumes.h"

enum { CPU_LEAST = 100, MEMORY_LEAST = 200 * 1024 * 1024 };

static const int64_t weights[2][SCHED_TERM_COUNT] = {
	{ 1, 1, 2, 3, 2, 2, 1, 1, 1 },
	{ 10, 2, 2, 3, 2, 2, 1, 1, 1 },
};

/* In use with B on P, as scores see it. */
static int64_t used(const struct being *b, const struct place *p, const char *resource, int64_t least)
{
	int64_t sum = rule_amount(b->kin->spec, resource, least);

	for (const struct being *o = p->beings; o; o = o->next_on)
		if (rule_is_there(o))
			sum += rule_amount(o->kin->spec, resource, least);
	return sum;
}

static int64_t share(const struct scene *w, int64_t in_use, int64_t all)
{
	if (all <= 0 || in_use > all)
		return 0;
	return (w->pack ? in_use : all - in_use) * 100 / all;
}

static int64_t used_share(int64_t in_use, int64_t all)
{
	return all <= 0 || in_use > all ? 100 : in_use * 100 / all;
}

static void room(const struct scene *w, const struct being *b, const struct place *p, struct worth *ret)
{
	int64_t cpu = used(b, p, "cpu", CPU_LEAST), all_cpu = rule_capacity(p, "cpu");
	int64_t memory = used(b, p, "memory", MEMORY_LEAST), all_memory = rule_capacity(p, "memory");

	ret->terms[SCHED_TERM_FIT] = (share(w, cpu, all_cpu) + share(w, memory, all_memory)) / 2;
	ret->terms[SCHED_TERM_BALANCE] = 100 -
					 llabs(used_share(cpu, all_cpu) - used_share(memory, all_memory)) / 2;
}

static int64_t preferred_nodes(const struct pod_spec *spec, const struct place *p)
{
	const struct node_affinity *a = spec->affinity ? spec->affinity->node_affinity : NULL;
	int64_t met = 0, all = 0;

	for (size_t i = 0; a && i < a->preferred.count; i++) {
		all += a->preferred.items[i].weight;
		if (match_node_term(&a->preferred.items[i].preference, p))
			met += a->preferred.items[i].weight;
	}
	return all == 0 ? 100 : met * 100 / all;
}

static int64_t soft_taints(const struct pod_spec *spec, const struct place *p)
{
	int64_t n = 1;

	for (size_t i = 0; i < p->node->spec.taints.count; i++) {
		const struct taint *t = &p->node->spec.taints.items[i];

		n += str_eq(t->effect, "PreferNoSchedule") && !match_taint(spec, t);
	}
	return 100 / n;
}

static void reckon(const struct scene *w, const struct being *b, const struct place *p, struct worth *ret)
{
	int64_t all = 0;

	*ret = (struct worth){ 0 };
	room(w, b, p, ret);
	ret->terms[SCHED_TERM_AFFINITY] = preferred_nodes(b->kin->spec, p);
	ret->terms[SCHED_TERM_TAINTS] = soft_taints(b->kin->spec, p);
	ret->terms[SCHED_TERM_SPREAD] = worth_spread(w, b, p);
	ret->terms[SCHED_TERM_PODS] = worth_pods(w, b, p);
	ret->terms[SCHED_TERM_IMAGES] = worth_images(b, p);
	ret->terms[SCHED_TERM_VOLUMES] = volumes_worth(w, b, p);
	ret->terms[SCHED_TERM_INTERFERENCE] = (100 - p->pressure) / 10 * 10;
	for (unsigned i = 0; i < SCHED_TERM_COUNT; i++) {
		ret->sum += weights[w->pack][i] * ret->terms[i];
		all += weights[w->pack][i];
	}
	ret->score = ret->sum / all;
	for (const struct being *o = p->beings; o; o = o->next_on)
		ret->pods += rule_is_there(o);
}

void worth_of(const struct scene *w, const struct being *b, const struct place *p, struct worth *ret)
{
	bool booked = scene_book(w, b);

	reckon(w, b, p, ret);
	if (booked)
		scene_unbook(w);
}

int64_t worth_alone(const struct scene *w, const struct worth *worth)
{
	int64_t all = 0;

	for (unsigned i = 0; i < SCHED_TERM_COUNT; i++)
		all += weights[w->pack][i];
	return (worth->sum + weights[w->pack][SCHED_TERM_PODS] * (100 - worth->terms[SCHED_TERM_PODS])) / all;
}

/* Nodes stand by name: of equal ones the first stays. */
struct place *worth_best(const struct scene *w, const struct being *b, struct worth *ret, unsigned *ret_count)
{
	struct place *best = NULL;
	struct worth worth;

	*ret_count = 0;
	for (size_t i = 0; i < w->place_count; i++) {
		if (rule_first_broken(w, b, w->places[i]) != RULE_COUNT)
			continue;
		++*ret_count;
		worth_of(w, b, w->places[i], &worth);
		if (best && (worth.sum < ret->sum || (worth.sum == ret->sum && worth.pods >= ret->pods)))
			continue;
		best = w->places[i];
		*ret = worth;
	}
	return best;
}
