/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Which volumes a pod's claims would take, and what is assumed of those whose pods are there. */
#pragma once

#include "tests/sched/rules.h"

struct volume_choice {
	const struct claim *claims[VOLUMES_MAX];              /* [count] that nobody has bound yet */
	const struct persistent_volume *volumes[VOLUMES_MAX]; /* NULL: none, or it is provisioned */
	bool found[VOLUMES_MAX];
	size_t count;
};
/* What B's claims would take on P; false: not all find something. */
bool volumes_choose(
	const struct scene *w, const struct being *b, const struct place *p, struct volume_choice *ret);
/* The score: of the claims whose data is somewhere, the share whose data is on P. */
int64_t volumes_worth(const struct scene *w, const struct being *b, const struct place *p);
/* B has come to be on its node: what it would bind is its claims'. */
void volumes_assume(struct scene *w, const struct being *b);
/* Pods have gone: what no pod uses is no longer assumed. */
void volumes_forget(struct scene *w);
/* P is another than it was: what its pods would bind is found out once more. */
void volumes_anew(struct scene *w, struct place *p);
