/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Where a field of an object stands in its manifest. Objects remember only where they begin; who has something to say
 * about a field later on, which is rare, reads the text once more.
 */
#pragma once

#include "lib/object/value.h"

/* A manifest read again. */
struct located;
/* TEXT is copied where needed. Never fails: of a text that is no manifest nothing is found. */
struct located *located_new(const char *text, size_t len);
struct located *located_free(struct located *l);
void located_freep(struct located **l);

/* What was found: as much of the path as the text has. */
struct location {
	uint32_t line, col;
	const char *field; /* the path with list items by index; lives as long as the manifest */
};
/*
 * FIELD, a path as schema_diff and diagnostics have it ("spec.containers[web].image", "data[\"a.b\"]"), of the object that begins at
 * LINE and COL. False: there is no such object; RET is not touched.
 */
bool located_find(struct located *l, uint32_t line, uint32_t col, const char *field, struct location *ret);
