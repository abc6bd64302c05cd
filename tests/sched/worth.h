/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* How good a node is for a pod, as sched/score.h says in words, reckoned anew for each node. */
#pragma once

#include "sched/sched.h"
#include "tests/sched/rules.h"

struct worth {
	int64_t terms[SCHED_TERM_COUNT]; /* each 0 to 100 */
	int64_t sum;                     /* of weight × term */
	int64_t score;                   /* sum by the sum of the weights */
	unsigned pods;
};

void worth_of(const struct scene *w, const struct being *b, const struct place *p, struct worth *ret);
/* The score, where the node is the only one that matters: it has no other to be compared with for inter-pod affinity. */
int64_t worth_alone(const struct scene *w, const struct worth *worth);
/* Of the nodes that B may be on (all rules) the best; NULL: there is none. RET_COUNT: how many there are. */
struct place *worth_best(
	const struct scene *w, const struct being *b, struct worth *ret, unsigned *ret_count);
/* worth_terms.c */
int64_t worth_spread(const struct scene *w, const struct being *b, const struct place *p);
int64_t worth_pods(const struct scene *w, const struct being *b, const struct place *p);
int64_t worth_images(const struct being *b, const struct place *p);
