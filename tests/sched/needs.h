/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The claims that a pod needs, and what they have: a class, a volume, what is assumed. */
#pragma once

#include "tests/sched/match.h"

enum { NEEDS_MAX = 8 }; /* of a pod */

struct need {
	const char *name;          /* the claim's; of an `ephemeral` volume the volume's */
	const struct being *of;    /* whose alone it is, by an `ephemeral` volume; or NULL */
	const char *namespace;     /* the pod's */
	const struct claim *claim; /* NULL: it isn't there */
};
/* Each once, in the order of B's volumes. Returns how many. */
size_t needs_of(const struct scene *w, const struct being *b, struct need *ret);
/* The claim of that object. */
struct need need_of_object(const struct object *o);
bool need_same(const struct need *a, const struct need *b);
/* B needs N, too. */
bool need_is_of(const struct need *n, const struct being *b);

/* NULL: none, or it isn't there. */
const struct storage_class *need_class(const struct scene *w, const struct need *n);
/* Who makes its volumes; NULL: nobody. */
const char *need_provisioner(const struct scene *w, const struct need *n);
/* The class's volumes are bound when a pod has its node. */
bool need_waits(const struct scene *w, const struct need *n);
/* Neither lost nor going away. */
bool need_is_well(const struct need *n);
/* Bound, or assumed to be: RET is its volume, or NULL where that isn't there. */
bool need_bound(const struct scene *w, const struct need *n, const struct persistent_volume **ret);
/* What is assumed of it; NULL: nothing. */
const struct assumed *need_assumed(const struct scene *w, const struct need *n);
bool need_is_about(const struct assumed *a, const struct need *n);
/* NULL: it isn't there. */
const struct persistent_volume *need_volume(const struct scene *w, const char *name);
/* V's claimRef names N's claim. */
bool need_is_for(const struct persistent_volume *v, const struct need *n);
