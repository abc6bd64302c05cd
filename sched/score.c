/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/score.h"

#include "lib/base/str.h"
#include "sched/mask.h"

/* --- room ---------------------------------------------------------------------------------------- */

/* Of RESOURCE on the node with the pod on it, in percent; more than 100: too little is left. A resource of which the node has none is all used. */
static int64_t used_share(const struct sched_look *l, uint32_t resource)
{
	const struct sched_cluster *c = l->c;
	int64_t have = c->columns[resource].allocatable[l->node];
	int64_t used = resource == RESOURCE_CPU ? c->score_cpu_used[l->node] + l->r->score_cpu
						: c->score_memory_used[l->node] + l->r->score_memory;

	if (have <= 0 || used > have)
		return 101;
	return used * 100 / have;
}

static int64_t free_share(const struct sched_look *l, uint32_t resource)
{
	const struct sched_cluster *c = l->c;
	int64_t have = c->columns[resource].allocatable[l->node];
	int64_t used = resource == RESOURCE_CPU ? c->score_cpu_used[l->node] + l->r->score_cpu
						: c->score_memory_used[l->node] + l->r->score_memory;

	return have <= 0 || used > have ? 0 : (have - used) * 100 / have;
}

static int64_t packed_share(const struct sched_look *l, uint32_t resource)
{
	int64_t share = used_share(l, resource);

	return share > 100 ? 0 : share;
}

int64_t sched_score_fit(const struct sched_look *l)
{
	if (l->c->strategy == SCHED_PACK)
		return (packed_share(l, RESOURCE_CPU) + packed_share(l, RESOURCE_MEMORY)) / 2;
	return (free_share(l, RESOURCE_CPU) + free_share(l, RESOURCE_MEMORY)) / 2;
}

int64_t sched_score_balance(const struct sched_look *l)
{
	int64_t cpu = used_share(l, RESOURCE_CPU), memory = used_share(l, RESOURCE_MEMORY);

	cpu = cpu > 100 ? 100 : cpu;
	memory = memory > 100 ? 100 : memory;
	return 100 - (cpu > memory ? cpu - memory : memory - cpu) / 2;
}

/* --- what is preferred --------------------------------------------------------------------------- */

bool sched_score_affinity_asked(const struct sched_cluster *c, const struct sched_request *r)
{
	const struct affinity *a = r->spec->affinity;

	(void)c;
	return a && a->node_affinity && a->node_affinity->preferred.count > 0;
}

int64_t sched_score_affinity(const struct sched_look *l)
{
	const struct sched_request_masks *m = l->r->masks;
	int64_t met = 0;

	for (size_t i = 0; i < m->preferred_count; i++)
		if (sched_bit(m->preferred[i].mask->bits, l->node))
			met += m->preferred[i].weight;
	return m->preferred_weight > 0 ? met * 100 / m->preferred_weight : 100;
}

int64_t sched_score_taints(const struct sched_look *l)
{
	const struct node *node;
	int64_t bad = 0;

	if (!sched_bit(l->c->masks->mild, l->node))
		return 100;
	node = object_node(l->n->object);
	for (size_t i = 0; i < node->spec.taints.count; i++) {
		const struct taint *t = &node->spec.taints.items[i];

		if (str_eq(t->effect, "PreferNoSchedule") &&
			!sched_tolerates(l->r->spec, t->key, t->value, t->effect))
			bad++;
	}
	return 100 / (1 + bad);
}

int64_t sched_score_interference(const struct sched_look *l)
{
	const struct sched_pressure *p = &l->n->pressure;
	int64_t most = p->cpu > p->memory ? p->cpu : p->memory;

	if (p->io > most)
		most = p->io;
	return most < 100 ? (100 - most) / 10 * 10 : 0;
}

/* --- all of them --------------------------------------------------------------------------------- */

static const uint8_t weights[SCHED_TERM_COUNT][2] = {
	[SCHED_TERM_FIT] = { [SCHED_SPREAD] = 1, [SCHED_PACK] = 10 },
	[SCHED_TERM_BALANCE] = { [SCHED_SPREAD] = 1, [SCHED_PACK] = 2 },
	[SCHED_TERM_AFFINITY] = { [SCHED_SPREAD] = 2, [SCHED_PACK] = 2 },
	[SCHED_TERM_TAINTS] = { [SCHED_SPREAD] = 3, [SCHED_PACK] = 3 },
	[SCHED_TERM_SPREAD] = { [SCHED_SPREAD] = 2, [SCHED_PACK] = 2 },
	[SCHED_TERM_PODS] = { [SCHED_SPREAD] = 2, [SCHED_PACK] = 2 },
	[SCHED_TERM_IMAGES] = { [SCHED_SPREAD] = 1, [SCHED_PACK] = 1 },
	[SCHED_TERM_VOLUMES] = { [SCHED_SPREAD] = 1, [SCHED_PACK] = 1 },
	[SCHED_TERM_INTERFERENCE] = { [SCHED_SPREAD] = 1, [SCHED_PACK] = 1 },
};

const char *const sched_term_names[SCHED_TERM_COUNT] = {
	[SCHED_TERM_FIT] = "fit",
	[SCHED_TERM_BALANCE] = "balance",
	[SCHED_TERM_AFFINITY] = "affinity",
	[SCHED_TERM_TAINTS] = "taints",
	[SCHED_TERM_SPREAD] = "spread",
	[SCHED_TERM_PODS] = "pods",
	[SCHED_TERM_IMAGES] = "images",
	[SCHED_TERM_VOLUMES] = "volumes",
	[SCHED_TERM_INTERFERENCE] = "interference",
};

int64_t sched_weight(enum sched_strategy strategy, enum sched_term term)
{
	return weights[term][strategy];
}

/* Does TERM depend on what is elsewhere, so that judges add it up? */
static bool is_judged(const struct sched_cluster *c, const struct sched_request *r, size_t term)
{
	const struct sched_scorer *s = &sched_scorers[term];

	return s->when == SCHED_ELSEWHERE && s->term && (!s->asked || s->asked(c, r));
}

int64_t sched_score_term(const struct sched_look *l, enum sched_term term)
{
	const struct sched_scorer *s = &sched_scorers[term];

	return s->term && (!s->asked || s->asked(l->c, l->r)) ? s->term(l) : 100;
}

int64_t sched_score_here(const struct sched_look *l)
{
	int64_t sum = 0;

	for (size_t i = 0; i < SCHED_TERM_COUNT; i++)
		if (sched_scorers[i].when != SCHED_ELSEWHERE)
			sum += weights[i][l->c->strategy] * sched_score_term(l, (enum sched_term)i);
	return sum;
}

int64_t sched_score_unjudged(const struct sched_cluster *c, const struct sched_request *r)
{
	int64_t sum = 0;

	for (size_t i = 0; i < SCHED_TERM_COUNT; i++)
		if (sched_scorers[i].when == SCHED_ELSEWHERE && !is_judged(c, r, i))
			sum += weights[i][c->strategy] * 100;
	return sum;
}

int64_t sched_score_sum(const struct sched_look *l)
{
	int64_t sum = 0;

	for (size_t i = 0; i < SCHED_TERM_COUNT; i++)
		sum += weights[i][l->c->strategy] * sched_score_term(l, (enum sched_term)i);
	return sum;
}

int64_t sched_score_percent(enum sched_strategy strategy, int64_t sum)
{
	int64_t all = 0;

	for (size_t i = 0; i < SCHED_TERM_COUNT; i++)
		all += weights[i][strategy];
	return sum / all;
}
