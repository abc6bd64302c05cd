/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Messages by table: a row per type names its schema, a schema per message names its members. What reads (wire.c) and what
 * writes (write.c) share them; private to lib/wire.
 *
 * Only apply goes through a struct of its own, because the objects that it carries are read and written by their own tables.
 */
#pragma once

#include "lib/wire/wire.h"

struct wire_row {
	const char *name;
	const struct schema *schema; /* NULL: no members; of apply: what reads a struct wire_apply_stored */
};
/* By enum wire_type; WIRE_UNKNOWN has no name. */
extern const struct wire_row wire_rows[WIRE_TYPE_COUNT];
/* Of struct wire_remove, which apply is written with one by one. */
extern const struct schema wire_schema_remove;

/* apply as it stands on the line: objects not looked at yet. */
struct wire_apply_stored_object {
	const char *hash;
	const struct value *object;
};
struct wire_apply_stored_pod {
	const char *digest;
	const struct value *pod;
	struct string_map refs;
};
struct wire_apply_stored {
	int64_t term, revision, tree_version;
	struct {
		struct wire_apply_stored_object *items;
		size_t count;
	} objects;
	struct {
		struct wire_apply_stored_pod *items;
		size_t count;
	} pods;
	struct {
		struct wire_remove *items;
		size_t count;
	} remove;
	struct strings forget_objects;
};
