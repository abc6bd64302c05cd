/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Nodes, the best first: a heap of keys that knows where each node is, so that one that changed is moved and not looked for.
 *
 * A key is a number, the greater the better: the score, then how few pods there are, then how early the name comes. No two nodes have
 * the same key, and a key says whose it is. Several heaps share the places: a node is in one of them at most.
 *
 * put, take: O(log nodes); building of COUNT nodes O(COUNT).
 */
#pragma once

#include <stdint.h>

enum { SCHED_KEY_SCORE_SHIFT = 48, SCHED_KEY_PODS_SHIFT = 28 };
static const uint64_t sched_key_pods_max = (UINT64_C(1) << 20) - 1,
		      sched_key_order_max = (UINT64_C(1) << 28) - 1;

/* Of a node with PODS pods, ORDERth by name. SCORE is from 0, below 65536. */
static inline uint64_t sched_key(int64_t score, uint32_t pods, uint32_t order)
{
	uint64_t few = pods < sched_key_pods_max ? sched_key_pods_max - pods : 0;

	return (uint64_t)score << SCHED_KEY_SCORE_SHIFT | few << SCHED_KEY_PODS_SHIFT |
	       (sched_key_order_max - order);
}
/* Which one by name. */
static inline uint32_t sched_key_order(uint64_t key)
{
	return (uint32_t)(sched_key_order_max - (key & sched_key_order_max));
}
static inline int64_t sched_key_score(uint64_t key)
{
	return (int64_t)(key >> SCHED_KEY_SCORE_SHIFT);
}

struct sched_places {
	uint32_t *place;          /* by node: where it is in its heap, from 1; 0: in none */
	const uint32_t *by_order; /* the nodes by name */
};

struct sched_heap {
	uint64_t *keys; /* [count] keys[0] is the best */
	uint32_t count, cap;
};

void sched_heap_done(struct sched_heap *h);
/* NODE, which is in H or in no heap, has KEY now. */
void sched_heap_put(struct sched_heap *h, const struct sched_places *p, uint32_t node, uint64_t key);
/* NODE, which is in H, is in it no longer. */
void sched_heap_take(struct sched_heap *h, const struct sched_places *p, uint32_t node);
/* KEY comes in no order; until sched_heap_build nothing else may be asked of H. */
void sched_heap_append(struct sched_heap *h, uint64_t key);
void sched_heap_build(struct sched_heap *h, const struct sched_places *p);
