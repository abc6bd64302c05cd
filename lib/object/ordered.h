/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Objects in an array, in object_cmp's order: what is of a kind, or has a name, is found by halving. Of objects of the same kind, namespace and
 * name the first is found. KIND may be one beyond the last; NAMESPACE and NAME may be NULL, which comes before all others. O(log COUNT).
 */
#pragma once

#include "lib/object/object.h"

/* The place of the first of the COUNT OBJECTS that isn't before (KIND, NAMESPACE, NAME); COUNT where all are. */
size_t ordered_place(
	struct object *const *objects, size_t count, int kind, const char *namespace, const char *name);
/* That object, borrowed, or NULL. The NAMESPACE doesn't matter where objects of KIND have none. */
struct object *ordered_find(struct object *const *objects, size_t count, enum kind_id kind,
	const char *namespace, const char *name);
/* The place of the first of KIND (or where it would be); there are RET_COUNT of them. */
size_t ordered_kind(struct object *const *objects, size_t count, enum kind_id kind, size_t *ret_count);
