/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Chance from a seed (splitmix64): { SEED } begins, and any number will do. Every part of a simulation draws from a stream of
 * its own (rng_of), named by numbers, so that leaving out a fault or a commit changes as little as can be of what happens elsewhere:
 * shrinking lives by that.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t z = (r->state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* Stream A, B of SEED. */
static inline struct rng rng_of(uint64_t seed, uint64_t a, uint64_t b)
{
	struct rng r = { seed };

	r.state = rng_next(&r) ^ (a * 0xd1342543de82ef95ULL);
	r.state = rng_next(&r) ^ (b * 0xaf251af3b0f025b5ULL);
	return r;
}

/* 0 to BELOW - 1 (BELOW > 0). */
static inline uint64_t rng_below(struct rng *r, uint64_t below)
{
	return (rng_next(r) >> 11) % below;
}

/* LOW to HIGH. */
static inline int64_t rng_range(struct rng *r, int64_t low, int64_t high)
{
	return low + (int64_t)rng_below(r, (uint64_t)(high - low + 1));
}

static inline bool rng_chance(struct rng *r, unsigned percent)
{
	return rng_below(r, 100) < percent;
}
