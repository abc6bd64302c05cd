/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What the files of the decoder share; no one else includes this.
 *
 * schema_decode.c walks maps by tables, decode_scalar.c reads single values, decode_collection.c lists
 * and maps of them, decode_report.c words what is wrong. The path is pushed on the way down
 * and popped on the way up; each function reports at the path as it stands. A function that
 * leaves its member unset because of an error calls decode_broken (not decode_error).
 */
#pragma once

#include "lib/object/schema.h"

/* One step down, to member or map key FIELD, or (FIELD NULL) to element INDEX. False (and reported) where the stack is full. */
bool decode_push(struct decode *d, const char *field, size_t index, const struct value *at);
void decode_pop(struct decode *d);

/* As decode_error at the current path, where a member stays unset. */
void decode_broken(struct decode *d, const struct value *at, const char *fmt, ...) _printf_(3, 4);
/* "wants WANT, but found …", with the text as it was written and how to write it instead. WANT: "a string". */
void decode_wrong_type(struct decode *d, const struct value *v, const char *want);
/* Reports each key of V that SCHEMA does not have. */
void decode_unknown_fields(struct decode *d, const struct schema *schema, const struct value *v);
/* "`x` is not allowed, did you mean `y`? (allowed: …)". */
void decode_bad_word(struct decode *d, const struct value *v, const char *s, const char *const *values);
/*
 * What the support level of F means for a manifest that uses it with V. Returns false where the field is refused.
 * Adds to d->quiet where what is inside need not be reported again; the caller restores it.
 */
bool decode_support(struct decode *d, const struct field *f, const struct value *v);

/* The path as it stands, and MEMBER below it (or NULL); the caller frees it. */
char *decode_path_text(const struct decode *d, const char *member);

/* Notes what V, the value of row F in MAP, refers to. Only for rows that refer, in manifests. */
void decode_refer(struct decode *d, const struct field *f, const struct value *v, const struct value *map);

/* Does SCHEMA, its inlined structs included, have a row NAME? */
const struct field *schema_row(const struct schema *schema, const char *name);

/* Single values into MEMBER, by the row's kind (FIELD_STRING … FIELD_BYTES). */
void decode_scalar(struct decode *d, const struct field *f, const struct value *v, void *member);
/* The row's default into MEMBER. */
void decode_default(struct decode *d, const struct field *f, void *member);
/* One string by the rules of F, copied; NULL when it is refused, or empty where empty counts as absent. */
const char *decode_one_string(struct decode *d, const struct field *f, const struct value *v);
bool decode_one_int(struct decode *d, const struct field *f, const struct value *v, int64_t *ret);
bool decode_one_quantity(struct decode *d, const struct value *v, struct quantity *ret);
bool decode_one_bytes(struct decode *d, const struct field *f, const struct value *v, struct bytes *ret);

/* Lists and maps into MEMBER (FIELD_STRUCTS … FIELD_QUANTITY_MAP). */
void decode_collection(struct decode *d, const struct field *f, const struct value *v, void *member);
void decode_struct(struct decode *d, const struct schema *schema, const struct value *v, void *target);
