/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Scores, 0 to 100: how much of the node would stay free (LeastAllocated of kube-scheduler, CPU and memory alike, a
 * container that asks for nothing counted as 100m and 200 MiB), how much of the preferred node affinity it
 * meets, and whether its PreferNoSchedule taints are tolerated; averaged with kube-scheduler's weights (1, 2, 3).
 */
#include "lib/base/str.h"
#include "sched/internal.h"
#include "sched/score.h"

static int64_t free_share(int64_t allocatable, int64_t used)
{
	if (allocatable <= 0 || used >= allocatable)
		return 0;
	return (allocatable - used) * 100 / allocatable;
}

static int64_t score_least_allocated(const struct sched_node *n, const struct sched_request *r)
{
	int64_t cpu = free_share(sched_node_allocatable(n, "cpu"), n->score_cpu_used + r->score_cpu);
	int64_t memory = free_share(
		sched_node_allocatable(n, "memory"), n->score_memory_used + r->score_memory);

	return (cpu + memory) / 2;
}

/* Met weight in percent of all weight; 0 where nothing is preferred. */
static int64_t score_affinity(const struct sched_node *n, const struct sched_request *r)
{
	const struct affinity *a = r->spec->affinity;
	int64_t met = 0, all = 0;

	if (!a || !a->node_affinity)
		return 0;
	for (size_t i = 0; i < a->node_affinity->preferred.count; i++) {
		const struct preferred_node_term *t = &a->node_affinity->preferred.items[i];

		all += t->weight;
		if (sched_term_matches(&t->preference, n))
			met += t->weight;
	}
	return all > 0 ? met * 100 / all : 0;
}

static int64_t score_taints(const struct sched_node *n, const struct sched_request *r)
{
	const struct node *node = object_node(n->object);
	int64_t bad = 0;

	for (size_t i = 0; i < node->spec.taints.count; i++) {
		const struct taint *t = &node->spec.taints.items[i];

		if (str_eq(t->effect, "PreferNoSchedule") &&
			!sched_tolerates(r->spec, t->key, t->value, t->effect))
			bad++;
	}
	return 100 / (1 + bad);
}

int64_t sched_score(const struct sched_node *n, const struct sched_request *r)
{
	return (score_least_allocated(n, r) + 2 * score_affinity(n, r) + 3 * score_taints(n, r)) / 6;
}

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
