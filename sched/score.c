/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/score.h"

#include "lib/base/str.h"
#include "sched/mask.h"

/* --- room ---------------------------------------------------------------------------------------- */

/* Of what a node has, with the pod on it, in percent. Too little, or nothing: all is used. */
struct share {
	int64_t used, free; /* each rounded down */
	bool too_little;
};

static struct share share_of(int64_t have, int64_t used)
{
	int64_t percent;

	if (have <= 0 || used > have)
		return (struct share){ .used = 100, .too_little = true };
	percent = used * 100 / have;
	return (struct share){ .used = percent, .free = 100 - percent - (percent * have != used * 100) };
}

/* The terms fit and balance. */
struct room {
	int64_t fit, balance;
};

static struct room room_of(const struct sched_look *l)
{
	const struct sched_cluster *c = l->c;
	struct share cpu = share_of(
		sched_allocatable(c, l->node, RESOURCE_CPU), c->score_cpu_used[l->node] + l->r->score_cpu);
	struct share memory = share_of(sched_allocatable(c, l->node, RESOURCE_MEMORY),
		c->score_memory_used[l->node] + l->r->score_memory);
	int64_t apart = cpu.used > memory.used ? cpu.used - memory.used : memory.used - cpu.used;
	struct room ret = { .balance = 100 - apart / 2 };

	if (c->strategy == SCHED_PACK)
		ret.fit = ((cpu.too_little ? 0 : cpu.used) + (memory.too_little ? 0 : memory.used)) / 2;
	else
		ret.fit = (cpu.free + memory.free) / 2;
	return ret;
}

int64_t sched_score_fit(const struct sched_look *l)
{
	return room_of(l).fit;
}

int64_t sched_score_balance(const struct sched_look *l)
{
	return room_of(l).balance;
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

bool sched_score_taints_asked(const struct sched_cluster *c, const struct sched_request *r)
{
	(void)r;
	return c->masks->mild_count > 0;
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

bool sched_score_interference_asked(const struct sched_cluster *c, const struct sched_request *r)
{
	(void)r;
	return c->pressed > 0;
}

int64_t sched_score_interference(const struct sched_look *l)
{
	int64_t most = l->c->pressure[l->node];

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

void sched_scoring_of(const struct sched_cluster *c, const struct sched_request *r, struct sched_scoring *ret)
{
	*ret = (struct sched_scoring){
		.fit = weights[SCHED_TERM_FIT][c->strategy],
		.balance = weights[SCHED_TERM_BALANCE][c->strategy],
	};
	for (size_t i = SCHED_TERM_BALANCE + 1; i < SCHED_TERM_COUNT; i++) {
		const struct sched_scorer *s = &sched_scorers[i];

		if (s->when == SCHED_ELSEWHERE)
			continue;
		if (!s->term || (s->asked && !s->asked(c, r))) {
			ret->alike += 100 * weights[i][c->strategy];
			continue;
		}
		ret->terms[ret->count].of = s->term;
		ret->terms[ret->count++].weight = weights[i][c->strategy];
	}
}

int64_t sched_score_here(const struct sched_scoring *s, const struct sched_look *l)
{
	const struct room room = room_of(l);
	int64_t sum = s->alike + s->fit * room.fit + s->balance * room.balance;

	for (size_t i = 0; i < s->count; i++)
		sum += s->terms[i].weight * s->terms[i].of(l);
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
