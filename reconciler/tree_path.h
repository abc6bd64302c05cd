/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Paths in the actual tree: cluster/KIND/NAME.json and namespaces/NS/KIND/NAME.json.
 *
 * "/", "%" and a leading "." in a name are written as %XX. A name that would be longer than 255 bytes with its ending is cut to 200 and
 * carries "~" and 16 hex digits of its SHA-256; the object inside has the whole name.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/object/object.h"

/* Appends the path of KIND (plural, "pods"), NS (NULL or "": cluster-scoped), NAME. */
void tree_path_add(struct buf *out, const char *kind, const char *ns, const char *name);
/* The same as a string, owned by the caller. */
char *tree_path(const struct kind *kind, const char *ns, const char *name);
/* Is PATH one that the tree may have: relative, 1 to 4 plain components, ending in ".json"? */
bool tree_path_valid(const char *path);
