/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Changes of a manifest file's text that leave all else in it as it is: comments, order, quotes, blank lines, other documents.
 *
 * An edit names the object by where its map begins (struct object has line and col), the field by a path from there,
 * and the scalar that the field is to have, or that it is to go. Block style, flow style and JSON are kept, whichever the place
 * has. Maps that are missing on the way are made, indented as the file is; maps that a removal leaves empty go with it. A
 * comment on the very line that is removed goes with it.
 *
 * What was edited is parsed again and must say exactly what was meant, in all documents, else the edit fails. Refused, with the
 * line: what an anchor, an alias or a merge key (<<) on the way shares with other places, and values that are no scalars.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/object/value.h"

/* A key of a map, or (KEY NULL) the place of an item in a list that is there. */
struct yaml_step {
	const char *key;
	size_t index;
};

struct yaml_edit {
	uint32_t line, col;            /* where the object's map begins, from 1 */
	const struct yaml_step *steps; /* [step_count], at least one */
	size_t step_count;
	const struct value *value; /* a scalar; NULL: the field is to go */
};

/*
 * Appends TEXT (LEN bytes, of the file PATH, which errors name) with EDIT made to RET. -EALREADY: it says so as it is, and RET has nothing more;
 * -EBADMSG: TEXT can't be read; -ENOENT: no map begins there; -EOPNOTSUPP: a person must do it, and ERR says where and why.
 */
int yaml_edit(const char *path, const char *text, size_t len, const struct yaml_edit *edit, struct buf *ret,
	struct err *err);
