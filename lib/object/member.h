/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Members of decoded structs, seen through their rows: what encoding, comparing, hashing and diffing share.
 * MEMBER points at the member of the row's kind.
 */
#pragma once

#include "lib/object/schema.h"

/* The member of row F in OBJECT. */
static inline const void *member_of_const(const void *object, const struct field *f)
{
	return (const char *)object + f->offset;
}
/* As zeroing left it. FIELD_EMBED and FIELD_INLINE may be, but have to be looked into: false. */
bool member_is_zero(const struct field *f, const void *member);
/* Not there: NULL, not set, empty, or a plain false or 0 that no default or FIELD_REQUIRED gives a meaning. */
bool member_is_absent(const struct field *f, const void *member);
/* Absent, or what the row's default says. FIELD_EMBED and FIELD_INLINE never are. */
bool member_is_default(const struct field *f, const void *member);
/* Row NAME of SCHEMA, through inlined structs, and its member in OBJECT; NULL = no such row. */
const struct field *member_find(
	const struct schema *schema, const void *object, const char *name, const void **ret_member);
/* One member as a JSON value (not FIELD_INLINE or FIELD_NONE). */
void member_encode(struct json_writer *w, const struct field *f, const void *member, unsigned flags,
	const uint8_t *secret_key);
bool member_equal(const struct field *f, const void *a, const void *b);
