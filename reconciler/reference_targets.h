/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Where a reference leads: one lookup for each kind of target, and the words for what is not there.
 *
 * A lookup serves one snapshot; it makes its index of pods when the first selector is asked for, and stops to
 * look for names that may have been meant after a bounded number of comparisons.
 */
#pragma once

#include "reconciler/pod_index.h"

struct reference_lookup {
	const struct snapshot *snapshot;
	struct pod_index *pods; /* NULL: not needed yet */
	size_t comparisons;     /* of names, so far */
};
void reference_lookup_done(struct reference_lookup *l);

/*
 * What is wrong with R of FROM, owned by the caller; NULL: it leads somewhere, or nobody can tell. "": what it depends on
 * is missing, of which another reference tells.
 */
char *reference_problem(struct reference_lookup *l, const struct object *from, const struct reference *r);
/*
 * Do A and B, versions of one object, offer the same to references below its name: a Service its ports, ConfigMaps and Secrets
 * their keys?
 */
bool reference_same_parts(const struct object *a, const struct object *b);
/* Is R about a part of the object that R.in names? Returns the object's kind, or NULL. */
const struct kind *reference_part_of(const struct reference *r);
/* The kind that R names an object of; NULL: pods or ports, or a kind that Pintle doesn't know. */
const struct kind *reference_kind(const struct reference *r);
/*
 * Whether objects of KIND can stand in for what a reference to one of TO misses: a StatefulSet makes claims, a PersistentVolume
 * may be of a class that has no object. NULL for KIND or TO: any.
 */
bool reference_stands_in(const struct kind *kind, const struct kind *to);
/* Do A and B, versions of an object of such a kind, stand in for the same? */
bool reference_same_stand_in(const struct object *a, const struct object *b);
/* The pods that FROM selects. False: it selects none, as a Service without a selector. */
bool reference_selector(const struct object *from, struct label_selector *ret);
