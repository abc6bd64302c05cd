/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The annotation pintle.dev/depends-on: `Kind/name[, Kind/namespace/name…]`. A name without a namespace is in that of the object
 * which has the annotation (of one that is in none: default).
 */
#pragma once

#include "lib/object/object.h"

#define ANNOTATION_DEPENDS_ON "pintle.dev/depends-on"

struct depends_on {
	const struct kind *kind;
	const char *namespace, *name; /* namespace NULL: cluster-scoped */
};
struct depends_on_list {
	struct depends_on *items;
	size_t count;
};

/* Reads TEXT of an object in NAMESPACE (NULL: none) into ARENA. Returns what is wrong with it, or NULL. */
const char *depends_on_parse(
	struct arena *arena, const char *text, const char *namespace, struct depends_on_list *ret);
/* What O depends on: nothing where it has no such annotation. */
void depends_on_of(struct arena *arena, const struct object *o, struct depends_on_list *ret);
