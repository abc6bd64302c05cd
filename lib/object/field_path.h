/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Fields of an object by their dotted path ("status.phase", "metadata.labels['app']"), as field selectors and the
 * downward API name them.
 *
 * A field selector is kubectl's --field-selector: "path=value,path!=value" ("==" is "="), all of which must
 * hold; `\` stands before `\`, `,` and `=` in a value. Source: apimachinery pkg/fields/selector.go. The API server
 * takes a few paths of each kind; here every path goes that the kind's table has and that leads to
 * a single value.
 */
#pragma once

#include "lib/object/schema.h"

struct field_requirement {
	const char *path, *value;
	bool differs; /* != */
};
/* Empty (all zero): every object matches. */
struct field_selector {
	struct field_requirement *items;
	size_t count;
};

/*
 * TEXT for objects of SCHEMA (a kind's), in ARENA. -EINVAL, and *RET_WHY says what is wrong: with a path that the schema
 * does not have, the nearest name.
 */
int field_selector_parse(struct arena *arena, const char *text, const struct schema *schema,
	struct field_selector *ret, const char **ret_why);
/* OBJECT is of SCHEMA. What is absent is its row's default, else "", "false" or "0" by its type. */
bool field_selector_matches(const struct field_selector *s, const struct schema *schema, const void *object);
/* The text form; values are escaped. */
void field_selector_format(const struct field_selector *s, struct buf *out);

/*
 * The key of PATH where it is "MAP['key']" (MAP: "metadata.labels"), in ARENA; else NULL. Source: fieldpath.go,
 * SplitMaybeSubscriptedPath.
 */
const char *field_path_key(struct arena *arena, const char *path, const char *map);
/* Appends the single value at PATH in OBJECT as text; false, and nothing is appended, where PATH leads to none. */
bool field_path_text(const struct schema *schema, const void *object, const char *path, struct buf *out);
