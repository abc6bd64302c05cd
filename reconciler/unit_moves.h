/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Does a directory of a commit define an object, though it may have errors and can't be loaded? Answered from the kind,
 * namespace and name that its changed manifests state; where one is no YAML, from its words. (What kustomizations would build
 * is not seen.)
 */
#pragma once

#include "lib/base/map.h"
#include "reconciler/git.h"
#include "lib/object/object.h"

struct unit_objects {
	struct map paths; /* of all files that differ, owned */
	struct map keys;  /* "Kind/ns/name", owned */
	char **texts;     /* [text_count] of files that can't be parsed */
	size_t text_count, text_cap;
};

/* Reads the manifests below DIR that differ between commits OLD (NULL: nothing) and NEW; TOP_ONLY: only those in DIR itself. */
int unit_objects_read(struct unit_objects *u, struct repo *g, const struct oid *old, const struct oid *new,
	const char *dir, bool top_only, struct err *err);
/* Is O, of OLD, in a file that differs, and in no such file of NEW? */
bool unit_objects_lacks(const struct unit_objects *u, const struct object *o);
bool unit_objects_has(const struct unit_objects *u, const struct object *o);
void unit_objects_done(struct unit_objects *u);
