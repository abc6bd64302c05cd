/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What all kinds share on their way to the tree and back; for the files of the world (world_KIND.c) only.
 *
 * An object goes to the tree as a shallow struct of its kind in a scratch arena, put together from what the world keeps: a manifest or
 * template, an identity, a status. Nothing here is owned by the scratch but what it allocates.
 */
#pragma once

#include "reconciler/world_internal.h"

struct world_scratch {
	const struct world *w;
	struct arena *arena;
};

/* --- to the tree ------------------------------------------------------------------------------------ */

/* Set unless it is 0. */
struct opt_int stored_some(int64_t value);
/* An instant as Kubernetes prints it: whole seconds. */
struct opt_int stored_instant(nsec_t t);
const char *stored_number(struct arena *a, int64_t n);
/* FROM with PAIRS in the place of what had the same keys or began with STRIP (may be NULL); pairs without a value are only taken out. */
struct string_map stored_merge(struct arena *a, const struct string_map *from, const char *strip,
	const struct string_pair *pairs, size_t count);
/* OWNER is M's controller. */
void stored_own_by(struct object_meta *m, struct arena *a, const struct world_object *owner);
/* O's identity over BASE (labels, annotations, finalizers of a manifest or template; may be NULL). */
struct object_meta stored_meta(const struct world_object *o, const struct object_meta *base);
/* Adds what every object of git says about where it comes from. */
void stored_add_origin(struct world_scratch *s, const struct world_object *o, struct object_meta *m);
/* Both, with the manifest's metadata where there is one. */
struct object_meta stored_meta_of_origin(struct world_scratch *s, const struct world_object *o);
struct conditions stored_conditions(struct world_scratch *s, const struct world_conditions *from);
/* O's manifest as it stands (zeroes where there is none), with its identity. The size is the kind's. */
void *stored_plain(struct world_scratch *s, const struct world_object *o);
/* An object around BODY, which begins with its metadata. */
struct object *stored_shell(struct world_scratch *s, const struct kind *kind, void *body);

/* --- from the tree ---------------------------------------------------------------------------------- */

/* NULL of NULL. */
char *stored_copy(const char *s);
/* A number among the annotations; MISSING where there is none. */
int64_t stored_note_int(const struct object_meta *m, const char *key, int64_t missing);
/* The stored object that a set's revision was read with: its controller where that is of KIND and in the world; NULL. */
struct world_object *stored_owner(
	const struct world *w, const struct object_meta *m, enum kind_id kind, const char *namespace);
/* Condition types that the world doesn't know are left out. RET is empty. */
void stored_load_conditions(struct world_conditions *ret, const struct conditions *c);
void stored_conditions_done(struct world_conditions *c);
