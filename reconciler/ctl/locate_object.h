/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Where an object is written in a commit: the manifest, and where in it the object's map begins. */
#pragma once

#include "reconciler/git.h"
#include "reconciler/snapshot.h"

struct object_location {
	char *path; /* from the repository's top */
	uint32_t line, col;
};
void object_location_done(struct object_location *l);

/*
 * Finds KIND NAME (of NS, where it has one) below SUBPATH of COMMIT: as snapshot S has it, or (NULL: the commit has errors) by reading its manifests.
 * -ENOENT: there is none. -EOPNOTSUPP: kustomize makes it, and ERR says of which file.
 */
int object_locate(struct repo *g, const struct oid *commit, const char *subpath, const struct snapshot *s,
	const struct kind *kind, const char *ns, const char *name, struct object_location *ret,
	struct err *err);
