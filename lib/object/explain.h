/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What a field is, from the tables: the text of `pintle explain`, in kubectl's manner.
 *
 * A path is a kind as people type it and member names behind dots: "deploy.spec.strategy",
 * "pods.spec.containers.image"; indexes in brackets are fine and mean nothing.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/object/object.h"

/* What a path leads to. */
struct explained {
	const struct kind *kind;
	const struct field *field; /* NULL: the kind itself */
	/* the outermost field above it that is not acted on, hence it neither; or NULL */
	const struct field *within;
	const struct schema *schema; /* of what stands below, or NULL */
};

/* -ENOENT: there is no such kind or field; ERR says which part, and what is nearest. */
int explain_find(const char *path, struct explained *ret, struct err *err);
/* For people: type, default, what is allowed, how far it is supported, meaning, and the fields below (RECURSIVE: all the way down). */
void explain_write(struct buf *out, const struct explained *e, bool recursive);
/* The same as one JSON map. */
void explain_write_json(struct json_writer *w, const struct explained *e);

/* Parts of it, for other renderings of the tables: "[]Container", "string"; */
void explain_type(struct buf *out, const struct field *f);
/* … the words or the range that are allowed, or nothing; */
void explain_allowed(struct buf *out, const struct field *f);
/* … "supported", "accepted", "pending", "refused", "set by Pintle". */
const char *explain_support(const struct field *f);
/* Of a kind as a whole: "supported", "pending" (its not_yet says why), "set by Pintle". */
const char *explain_kind_support(const struct kind *k);
