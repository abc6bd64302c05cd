/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Which volumes a pod's claims would take (rules_volumes.c), and what is assumed of those whose pods are there (assumed.c). */
#pragma once

#include "tests/sched/needs.h"
#include "tests/sched/rules.h"

struct volume_choice {
	struct need needs[NEEDS_MAX];                       /* [count] that nobody has bound yet */
	const struct persistent_volume *volumes[NEEDS_MAX]; /* NULL: none, or it is provisioned */
	bool found[NEEDS_MAX];
	size_t count;
};
/* What B's claims would take on P; false: not all find something. */
bool volumes_choose(
	const struct scene *w, const struct being *b, const struct place *p, struct volume_choice *ret);
/* What N would take on P, beside what others in C have; false: nothing. */
bool volumes_find(const struct scene *w, const struct need *n, const struct place *p,
	const struct volume_choice *c, const struct persistent_volume **ret);
/* Whatever the node: all of B's claims are there, and bound, or can be. */
bool volumes_possible(const struct scene *w, const struct being *b);
/* The score: of the claims whose data is somewhere, the share whose data is on P. */
int64_t volumes_worth(const struct scene *w, const struct being *b, const struct place *p);

/* B has come to be on its node: what it would bind is its claims'. */
void volumes_assume(struct scene *w, struct being *b);
/* Pods have gone, or objects are others: what no pod uses, or objects say otherwise, is no longer assumed. */
void volumes_forget(struct scene *w);
/* Before pods come, or have their turns: what couldn't be assumed, and can be by now, is. */
void volumes_settle(struct scene *w);
